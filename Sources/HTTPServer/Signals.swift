internal import Glibc
internal import Synchronization
internal import Threads

/// The signals that ask a program to end, or to look at its files again.
package enum Signals {
  package enum Signal: Sendable { case terminate, interrupt, hangUp }

  /// Takes SIGTERM, SIGINT and SIGHUP from now on, and ignores SIGPIPE: a write to a socket whose reader left is an error code.
  ///
  /// A handler and a pipe, not `sigwait`: that wants the signals blocked in every thread, and by the time `main` runs,
  /// Swift may have started some. To be called once.
  ///
  /// - Returns: each signal as it comes; the stream does not end.
  /// - Throws: `ServerError` when the system has no room for the thread that waits, or no descriptors for its pipe.
  package static func termination() throws(ServerError) -> AsyncStream<Signal> {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw .system(call: "pipe", code: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let (reader, writer) = (ends[0], ends[1])
    // Before the handler is there, which must not be the first to touch the global.
    writeEnd.store(writer, ordering: .releasing)
    let (stream, continuation) = AsyncStream<Signal>.makeStream(bufferingPolicy: .bufferingNewest(64))
    do {
      try Thread.start("signals") {
        var number: UInt8 = 0
        while true {
          guard unsafe read(reader, &number, 1) == 1 else { continue }
          switch Int32(number) {
          case SIGINT: continuation.yield(.interrupt)
          case SIGHUP: continuation.yield(.hangUp)
          default: continuation.yield(.terminate)
          }
        }
      }
    } catch {
      throw .system(call: "pthread_create", code: error.code)
    }
    _ = signal(SIGPIPE, SIG_IGN)
    for number in [SIGTERM, SIGINT, SIGHUP] {
      _ = signal(number) { number in
        // Only what is safe in a signal handler: one system call, and nobody's errno changed.
        let saved = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = unsafe write(writeEnd.load(ordering: .acquiring), &byte, 1)
        errno = saved
      }
    }
    return stream
  }
}

private let writeEnd = Atomic<Int32>(-1)
