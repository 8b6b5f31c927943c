import JSON
import Records
import Storage
import Testing

@Suite("Nobody sees more than their rights")
struct RightsTests {
  // MARK: - Models

  @Test(arguments: [
    ("admin", 29, true, true), ("sales", 25, false, true), ("sales-manager", 25, false, true),
    ("accountant", 26, true, false), ("portal", 14, true, false),
  ])
  func `only readable models are listed`(
    _ login: String, _ count: Int, _ seesInvoices: Bool, _ seesLeads: Bool
  ) async throws {
    let demo = try await DemoCompany.open()
    let models = try await demo.records.models(for: DemoCompany.subject(login)).map(\.name)
    #expect(models.count == count, "\(models)")
    #expect(models.contains("account.move") == seesInvoices)
    #expect(models.contains("crm.lead") == seesLeads)
  }

  @Test func `a forbidden model is forbidden to insiders and unknown to people from outside`() async throws {
    let demo = try await DemoCompany.open()
    let inside = await failure { _ = try await demo.ids("account.move", [], "sales") }
    #expect(inside?.code == .forbidden)
    let outside = await failure { _ = try await demo.ids("crm.lead", [], "portal") }
    let nowhere = await failure { _ = try await demo.ids("crm.leaf", [], "portal") }
    #expect(outside?.code == .unknownModel)
    #expect(outside?.sentence.replacing("crm.lead", with: "crm.leaf") == nowhere?.sentence)
    #expect(outside?.hint == nowhere?.hint)
  }

  @Test func `a misspelt model brings the nearest readable names, never a forbidden one`() async throws {
    let demo = try await DemoCompany.open()
    let order = await failure { _ = try await demo.ids("sale.ordr", [], "sales") }
    #expect(order?.hint?.contains("'sale.order'") == true)
    let move = await failure { _ = try await demo.ids("account.mov", [], "sales") }
    #expect(move?.hint?.contains("account.move") != true)
  }

  @Test func `a connection confined to some models reaches no others, by paths either`() async throws {
    let demo = try await DemoCompany.open()
    let subject = DemoCompany.subject("admin", models: ["sale.order"])
    #expect(try await demo.records.models(for: subject).map(\.name) == ["sale.order"])
    let error = await failure {
      _ = try await demo.records.count(
        try Domain([["partner_id.name", "ilike", "a"]]), of: "sale.order", for: subject)
    }
    #expect(error?.code == .forbidden)
    let page = try await demo.records.searchRead(
      Query("sale.order", limit: 3), fields: ["partner_id"], for: subject)
    #expect(page.elements.allSatisfy { $0["partner_id"]?.array?[1] == .null })
  }

  // MARK: - Records

  @Test func `salespeople see their own orders and nobody's, managers all`() async throws {
    let demo = try await DemoCompany.open()
    let own = try await demo.ids("sale.order", [], "sales")
    let page = try await demo.records.searchRead(
      Query("sale.order", limit: 500), fields: ["user_id", "company_id"], for: DemoCompany.subject("sales"))
    #expect(page.total == own.count)
    #expect(page.elements.allSatisfy { $0["user_id"] == .null || $0["user_id"]?.array?[0] == 2 })
    #expect(page.elements.allSatisfy { $0["company_id"]?.array?[0] == 1 })
    #expect(try await demo.ids("sale.order", [], "sales-manager").count == 620)
  }

  @Test func `an asked-for negation shows nothing of what a rule hides`() async throws {
    let demo = try await DemoCompany.open()
    let own = try await demo.ids("sale.order", [], "sales")
    #expect(try await demo.ids("sale.order", ["!", ["id", "=", 0]], "sales") == own)
    #expect(try await demo.ids("sale.order", ["|", [1, "=", 1], ["id", "=", 0]], "sales") == own)
    #expect(try await demo.ids("sale.order", [["user_id", "not in", [2, false]]], "sales").isEmpty)
  }

  @Test func `the portal user sees what is theirs and nothing else`() async throws {
    let demo = try await DemoCompany.open()
    let portal = DemoCompany.subject("portal")
    let partners = try await demo.records.searchRead(Query("res.partner"), fields: ["name"], for: portal)
    #expect(
      Set(partners.elements.compactMap { $0["name"]?.string }) == ["Petra Lindqvist", "Lindqvist Architects"])
    let orders = try await demo.records.searchRead(
      Query("sale.order", limit: 500), fields: ["state"], for: portal)
    #expect(orders.total >= 5)
    #expect(orders.elements.allSatisfy { ["sent", "sale"].contains($0["state"]?.string) })
    #expect(try await demo.ids("account.move", [], "portal").count >= 3)
    #expect(try await demo.ids("res.users", [], "portal") == [5])
    #expect(try await demo.ids("mail.message", [["is_internal", "=", true]], "portal").isEmpty)
  }

  @Test func `records of other companies are not there`() async throws {
    let demo = try await DemoCompany.open()
    #expect(try await demo.ids("res.company", [], "sales") == [1])
    #expect(try await demo.ids("res.company", [], "admin") == [1, 2])
    for model in ["sale.order", "crm.lead", "stock.quant", "hr.employee", "project.project"] {
      #expect(try await demo.ids(model, [["company_id", "=", 2]], "sales").isEmpty, "\(model)")
      #expect(try await !demo.ids(model, [["company_id", "=", 2]], "admin").isEmpty, "\(model)")
    }
    #expect(try await !demo.ids("res.partner", [["company_id", "=", false]], "sales").isEmpty)
  }

  @Test func `messages, activities and attachments are as visible as their record`() async throws {
    let demo = try await DemoCompany.open()
    for (model, name) in [
      ("mail.message", "model"), ("mail.activity", "res_model"), ("ir.attachment", "res_model"),
    ] {
      let orders = try await demo.ids("sale.order", [], "sales")
      let page = try await demo.records.searchRead(
        Query(model, where: try Domain([[.string(name), "=", "sale.order"]]), limit: 500), fields: ["res_id"],
        for: DemoCompany.subject("sales"))
      #expect(page.total > 0)
      #expect(page.elements.allSatisfy { $0["res_id"]?.integer.map(orders.contains) == true })
      #expect(try await demo.ids(model, [[.string(name), "=", "account.move"]], "sales").isEmpty)
    }
  }

  @Test func `reading by id leaves out what can't be seen`() async throws {
    let demo = try await DemoCompany.open()
    let own = try await demo.ids("sale.order", [], "sales")
    let other = try await demo.ids("sale.order", [["user_id", "=", 3]], "admin")
    let read = try await demo.records.read(
      [other[0], own[1], 999_999, own[0], own[0], -1, .max], of: "sale.order", fields: ["name"],
      for: DemoCompany.subject("sales"))
    #expect(read.compactMap { $0["id"]?.integer } == [own[1], own[0]])
  }

  @Test func `counts and groups hold only what can be seen`() async throws {
    let demo = try await DemoCompany.open()
    let key = try #require(GroupKey("user_id"))
    let groups = try await demo.records.group(
      GroupQuery("sale.order", by: [key]), for: DemoCompany.subject("sales"))
    #expect(groups.elements.map { $0.values["user_id"] } == [[2, "Sven Okafor"], .null])
    let counted = groups.elements.reduce(0) { $0 + ($1.values["__count"]?.integer ?? 0) }
    #expect(counted == Int64(try await demo.ids("sale.order", [], "sales").count))
  }

  // MARK: - Names and paths

  @Test func `the name of a related record that can't be seen is not told`() async throws {
    let demo = try await DemoCompany.open()
    let portal = DemoCompany.subject("portal")
    let orders = try await demo.records.searchRead(
      Query("sale.order", where: try Domain([["user_id", "!=", false]])), fields: ["user_id", "partner_id"],
      for: portal)
    #expect(!orders.elements.isEmpty)
    #expect(
      orders.elements.allSatisfy { $0["user_id"]?.array?.count == 2 && $0["user_id"]?.array?[1] == .null })
    let key = try #require(GroupKey("user_id"))
    let groups = try await demo.records.group(GroupQuery("sale.order", by: [key]), for: portal)
    #expect(
      groups.elements.allSatisfy { $0.values["user_id"] == .null || $0.values["user_id"]?.array?[1] == .null }
    )
    // Nor can it be guessed.
    #expect(try await demo.ids("sale.order", [["user_id", "ilike", "Okafor"]], "portal").isEmpty)
    #expect(try await demo.ids("sale.order", [["user_id.name", "ilike", "o"]], "portal").isEmpty)
    #expect(try await demo.ids("sale.order", [["user_id", "=", "Sven Okafor"]], "portal").isEmpty)
  }

  @Test func `a path through a forbidden model is refused, for people from outside as if it were not there`()
    async throws
  {
    let demo = try await DemoCompany.open()
    let inside = await failure {
      _ = try await demo.ids("res.partner", [["invoice_ids.amount_total", ">", 0]], "sales")
    }
    #expect(inside?.code == .forbidden)
    let outside = await failure {
      _ = try await demo.ids("sale.order", [["opportunity_id.name", "!=", "x"]], "portal")
    }
    #expect(outside?.code == .unknownField)
    let shown = try await demo.records.model("sale.order", for: DemoCompany.subject("portal"))
    #expect(shown["opportunity_id"] == nil)
  }

  @Test func `a walk along relations sees at every step only what the subject may see`() async throws {
    let demo = try await DemoCompany.open()
    let sales = DemoCompany.subject("sales")
    let partner = try #require(try await demo.ids("sale.order", [["user_id", "=", 3]], "admin").first)
    let owner = try await demo.records.read(
      [partner], of: "sale.order", fields: ["partner_id"], for: DemoCompany.subject("admin"))
    let id = try #require(owner[0]["partner_id"]?.array?[0].integer)
    let all = try await demo.records.traverse(
      Traversal("res.partner", ids: [id], path: ["sale_order_ids"], limit: 500),
      for: DemoCompany.subject("admin"))
    let own = try await demo.records.traverse(
      Traversal("res.partner", ids: [id], path: ["sale_order_ids"], limit: 500), for: sales)
    let visible = Set(try await demo.ids("sale.order", [], "sales"))
    #expect(own.page.elements.allSatisfy { $0["id"]?.integer.map(visible.contains) == true })
    #expect(own.page.total < all.page.total)
    let error = await failure {
      _ = try await demo.records.traverse(
        Traversal("res.partner", ids: [id], path: ["invoice_ids"]), for: sales)
    }
    #expect(error?.code == .forbidden)
  }

  @Test func `a walk tells its links, its total and what is missing`() async throws {
    let demo = try await DemoCompany.open()
    let admin = DemoCompany.subject("admin")
    let walk = try await demo.records.traverse(
      Traversal(
        "sale.order", ids: [1, 2, 999_999], path: ["order_line", "product_id"], fields: ["name"], limit: 2),
      for: admin)
    #expect(walk.model == "product.product")
    #expect(walk.missing == [999_999])
    #expect(walk.page.elements.count == 2)
    #expect(walk.page.hasMore)
    let ends = Set(walk.page.elements.compactMap { $0["id"]?.integer })
    #expect(Set(walk.links.map(\.to)) == ends)
    #expect(walk.links.allSatisfy { [1, 2].contains($0.from) })
  }

  @Test func `the ids behind a to-many field are those that can be seen`() async throws {
    let demo = try await DemoCompany.open()
    let orders = Set(try await demo.ids("sale.order", [], "sales"))
    let page = try await demo.records.searchRead(
      Query("res.partner", limit: 500), fields: ["sale_order_ids"], for: DemoCompany.subject("sales"))
    let shown = page.elements.flatMap { $0["sale_order_ids"]?.array ?? [] }.compactMap(\.integer)
    #expect(!shown.isEmpty)
    #expect(Set(shown).isSubset(of: orders))
    let error = await failure {
      _ = try await demo.records.searchRead(
        Query("res.partner"), fields: ["invoice_ids"], for: DemoCompany.subject("sales"))
    }
    #expect(error?.code == .forbidden)
  }

  // MARK: - Hidden fields

  static let hidden: [(String, String, String)] = [
    ("sales", "sale.order", "margin"), ("accountant", "hr.employee", "wage"),
    ("sales", "hr.employee", "birthday"),
    ("sales", "product.product", "standard_price"), ("sales", "res.partner", "credit_limit"),
    ("sales-manager", "res.users", "login"), ("portal", "sale.order", "margin"),
    ("portal", "res.partner", "comment"),
    ("portal", "product.product", "qty_available"),
  ]

  @Test(arguments: hidden)
  func `a hidden field is in no answer and no question`(
    _ login: String, _ model: String, _ field: String
  ) async throws {
    let demo = try await DemoCompany.open()
    let subject = DemoCompany.subject(login)
    let expected: RecordsError.Code = login == "portal" ? .unknownField : .forbidden
    #expect(try await demo.records.model(model, for: subject)[field] == nil)
    let page = try await demo.records.searchRead(Query(model, limit: 5), fields: nil, for: subject)
    #expect(page.elements.allSatisfy { $0[field] == nil })
    let ids = page.elements.compactMap { $0["id"]?.integer }
    let read = try await demo.records.read(ids, of: model, fields: nil, for: subject)
    #expect(read.allSatisfy { $0[field] == nil })
    let questions: [() async throws -> Void] = [
      { _ = try await demo.records.searchRead(Query(model), fields: [field], for: subject) },
      { _ = try await demo.records.read(ids, of: model, fields: [field], for: subject) },
      { _ = try await demo.ids(model, [[.string(field), "!=", false]], login) },
      { _ = try await demo.ids(model, ["!", [.string(field), "=", 1]], login) },
      { _ = try await demo.records.search(Query(model, order: [OrderTerm(field)]), for: subject) },
      {
        guard let key = GroupKey(field) else { return }
        _ = try await demo.records.group(GroupQuery(model, by: [key]), for: subject)
      },
      {
        guard let key = GroupKey("company_id"), let sum = Aggregate("\(field):count") else { return }
        _ = try await demo.records.group(GroupQuery(model, by: [key], aggregates: [sum]), for: subject)
      },
    ]
    for (number, question) in questions.enumerated() {
      let error = await failure(question)
      // The key by which the last one groups is no field of res.users' portal view.
      #expect(error?.code == expected, "question \(number): \(error?.description ?? "answered")")
    }
  }

  @Test func `a hidden field can't be asked for through a path`() async throws {
    let demo = try await DemoCompany.open()
    for domain: JSONValue in [
      [["product_id.standard_price", ">", 1]], [["product_id", "any", [["standard_price", ">", 1]]]],
      [["order_id.margin", ">", 1]],
    ] {
      #expect(
        await failure { _ = try await demo.ids("sale.order.line", domain, "sales") }?.code == .forbidden)
    }
  }

  // MARK: - Names and values made to break out

  static let injections = [
    #"name"; DROP TABLE demo_res_partner; --"#, "name' OR '1'='1", "name) OR (1=1", "1", "", "id;", "näme",
    "NAME",
    "name\u{0}", "rowid", "sqlite_version()", "t0.name", "\"name\"", "name--", "*",
  ]

  @Test(arguments: injections)
  func `a name that is no field is refused wherever it stands`(_ name: String) async throws {
    let demo = try await DemoCompany.open()
    let admin = DemoCompany.subject("admin")
    let order = OrderTerm.list(name)
    let questions: [() async throws -> Void] = [
      { _ = try await demo.records.searchRead(Query("res.partner"), fields: [name], for: admin) },
      { _ = try await demo.ids("res.partner", [[.string(name), "=", "x"]], "admin") },
      { _ = try await demo.records.search(Query("res.partner", order: [OrderTerm(name)]), for: admin) },
      { _ = try await demo.ids(name, [], "admin") },
      { _ = try await demo.records.traverse(Traversal("res.partner", ids: [1], path: [name]), for: admin) },
      {
        guard let key = GroupKey(name) else { throw RecordsError(.invalidArgument, "") }
        _ = try await demo.records.group(GroupQuery("res.partner", by: [key]), for: admin)
      },
      {
        guard let aggregate = Aggregate("\(name):count"), let key = GroupKey("is_company") else {
          throw RecordsError(.invalidArgument, "")
        }
        _ = try await demo.records.group(
          GroupQuery("res.partner", by: [key], aggregates: [aggregate]), for: admin)
      },
    ]
    for (number, question) in questions.enumerated() {
      let error = await failure(question)
      #expect(
        error != nil && error?.code != .unavailable, "question \(number): \(error?.description ?? "answered")"
      )
    }
    #expect(order == nil || order?.allSatisfy { demo.catalogue["res.partner"]?[$0.field] == nil } == true)
    #expect(try await demo.ids("res.partner", [], "admin").count > 100)
  }

  @Test(arguments: [
    "x' OR '1'='1", "%'; DELETE FROM demo_res_partner; --", "\\", "\\\\", "[", "]", "*", "?", "[a-z]*", "%",
    "_", "''",
    "💶", "a\u{301}", "%\u{301}", "\\\u{301}", "_\u{301}", "*\u{301}",
  ])
  func `a value means itself, whatever is in it`(_ value: String) async throws {
    let demo = try await DemoCompany.open()
    let reference = try await Reference(demo, subject: DemoCompany.subject("admin"))
    for comparison in ["=", "!=", "like", "ilike", "=like", "=ilike", "not ilike", "not like"] {
      let json: JSONValue = [["name", .string(comparison), .string(value)]]
      #expect(try await demo.ids("uom.uom", json, "admin") == reference.ids(try Domain(json), of: "uom.uom"))
      #expect(
        try await demo.ids("crm.lead", json, "admin") == reference.ids(try Domain(json), of: "crm.lead"))
    }
  }
}
