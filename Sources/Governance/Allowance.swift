package import World

/// How much of a limit is left.
package struct Allowance: Sendable, Equatable {
  /// Calls that the window admits; `Int.max` where there is no limit.
  package let limit: Int
  package let remaining: Int
  /// When the window ends and the count starts anew.
  package let resetsAt: Instant
}
