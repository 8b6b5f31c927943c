package import World

/// How much of a limit is left.
package struct Allowance: Sendable, Equatable {
  /// Calls that the window admits; nil where there is no limit.
  package let limit: Int?
  /// Nil where there is no limit.
  package let remaining: Int?
  /// When the window ends and the count starts anew.
  package let resetsAt: Instant
}
