internal import Glibc

/// The lines of a file, one at a time, however long it is.
final class Lines {
  private let file: Int32
  private var chunk = [UInt8](repeating: 0, count: 65536)
  private var waiting: [UInt8] = []
  private var position = 0
  private var isAtEnd = false

  /// A line that is longer is given in pieces.
  private static let longest = 1 << 20

  /// - Returns: nil when it can't be read.
  init?(of path: String) {
    file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
  }

  deinit { close(file) }

  /// The next line without its end; nil when there is none.
  func next() -> [UInt8]? {
    while true {
      if let end = waiting[position...].firstIndex(of: 0x0a) {
        defer { position = end + 1 }
        return Array(waiting[position..<end])
      }
      if isAtEnd || waiting.count - position > Self.longest {
        guard position < waiting.count else { return nil }
        defer { position = waiting.count }
        return Array(waiting[position...])
      }
      waiting.removeFirst(position)
      position = 0
      let count = unsafe read(file, &chunk, chunk.count)
      if count > 0 { waiting += chunk.prefix(count) } else { isAtEnd = true }
    }
  }
}
