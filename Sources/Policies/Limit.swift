internal import JSON
package import World

/// How much of something may be done in a window of time.
package struct Limit: Sendable {
  /// Whose uses are counted together.
  package enum Scope: String, Sendable, CaseIterable {
    /// The connection's.
    case grant
    case user, client, global
  }

  /// JSON Pointer into the document, with the counter's name for its index.
  package let pointer: String
  /// Limits of one document that name the same counter share it.
  package let counter: String
  package let window: Window
  package let maximum: Amount
  package let scope: Scope
  package let reason: String?
  /// What one call counts, …
  let increment: Amount
  /// … unless an argument says.
  let source: ArgumentPath?

  /// - Returns: nil when the argument that says is no amount.
  func amount(_ arguments: JSONObject) -> Amount? {
    guard let source else { return increment }
    guard case .value(let value) = source.find(in: arguments) else { return nil }
    return Amount(value)
  }
}

/// A span of time in which uses are counted: fixed, one after the other, aligned to UTC.
package struct Window: Sendable, Hashable {
  package let seconds: Int64

  package init(seconds: Int64) { self.seconds = seconds }

  package static let minute = Window(seconds: 60)
  package static let hour = Window(seconds: 3600)
  package static let day = Window(seconds: 86_400)

  /// - Returns: nil for a word that is none.
  init?(word: String) {
    switch word {
    case "minute": self = .minute
    case "hour": self = .hour
    case "day": self = .day
    default: return nil
    }
  }

  /// When the window began that a moment is in.
  package func start(at now: Instant) -> Instant {
    let seconds = now.seconds
    let rest = ((seconds % self.seconds) + self.seconds) % self.seconds
    return Instant(seconds: seconds - rest)
  }

  /// When it ends.
  package func end(at now: Instant) -> Instant { start(at: now) + .seconds(seconds) }

  /// `minute`, or `90 seconds`.
  package var words: String {
    switch self {
    case .minute: "minute"
    case .hour: "hour"
    case .day: "day"
    default: "\(seconds) seconds"
    }
  }
}
