package import Governance
internal import JSON
package import Records

/// Tool 4, `get_record`.
package struct GetRecord: RecordTool {
  let records: any Records

  package init(records: any Records) { self.records = records }

  package let definition = ToolDefinition(
    name: "get_record", title: "Get a record",
    description: """
      Reads one record by its id, with all fields that you may read or those that you name; archived records too. \
      Use it when you know the id, for example from search_records. To read several records, use search_read with \
      [["id", "in", [1, 2, 3]]].
      """,
    category: .read, group: .read, risk: .low, effect: .reads,
    parameters: [
      .model, .required("id", .identifier, "Id of the record"),
      .optional("fields", .names, "Names of the fields to answer. Left out, all that you may read."),
    ],
    results: [
      .modelResult,
      .required(
        "record", .object,
        """
        The fields' values, always with id. A many2one is [id, display_name], or [id, null] when you may not see what \
        it leads to; one2many and many2many are lists of ids (the first 100: __cut names the fields that have more); \
        empty values are null
        """),
    ])

  func answer(_ arguments: RecordArguments, for subject: Subject) async throws(RecordsError) -> ToolResult {
    let id = arguments.all["id"]?.integer ?? 0
    let found = try await records.read(
      [id], of: arguments.model, fields: arguments.texts("fields"), for: subject)
    guard let record = found.first else {
      throw RecordsError(
        .notFound, "There is no record \(id) of \(arguments.model), or it is not for you to see.",
        hint: "search_records finds the ids of the records that you may see.")
    }
    let name = record["display_name"]?.string.map { " (\($0))" } ?? ""
    return ToolResult(
      ["model": .string(arguments.model), "record": .object(record)], text: "\(arguments.model) \(id)\(name)."
    )
  }
}
