internal import JSON
internal import JSONSchema
internal import Patterns

extension Policy {
  /// The longest document, in bytes, …
  package static let longest = 1 << 20
  /// … and the most rules: beyond it nobody knows what the document says.
  package static let mostRules = 20_000

  /// Reads a document.
  ///
  /// - Throws: `PolicyError` with every problem, up to twenty.
  package init(_ document: [UInt8]) throws(PolicyError) {
    let source = SourceText(document)
    func failure(_ sentence: String, line: Int = 1) -> PolicyError {
      PolicyError(problems: [PolicyProblem(line: line, pointer: "", sentence: sentence)])
    }
    guard document.count <= Self.longest else {
      throw failure("has more than \(Self.longest / 1024) KiB")
    }
    let value: JSONValue
    do throws(JSONError) { value = try JSONValue(parsing: document) } catch {
      throw failure("is no JSON: \(error)", line: source.lineOfMistake())
    }
    let problems: [SchemaProblem]
    do { problems = try PolicyFormat.schema.get().problems(of: value) } catch {
      throw failure("can't be checked: \(error)")
    }
    guard problems.isEmpty, let object = value.object else {
      throw PolicyError(
        problems: problems.map {
          PolicyProblem(line: source.line(of: $0.pointer), pointer: $0.pointer, sentence: $0.sentence)
        }.sorted { $0.line < $1.line })
    }
    var reader = PolicyReader()
    reader.read(object)
    guard reader.problems.isEmpty else {
      throw PolicyError(
        problems: reader.problems.map { pointer, sentence in
          PolicyProblem(line: source.line(of: pointer), pointer: pointer, sentence: sentence)
        })
    }
    guard reader.ruleCount <= Self.mostRules else { throw failure("has more than \(Self.mostRules) rules") }
    standard = Standard(rawValue: object["default"]?.string ?? "") ?? .deny
    hidden = reader.hidden
    allTools = reader.allTools
    tools = reader.tools
    ruleCount = reader.ruleCount
  }
}

/// Takes a document apart whose form the schema has checked.
private struct PolicyReader {
  var hidden = Policy.Hidden.names([])
  var allTools: [Limit] = []
  var tools: [String: Policy.ToolRules] = [:]
  var ruleCount = 0
  var problems: [(pointer: String, sentence: String)] = []

  mutating func read(_ document: JSONObject) {
    if let hide = document["hide"] {
      let names = Set((hide.array ?? []).compactMap(\.string))
      hidden = hide == "*" || names.contains("*") ? .all : .names(names)
    }
    if let object = document["all_tools"]?.object { allTools = limits(object, below: ["all_tools"]) }
    for (name, value) in document["tools"]?.object?.members ?? [] {
      tools[name] = rules(value.object ?? [:], of: name)
    }
  }

  private mutating func rules(_ object: JSONObject, of tool: String) -> Policy.ToolRules {
    var rules = Policy.ToolRules()
    rules.reason = object["reason"]?.string
    rules.speaksOfApproval = object["require_approval"] != nil || object["action"] == "require_approval"
    rules.require = list(object["require"], ["tools", tool, "require"])
    rules.denyIf = list(object["deny_if"], ["tools", tool, "deny_if"])
    rules.limits = limits(object, below: ["tools", tool])
    switch object["action"] {
    case "deny": rules.action = .deny
    case "require_approval":
      rules.approval = .init(
        pointer: pointer(["tools", tool, "action"]), conditions: [], reason: rules.reason)
    default: break
    }
    let place = ["tools", tool, "require_approval"]
    switch object["require_approval"] {
    case .bool(true)?: rules.approval = .init(pointer: pointer(place), conditions: [], reason: rules.reason)
    case .array(let list)?:
      rules.approval = .init(
        pointer: pointer(place), conditions: conditions(list, place), reason: rules.reason)
    case .object(let object)?:
      rules.approval = .init(
        pointer: pointer(place),
        conditions: conditions(object["conditions"]?.array ?? [], place + ["conditions"]),
        reason: object["reason"]?.string ?? rules.reason)
    default: break
    }
    ruleCount += rules.approval == nil ? 0 : 1
    return rules
  }

  /// The rules of one list. Their names in denials are those that people know from other gateways:
  /// `/tools/create_charge/deny_if/args.amount-gt`.
  private mutating func list(_ value: JSONValue?, _ place: [String]) -> [Policy.Rule] {
    var rules: [Policy.Rule] = []
    for (index, item) in (value?.array ?? []).enumerated() {
      guard let object = item.object else { continue }
      let here = place + [String(index)]
      var conditions: [Condition]
      if let list = object["conditions"]?.array {
        conditions = self.conditions(list, here + ["conditions"])
      } else {
        conditions = condition(item, here).map { [$0] } ?? []
        if conditions.isEmpty { continue }
      }
      let name =
        conditions.count == 1 ? "\(conditions[0].path.text)-\(conditions[0].op.rawValue)" : String(index)
      rules.append(
        Policy.Rule(
          pointer: pointer(place + [name]), conditions: conditions, reason: object["on_deny"]?.string))
    }
    ruleCount += rules.count
    return rules
  }

  private mutating func conditions(_ list: [JSONValue], _ place: [String]) -> [Condition] {
    var conditions: [Condition] = []
    for (index, item) in list.enumerated() {
      if let condition = condition(item, place + [String(index)]) { conditions.append(condition) }
    }
    return conditions
  }

  private mutating func condition(_ value: JSONValue, _ place: [String]) -> Condition? {
    guard let path = path(value["path"], place + ["path"]),
      let op = value["op"]?.string.flatMap(Condition.Operator.init(rawValue:))
    else { return nil }
    var pattern: Pattern?
    if op == .regex {
      do throws(PatternError) { pattern = try Pattern(value["value"]?.string ?? "") } catch {
        problems.append((pointer(place + ["value"]), "is no pattern: \(error.description)"))
        return nil
      }
    }
    return Condition(path: path, op: op, value: value["value"] ?? .bool(true), pattern: pattern)
  }

  private mutating func path(_ value: JSONValue?, _ place: [String]) -> ArgumentPath? {
    if let path = value?.string.flatMap(ArgumentPath.init) { return path }
    problems.append((pointer(place), "must be a path such as args.amount"))
    return nil
  }

  private mutating func limits(_ object: JSONObject, below place: [String]) -> [Limit] {
    var limits: [Limit] = []
    for (index, item) in (object["limits"]?.array ?? []).enumerated() {
      let here = place + ["limits", String(index)]
      guard let counter = item["counter"]?.string, let maximum = item["max"].flatMap({ Amount($0) }),
        let window = item["window"]?.string.flatMap(Window.init(word:))
      else {
        problems.append((pointer(here + ["max"]), "must be an amount from 0 to a billion"))
        continue
      }
      var source: ArgumentPath?
      if item["increment_from"] != nil {
        source = path(item["increment_from"], here + ["increment_from"])
        if source == nil { continue }
      }
      limits.append(
        Limit(
          pointer: pointer(place + ["limits", counter]), counter: counter, window: window, maximum: maximum,
          scope: item["scope"]?.string.flatMap(Limit.Scope.init(rawValue:)) ?? .grant,
          reason: item["on_deny"]?.string, increment: item["increment"].flatMap { Amount($0) } ?? Amount(1),
          source: source))
    }
    if let short = object["rate_limit"], let most = short["max"].flatMap({ Amount($0) }),
      let seconds = short["window"]?.integer
    {
      // No counter that a document names has a bracket in it.
      limits.append(
        Limit(
          pointer: pointer(place + ["rate_limit"]), counter: "(\(place.joined(separator: " ")))",
          window: Window(seconds: seconds), maximum: most, scope: .grant, reason: object["reason"]?.string,
          increment: Amount(1), source: nil))
    }
    ruleCount += limits.count
    return limits
  }

  private func pointer(_ parts: [String]) -> String {
    parts.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
  }
}
