internal import Synchronization
package import World

/// A log that keeps its lines in memory, for tests.
package final class RecordedLog: Sendable {
  private let kept = Mutex<[String]>([])
  private let level: Log.Level
  private let format: Log.Format
  private let world: World

  package init(level: Log.Level = .debug, format: Log.Format = .text, world: World) {
    self.level = level
    self.format = format
    self.world = world
  }

  /// The log that writes here.
  package var log: Log {
    Log(level: level, format: format, world: world) { line in
      self.kept.withLock { $0.append(String(decoding: line.dropLast(), as: UTF8.self)) }
    }
  }

  /// The lines so far, each without its line feed.
  package var lines: [String] { kept.withLock { $0 } }
}
