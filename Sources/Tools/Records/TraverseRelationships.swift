package import Governance
internal import JSON
package import Records

/// Tool 8, `traverse_relationships`.
package struct TraverseRelationships: RecordTool {
  let records: any Records

  package init(records: any Records) { self.records = records }

  package let definition = ToolDefinition(
    name: "traverse_relationships", title: "Follow relations",
    description: """
      Follows a path of relations from some records and reads the records at its end, each once: from orders along \
      'order_line.product_id' to the products that they sell, from a customer along 'child_ids' to its people. Links \
      tell which start leads to which end. Use it when you have ids and want what belongs to them; to filter by \
      related records, use a path in the domain of search_read instead.
      """,
    category: .advanced, group: .read, risk: .low, effect: .reads,
    parameters: [
      .model, .required("ids", .identifiers, "Ids of the records to begin with"),
      .required(
        "path", .string(length: 1...512),
        "Relations (many2one, one2many, many2many) joined by dots, up to eight: 'order_line.product_id'."),
      .optional("fields", .names, "Of the records at the end. Left out, their model's usual fields."),
      .limit("records at the end"),
    ],
    results: [
      .required("model", .text, "The model of the records at the end"), .records,
      .required(
        "links",
        .array(
          of: .record([
            .required("from", .integer(), "Id of a record to begin with"),
            .required("to", .integer(), "Id of a record at the end"),
          ])), "Which start leads to which of these records; the first 2,000"),
      .required(
        "missing_ids", .array(of: .integer()), "Ids to begin with that are not there, or not for you to see"),
      .total, .hasMore,
    ])

  func answer(_ arguments: RecordArguments, for subject: Subject) async throws(RecordsError) -> ToolResult {
    let ids = arguments.all["ids"]?.array?.compactMap(\.integer) ?? []
    let path = (arguments.text("path") ?? "").split(separator: ".", omittingEmptySubsequences: false).map(
      String.init)
    let walk = try await records.traverse(
      Traversal(
        arguments.model, ids: ids, path: path, fields: arguments.texts("fields"), limit: arguments.limit),
      for: subject)
    guard walk.missing.count < ids.count else {
      throw RecordsError(
        .notFound, "None of these records of \(arguments.model) is there, or is for you to see.",
        hint: "search_records finds the ids of the records that you may see.")
    }
    let page = walk.page
    let missing =
      walk.missing.isEmpty ? "" : " \(walk.missing.count) of the ids to begin with were not found."
    let more = page.hasMore ? "; ask for more with limit, or begin with fewer ids" : ""
    return ToolResult(
      [
        "model": .string(walk.model), "records": .array(page.elements.map { .object($0) }),
        "links": .array(walk.links.map { ["from": .integer($0.from), "to": .integer($0.to)] }),
        "missing_ids": .array(walk.missing.map { .integer($0) }), "total": .integer(Int64(page.total)),
        "has_more": .bool(page.hasMore),
      ], text: "\(page.elements.count) of \(page.total) records of \(walk.model)\(more).\(missing)")
  }
}
