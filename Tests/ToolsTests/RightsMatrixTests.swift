import JSON
import Testing
import Tools

@Suite("Ten tools, five roles: each reads what is theirs and no more")
struct RightsMatrixTests {
  /// The calls that ask for a model, by tool.
  static func calls(on model: String, id: Int64) -> [(String, JSONObject)] {
    let name = JSONValue.string(model)
    return [
      ("describe_model", ["model": name]), ("search_records", ["model": name]),
      ("get_record", ["model": name, "id": .integer(id)]), ("search_read", ["model": name, "limit": 5]),
      ("count_records", ["model": name]),
      ("read_group", ["model": name, "group_by": "create_date:year", "aggregates": ["id:count"]]),
      ("traverse_relationships", ["model": name, "ids": [.integer(id)], "path": "company_id"]),
      ("build_domain", ["model": name, "conditions": [["field": "id", "op": ">", "value": 0]]]),
    ]
  }

  static let roles = ["admin", "sales", "sales-manager", "accountant", "portal"]

  static let allowed: [String: [String]] = [
    "admin": ["res.partner", "sale.order", "account.move", "crm.lead", "hr.employee", "account.payment"],
    "sales": ["res.partner", "sale.order", "crm.lead", "hr.employee", "project.task"],
    "sales-manager": ["res.partner", "sale.order", "crm.lead", "stock.quant"],
    "accountant": ["res.partner", "sale.order", "account.move", "account.payment"],
    "portal": ["sale.order", "account.move", "product.product", "ir.attachment"],
  ]

  static let forbidden: [String: [String]] = [
    "sales": ["account.move", "account.move.line", "account.payment", "account.journal"],
    "sales-manager": ["account.move", "account.payment"],
    "accountant": ["crm.lead", "crm.stage", "crm.tag"],
    "portal": ["crm.lead", "hr.employee", "stock.quant", "project.task", "account.payment", "mail.activity"],
  ]

  @Test(arguments: roles)
  func `every tool answers on a model that the role may read`(_ role: String) async throws {
    let desk = try await Desk.open()
    for model in Self.allowed[role] ?? [] {
      let found = try await desk.call("search_records", ["model": .string(model), "limit": 1], as: role)
      let id = try #require(found.structured["records"]?.array?.first?["id"]?.integer, "\(role) \(model)")
      for (tool, arguments) in Self.calls(on: model, id: id) {
        let result = try await desk.call(tool, arguments, as: role)
        #expect(!result.isError, "\(role) \(tool) \(model): \(result.text)")
      }
    }
  }

  @Test(arguments: ["sales", "sales-manager", "accountant", "portal"])
  func `every tool refuses a model that the role may not read, as an error`(_ role: String) async throws {
    let desk = try await Desk.open()
    let code = role == "portal" ? "unknown_model" : "forbidden"
    for model in Self.forbidden[role] ?? [] {
      for (tool, arguments) in Self.calls(on: model, id: 1) {
        #expect(try await desk.code(tool, arguments, as: role) == code, "\(role) \(tool) \(model)")
      }
    }
  }

  @Test(arguments: roles)
  func `every tool refuses a model that isn't there`(_ role: String) async throws {
    let desk = try await Desk.open()
    for (tool, arguments) in Self.calls(on: "sale.ordre", id: 1) {
      let result = try await desk.call(tool, arguments, as: role)
      #expect(result.structured["code"] == "unknown_model")
      #expect(result.structured["hint"]?.string?.contains("sale.order") == true)
    }
  }

  @Test(arguments: roles)
  func `list_models and list_companies hold what the role may read`(_ role: String) async throws {
    let desk = try await Desk.open()
    let models = try await desk.call("list_models", [:], as: role).structured["models"]?.array ?? []
    let names = models.compactMap { $0["model"]?.string }
    for model in Self.allowed[role] ?? [] { #expect(names.contains(model)) }
    for model in Self.forbidden[role] ?? [] { #expect(!names.contains(model)) }
    let companies = try await desk.call("list_companies", [:], as: role).structured["companies"]?.array ?? []
    #expect(companies.count == (role == "admin" || role == "sales-manager" ? 2 : 1))
    #expect(companies.filter { $0["is_current"] == true }.count == 1)
    #expect(companies.allSatisfy { ["EUR", "SEK"].contains($0["currency"]?.string) })
  }

  @Test func `a record of somebody else's is not found, as if it were not there`() async throws {
    let desk = try await Desk.open()
    let theirs = try await desk.call(
      "search_records", ["model": "sale.order", "domain": [["user_id", "=", 3]], "limit": 1], as: "admin")
    let id = try #require(theirs.structured["records"]?.array?.first?["id"])
    for role in ["sales", "portal"] {
      let hidden = try await desk.call("get_record", ["model": "sale.order", "id": id], as: role)
      let absent = try await desk.call("get_record", ["model": "sale.order", "id": 999_999], as: role)
      #expect(hidden.structured["code"] == "not_found")
      #expect(hidden.text.replacing("\(id.integer ?? 0)", with: "999999") == absent.text)
      let walk = try await desk.code(
        "traverse_relationships", ["model": "sale.order", "ids": [id], "path": "order_line"], as: role)
      #expect(walk == "not_found")
    }
  }

  @Test func `a connection that is confined to models reaches no others`() async throws {
    let desk = try await Desk.open()
    let models: Set<String> = ["sale.order", "sale.order.line"]
    let listed = try await desk.call("list_models", [:], as: "admin", models: models)
    #expect(listed.structured["total"] == 2)
    for (tool, arguments) in Self.calls(on: "res.partner", id: 1) {
      let result = try await desk.call(tool, arguments, as: "admin", models: models)
      #expect(result.structured["code"] == "forbidden", "\(tool)")
    }
    let companies = try await desk.call("list_companies", [:], as: "admin", models: models)
    #expect(companies.structured["code"] == "forbidden")
    let path = try await desk.call(
      "search_read", ["model": "sale.order", "domain": [["partner_id.name", "ilike", "a"]]], as: "admin",
      models: models)
    #expect(path.structured["code"] == "forbidden")
    let grouped = try await desk.call(
      "read_group", ["model": "sale.order", "group_by": "partner_id", "limit": 3], as: "admin", models: models
    )
    #expect(
      grouped.structured["groups"]?.array?.allSatisfy { $0["partner_id"]?.array?.last == .null } == true)
  }

  @Test(arguments: ["margin", "order_line.margin", "partner_id.credit_limit"])
  func `a hidden field is refused by every tool that takes a field`(_ field: String) async throws {
    let desk = try await Desk.open()
    let name = JSONValue.string(field)
    let last = JSONValue.string(field == "margin" ? "margin" : field)
    let calls: [(String, JSONObject)] = [
      ("search_read", ["model": "sale.order", "domain": [[name, ">", 0]]]),
      ("search_records", ["model": "sale.order", "domain": [[name, "!=", false]]]),
      ("count_records", ["model": "sale.order", "domain": ["!", [name, "=", 1]]]),
      ("search_read", ["model": "sale.order", "fields": [last]]),
      ("search_read", ["model": "sale.order", "order": .string("\(field) desc")]),
      ("get_record", ["model": "sale.order", "id": 1, "fields": [last]]),
      ("read_group", ["model": "sale.order", "group_by": "state", "aggregates": [.string("\(field):sum")]]),
      ("build_domain", ["model": "sale.order", "conditions": [["field": name, "op": ">", "value": 1]]]),
    ]
    for (tool, arguments) in calls {
      let code = try await desk.code(tool, arguments, as: "sales")
      #expect(code == "forbidden" || code == "unknown_field", "\(tool) \(field): \(code ?? "answered")")
    }
  }
}
