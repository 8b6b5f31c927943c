package import JSON

extension Policy {
  /// Whether what it says of a tool hangs on the arguments.
  package func dependsOnArguments(_ tool: String) -> Bool {
    guard !hides(tool), let rules = tools[tool] else { return false }
    return !rules.require.isEmpty || rules.denyIf.contains { !$0.conditions.isEmpty }
      || rules.approval.map { !$0.conditions.isEmpty } ?? false
      || (rules.limits + allTools).contains { $0.source != nil }
  }

  /// One question on the way of a call, and its answer; for people who want to know why.
  package struct Step: Sendable, Equatable {
    package let rule: String
    package let answer: String
  }

  /// Every question that a call is asked, in order, up to the one that denies.
  package func trace(of tool: String, _ arguments: JSONObject) -> [Step] {
    if hidden.contains(tool) { return [Step(rule: "(hidden)", answer: "denied: it is hidden")] }
    guard let rules = tools[tool] else {
      guard standard == .allow else {
        return [Step(rule: "(default deny)", answer: "denied: it is not named")]
      }
      return [Step(rule: "(default allow)", answer: "passed: it is not named")] + steps(allTools, arguments)
    }
    var steps = [Step(rule: Self.pointer("tools", tool), answer: "it is named")]
    if rules.action == .deny {
      return steps + [Step(rule: Self.pointer("tools", tool, "action"), answer: "denied")]
    }
    for rule in rules.require {
      let isMet = rule.conditions.allSatisfy { $0.holds(in: arguments) == .yes }
      steps.append(
        Step(rule: rule.pointer, answer: "\(isMet ? "passed" : "denied"): required is \(rule.words)"))
      guard isMet else { return steps }
    }
    for rule in rules.denyIf {
      let denies = rule.conditions.allSatisfy { $0.holds(in: arguments) != .no }
      steps.append(
        Step(rule: rule.pointer, answer: "\(denies ? "denied" : "passed"): denied is \(rule.words)"))
      guard !denies else { return steps }
    }
    if let approval = rules.approval {
      let isNeeded = approval.conditions.allSatisfy { $0.holds(in: arguments) != .no }
      steps.append(
        Step(
          rule: approval.pointer, answer: isNeeded ? "a person has to agree" : "passed: no approval needed"))
    }
    return steps + self.steps(rules.limits + allTools, arguments)
  }

  private func steps(_ limits: [Limit], _ arguments: JSONObject) -> [Step] {
    limits.map { limit in
      let amount = limit.amount(arguments)
      return Step(
        rule: limit.pointer,
        answer: amount.map {
          "counts \($0) of \(limit.maximum) a \(limit.window.words) for each \(limit.scope.rawValue)"
        } ?? "denied: there is no amount to count")
    }
  }
}

extension Policy.Rule {
  fileprivate var words: String {
    conditions.isEmpty ? "everything" : conditions.map(\.sentence).joined(separator: " and ")
  }
}
