package import Governance
package import Records

/// Tool 5, `search_read`.
package struct SearchRead: RecordTool {
  let records: any Records

  package init(records: any Records) { self.records = records }

  package let definition = ToolDefinition(
    name: "search_read", title: "Search and read records",
    description: """
      Finds records and answers the values of their fields, a page at a time: the tool for most questions about \
      records, such as "which invoices are overdue?". Name only the fields that you need; describe_model knows them. \
      For sums, averages or counts per month, customer or stage use read_group instead of reading many records. \
      Archived records are left out unless the domain names the field active.
      """,
    category: .read, group: .read, risk: .low, effect: .reads,
    parameters: [.model, .domain, .fields, .limit("records"), .offset, .order],
    results: [.modelResult, .records, .total, .hasMore, .nextOffset])

  func answer(_ arguments: RecordArguments, for subject: Subject) async throws(RecordsError) -> ToolResult {
    let page = try await records.searchRead(
      try arguments.query(), fields: arguments.texts("fields"), for: subject)
    return ToolResult(page, of: arguments.model)
  }
}
