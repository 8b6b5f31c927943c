/// Why a call is refused, for the model that made it and for the audit log.
package struct Denial: Error, Sendable, Equatable {
  /// JSON Pointer of the rule, or a name in brackets where no document holds it: `(tool switched off)`.
  package let rule: String
  /// A word that a program can act on: `rate_limited`.
  package let code: String
  /// What happened and what to do, in a sentence or two.
  package let reason: String
  /// How long to wait, where waiting helps.
  package let retryAfter: Duration?

  /// What the window admits, where a limit was reached.
  package let limit: Int?
  /// How long that window is, where it has a length.
  package let window: Duration?

  /// The policy that holds the rule, with its version; nil where none does.
  package let policy: String?

  package init(
    rule: String, code: String, reason: String, retryAfter: Duration? = nil, limit: Int? = nil,
    window: Duration? = nil, policy: String? = nil
  ) {
    self.rule = rule
    self.code = code
    self.reason = reason
    self.retryAfter = retryAfter
    self.limit = limit
    self.window = window
    self.policy = policy
  }
}
