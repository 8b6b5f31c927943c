internal import Policies
internal import World

/// The sentences of refusals, each with what to do.
extension Denial {
  package static let closed = Denial(
    rule: "(master switch)", code: "switched_off",
    reason: "An administrator has switched off access by AI tools. Nothing was done; try again later.")

  /// Fail closed: what can't be decided is refused.
  static let undecided = Denial(
    rule: "(undecided)", code: "temporarily_unavailable",
    reason: "What may be done can't be looked up just now, so nothing was done. Try again in a moment.",
    retryAfter: .seconds(5))

  static func inactive(_ tool: ToolDefinition) -> Denial {
    Denial(
      rule: "(tool switched off)", code: "tool_inactive",
      reason: "An administrator has switched off the tool '\(tool.name)'. Use another tool.")
  }

  static func notAllowed(_ tool: ToolDefinition) -> Denial {
    Denial(
      rule: "(allowed tools)", code: "tool_not_allowed",
      reason: "This connection may not use the tool '\(tool.name)'. Ask an administrator if it should.")
  }

  static func model(_ model: String) -> Denial {
    Denial(
      rule: "(allowed models)", code: "model_not_allowed",
      reason:
        "This connection may not use the model '\(model.prefix(64))'. Use list_models to see which it may.")
  }

  /// Behind an API key nobody signs in, so that no new authorization would help.
  static func nobodySignedIn(_ tool: ToolDefinition) -> Denial {
    Denial(
      rule: "(sign-in)", code: "insufficient_user_authentication",
      reason:
        "The tool '\(tool.name)' needs a person who has just signed in, which an API key can't show. Connect by signing in to use it."
    )
  }

  static func needsApproval(_ refusal: Refusal, _ policy: String?) -> Denial {
    Denial(
      rule: refusal.rule, code: "needs_approval",
      reason: "\(refusal.reason) Call the tool itself to ask for it.", policy: policy)
  }

  static let tooManyWait = Denial(
    rule: "(approvals)", code: "too_many_waiting",
    reason:
      "\(Approvals.mostWaiting) calls of this connection wait for a person already. Nothing was done; wait until somebody has decided on them."
  )

  static func policy(_ refusal: Refusal, _ attached: Rulebook.Attached?) -> Denial {
    Denial(
      rule: refusal.rule, code: "policy_denied",
      reason:
        "\(refusal.reason) Rule: \(refusal.rule). Don't try again unchanged; ask an administrator if it should be allowed.",
      policy: attached?.name)
  }

  static func limit(_ claim: Claim, _ attached: Rulebook.Attached, at now: Instant) -> Denial {
    let limit = claim.limit
    guard claim.amount <= limit.maximum else {
      return Denial(
        rule: limit.pointer, code: "policy_denied",
        reason:
          "\(limit.reason.map { $0 + " " } ?? "")This call alone counts \(claim.amount), and the policy allows \(limit.maximum) of '\(limit.counter)' a \(limit.window.words). Rule: \(limit.pointer). Waiting does not help.",
        policy: attached.name)
    }
    let wait = wait(until: limit.window.end(at: now), now: now)
    let counted =
      claim.amount == Amount(1) ? "\(limit.maximum)" : "\(limit.maximum) (this call counts \(claim.amount))"
    return Denial(
      rule: limit.pointer, code: "rate_limited",
      reason:
        "\(limit.reason.map { $0 + " " } ?? "")The policy allows \(counted) of '\(limit.counter)' a \(limit.window.words), and they are used. Rule: \(limit.pointer). Wait \(wait.wholeSeconds) seconds, then go on.",
      retryAfter: wait, limit: Int(limit.maximum.millionths / 1_000_000),
      window: .seconds(limit.window.seconds), policy: attached.name)
  }

  static func overLimit(
    _ what: String, _ name: String, _ window: Window, _ limit: Int, until end: Instant, now: Instant
  ) -> Denial {
    let wait = wait(until: end, now: now)
    let whose = name.hasPrefix("global/") ? "All connections together have" : "This connection has"
    return Denial(
      rule: name.hasPrefix("global/")
        ? "/\(name.replacing("global/", with: "global/limits/"))" : "/connection/limits/\(name)",
      code: "rate_limited",
      reason:
        "\(whose) used \(limit) \(what) a \(window.words). Wait \(wait.wholeSeconds) seconds, then go on.",
      retryAfter: wait, limit: limit, window: .seconds(window.seconds))
  }

  /// Rounded up: a client that waits so long must not come too early.
  private static func wait(until end: Instant, now: Instant) -> Duration {
    .seconds(((end - now).wholeMicroseconds + 999_999) / 1_000_000)
  }
}
