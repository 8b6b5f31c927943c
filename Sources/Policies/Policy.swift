package import JSON

/// What a company allows its AI tools: one policy document, read once and then quick to ask.
///
///     call ─► hidden? ─► default ─► action ─► require ─► deny_if ─► approval, limits to be reserved
///
/// The first denial wins. Everything that can't be decided is denied: a comparison with what can't be compared, a
/// pattern that takes too long, an amount that is none.
package struct Policy: Sendable {
  /// What holds for tools that the document does not name.
  package enum Standard: String, Sendable { case allow, deny }

  package let standard: Standard
  let hidden: Hidden
  let allTools: [Limit]
  let tools: [String: ToolRules]
  /// How many rules it has in all.
  package let ruleCount: Int

  enum Hidden: Sendable {
    case all
    case names(Set<String>)

    func contains(_ tool: String) -> Bool {
      switch self {
      case .all: true
      case .names(let names): names.contains(tool)
      }
    }
  }

  struct ToolRules: Sendable {
    var action: Action = .evaluate
    var reason: String?
    var require: [Rule] = []
    var denyIf: [Rule] = []
    var approval: Approval?
    var speaksOfApproval = false
    var limits: [Limit] = []
  }

  enum Action: Sendable { case evaluate, deny }

  /// Conditions that hold together; shared, not copied.
  final class Rule: Sendable {
    let pointer: String
    let conditions: [Condition]
    let reason: String?

    init(pointer: String, conditions: [Condition], reason: String?) {
      self.pointer = pointer
      self.conditions = conditions
      self.reason = reason
    }
  }

  /// When a person has to agree first.
  struct Approval: Sendable {
    let pointer: String
    /// Empty means always.
    let conditions: [Condition]
    let reason: String?
  }

  /// Whether a tool is neither listed nor called, whatever its arguments.
  package func hides(_ tool: String) -> Bool {
    if hidden.contains(tool) { return true }
    guard let rules = tools[tool] else { return standard == .deny }
    return rules.action == .deny
  }

  /// Whether it says of a tool whether a person has to agree.
  package func speaksOfApproval(_ tool: String) -> Bool { tools[tool]?.speaksOfApproval ?? false }

  /// What the document says of a call; what it has to be counted against is not counted yet.
  ///
  /// - Parameter tool: the catalogue's name of the tool, never the caller's spelling.
  package func ruling(on tool: String, _ arguments: JSONObject) -> Ruling {
    guard !hidden.contains(tool) else {
      return .denied(Refusal(rule: "(hidden)", reason: "The tool '\(tool)' is hidden by policy."))
    }
    guard let rules = tools[tool] else {
      guard standard == .allow else {
        return .denied(
          Refusal(rule: "(default deny)", reason: "The tool '\(tool)' is not permitted by policy."))
      }
      return claims(allTools, arguments, approval: nil)
    }
    if rules.action == .deny {
      return .denied(
        Refusal(
          rule: Self.pointer("tools", tool, "action"),
          reason: rules.reason ?? "The tool '\(tool)' is denied by policy."))
    }
    for rule in rules.require where !rule.conditions.allSatisfy({ $0.holds(in: arguments) == .yes }) {
      return .denied(Refusal(rule: rule.pointer, reason: rule.reason ?? rule.unmet(tool)))
    }
    for rule in rules.denyIf where rule.conditions.allSatisfy({ $0.holds(in: arguments) != .no }) {
      return .denied(
        Refusal(
          rule: rule.pointer,
          reason: rule.reason ?? "The tool '\(tool)' is denied by policy with these arguments."))
    }
    var approval: Refusal?
    // In doubt a person is asked.
    if let rule = rules.approval, rule.conditions.allSatisfy({ $0.holds(in: arguments) != .no }) {
      approval = Refusal(
        rule: rule.pointer, reason: rule.reason ?? "The tool '\(tool)' needs a person's approval.")
    }
    return claims(rules.limits + allTools, arguments, approval: approval)
  }

  private func claims(_ limits: [Limit], _ arguments: JSONObject, approval: Refusal?) -> Ruling {
    var claims: [Claim] = []
    claims.reserveCapacity(limits.count)
    for limit in limits {
      guard let amount = limit.amount(arguments) else {
        return .denied(
          Refusal(
            rule: limit.pointer,
            reason:
              "The policy counts \(limit.source?.text ?? "an amount") of each call, and this call has none that is a number of 0 or more."
          ))
      }
      claims.append(Claim(limit: limit, amount: amount))
    }
    return .allowed(claims, approval: approval)
  }

  static func pointer(_ parts: String...) -> String {
    parts.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
  }
}

extension Policy.Rule {
  fileprivate func unmet(_ tool: String) -> String {
    let wanted = conditions.map(\.sentence).joined(separator: " and ")
    return "The policy allows '\(tool)' only if \(wanted)."
  }
}

/// What a policy says of one call.
package enum Ruling: Sendable {
  case denied(Refusal)
  /// It may run once each claim is reserved, and, where there is an approval, once somebody has agreed.
  case allowed([Claim], approval: Refusal?)
}

/// The rule that stands in a call's way.
package struct Refusal: Sendable, Equatable {
  /// JSON Pointer into the document, or a name in brackets.
  package let rule: String
  /// For the model: what and, where the document says it, why.
  package let reason: String

  package init(rule: String, reason: String) {
    self.rule = rule
    self.reason = reason
  }
}

/// What a call takes of a limit.
package struct Claim: Sendable {
  package let limit: Limit
  package let amount: Amount
}
