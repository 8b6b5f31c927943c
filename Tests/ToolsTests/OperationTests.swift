import Governance
import JSON
import Testing

@testable import Tools

@Suite("Operations of submit_async_task")
struct OperationTests {
  static let whole: [(String, JSONObject)] = [
    ("export_records", ["model": "res.partner"]),
    ("aggregate_records", ["model": "res.partner", "group_by": "country_id"]),
    ("search_all_models", ["query": "an"]),
    ("data_quality_report", ["model": "res.partner"]),
    ("receivable_payable_aging", [:]),
  ]

  @Test func `each contradicts nothing and takes the name of a tool, whose rules it runs by`() async throws {
    let desk = try await Desk.open()
    #expect(desk.operations.operations.map(\.name) == Self.whole.map(\.0))
    for operation in desk.operations.operations {
      #expect(operation.tool.definition.contradiction == nil)
      #expect(operation.tool.definition.effect == .reads)
      #expect(desk.catalogue[operation.tool.definition.name] != nil)
    }
  }

  @Test(arguments: whole)
  func `each answers an administrator`(name: String, params: JSONObject) async throws {
    let result = try await Desk.open().operate(name, params, as: "admin")
    #expect(!result.isError, "\(result.text)")
  }

  @Test(arguments: [
    ("export_records", "account.move", "sales", "forbidden"),
    ("export_records", "hr.employee", "portal", "unknown_model"),
    ("aggregate_records", "account.move", "sales", "forbidden"),
    ("data_quality_report", "crm.lead", "accountant", "forbidden"),
    ("data_quality_report", "no.model", "admin", "unknown_model"),
    ("receivable_payable_aging", "", "sales", "forbidden"),
  ])
  func `each reads what its person may and no more`(
    name: String, model: String, login: String, code: String
  ) async throws {
    var params: JSONObject = model.isEmpty ? [:] : ["model": .string(model)]
    if name == "aggregate_records" { params["group_by"] = [] }
    let result = try await Desk.open().operate(name, params, as: login)
    #expect(result.structured["code"]?.string == code)
  }

  @Test func `export_records: as many rows as count_records counts for each person, beyond one page`()
    async throws
  {
    let desk = try await Desk.open()
    for login in ["admin", "sales", "portal"] {
      let counted = try await desk.call("count_records", ["model": "sale.order"], as: login)
      let result = try await desk.operate(
        "export_records", ["model": "sale.order", "fields": ["name", "partner_id"]], as: login)
      let csv = try #require(result.structured["csv"]?.string)
      let lines = csv.split(separator: "\r\n")
      #expect(result.structured["rows"] == counted.structured["count"])
      #expect(Int64(lines.count - (lines.isEmpty ? 0 : 1)) == counted.structured["count"]?.integer)
      #expect(Set(lines.dropFirst()).count == max(0, lines.count - 1), "each once")
    }
    let some = try await desk.operate(
      "export_records", ["model": "sale.order", "fields": ["name"], "limit": 3], as: "admin")
    #expect(some.structured["rows"] == 3)
    #expect(some.structured["has_more"] == true)
  }

  @Test func `search_all_models: only the models that the connection is confined to`() async throws {
    let desk = try await Desk.open()
    let result = try await desk.operate(
      "search_all_models", ["query": "an"], as: "admin", models: ["res.partner", "res.country"])
    #expect(result.structured["searched"] == 2)
    let models = result.structured["models"]?.array?.compactMap { $0["model"]?.string } ?? []
    #expect(!models.isEmpty)
    #expect(Set(models).isSubset(of: ["res.partner", "res.country"]))
  }

  @Test func `data_quality_report: counts what search_read finds, whatever the domain's form`() async throws {
    let desk = try await Desk.open()
    let domains: [JSONValue] = [
      [], [["is_company", "=", true]], ["|", ["is_company", "=", true], ["id", ">", 5]],
      [["id", ">", 1], ["id", "<", 30]], ["!", ["id", "=", 1]],
    ]
    for domain in domains {
      let result = try await desk.operate(
        "data_quality_report", ["model": "res.partner", "domain": domain], as: "admin")
      for field in result.structured["fields"]?.array ?? [] {
        let name = try #require(field["field"]?.string)
        let without = try await desk.call(
          "count_records",
          [
            "model": "res.partner",
            "domain": .array([["id", "in", try await ids(desk, domain)], [.string(name), "=", false]]),
          ],
          as: "admin")
        #expect(field["missing"] == without.structured["count"], "\(domain) \(name)")
      }
    }
  }

  private func ids(_ desk: Desk, _ domain: JSONValue) async throws -> JSONValue {
    let found = try await desk.call(
      "search_records", ["model": "res.partner", "domain": domain, "limit": 500], as: "admin")
    return .array(found.structured["records"]?.array?.compactMap { $0["id"] } ?? [])
  }

  @Test func `receivable_payable_aging: the sum of what is open`() async throws {
    let desk = try await Desk.open()
    let result = try await desk.operate("receivable_payable_aging", [:], as: "accountant")
    let lines = result.structured["lines"]?.array ?? []
    let receivable = lines.filter { $0["kind"] == "receivable" }.compactMap { $0["total"]?.number }.reduce(
      0, +)
    let open = try await desk.call(
      "read_group",
      [
        "model": "account.move",
        "domain": [
          ["state", "=", "posted"], ["payment_state", "in", ["not_paid", "partial"]],
          ["invoice_date_due", "!=", false], ["move_type", "in", ["out_invoice", "out_refund"]],
        ], "group_by": "move_type", "aggregates": ["amount_residual:sum"],
      ], as: "accountant")
    let expected = (open.structured["groups"]?.array ?? []).reduce(0.0) { sum, group in
      let amount = group["amount_residual:sum"]?.number ?? 0
      return sum + (group["move_type"] == "out_refund" ? -amount : amount)
    }
    #expect(abs(receivable - expected) < 0.01)
    #expect(expected != 0)
  }

  static let cells: [(JSONValue, String)] = [
    (JSONValue.string("plain"), "plain"), ("with, comma", #""with, comma""#),
    (#"a "quote""#, #""a ""quote""""#),
    ("two\nlines", "\"two\nlines\""), ("=1+2", "'=1+2"), ("+49", "'+49"), ("-x", "'-x"), ("@cmd", "'@cmd"),
    ("\tx", "'\tx"), ("=a,b", #""'=a,b""#), (-5, "-5"), (1.5, "1.5"), (.null, ""), (true, "true"),
    ([3, "Azure Interior"], "Azure Interior"), ([3, "=evil"], "'=evil"), ([1, 2, 3], "1 2 3"), ([], ""),
    ([3, .null], "3"),
  ]

  @Test(arguments: cells)
  func `RFC 4180, and no text that a spreadsheet would take for a formula`(value: JSONValue, cell: String) {
    var csv = CSV()
    let fits = csv.add(["a": value, "__cut": ["x"]], unlessOver: 1000)
    #expect(fits)
    #expect(csv.text == "a\r\n\(cell)\r\n")
    let before = csv.text
    let fitsToo = csv.add(["a": .string(String(repeating: "x", count: 1000))], unlessOver: 1000)
    #expect(!fitsToo)
    #expect(csv.text == before)
  }
}
