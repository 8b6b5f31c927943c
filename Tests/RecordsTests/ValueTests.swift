import JSON
import Records
import Testing

@Suite("Values fit their fields")
struct ValueTests {
  static let dates: [(String, JSONValue, Bool)] = [
    ("invoice_date", "2026-11-21", true), ("invoice_date", "2024-02-29", true),
    ("invoice_date", "2000-02-29", true),
    ("invoice_date", "0001-01-01", true), ("invoice_date", "9999-12-31", true),
    ("invoice_date", "2026-02-30", false), ("invoice_date", "2026-02-29", false),
    ("invoice_date", "1900-02-29", false),
    ("invoice_date", "2026-13-01", false), ("invoice_date", "2026-00-10", false),
    ("invoice_date", "2026-04-31", false),
    ("invoice_date", "2026-1-1", false), ("invoice_date", "26-01-01", false),
    ("invoice_date", "0000-01-01", false),
    ("invoice_date", "2026-11-21 10:00:00", false), ("invoice_date", "2026-11-21T10:00:00Z", false),
    ("invoice_date", "today", false), ("invoice_date", 20261121, false), ("invoice_date", true, false),
    ("invoice_date", "+026-11-21", false), ("invoice_date", "２０２６-11-21", false),
    ("create_date", "2026-11-21 23:59:59", true), ("create_date", "2026-11-21", true),
    ("create_date", "2026-11-21 24:00:00", false), ("create_date", "2026-11-21 23:60:00", false),
    ("create_date", "2026-11-21 23:59:60", false), ("create_date", "2026-11-21T10:00:00", false),
    ("create_date", "2026-11-21T10:00:00Z", false), ("create_date", "2026-11-21 10:00", false),
    ("create_date", "2026-02-30 10:00:00", false), ("create_date", "2026-11-21 10:00:00.5", false),
  ]

  @Test(arguments: dates)
  func `dates are those of the calendar, as Odoo writes them`(
    _ field: String, _ value: JSONValue, _ isFine: Bool
  ) async throws {
    let demo = try await DemoCompany.open()
    let error = await failure {
      _ = try await demo.ids("account.move", [[.string(field), ">=", value]], "admin")
    }
    #expect((error == nil) == isFine, "\(error?.description ?? "")")
    #expect(error == nil || error?.code == .invalidDomain)
    #expect(error == nil || error?.sentence.hasPrefix("domain[0][2] (") == true)
  }

  @Test func `a bare date on a datetime is the day's edge for inequalities, and refused for equality`()
    async throws
  {
    let demo = try await DemoCompany.open()
    let day = "2026-11-01"
    for (comparison, edge) in [(">", "23:59:59"), ("<=", "23:59:59"), (">=", "00:00:00"), ("<", "00:00:00")] {
      let bare = try await demo.ids(
        "sale.order", [["date_order", .string(comparison), .string(day)]], "admin")
      let exact = try await demo.ids(
        "sale.order", [["date_order", .string(comparison), .string("\(day) \(edge)")]], "admin")
      #expect(bare == exact)
      #expect(!bare.isEmpty)
    }
    let error = await failure {
      _ = try await demo.ids("sale.order", [["date_order", "=", .string(day)]], "admin")
    }
    #expect(error?.hint?.contains(">=") == true)
  }

  static let wrong: [(String, JSONValue)] = [
    ("sale.order", [["state", "=", "confirmed"]]), ("sale.order", [["state", "in", ["sale", "done"]]]),
    ("sale.order", [["amount_total", ">", "100"]]), ("sale.order", [["amount_total", ">", true]]),
    ("sale.order", [["amount_total", "<", false]]), ("sale.order", [["amount_total", "ilike", "1"]]),
    ("sale.order", [["name", "=", 5]]), ("sale.order", [["partner_id", ">", 5]]),
    ("sale.order", [["partner_id", "=", true]]), ("sale.order", [["partner_id", "=", 1.5]]),
    ("sale.order", [["order_line", "<", 5]]), ("sale.order", [["state", "any", [["name", "=", "x"]]]]),
    ("sale.order", [["name", "child_of", 1]]), ("sale.order", [["partner_id.id", "child_of", false]]),
    ("res.partner", [["is_company", "=", 1]]), ("res.partner", [["is_company", ">", false]]),
    ("res.partner", [["is_company", "like", "t"]]), ("res.partner", [["customer_rank", "=", "x"]]),
    ("sale.order", [["partner_id", "child_of", false]]), ("crm.stage", [["id", "child_of", 1]]),
    ("sale.order", [["create_date", "like", "2026"]]), ("sale.order", [["name.x", "=", 1]]),
  ]

  @Test(arguments: wrong)
  func `a value or operator that doesn't go with its field is refused with the place`(
    _ model: String, _ domain: JSONValue
  ) async throws {
    let demo = try await DemoCompany.open()
    let error = await failure { _ = try await demo.ids(model, domain, "admin") }
    #expect([.invalidDomain, .invalidArgument].contains(error?.code), "\(error?.description ?? "answered")")
    #expect(error?.sentence.hasPrefix("domain[0]") == true, "\(error?.description ?? "")")
  }

  @Test func `a wrong selection value brings the right ones`() async throws {
    let demo = try await DemoCompany.open()
    let error = await failure {
      _ = try await demo.ids("sale.order", [["state", "=", "confirmed"]], "admin")
    }
    #expect(error?.sentence.contains("'sale' (Sales Order)") == true)
  }

  @Test func `an unknown field brings the nearest ones, and its place`() async throws {
    let demo = try await DemoCompany.open()
    let error = await failure {
      _ = try await demo.ids("sale.order", [["state", "=", "sale"], ["amout_total", ">", 1]], "admin")
    }
    #expect(error?.code == .unknownField)
    #expect(error?.sentence.hasPrefix("domain[1][0]") == true)
    #expect(error?.hint?.contains("'amount_total'") == true)
  }

  @Test func `ids beyond two to the fifty-third are themselves`() async throws {
    let demo = try await DemoCompany.open()
    #expect(
      try await demo.ids("sale.order", [["id", "in", [.integer(.max), .integer(.min), 1]]], "admin") == [1])
    #expect(try await demo.ids("sale.order", [["id", "=", 9_007_199_254_740_993]], "admin").isEmpty)
  }

  static let groupings: [(String, [String])] = [
    ("date_order", []), ("state:month", []), ("order_line", []), ("note", []), ("amount_total", []),
    ("state", ["name:sum"]), ("state", ["partner_id:avg"]), ("state", ["order_line:count"]),
    ("state", ["id:sum"]),
  ]

  @Test(arguments: groupings)
  func `what can't be grouped or summed is refused`(_ key: String, _ aggregates: [String]) async throws {
    let demo = try await DemoCompany.open()
    let key = try #require(GroupKey(key))
    let error = await failure {
      _ = try await demo.records.group(
        GroupQuery("sale.order", by: [key], aggregates: aggregates.compactMap(Aggregate.init)),
        for: DemoCompany.subject("admin"))
    }
    #expect(error?.code == .invalidArgument)
  }

  @Test(arguments: ["date_order:fortnight", "date_order:", ":month", ""])
  func `a key is a field, or a field and a step of time`(_ text: String) {
    #expect(GroupKey(text) == nil)
  }

  @Test(arguments: ["", "name desc asc", "name,", ",", "name up", "a,b,c,d,e,f,g,h,i"])
  func `an order is names with asc, desc or nothing`(_ text: String) {
    #expect(OrderTerm.list(text) == nil)
  }
}
