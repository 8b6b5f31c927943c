internal import Authentication
package import Governance
internal import JSON
package import Records
package import World

/// The operation `receivable_payable_aging`: open invoices and bills by how long they are overdue.
package struct ReceivablePayableAging: LongRecordTool {
  let records: any Records
  private let world: World

  package init(records: any Records, world: World) {
    self.records = records
    self.world = world
  }

  private static let model = "account.move"
  private static let buckets: [(name: String, from: Int64?, to: Int64?)] = [
    ("not_due", nil, 0), ("1_30", 1, 30), ("31_60", 31, 60), ("61_90", 61, 90), ("over_90", 91, nil),
  ]

  package let definition = ToolDefinition(
    name: "read_group", title: "Receivable and payable aging",
    description: "Sums up open invoices and bills by age.", category: .read, group: .reporting, risk: .low,
    effect: .reads,
    // Named, so that rules on models hold for it.
    parameters: [.optional("model", .choice([model]), "Always account.move.", default: .string(model))],
    results: [
      .required("as_of", .text, "The day that ages are counted to"),
      .required(
        "lines",
        .array(
          of: .record([
            .required("kind", .choice(["receivable", "payable"]), ""),
            .required("partner", .any, "[id, name], or null"),
            .required("currency", .any, "[id, name], or null"),
            .required("not_due", .number, ""), .required("1_30", .number, "Days overdue"),
            .required("31_60", .number, ""), .required("61_90", .number, ""),
            .required("over_90", .number, ""),
            .required("total", .number, ""),
          ])), "One for each kind, partner and currency, the largest first"),
    ])

  private struct Key: Hashable {
    let kind: String
    let partner: String
    let currency: String
  }

  private struct Line {
    var partner = JSONValue.null
    var currency = JSONValue.null
    var amounts: [String: Double] = [:]
    var total: Double { amounts.values.reduce(0, +) }
  }

  func answer(
    _ arguments: RecordArguments, for caller: Caller, in conversation: any Conversation
  ) async throws(RecordsError) -> ToolResult {
    let now = world.now
    let day = Self.day(now)
    var lines: [Key: Line] = [:]
    let keys = ["move_type", "partner_id", "currency_id"].compactMap { GroupKey($0) }
    let aggregates = [Aggregate("amount_residual:sum")].compactMap(\.self)
    for (index, bucket) in Self.buckets.enumerated() where !conversation.isCancelled {
      var domain: [JSONValue] = [
        ["state", "=", "posted"], ["payment_state", "in", ["not_paid", "partial"]],
        ["move_type", "in", ["out_invoice", "out_refund", "in_invoice", "in_refund"]],
      ]
      if let from = bucket.from {
        domain.append(["invoice_date_due", "<=", .string(Self.day(now - .days(from)))])
      }
      if let to = bucket.to { domain.append(["invoice_date_due", ">=", .string(Self.day(now - .days(to)))]) }
      let page = try await records.group(
        GroupQuery(
          Self.model, where: try Domain(.array(domain)), by: keys, aggregates: aggregates, limit: 10_000),
        for: Subject(caller))
      for group in page.elements {
        let type = group.values["move_type"]?.string ?? ""
        let (partner, currency) = (group.values["partner_id"] ?? .null, group.values["currency_id"] ?? .null)
        let key = Key(
          kind: type.hasPrefix("out_") ? "receivable" : "payable", partner: partner.text,
          currency: currency.text)
        let amount = group.values["amount_residual:sum"]?.number ?? 0
        var line = lines[key] ?? Line(partner: partner, currency: currency)
        line.amounts[bucket.name, default: 0] += type.hasSuffix("_refund") ? -amount : amount
        lines[key] = line
      }
      await conversation.progress(Double(index + 1), of: Double(Self.buckets.count), bucket.name)
    }
    let sorted = lines.sorted { ($0.value.total, $1.key.partner) > ($1.value.total, $0.key.partner) }
    return ToolResult(
      ["as_of": .string(day), "lines": .array(sorted.map { Self.object($0.key, $0.value) })],
      text: "\(sorted.count) open balances as of \(day).")
  }

  private static func object(_ key: Key, _ line: Line) -> JSONValue {
    var object: JSONObject = [
      "kind": .string(key.kind), "partner": line.partner, "currency": line.currency,
    ]
    for bucket in buckets { object[bucket.name] = .number(cents(line.amounts[bucket.name] ?? 0)) }
    object["total"] = .number(cents(line.total))
    return .object(object)
  }

  private static func cents(_ amount: Double) -> Double { (amount * 100).rounded() / 100 }

  private static func day(_ moment: Instant) -> String { String(moment.rfc3339.prefix(10)) }
}
