package import Governance
internal import JSON
package import Records

/// Tool 9, `build_domain`.
package struct BuildDomain: RecordTool {
  /// How deep `any`, `all` and `not` may stand inside each other.
  static let deepest = 16

  let records: any Records

  package init(records: any Records) { self.records = records }

  package let definition = ToolDefinition(
    name: "build_domain", title: "Build a domain",
    description: """
      Makes a domain from conditions in plain objects, checks every field, operator and value against the model, and \
      counts what it finds. Use it when a domain was refused, or for conditions with "or" and "not" that are hard to \
      write in prefix notation; then pass the domain to search_read, count_records or read_group. A domain that you \
      are sure of needs no building.
      """,
    category: .advanced, group: .read, risk: .low, effect: .reads,
    parameters: [
      .model,
      .required(
        "conditions", .array(of: .object, count: 1...256),
        """
        All must hold. Each is {"field", "op", "value"}, or {"any": [conditions]} of which one must hold, or \
        {"all": [conditions]}, or {"not": condition}. Example: [{"field": "state", "op": "=", "value": "sale"}, \
        {"any": [{"field": "amount_total", "op": ">", "value": 1000}, {"field": "user_id", "op": "=", "value": false}]}]
        """),
    ],
    results: [
      .modelResult, .required("domain", .array(of: .any), "The checked domain, in prefix notation"),
      .required("count", .integer(), "How many records it finds"),
    ])

  func answer(_ arguments: RecordArguments, for subject: Subject) async throws(RecordsError) -> ToolResult {
    let conditions = arguments.all["conditions"] ?? []
    let built = try group(conditions, at: "conditions", isAll: true, depth: 0)
    // The built one is counted: its errors name the conditions as they were given.
    let count = try await records.count(built, of: arguments.model, for: subject)
    // Through the notation and back: what is answered is within the bounds of the other tools.
    let domain = try Domain(built.json).json
    return ToolResult(
      ["model": .string(arguments.model), "domain": domain, "count": .integer(Int64(count))],
      text: "\(domain.text) finds \(count) \(count == 1 ? "record" : "records") of \(arguments.model).")
  }

  private func group(
    _ json: JSONValue, at position: String, isAll: Bool, depth: Int
  ) throws(RecordsError) -> Domain {
    guard depth < Self.deepest else {
      throw RecordsError(.invalidDomain, "\(position): conditions are nested more than \(Self.deepest) deep.")
    }
    guard let conditions = json.array, !conditions.isEmpty else {
      throw RecordsError(.invalidDomain, "\(position): expected a list of conditions.")
    }
    var domain: Domain = isAll ? .everything : .nothing
    for (index, condition) in conditions.enumerated() {
      let next = try self.condition(condition, at: "\(position)[\(index)]", depth: depth)
      domain = isAll ? domain.and(next) : domain.or(next)
    }
    return domain
  }

  private func condition(_ json: JSONValue, at position: String, depth: Int) throws(RecordsError) -> Domain {
    guard let members = json.object else {
      throw RecordsError(
        .invalidDomain, "\(position): expected an object.",
        hint: "{\"field\": \"state\", \"op\": \"=\", \"value\": \"sale\"}")
    }
    if members.count == 1, let (name, value) = members.members.first {
      switch name {
      case "all": return try group(value, at: "\(position).all", isAll: true, depth: depth + 1)
      case "any": return try group(value, at: "\(position).any", isAll: false, depth: depth + 1)
      case "not":
        guard depth + 1 < Self.deepest else {
          throw RecordsError(
            .invalidDomain, "\(position): conditions are nested more than \(Self.deepest) deep.")
        }
        return .not(try condition(value, at: "\(position).not", depth: depth + 1))
      default: break
      }
    }
    for (name, _) in members.members where !["field", "op", "value"].contains(name) {
      throw RecordsError(
        .invalidDomain, "\(position): '\(name.prefix(64))' is no member of a condition.",
        hint: "A condition is {field, op, value}, or one of {any}, {all} and {not} alone.")
    }
    guard let field = members["field"], let symbol = members["op"], let value = members["value"] else {
      throw RecordsError(
        .invalidDomain, "\(position): a condition needs field, op and value.",
        hint: "Use \"value\": false for empty.")
    }
    return try Domain(condition: [field, symbol, value], at: position)
  }
}
