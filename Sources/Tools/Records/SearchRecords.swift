package import Governance
internal import JSON
package import Records

/// Tool 3, `search_records`.
package struct SearchRecords: RecordTool {
  let records: any Records

  package init(records: any Records) { self.records = records }

  package let definition = ToolDefinition(
    name: "search_records", title: "Search records",
    description: """
      Finds records and answers their ids and display names alone: to pick a record by name, or to collect ids for \
      another call. Use search_read when you need the records' values too, and count_records when only their number \
      counts. Archived records are left out unless the domain names the field active.
      """,
    category: .read, group: .read, risk: .low, effect: .reads,
    parameters: [.model, .domain, .limit("records"), .offset, .order],
    results: [
      .modelResult,
      .required(
        "records",
        .array(
          of: .record([
            .required("id", .integer(), ""), .required("display_name", .either([.text, .null]), ""),
          ])), "The records of this page"), .total, .hasMore, .nextOffset,
    ])

  func answer(_ arguments: RecordArguments, for subject: Subject) async throws(RecordsError) -> ToolResult {
    ToolResult(try await records.search(try arguments.query(), for: subject), of: arguments.model)
  }
}
