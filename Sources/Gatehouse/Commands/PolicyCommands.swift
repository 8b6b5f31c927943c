internal import Accounts
internal import AuthorizationServer
internal import Governance
internal import JSON
internal import Policies
internal import Storage
internal import Words
internal import World

/// `gatehouse policy …`: what AI tools may do, as documents.
struct PolicyCommands {
  private let call: Invocation
  private let terminal: Terminal

  init(_ call: Invocation, _ terminal: Terminal) {
    self.call = call
    self.terminal = terminal
  }

  // MARK: Without a house

  func check() throws {
    let policy = try read(try call.arguments.one("policy file")).policy
    terminal.print(
      call.wantsJSON
        ? JSONValue.object(["valid": true, "rules": .integer(Int64(policy.ruleCount))]).text
        : "valid, \(policy.ruleCount) \(policy.ruleCount == 1 ? "rule" : "rules")")
  }

  private func read(_ file: String) throws -> (document: [UInt8], policy: Policy) {
    guard let bytes = contents(of: file) else {
      throw CommandError.failure("\(file) can't be read", hint: nil)
    }
    do { return (bytes, try Policy(bytes)) } catch {
      if call.wantsJSON {
        terminal.print(
          JSONValue.object([
            "valid": false,
            "problems": .array(
              error.problems.map { problem in
                [
                  "line": .integer(Int64(problem.line)), "pointer": .string(problem.pointer),
                  "sentence": .string(problem.sentence),
                ]
              }),
          ]).text)
      }
      throw CommandError.failure(
        "\(file) is no policy:\n" + error.problems.map { "  \($0)" }.joined(separator: "\n"),
        hint: "the format is at /policy.schema.json of every Gatehouse")
    }
  }

  // MARK: Which rule would answer, and why

  func simulate() async throws {
    let policy = try read(try call.arguments.one("policy file")).policy
    if let text = call.arguments["last"] { return try await replay(policy, text) }
    guard let tool = call.arguments["tool"] else {
      throw CommandError.usage("give --tool NAME [--arguments JSON], or --last N audit entries")
    }
    let arguments: JSONObject
    do throws(JSONError) {
      guard let object = try JSONValue(parsing: call.arguments["arguments"] ?? "{}").object else {
        throw .malformed
      }
      arguments = object
    } catch { throw CommandError.usage("--arguments takes a JSON object: \(error)") }
    let steps = policy.trace(of: tool, arguments)
    let (outcome, rule, reason) = verdict(policy, tool, arguments)
    guard call.wantsJSON else {
      for step in steps { terminal.print("\(step.rule)\t\(step.answer)") }
      terminal.print("\(outcome)\(rule.map { " by \($0)" } ?? "")\(reason.map { ": \($0)" } ?? "")")
      return
    }
    terminal.print(
      JSONValue.object([
        "outcome": .string(outcome), "rule": rule.map(JSONValue.string) ?? .null,
        "reason": reason.map(JSONValue.string) ?? .null,
        "steps": .array(steps.map { ["rule": .string($0.rule), "answer": .string($0.answer)] }),
      ]).text)
  }

  private func verdict(
    _ policy: Policy, _ tool: String, _ arguments: JSONObject
  ) -> (outcome: String, rule: String?, reason: String?) {
    switch policy.ruling(on: tool, arguments) {
    case .denied(let refusal): ("denied", refusal.rule, refusal.reason)
    case .allowed(_, approval: let approval?): ("needs approval", approval.rule, approval.reason)
    case .allowed: ("allowed", nil, nil)
    }
  }

  /// What it would have said of the calls of late, and by which rule. Where the log kept no arguments, as it does only with
  /// `--log-payloads on`, some of it hangs on them.
  private func replay(_ policy: Policy, _ text: String) async throws {
    guard let count = Int(text), (1...100_000).contains(count) else {
      throw CommandError.usage("--last takes a number of audit entries")
    }
    let house = try await house()
    var findings: [Finding: [Int64]] = [:]
    var (left, before): (Int, Int64?) = (count, nil)
    while left > 0 {
      let records = try await house.audit.list(
        limit: min(left, 1000), before: before,
        matching: AuditFilter(connectionID: call.arguments["connection"]))
      guard let last = records.last else { break }
      (left, before) = (left - records.count, last.sequence)
      let kept = try await house.audit.payloads(of: records)
      for record in records where record.entry.method == "tools/call" && record.entry.kind != .request {
        guard let tool = record.entry.tool else { continue }
        let finding: Finding
        if policy.dependsOnArguments(tool) {
          guard let arguments = Self.arguments(kept[record.sequence]) else {
            findings[Finding(tool: tool, outcome: "depends on arguments", rule: nil), default: []]
              .append(record.sequence)
            continue
          }
          let (outcome, rule, _) = verdict(policy, tool, arguments)
          finding = Finding(tool: tool, outcome: outcome, rule: rule)
        } else {
          let (outcome, rule, _) = verdict(policy, tool, [:])
          finding = Finding(tool: tool, outcome: outcome, rule: rule)
        }
        findings[finding, default: []].append(record.sequence)
      }
    }
    for (finding, entries) in findings.sorted(by: { $0.key < $1.key }) {
      let newest = entries.prefix(Self.mostEntries)
      terminal.print(
        call.wantsJSON
          ? JSONValue.object([
            "tool": .string(finding.tool), "outcome": .string(finding.outcome),
            "rule": finding.rule.map(JSONValue.string) ?? .null, "calls": .integer(Int64(entries.count)),
            "newest_entries": .array(newest.map { .integer($0) }),
          ]).text
          : [
            finding.tool.asField, finding.outcome, "\(entries.count)", finding.rule ?? "-",
            newest.map { "\($0)" }.joined(separator: ","),
          ].joined(separator: "\t"))
    }
  }

  /// What a policy would have said of calls, and the rule that would have.
  private struct Finding: Hashable, Comparable {
    let tool: String
    let outcome: String
    let rule: String?

    static func < (a: Finding, b: Finding) -> Bool {
      (a.tool, a.outcome, a.rule ?? "") < (b.tool, b.outcome, b.rule ?? "")
    }
  }

  /// How many entries of one finding are named.
  private static let mostEntries = 5

  /// The arguments that the log kept; nil where it kept none, or not all of them.
  private static func arguments(_ payload: [UInt8]?) -> JSONObject? {
    guard let payload, let kept = try? JSONValue(parsing: payload)["arguments"]?.object else { return nil }
    return kept["truncated"] == true && kept["bytes"] != nil ? nil : kept
  }

  // MARK: In force

  private func house() async throws -> House {
    try await House(call.settings, world: .live, log: .command(call.settings))
  }

  private func rulebook() async throws -> (House, Rulebook) {
    let house = try await house()
    return (house, Rulebook(store: house.store, world: house.world))
  }

  /// Whose policy is meant; everything named has to be there, so that a typo is no policy that nobody has.
  private func target(_ house: House) async throws -> PolicyTarget {
    let arguments = call.arguments
    var found: [PolicyTarget] = []
    if arguments.flags.contains("everything") { found.append(.everything) }
    if let name = arguments["group"] {
      let known = try await house.users.groups()
      if !known.contains(name) {
        // It may be there before its people are.
        let near = known.sorted().nearest(to: name)
        let hint = near.isEmpty ? "" : "; did you mean \(near.map { "'\($0)'" }.joined(separator: " or "))?"
        terminal.say("gatehouse: warning: nobody is in the group '\(name)' yet\(hint)")
      }
      found.append(.group(name))
    }
    if let id = arguments["client"] {
      guard try await house.clients.client(id) != nil else {
        throw CommandError.failure("there is no client '\(id)'", hint: "gatehouse client list")
      }
      found.append(.client(id))
    }
    if let id = arguments["connection"] {
      guard try await house.connections.connection(id) != nil else {
        throw CommandError.failure("there is no connection '\(id)'", hint: "gatehouse connection list")
      }
      found.append(.connection(id))
    }
    guard found.count == 1 else {
      throw CommandError.usage("say whose: --connection ID, --client ID, --group NAME or --everything")
    }
    return found[0]
  }

  func set() async throws {
    let document = try read(try call.arguments.one("policy file")).document
    let (house, rulebook) = try await rulebook()
    let target = try await target(house)
    let version = try await rulebook.set(document, for: target) { version, transaction in
      try AuditLog.append(house.act("policy.set", of: "\(target)@\(version)"), in: transaction)
    }
    terminal.print(
      call.wantsJSON
        ? JSONValue.object(["target": .string(target.description), "version": .integer(version)]).text
        : "\(target)@\(version) is in force")
  }

  func clear() async throws {
    let (house, rulebook) = try await rulebook()
    let target = try await target(house)
    guard try await rulebook.clear(target, along: house.along("policy.clear", of: target.description))
    else {
      throw CommandError.failure("\(target) has no policy", hint: "gatehouse policy list")
    }
    terminal.print(
      call.wantsJSON ? JSONValue.object(["target": .string(target.description)]).text : "cleared \(target)")
  }

  func list() async throws {
    for version in try await rulebook().1.versions() where version.document != nil { print(version) }
  }

  /// One version as it was written, or all of a target's by their numbers.
  func show() async throws {
    let (house, rulebook) = try await rulebook()
    let target = try await target(house)
    let versions = try await rulebook.versions(of: target)
    if call.arguments.flags.contains("history") { return versions.forEach(print) }
    let wanted = call.arguments["version"].flatMap(Int64.init) ?? versions.first?.version
    guard let found = versions.first(where: { $0.version == wanted }), let document = found.document else {
      throw CommandError.failure("\(target) has no such policy", hint: "gatehouse policy list")
    }
    terminal.print(String(decoding: document, as: UTF8.self))
  }

  private func print(_ version: Rulebook.Version) {
    let size = version.document?.count
    terminal.print(
      call.wantsJSON
        ? JSONValue.object([
          "target": .string(version.target), "version": .integer(version.version),
          "made_at": .string(version.madeAt.rfc3339), "bytes": size.map { .integer(Int64($0)) } ?? .null,
        ]).text
        : "\(version.target)\t\(version.version)\t\(version.madeAt.rfc3339)\t\(size.map { "\($0) bytes" } ?? "cleared")"
    )
  }
}
