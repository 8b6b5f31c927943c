internal import Glibc
internal import Synchronization

/// The process's standard error, a whole line at a time.
///
/// A reader that has stopped must not stop the server: a line that can't be written within `patience` is dropped,
/// and the next one that can says how many were.
final class StandardError: Sendable {
  private static let patience: Int32 = 100  // milliseconds
  private let dropped = Mutex(0)

  func write(_ line: [UInt8]) {
    dropped.withLock { dropped in
      guard Self.isWritable() else {
        dropped += 1
        return
      }
      if dropped > 0 {
        Self.writeAll(Array("(\(dropped) lines of the log were dropped)\n".utf8))
        dropped = 0
      }
      Self.writeAll(line)
    }
  }

  private static func isWritable() -> Bool {
    var descriptor = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    return unsafe poll(&descriptor, 1, patience) == 1
  }

  private static func writeAll(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      // There is no other place to tell that standard error is gone.
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
