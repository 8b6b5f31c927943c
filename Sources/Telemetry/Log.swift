package import World

/// The log: facts with fields, one line each.
///
/// An event is a fixed sentence, what varies goes into fields:
/// `log.notice("token issued", ["client": .string(id)])`. No value can begin a line of its own.
package struct Log: Sendable {
  /// How much an event matters.
  package enum Level: Int, Sendable, Comparable, CaseIterable {
    /// For whoever looks for a fault.
    case debug
    /// What happens all day.
    case info
    /// What an operator wants to know afterwards.
    case notice
    /// What should not happen and was dealt with.
    case warning
    /// What somebody must look at.
    case error

    package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }

    /// The level by its name, as in the configuration.
    package init?(name: some StringProtocol) {
      guard let level = Level.allCases.first(where: { $0.name == name }) else { return nil }
      self = level
    }

    /// `debug`, `info`, `notice`, `warning` or `error`.
    package var name: String {
      switch self {
      case .debug: "debug"
      case .info: "info"
      case .notice: "notice"
      case .warning: "warning"
      case .error: "error"
      }
    }
  }

  /// How a line is written.
  package enum Format: Sendable, CaseIterable {
    /// `2026-11-21T08:15:30.250Z notice  token issued client=…`
    case text
    /// One JSON object with `time`, `level`, `event` and the fields.
    case json
  }

  private let level: Level
  private let format: Format
  private let world: World?
  private let sink: @Sendable ([UInt8]) -> Void

  /// - Parameters:
  ///   - level: events below it are dropped.
  ///   - world: tells the time.
  ///   - sink: takes a whole line with its line feed; called from any thread.
  package init(
    level: Level = .info, format: Format = .text, world: World, sink: @escaping @Sendable ([UInt8]) -> Void
  ) {
    self.level = level
    self.format = format
    self.world = world
    self.sink = sink
  }

  private init() {
    level = .error
    format = .text
    world = nil
    sink = { _ in }
  }

  /// Writes nothing.
  package static let silent = Log()

  /// Writes to the process's standard error.
  package static func standardError(level: Level = .info, format: Format = .text, world: World) -> Log {
    let output = StandardError()
    return Log(level: level, format: format, world: world) { output.write($0) }
  }

  /// For whoever looks for a fault.
  package func debug(_ event: String, _ fields: KeyValuePairs<String, LogValue> = [:]) {
    write(.debug, event, fields)
  }

  /// What happens all day.
  package func info(_ event: String, _ fields: KeyValuePairs<String, LogValue> = [:]) {
    write(.info, event, fields)
  }

  /// What an operator wants to know afterwards.
  package func notice(_ event: String, _ fields: KeyValuePairs<String, LogValue> = [:]) {
    write(.notice, event, fields)
  }

  /// What should not happen and was dealt with.
  package func warning(_ event: String, _ fields: KeyValuePairs<String, LogValue> = [:]) {
    write(.warning, event, fields)
  }

  /// What somebody must look at.
  package func error(_ event: String, _ fields: KeyValuePairs<String, LogValue> = [:]) {
    write(.error, event, fields)
  }

  /// Whether events of that level are written; for fields that are costly to gather.
  package func writes(_ level: Level) -> Bool { world != nil && level >= self.level }

  /// Writes an event of any level with fields gathered at run time.
  package func write(
    _ level: Level, _ event: String, _ fields: some Collection<(key: String, value: LogValue)>
  ) {
    guard let world, level >= self.level else { return }
    let time = world.now
    switch format {
    case .text: sink(LogLine.text(time, level, event, fields))
    case .json: sink(LogLine.json(time, level, event, fields))
    }
  }
}
