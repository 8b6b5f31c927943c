package import World

/// How much of a limit is left after a call.
package struct Allowance: Sendable, Equatable {
  /// Which limit: `per_minute`, `per_day`, or the JSON Pointer of a policy's.
  package let name: String
  /// What the window admits.
  package let limit: Int
  package let remaining: Int
  /// How long the window is.
  package let window: Duration
  /// When the window ends and the count starts anew.
  package let resetsAt: Instant

  package init(name: String, limit: Int, remaining: Int, window: Duration, resetsAt: Instant) {
    self.name = name
    self.limit = limit
    self.remaining = remaining
    self.window = window
    self.resetsAt = resetsAt
  }
}
