internal import Authentication
package import Governance
internal import JSON
package import Records

/// The operation `export_records`: many records as a table (RFC 4180).
package struct ExportRecords: LongRecordTool {
  let records: any Records

  package init(records: any Records) { self.records = records }

  package let definition = ToolDefinition(
    name: "search_read", title: "Export records", description: "Writes records into a CSV table.",
    category: .read, group: .read, risk: .low, effect: .reads,
    parameters: [
      .model, .domain, .fields, .order,
      .optional("limit", .integer(1...50_000), "How many records at most.", default: 10_000),
    ],
    results: [
      .modelResult, .required("file_name", .text, ""), .required("media_type", .text, ""),
      .required("csv", .text, "A header line and a line for each record"),
      .required("rows", .integer(), "How many records are in it"), .total, .hasMore,
    ])

  private static let page = 500
  private static let mostBytes = 1024 * 1024

  func answer(
    _ arguments: RecordArguments, for caller: Caller, in conversation: any Conversation
  ) async throws(RecordsError) -> ToolResult {
    let subject = Subject(caller)
    let limit = arguments.integer("limit", else: 10_000)
    let (domain, order) = (try arguments.domain(), try arguments.order())
    var table = CSV()
    var (rows, total) = (0, 0)
    reading: while rows < limit, !conversation.isCancelled {
      let page = try await records.searchRead(
        Query(
          arguments.model, where: domain, order: order, limit: min(Self.page, limit - rows), offset: rows),
        fields: arguments.texts("fields"), for: subject)
      total = page.total
      guard !page.elements.isEmpty else { break }
      for record in page.elements {
        guard table.add(record, unlessOver: Self.mostBytes) else { break reading }
        rows += 1
      }
      await conversation.progress(Double(rows), of: Double(min(limit, total)))
      if page.nextOffset == nil { break }
    }
    let hasMore = rows < total
    return ToolResult(
      [
        "model": .string(arguments.model), "file_name": .string(arguments.model + ".csv"),
        "media_type": "text/csv; charset=utf-8", "csv": .string(table.text), "rows": .integer(Int64(rows)),
        "total": .integer(Int64(total)), "has_more": .bool(hasMore),
      ],
      text: hasMore
        ? "\(rows) of \(total) records of \(arguments.model); for the rest narrow the domain, or name fewer fields."
        : "\(rows) records of \(arguments.model).")
  }
}
