internal import Authentication
package import Governance
internal import JSON
package import Records

/// The operation `aggregate_records`: `read_group` with many groups.
package struct AggregateRecords: LongRecordTool {
  let records: any Records

  package init(records: any Records) { self.records = records }

  package var definition: ToolDefinition {
    let group = ReadGroup(records: records).definition
    return ToolDefinition(
      name: group.name, title: "Aggregate records", description: group.description, category: .read,
      group: .reporting, risk: .low, effect: .reads,
      parameters: group.parameters.filter { $0.name != "limit" } + [
        .optional("limit", .integer(1...10_000), "How many groups at most.", default: 10_000)
      ], results: group.results)
  }

  func answer(
    _ arguments: RecordArguments, for caller: Caller, in conversation: any Conversation
  ) async throws(RecordsError) -> ToolResult {
    try await ReadGroup(records: records).answer(arguments, for: Subject(caller))
  }
}
