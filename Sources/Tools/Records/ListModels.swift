package import Governance
internal import JSON
package import Records

/// Tool 1, `list_models`.
package struct ListModels: RecordTool {
  let records: any Records

  package init(records: any Records) { self.records = records }

  package let definition = ToolDefinition(
    name: "list_models", title: "List models",
    description: """
      Lists the kinds of business records (models) that you may read, with their technical names, such as sale.order \
      for sales orders. Use it first when you don't know which model holds what was asked for; query finds models by \
      a word, such as 'invoice'. Then describe_model tells a model's fields. Models that you may not read are not \
      listed.
      """,
    category: .read, group: .read, risk: .low, effect: .reads,
    parameters: [
      .optional(
        "query", .string(length: 1...128), "A word of the name, label or description, such as 'invoice'."),
      .limit("models"),
    ],
    results: [
      .required(
        "models",
        .array(
          of: .record([
            .required("model", .text, "Technical name, to pass to the other tools"),
            .required("label", .text, "What people call it"),
            .required("description", .text, "What its records are"),
            .required(
              "rights", .array(of: .choice(["read", "create", "write", "unlink"])),
              "What you may do with its records"),
          ])), "By technical name"),
      .total, .hasMore,
    ])

  func answer(_ arguments: RecordArguments, for subject: Subject) async throws(RecordsError) -> ToolResult {
    var models = try await records.models(for: subject)
    if let query = arguments.text("query")?.lowercased() {
      models = models.filter { model in
        [model.name, model.label, model.description].contains { $0.lowercased().contains(query) }
      }
    }
    let shown = models.prefix(arguments.limit)
    let structured: JSONObject = [
      "models": .array(
        shown.map { model in
          [
            "model": .string(model.name), "label": .string(model.label),
            "description": .string(model.description),
            "rights": model.rightsJSON(of: subject),
          ]
        }),
      "total": .integer(Int64(models.count)), "has_more": .bool(shown.count < models.count),
    ]
    let names = shown.prefix(40).map { "\($0.name) (\($0.label))" }.joined(separator: ", ")
    return ToolResult(
      structured,
      text: models.isEmpty
        ? "No model that you may read matches; call list_models without a query to see all."
        : "\(shown.count) of \(models.count) models: \(names).")
  }
}

extension Model {
  /// The subject's rights, in their usual order.
  func rightsJSON(of subject: Subject) -> JSONValue {
    let rights = rights(of: subject)
    return .array(Right.allCases.filter(rights.contains).map { .string($0.rawValue) })
  }
}
