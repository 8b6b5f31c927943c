package import Governance
internal import JSON
package import Records

/// Tool 6, `count_records`.
package struct CountRecords: RecordTool {
  let records: any Records

  package init(records: any Records) { self.records = records }

  package let definition = ToolDefinition(
    name: "count_records", title: "Count records",
    description: """
      Counts the records that a domain holds for, without reading them: for "how many …?". For counts per month, \
      customer or stage use read_group. Archived records are left out unless the domain names the field active.
      """,
    category: .read, group: .read, risk: .low, effect: .reads, parameters: [.model, .domain],
    results: [.modelResult, .required("count", .integer(), "How many records there are")])

  func answer(_ arguments: RecordArguments, for subject: Subject) async throws(RecordsError) -> ToolResult {
    let count = try await records.count(try arguments.domain(), of: arguments.model, for: subject)
    return ToolResult(
      ["model": .string(arguments.model), "count": .integer(Int64(count))],
      text: "\(count) \(count == 1 ? "record" : "records") of \(arguments.model).")
  }
}
