internal import Authentication
package import Governance
internal import JSON
package import Records

/// The operation `data_quality_report`: what is missing in a model's records, and what is there twice.
package struct DataQualityReport: LongRecordTool {
  let records: any Records

  package init(records: any Records) { self.records = records }

  package let definition = ToolDefinition(
    name: "read_group", title: "Data quality report",
    description: "Counts missing values and names that several records share.", category: .read,
    group: .reporting, risk: .low, effect: .reads, parameters: [.model, .domain],
    results: [
      .modelResult, .required("total", .integer(), "How many records there are"),
      .required(
        "fields",
        .array(
          of: .record([
            .required("field", .text, ""), .required("label", .text, ""), .required("required", .boolean, ""),
            .required("missing", .integer(), "Records without a value"),
            .required("missing_percent", .number, ""),
          ])), "Those with missing values, the emptiest first"),
      .required(
        "duplicates",
        .array(
          of: .record([
            .required("field", .text, ""), .required("value", .any, ""), .required("count", .integer(), ""),
          ])), "Values of name-like fields that several records have, the most frequent first"),
    ])

  /// Fields whose values ought to be different.
  private static let distinct = ["display_name", "email", "vat", "default_code", "barcode", "ref"]

  func answer(
    _ arguments: RecordArguments, for caller: Caller, in conversation: any Conversation
  ) async throws(RecordsError) -> ToolResult {
    let subject = Subject(caller)
    let model = try await records.model(arguments.model, for: subject)
    let domain = try arguments.domain()
    let total = try await records.count(domain, of: model.name, for: subject)
    let given = arguments.all["domain"]?.array ?? []
    // A truth value is never missing.
    let fields = model.fields.filter { $0.type != .boolean && $0.name != "id" && $0.name != "display_name" }
    var missing: [(count: Int, object: JSONValue)] = []
    for (index, field) in fields.enumerated() where !conversation.isCancelled {
      let empty = try Domain(.array(["&", [.string(field.name), "=", false]] + Self.whole(given)))
      let count = try await records.count(empty, of: model.name, for: subject)
      await conversation.progress(Double(index + 1), of: Double(fields.count), field.label)
      guard count > 0, total > 0 else { continue }
      let percent = (Double(count) / Double(total) * 1000).rounded() / 10
      missing.append(
        (
          count,
          [
            "field": .string(field.name), "label": .string(field.label), "required": .bool(field.isRequired),
            "missing": .integer(Int64(count)), "missing_percent": .number(percent),
          ]
        ))
    }
    var duplicates: [JSONValue] = []
    for name in Self.distinct where !conversation.isCancelled {
      // `display_name` is the name of another field, which can be grouped by.
      let name = name == "display_name" ? model.displayField : name
      guard let field = model[name], field.type == .char, let key = GroupKey(name) else { continue }
      let page = try await records.group(
        GroupQuery(
          model.name, where: domain, by: [key], having: try Domain([["__count", ">", 1]]),
          order: OrderTerm.list("__count desc"), limit: 20), for: subject)
      for group in page.elements {
        guard let value = group.values[name], !value.isNull else { continue }
        duplicates.append(["field": .string(name), "value": value, "count": group.values["__count"] ?? 0])
      }
    }
    missing.sort { $0.count > $1.count }
    return ToolResult(
      [
        "model": .string(model.name), "total": .integer(Int64(total)),
        "fields": .array(missing.map(\.object)),
        "duplicates": .array(duplicates),
      ],
      text:
        "\(total) records of \(model.name): \(missing.count) fields with missing values, \(duplicates.count) values more than once."
    )
  }

  /// A domain as one term in prefix notation.
  private static func whole(_ domain: [JSONValue]) -> [JSONValue] {
    guard !domain.isEmpty else { return [["id", "!=", 0]] }
    // Terms that follow one another all hold: an "&" for each but the last.
    var (terms, open) = (0, 0)
    for element in domain {
      switch element.string {
      case "&"?, "|"?: open += 1
      case "!"?: break
      default: terms += 1
      }
    }
    return Array(repeating: "&", count: max(0, terms - 1 - open)) + domain
  }
}
