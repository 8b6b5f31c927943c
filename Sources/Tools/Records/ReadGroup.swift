package import Governance
internal import JSON
package import Records

/// Tool 7, `read_group`.
package struct ReadGroup: RecordTool {
  let records: any Records

  package init(records: any Records) { self.records = records }

  package let definition = ToolDefinition(
    name: "read_group", title: "Group and aggregate records",
    description: """
      Groups records and computes sums, averages, minima, maxima and counts over each group: for totals per month, \
      customer, stage or salesperson. Use it instead of adding up what search_read answers. Sums of amounts mix \
      currencies: where a model has currency_id, group by it too, or filter by company. Each group brings __domain, \
      which finds its records when it is joined with your own domain.
      """,
    category: .read, group: .reporting, risk: .low, effect: .reads,
    parameters: [
      .model, .domain,
      .required(
        "group_by", .either([.string(length: 1...128), .array(of: .string(length: 1...128), count: 0...5)]),
        """
        A field, or several: 'stage_id', ['date_order:month', 'user_id']. Dates and datetimes take :day, :week, \
        :month, :quarter or :year (UTC, weeks begin on Monday). An empty list makes one group of everything.
        """),
      .optional(
        "aggregates", .array(of: .string(length: 1...128), count: 0...20),
        """
        Such as 'amount_total:sum'; also avg, min, max, count (of values that are not empty) and count_distinct. \
        __count, the number of records, is always answered.
        """),
      .optional(
        "having", .domain,
        "Keeps only groups whose aggregates hold: [[\"amount_total:sum\", \">\", 1000]], __count too."),
      .limit("groups"),
      .optional(
        "order", .string(length: 1...512),
        "Such as 'amount_total:sum desc'; by aggregates, __count or keys. Left out, by the keys."),
    ],
    results: [
      .modelResult,
      .required(
        "groups", .array(of: .object),
        """
        One object a group: each key by its name in group_by ('2026-10', '2026-W41', '2026-Q4', [id, display_name], \
        null for none), __count, each aggregate by its name, and __domain
        """), .total, .hasMore,
    ], view: AppViews.chart)

  func answer(_ arguments: RecordArguments, for subject: Subject) async throws(RecordsError) -> ToolResult {
    let names = arguments.text("group_by").map { [$0] } ?? arguments.texts("group_by") ?? []
    var keys: [GroupKey] = []
    for name in names {
      guard let key = GroupKey(name) else {
        throw RecordsError(
          .invalidArgument, "group_by: '\(name.prefix(64))' is neither a field nor a date in steps of time.",
          hint: "Steps are :day, :week, :month, :quarter and :year, such as 'date_order:month'.")
      }
      keys.append(key)
    }
    var aggregates: [Aggregate] = []
    for name in arguments.texts("aggregates") ?? [] where name != "__count" {
      guard let aggregate = Aggregate(name) else {
        let known = Aggregate.Function.allCases.map(\.rawValue).joined(separator: ", ")
        throw RecordsError(
          .invalidArgument, "aggregates: '\(name.prefix(64))' is no aggregate.",
          hint: "A field, a colon and one of \(known): 'amount_total:sum'.")
      }
      aggregates.append(aggregate)
    }
    let page = try await records.group(
      GroupQuery(
        arguments.model, where: try arguments.domain(), by: keys, aggregates: aggregates,
        having: try arguments.domain("having"), order: try arguments.order(), limit: arguments.limit),
      for: subject)
    let groups = page.elements.map { group -> JSONValue in
      var object = group.values
      object["__domain"] = group.domain
      return .object(object)
    }
    let count = page.elements.count
    return ToolResult(
      [
        "model": .string(arguments.model), "groups": .array(groups), "total": .integer(Int64(page.total)),
        "has_more": .bool(page.hasMore),
      ],
      text: page.hasMore
        ? "\(count) of \(page.total) groups of \(arguments.model); ask for more with limit, or for fewer with domain or having."
        : "\(count) \(count == 1 ? "group" : "groups") of \(arguments.model).")
  }
}
