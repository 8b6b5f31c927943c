import Demo
import JSON
import Records
import Storage
import Telemetry
import Testing
import World

@Suite("The demo company")
struct SeedTests {
  private func dump(_ store: Store, _ catalogue: ModelCatalogue) async throws -> [String: [Row]] {
    var tables: [String: [Row]] = [:]
    for model in catalogue.models {
      tables[model.name] = try await store.rows(
        SQL(unsafeSQL: "SELECT * FROM \(model.table.text) ORDER BY id"))
      for through in model.fields.compactMap(\.through) {
        tables[through.table.text] = try await store.rows(
          SQL(unsafeSQL: "SELECT * FROM \(through.table.text) ORDER BY 1, 2"))
      }
    }
    return tables
  }

  @Test func `seeding twice changes nothing, and the same seed makes the same company`() async throws {
    let catalogue = try Demo.catalogue()
    var dumps: [[String: [Row]]] = []
    for _ in 0..<2 {
      let store = try Store(.temporary, log: .silent)
      #expect(
        try await Demo.seed(store, catalogue: catalogue, users: DemoCompany.userIDs, now: DemoCompany.now))
      let once = try await dump(store, catalogue)
      let later = DemoCompany.now + .days(3)
      #expect(try await !Demo.seed(store, catalogue: catalogue, users: DemoCompany.userIDs, now: later))
      let twice = try await dump(store, catalogue)
      #expect(once.mapValues { $0.map(\.values) } == twice.mapValues { $0.map(\.values) })
      dumps.append(once)
    }
    #expect(dumps[0].mapValues { $0.map(\.values) } == dumps[1].mapValues { $0.map(\.values) })
    let total = dumps[0].values.reduce(0) { $0 + $1.count }
    #expect((4000...12000).contains(total), "\(total) rows")
  }

  @Test func `an account that is missing stops the seed before it begins`() async throws {
    let store = try Store(.temporary, log: .silent)
    let catalogue = try Demo.catalogue()
    await #expect(throws: DemoError.missingUser("portal")) {
      try await Demo.seed(
        store, catalogue: catalogue, users: ["admin": 1, "sales": 2, "sales-manager": 3, "accountant": 4],
        now: DemoCompany.now)
    }
    #expect(try await store.rows("SELECT name FROM sqlite_master WHERE type = 'table'").isEmpty)
  }

  @Test func `the people's records have their accounts' ids, whatever these are`() async throws {
    let store = try Store(.temporary, log: .silent)
    let ids: [String: Int64] = ["admin": 907, "sales": 12, "sales-manager": 4, "accountant": 3, "portal": 77]
    try await Demo.seed(store, catalogue: try Demo.catalogue(), users: ids, now: DemoCompany.now)
    for (login, id) in ids {
      let rows = try await store.rows("SELECT login FROM demo_res_users WHERE id = \(id)")
      #expect(rows.first?.text(0) == login)
    }
    #expect(try await store.rows("SELECT id FROM demo_sale_order WHERE user_id NOT IN (907, 12, 4)").isEmpty)
  }

  @Test func `every many2one leads to a record that is there, and every selection has a known value`()
    async throws
  {
    let demo = try await DemoCompany.open()
    for model in demo.catalogue.models {
      for field in model.storedFields {
        guard let column = field.column else { continue }
        if let relation = field.relation.flatMap({ demo.catalogue[$0] }) {
          let dangling = try await demo.store.rows(
            SQL(
              unsafeSQL: """
                SELECT id FROM \(model.table.text) WHERE "\(column.text)" IS NOT NULL
                AND "\(column.text)" NOT IN (SELECT id FROM \(relation.table.text))
                """))
          #expect(dangling.isEmpty, "\(model.name).\(field.name)")
        }
        if field.type == .selection {
          let known = Set(field.selection.map(\.value))
          let used = try await demo.store.rows(
            SQL(unsafeSQL: "SELECT DISTINCT \"\(column.text)\" FROM \(model.table.text)"))
          #expect(
            used.allSatisfy { $0.optionalText(0).map(known.contains) ?? true }, "\(model.name).\(field.name)")
        }
      }
    }
  }

  static let questions: [(String, String, JSONValue)] = [
    (
      "drafts older than 30 days", "sale.order",
      [["state", "=", "draft"], ["date_order", "<", "2026-10-22"]]
    ),
    (
      "overdue invoices", "account.move",
      [
        ["move_type", "=", "out_invoice"], ["state", "=", "posted"],
        ["payment_state", "in", ["not_paid", "partial"]],
        ["invoice_date_due", "<", "2026-11-21"],
      ]
    ),
    (
      "late tasks", "project.task",
      [["state", "not in", ["1_done", "1_canceled"]], ["date_deadline", "<", "2026-11-21"]]
    ),
    ("won deals", "crm.lead", [["stage_id.is_won", "=", true]]),
    ("lost deals", "crm.lead", [["active", "=", false]]),
    ("overdue activities", "mail.activity", [["date_deadline", "<", "2026-11-21"]]),
    ("orders to invoice", "sale.order", [["invoice_status", "=", "to invoice"]]),
    ("the second company's orders", "sale.order", [["company_id", "=", 2]]),
    ("vendor bills", "account.move", [["move_type", "=", "in_invoice"]]),
    ("credit notes", "account.move", [["move_type", "=", "out_refund"]]),
    ("products out of stock", "product.product", [["type", "=", "consu"], ["qty_available", "=", 0]]),
  ]

  @Test(arguments: questions)
  func `there is something to find`(_ what: String, _ model: String, _ domain: JSONValue) async throws {
    let demo = try await DemoCompany.open()
    let count = try await demo.records.count(try Domain(domain), of: model, for: DemoCompany.subject("admin"))
    #expect(count >= 3, "\(what): \(count)")
  }

  @Test func `five stages hold leads, and totals of orders are those of their lines`() async throws {
    let demo = try await DemoCompany.open()
    let key = try #require(GroupKey("stage_id"))
    let stages = try await demo.records.group(
      GroupQuery("crm.lead", by: [key]), for: DemoCompany.subject("admin"))
    #expect(stages.total == 5)
    let wrong = try await demo.store.rows(
      """
      SELECT o.id FROM demo_sale_order o WHERE abs(o.amount_total -
      (SELECT sum(l.price_total) FROM demo_sale_order_line l WHERE l.order_id = o.id)) > 0.001
      """)
    #expect(wrong.isEmpty)
  }
}
