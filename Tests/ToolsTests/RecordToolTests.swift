import JSON
import OAuth
import Testing
import Tools

@testable import Governance

@Suite("Record tools")
struct RecordToolTests {
  @Test func `the ten tools are there, read-only, of low risk, each with its words`() async throws {
    let desk = try await Desk.open()
    #expect(
      desk.catalogue.tools.map(\.definition.name) == [
        "list_models", "describe_model", "search_records", "get_record", "search_read", "count_records",
        "read_group",
        "traverse_relationships", "build_domain", "list_companies",
      ])
    for tool in desk.catalogue.tools {
      #expect(tool.definition.risk == .low)
      #expect(tool.definition.effect == .reads)
      #expect(tool.definition.requiredScope == .read)
      #expect(tool.definition.contradiction == nil)
      #expect(tool.definition.description.utf8.count > 120)
    }
    let categories = desk.catalogue.tools.map {
      "\($0.definition.category.rawValue) / \($0.definition.group.rawValue)"
    }
    #expect(
      categories == [
        "read / Read", "read / Read", "read / Read", "read / Read", "read / Read", "read / Read",
        "read / Reporting",
        "advanced / Read", "advanced / Read", "read / Read",
      ])
  }

  static let misfits: [(String, JSONObject)] = [
    ("search_read", [:]), ("search_read", ["model": 5]), ("search_read", ["model": ""]),
    ("search_read", ["model": "sale.order", "limit": 0]),
    ("search_read", ["model": "sale.order", "limit": 501]),
    ("search_read", ["model": "sale.order", "limit": -1]),
    ("search_read", ["model": "sale.order", "offset": -1]),
    ("search_read", ["model": "sale.order", "domain": "[]"]),
    ("search_read", ["model": "sale.order", "fields": "name"]),
    ("search_read", ["model": "sale.order", "filter": []]), ("get_record", ["model": "sale.order"]),
    ("get_record", ["model": "sale.order", "id": 0]), ("get_record", ["model": "sale.order", "id": "1"]),
    ("traverse_relationships", ["model": "sale.order", "ids": [], "path": "order_line"]),
    ("build_domain", ["model": "sale.order", "conditions": []]), ("read_group", ["model": "sale.order"]),
    ("list_companies", ["model": "sale.order"]),
  ]

  @Test(arguments: misfits)
  func `arguments that don't fit the schema make no call`(
    _ tool: String, _ arguments: JSONObject
  ) async throws {
    let desk = try await Desk.open()
    let definition = try #require(desk.catalogue[tool]?.definition)
    #expect(throws: ArgumentError.self) { try Call(definition, arguments) }
  }

  @Test func `list_models finds models by a word`() async throws {
    let desk = try await Desk.open()
    let result = try await desk.call("list_models", ["query": "Invoice"], as: "admin")
    let names = result.structured["models"]?.array?.compactMap { $0["model"]?.string } ?? []
    #expect(names.contains("account.move"))
    #expect(!names.contains("stock.quant"))
    let few = try await desk.call("list_models", ["limit": 3], as: "admin").structured
    #expect(few["has_more"] == true)
    #expect(few["total"] == 29)
  }

  @Test func `describe_model tells types, selections and relations`() async throws {
    let desk = try await Desk.open()
    let model = try await desk.call("describe_model", ["model": "sale.order"], as: "sales").structured
    let fields = model["fields"]?.array ?? []
    let state = fields.first { $0["name"] == "state" }
    #expect(state?["selection"]?.array?.contains(["sale", "Sales Order"]) == true)
    let lines = fields.first { $0["name"] == "order_line" }
    #expect(lines?["relation"] == "sale.order.line")
    #expect(lines?["inverse"] == "order_id")
    #expect(!fields.contains { $0["name"] == "margin" })
    #expect(model["rights"] == ["read", "create", "write"])
    let one = try await desk.call(
      "describe_model", ["model": "sale.order", "fields": ["state"]], as: "sales"
    ).structured
    #expect(one["fields"]?.array?.count == 1)
    let hidden = try await desk.call(
      "describe_model", ["model": "sale.order", "fields": ["margin"]], as: "sales")
    #expect(hidden.structured["code"] == "unknown_field")
  }

  @Test func `search_read pages until nothing is left`() async throws {
    let desk = try await Desk.open()
    var offset: JSONValue = 0
    var seen: Set<Int64> = []
    while true {
      let page = try await desk.call(
        "search_read", ["model": "sale.order", "fields": ["name"], "limit": 250, "offset": offset],
        as: "admin")
      for record in page.structured["records"]?.array ?? [] { seen.insert(record["id"]?.integer ?? 0) }
      #expect(page.structured["total"] == 620)
      guard let next = page.structured["next_offset"] else {
        #expect(page.structured["has_more"] == false)
        break
      }
      #expect(page.structured["has_more"] == true)
      #expect(page.text.contains("offset \(next.integer ?? 0)"))
      offset = next
    }
    #expect(seen.count == 620)
  }

  @Test func `eighty records are a page when no limit is given`() async throws {
    let desk = try await Desk.open()
    let page = try await desk.call("search_records", ["model": "sale.order"], as: "admin").structured
    #expect(page["records"]?.array?.count == 80)
    #expect(page["next_offset"] == 80)
    #expect(page["records"]?.array?.first?.object?.members.map(\.name) == ["id", "display_name"])
  }

  @Test func `a many2one is its id and its name, an empty value is null`() async throws {
    let desk = try await Desk.open()
    let page = try await desk.call(
      "search_read",
      [
        "model": "sale.order", "domain": [["user_id", "=", false]],
        "fields": ["partner_id", "user_id", "date_order", "amount_total"], "limit": 1,
      ], as: "admin")
    let record = try #require(page.structured["records"]?.array?.first)
    #expect(record["partner_id"]?.array?.count == 2)
    #expect(record["partner_id"]?.array?.last?.string != nil)
    #expect(record["user_id"] == .null)
    #expect(record["amount_total"]?.number != nil)
    #expect(record["date_order"]?.string?.count == 19)
  }

  @Test func `get_record reads every field that the person may read, and counts what it cuts`() async throws {
    let desk = try await Desk.open()
    let order = try await desk.call("get_record", ["model": "sale.order", "id": 1], as: "admin").structured
    #expect(order["record"]?["order_line"]?.array?.isEmpty == false)
    #expect(order["record"]?["margin"]?.number != nil)
    #expect(order["record"]?["display_name"] == order["record"]?["name"])
    let company = try await desk.call("get_record", ["model": "res.currency", "id": 1], as: "portal")
      .structured
    #expect(company["record"]?["name"] == "EUR")
    let all = try await desk.call(
      "get_record", ["model": "product.category", "id": 3, "fields": ["product_ids"]], as: "admin")
    #expect((all.structured["record"]?["product_ids"]?.array?.count ?? 0) > 10)
  }

  @Test func `read_group sums by month, and its domains find the same records`() async throws {
    let desk = try await Desk.open()
    let groups = try await desk.call(
      "read_group",
      [
        "model": "sale.order", "domain": [["state", "=", "sale"]],
        "group_by": ["date_order:month", "currency_id"],
        "aggregates": ["amount_total:sum", "__count"], "order": "amount_total:sum desc", "limit": 5,
      ], as: "admin")
    let first = try #require(groups.structured["groups"]?.array?.first)
    #expect(first["date_order:month"]?.string?.count == 7)
    let domain = JSONValue.array([["state", "=", "sale"]] + (first["__domain"]?.array ?? []))
    let count = try await desk.call("count_records", ["model": "sale.order", "domain": domain], as: "admin")
    #expect(count.structured["count"] == first["__count"])
    #expect(groups.structured["has_more"] == true)
    let whole = try await desk.call("read_group", ["model": "sale.order", "group_by": []], as: "admin")
    #expect(whole.structured["groups"]?.array?.first?["__count"] == 620)
  }

  @Test(
    arguments: [
      (["group_by": "date_order:decade"], "invalid_argument"), (["group_by": "stat"], "unknown_field"),
      (["group_by": "state", "aggregates": ["amount_total"]], "invalid_argument"),
      (["group_by": "state", "aggregates": ["amount_total:median"]], "invalid_argument"),
      (["group_by": "state", "having": [["amount_total:sum", ">", 1]]], "invalid_domain"),
      (["group_by": "state", "having": [["__count", "ilike", "x"]]], "invalid_domain"),
      (["group_by": "state", "order": "amount_total desc"], "invalid_argument"),
      (["group_by": "state", "domain": ["&"]], "invalid_domain"),
    ] as [(JSONObject, String)])
  func `read_group refuses what makes no sense`(_ arguments: JSONObject, _ code: String) async throws {
    let desk = try await Desk.open()
    var arguments = arguments
    arguments["model"] = "sale.order"
    #expect(try await desk.code("read_group", arguments, as: "admin") == code)
  }

  @Test func `traverse_relationships leads from orders to products, each once`() async throws {
    let desk = try await Desk.open()
    let walk = try await desk.call(
      "traverse_relationships",
      [
        "model": "sale.order", "ids": [1, 2, 3, 999_999], "path": "order_line.product_id", "fields": ["name"],
      ], as: "admin"
    ).structured
    #expect(walk["model"] == "product.product")
    #expect(walk["missing_ids"] == [999_999])
    let ids = walk["records"]?.array?.compactMap { $0["id"]?.integer } ?? []
    #expect(Set(ids).count == ids.count)
    #expect(Set(walk["links"]?.array?.compactMap { $0["to"]?.integer } ?? []) == Set(ids))
  }

  @Test(arguments: [
    ("name", "invalid_argument"), ("order_line.name", "invalid_argument"), ("order_lines", "unknown_field"),
    ("order_line..product_id", "unknown_field"), (".", "unknown_field"),
    (Array(repeating: "partner_id", count: 9).joined(separator: "."), "invalid_argument"),
  ])
  func `a path that leads nowhere is refused`(_ path: String, _ code: String) async throws {
    let desk = try await Desk.open()
    let found = try await desk.code(
      "traverse_relationships", ["model": "sale.order", "ids": [1], "path": .string(path)], as: "admin")
    #expect(found == code)
  }

  @Test func `build_domain writes prefix notation that finds what it counted`() async throws {
    let desk = try await Desk.open()
    let built = try await desk.call(
      "build_domain",
      [
        "model": "sale.order",
        "conditions": [
          ["field": "state", "op": "in", "value": ["sale", "sent"]],
          [
            "any": [
              ["field": "amount_total", "op": ">", "value": 20_000],
              [
                "all": [
                  ["field": "user_id", "op": "=", "value": false],
                  ["field": "company_id", "op": "=", "value": 1],
                ]
              ],
            ]
          ],
          ["not": ["field": "partner_id.country_id.code", "op": "=", "value": "SE"]],
        ],
      ], as: "admin"
    ).structured
    #expect(
      built["domain"]?.text
        == #"[["state","in",["sale","sent"]],"|",["amount_total",">",20000],"&",["user_id","=",false],["company_id","=",1],"!",["partner_id.country_id.code","=","SE"]]"#
    )
    let domain = try #require(built["domain"])
    let count = try await desk.call("count_records", ["model": "sale.order", "domain": domain], as: "admin")
      .structured
    #expect(count["count"] == built["count"])
    #expect((count["count"]?.integer ?? 0) > 0)
  }

  @Test(
    arguments: [
      ([["field": "state", "op": "=", "value": "sold"]], "conditions[0][2]"),
      ([["field": "stat", "op": "=", "value": "sale"]], "conditions[0][0]"),
      ([["field": "state", "op": "equals", "value": "sale"]], "conditions[0][1]"),
      ([["field": "state", "op": "="]], "conditions[0]"),
      ([["field": "state", "value": 1, "op": "=", "x": 1]], "conditions[0]"),
      ([["any": []]], "conditions[0].any"), ([["any": 1]], "conditions[0].any"),
      ([["not": ["field": "x", "op": "=", "value": 1]]], "conditions[0].not[0]"),
      (
        [
          ["field": "id", "op": ">", "value": 1],
          ["all": [["field": "date_order", "op": ">", "value": "2026-02-30"]]],
        ], "conditions[1].all[0][2]"
      ),
    ] as [(JSONValue, String)])
  func `build_domain names the condition that is wrong`(_ conditions: JSONValue, _ place: String) async throws
  {
    let desk = try await Desk.open()
    let result = try await desk.call(
      "build_domain", ["model": "sale.order", "conditions": conditions], as: "admin")
    #expect(["invalid_domain", "unknown_field"].contains(result.structured["code"]?.string))
    let message = result.structured["message"]?.string ?? ""
    #expect(message.hasPrefix(place + ":") || message.hasPrefix(place + " ("), "\(message)")
  }

  @Test func `a deep build is refused`() async throws {
    let desk = try await Desk.open()
    var condition: JSONValue = ["field": "id", "op": ">", "value": 1]
    for level in 0..<40 { condition = level % 2 == 0 ? ["any": [condition]] : ["not": condition] }
    let arguments: JSONObject = ["model": "sale.order", "conditions": [condition]]
    #expect(try await desk.code("build_domain", arguments, as: "admin") == "invalid_domain")
  }

  @Test func `a malformed domain is an error that names the element, with a hint`() async throws {
    let desk = try await Desk.open()
    let result = try await desk.call(
      "search_read", ["model": "sale.order", "domain": ["state", "=", "sale"]], as: "admin")
    #expect(result.isError)
    #expect(result.structured["code"] == "invalid_domain")
    #expect(result.structured["message"]?.string?.contains("\"sale\"") == true)
    #expect(result.structured["hint"]?.string?.contains("brackets") == true)
  }

  /// Questions that people ask, and the calls that answer them.
  static let questions: [(String, String, JSONObject)] = [
    (
      "Which invoices are overdue?", "search_read",
      [
        "model": "account.move",
        "domain": [
          ["move_type", "=", "out_invoice"], ["state", "=", "posted"],
          ["payment_state", "in", ["not_paid", "partial"]], ["invoice_date_due", "<", "2026-11-21"],
        ], "fields": ["name", "partner_id", "amount_residual", "invoice_date_due"],
        "order": "invoice_date_due",
      ]
    ),
    (
      "Which quotations have been drafts for a month?", "search_read",
      ["model": "sale.order", "domain": [["state", "=", "draft"], ["date_order", "<", "2026-10-22"]]]
    ),
    (
      "How does the pipeline look?", "read_group",
      [
        "model": "crm.lead", "group_by": "stage_id",
        "aggregates": ["expected_revenue:sum", "probability:avg"],
      ]
    ),
    (
      "Which tasks are late?", "search_read",
      [
        "model": "project.task",
        "domain": [["state", "not in", ["1_done", "1_canceled"]], ["date_deadline", "<", "2026-11-21"]],
      ]
    ),
    (
      "Who bought the most chairs?", "read_group",
      [
        "model": "sale.order.line", "domain": [["product_id.categ_id", "child_of", "Furniture"]],
        "group_by": "order_id", "aggregates": ["product_uom_qty:sum"], "order": "product_uom_qty:sum desc",
        "limit": 5,
      ]
    ),
  ]

  @Test(arguments: questions)
  func `a question is answered by one call`(
    _ question: String, _ tool: String, _ arguments: JSONObject
  ) async throws {
    let desk = try await Desk.open()
    let result = try await desk.call(tool, arguments, as: "admin")
    #expect(!result.isError, "\(result.text)")
    #expect((result.structured["total"]?.integer ?? 0) >= 3, "\(question) \(result.text)")
  }
}
