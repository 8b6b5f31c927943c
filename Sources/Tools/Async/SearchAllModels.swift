internal import Authentication
package import Governance
internal import JSON
package import Records

/// The operation `search_all_models`: records of every readable model by their names.
package struct SearchAllModels: LongRecordTool {
  let records: any Records
  private let governor: Governor
  /// What is asked of governance for each model.
  private let rules: ToolDefinition

  package init(records: any Records, governor: Governor) {
    self.records = records
    self.governor = governor
    rules = SearchRecords(records: records).definition
  }

  package let definition = ToolDefinition(
    name: "search_records", title: "Search all models",
    description: "Finds records of any model by their names.",
    category: .read, group: .read, risk: .low, effect: .reads,
    parameters: [
      .required("query", .string(length: 2...128), "A part of the name."),
      .optional("limit", .integer(1...50), "How many records of each model.", default: 5),
    ],
    results: [
      .required(
        "models",
        .array(
          of: .record([
            .required("model", .text, ""), .required("label", .text, ""),
            .required("records", .array(of: .object), ""), .required("total", .integer(), ""),
          ])), "Those that have any"),
      .required("searched", .integer(), "How many models were looked through"),
    ])

  func answer(
    _ arguments: RecordArguments, for caller: Caller, in conversation: any Conversation
  ) async throws(RecordsError) -> ToolResult {
    let subject = Subject(caller)
    let all = try await records.models(for: subject)
    let domain = try Domain([["display_name", "ilike", .string(arguments.text("query") ?? "")]])
    var found: [JSONValue] = []
    var (searched, total) = (0, 0)
    for (index, model) in all.enumerated() where !conversation.isCancelled {
      // A policy may say something of one model and nothing of another.
      guard await governor.mayCall(rules, ["model": .string(model.name)], caller) else { continue }
      searched += 1
      let page = try await records.search(
        Query(model.name, where: domain, limit: arguments.integer("limit", else: 5)), for: subject)
      if !page.elements.isEmpty {
        total += page.total
        found.append([
          "model": .string(model.name), "label": .string(model.label),
          "records": .array(page.elements.map { .object($0) }), "total": .integer(Int64(page.total)),
        ])
      }
      await conversation.progress(Double(index + 1), of: Double(all.count), model.label)
    }
    return ToolResult(
      ["models": .array(found), "searched": .integer(Int64(searched))],
      text: "\(total) records in \(found.count) of \(searched) models.")
  }
}
