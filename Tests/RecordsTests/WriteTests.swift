import Demo
import JSON
import Records
import Storage
import Telemetry
import Testing
import World

@Suite("Records are written whole, or not at all")
struct WriteTests {
  // MARK: - Creating

  @Test func `what is not given is filled in, and what depends on it is computed`() async throws {
    let company = try await WritableCompany()
    let id = try await company.quotation()
    let order = try #require(try await company.read("sale.order", id))
    #expect(order["name"] == "S10620")
    #expect(order["state"] == "draft")
    #expect(order["date_order"] == "2026-11-21 00:00:00")
    #expect(order["user_id"]?.array?.first == 2)
    #expect(order["company_id"]?.array?.first == 1)
    #expect(order["currency_id"]?.array?.last == "EUR")
    #expect(order["amount_untaxed"] == 50.0)
    #expect(order["amount_total"] == 59.5)
    #expect(order["amount_tax"] == 9.5)
    #expect(order["create_uid"]?.array?.first == 2)
    #expect(order["write_date"] == "2026-11-21 00:00:00" || order["write_date"] == "2026-11-21 00:00:01")
    let lines = try await company.ids("sale.order.line", [["order_id", "=", .integer(id)]])
    #expect(lines.count == 2)
    let line = try #require(try await company.read("sale.order.line", lines[0]))
    #expect(line["name"] != .null)
    #expect(line["company_id"]?.array?.first == 1)
    let product = try await company.read("product.product", 1)
    #expect(line["purchase_price"] == product?["standard_price"])
  }

  @Test func `a line that changes, comes or goes changes its order's amounts`() async throws {
    let company = try await WritableCompany()
    let id = try await company.quotation()
    let lines = try await company.ids("sale.order.line", [["order_id", "=", .integer(id)]])
    let written = try await company.update("sale.order.line", lines[0], ["product_uom_qty": 4])
    #expect(written.changes.contains { $0.model == "sale.order" && $0.cause == .formula })
    #expect(try await company.read("sale.order", id)?["amount_untaxed"] == 70.0)
    try await company.delete("sale.order.line", [lines[1]], as: "sales")
    #expect(try await company.read("sale.order", id)?["amount_total"] == 47.6)
    try await company.update("sale.order", id, ["order_line": [[5]]])
    #expect(try await company.read("sale.order", id)?["amount_total"] == 0.0)
    #expect(try await company.ids("sale.order.line", [["order_id", "=", .integer(id)]]).isEmpty)
  }

  @Test func `one record that is refused keeps back all of them`() async throws {
    let company = try await WritableCompany()
    let before = try await company.ids("crm.tag", [])
    let error = await failure {
      _ = try await company.records.create(
        [
          RecordInput(["name": "New"], at: "values_list[0]"),
          RecordInput(["name": "New"], at: "values_list[1]"),
        ],
        in: "crm.tag", isDryRun: false, for: DemoCompany.subject("sales"))
    }
    #expect(error?.code == .notUnique)
    #expect(error?.sentence.hasPrefix("values_list[1]: ") == true)
    #expect(try await company.ids("crm.tag", []) == before)
  }

  @Test func `the id and number of what was deleted are never given again`() async throws {
    let company = try await WritableCompany()
    let first = try await company.quotation()
    try await company.delete("sale.order", [first])
    let second = try await company.quotation()
    #expect(second == first + 1)
    #expect(try await company.read("sale.order", second)?["name"] == "S10621")
  }

  // MARK: - What a field takes

  static let misfits: [(String, String, JSONValue, RecordsError.Code, String)] = [
    ("crm.lead", "name", 7, .invalidValue, "takes a text, not 7"),
    ("crm.lead", "name", "a\u{0}b", .invalidValue, "without NUL"),
    ("crm.lead", "name", .string(String(repeating: "x", count: 5000)), .invalidValue, "at most 4096"),
    ("crm.lead", "name", "", .missingValue, "can't be empty"),
    ("crm.lead", "name", .null, .missingValue, "can't be empty"),
    ("crm.lead", "name", false, .missingValue, "can't be empty"),
    ("crm.lead", "type", "opportunityx", .invalidValue, "'lead' (Lead)"),
    ("crm.lead", "type", 1, .invalidValue, "one of"),
    ("crm.lead", "expected_revenue", "12", .invalidValue, "takes a number"),
    ("crm.lead", "probability", true, .invalidValue, "takes a number"),
    ("crm.lead", "active", "yes", .invalidValue, "true or false"),
    ("crm.lead", "active", 1, .invalidValue, "true or false"),
    ("crm.lead", "date_deadline", "2026-02-30", .invalidValue, "a day of the calendar"),
    ("crm.lead", "date_deadline", "2026-11-21 10:00:00", .invalidValue, "YYYY-MM-DD"),
    ("crm.lead", "date_deadline", 20_261_121, .invalidValue, "YYYY-MM-DD"),
    ("project.task", "date_deadline", "2026-11-21T10:00:00Z", .invalidValue, "YYYY-MM-DD HH:MM:SS"),
    ("project.task", "date_deadline", "2026-11-21 24:00:00", .invalidValue, "YYYY-MM-DD HH:MM:SS"),
    ("crm.lead", "partner_id", "Acme", .invalidValue, "the id of a record of res.partner"),
    ("crm.lead", "partner_id", [1, "Acme"], .invalidValue, "the id of a record"),
    ("crm.lead", "partner_id", 0, .invalidValue, "the id of a record"),
    ("crm.lead", "partner_id", -1, .invalidValue, "the id of a record"),
    ("crm.lead", "partner_id", 1.5, .invalidValue, "the id of a record"),
    ("crm.lead", "partner_id", 9_007_199_254_740_992, .invalidValue, "the id of a record"),
    ("crm.lead", "partner_id", 9_007_199_254_740_991, .notFound, "no record 9007199254740991"),
    ("crm.lead", "tag_ids", 3, .invalidValue, "a list of ids"),
    ("crm.lead", "tag_ids", [[7, 0, 0]], .invalidValue, "commands"),
    ("crm.lead", "tag_ids", [[6, 0, 3]], .invalidValue, "[6, 0, ids]"),
    ("crm.lead", "tag_ids", [[0, 0]], .invalidValue, "an object of values"),
    ("crm.lead", "tag_ids", ["x"], .invalidValue, "the id of a record"),
    ("crm.lead", "tag_ids", [99_999], .notFound, "tag_ids[0]"),
    ("crm.lead", "tag_ids", [[0, 0, ["colour": 1]]], .unknownField, "tag_ids[0][2].colour"),
    ("crm.lead", "id", 4, .readonlyField, "can't be given"),
    ("crm.lead", "display_name", "x", .readonlyField, "can't be given"),
    ("crm.lead", "create_date", "2026-01-01 00:00:00", .readonlyField, "can't be given"),
    ("crm.lead", "write_uid", 1, .readonlyField, "can't be given"),
    ("crm.lead", "prorated_revenue", 1, .readonlyField, "computed"),
    ("sale.order", "state", "sale", .readonlyField, "kept by the system"),
    ("crm.lead", "expected_revenu", 1, .unknownField, "no field 'expected_revenu'"),
    ("crm.lead", "name\"; DROP TABLE demo_crm_lead; --", "x", .unknownField, "no field"),
    ("crm.lead", "partner_id.name", "x", .unknownField, "no field"),
  ]

  @Test(arguments: misfits.indices)
  func `a value that does not fit is refused by its field, in words to act on`(_ index: Int) async throws {
    let (model, field, value, code, words) = Self.misfits[index]
    let company = try await DemoCompany.open()
    let error = await failure {
      _ = try await company.records.create(
        [RecordInput([field: value])], in: model, isDryRun: true, for: DemoCompany.subject("sales"))
    }
    #expect(error?.code == code, "\(error?.description ?? "taken")")
    #expect(error?.sentence.contains(words) == true, "\(error?.sentence ?? "")")
    #expect(error?.sentence.contains("values.") == true)
  }

  @Test func `what is missing is named all at once`() async throws {
    let company = try await DemoCompany.open()
    let error = await failure {
      _ = try await company.records.create(
        [RecordInput([:])], in: "account.payment", isDryRun: true, for: DemoCompany.subject("accountant"))
    }
    #expect(error?.code == .missingValue)
    #expect(error?.details["fields"] == ["payment_type", "amount", "journal_id"])
  }

  @Test func `a text of quotes and semicolons is stored as it is`() async throws {
    let company = try await WritableCompany()
    let name = "Robert'); DROP TABLE demo_crm_lead;-- \"?\" % _ 😀"
    let id = try await company.id("crm.lead", ["name": .string(name)])
    #expect(try await company.read("crm.lead", id)?["name"] == .string(name))
  }

  // MARK: - Rights

  @Test func `a hidden field is refused in the words for an unknown one`() async throws {
    let company = try await DemoCompany.open()
    func refusal(_ field: String) async -> RecordsError? {
      await failure {
        _ = try await company.records.update(
          [RecordUpdate(1, [field: 5])], of: "res.partner", unchangedSince: nil, isDryRun: true,
          for: DemoCompany.subject("sales"))
      }
    }
    let hidden = await refusal("credit_limit")
    let unknown = await refusal("credit_limix")
    #expect(hidden?.code == .unknownField)
    #expect(hidden?.sentence.replacing("credit_limit", with: "credit_limix") == unknown?.sentence)
    #expect(hidden?.hint == unknown?.hint)
  }

  @Test func `a record of somebody else's is not found, as if it were not there`() async throws {
    let company = try await WritableCompany()
    let theirs = try #require(try await company.ids("sale.order", [["user_id", "=", 3]]).first)
    for write in [
      { (id: Int64) in try await company.update("sale.order", id, ["note": "x"]) },
      { (id: Int64) in try await company.delete("sale.order", [id], as: "sales-manager") },
      { (id: Int64) in
        try await company.create("sale.order.line", ["order_id": .integer(id), "product_id": 1])
      },
    ] {
      let absent = await failure { _ = try await write(999_999) }
      #expect(absent?.code == .notFound)
      guard theirs != 0 else { continue }
      let hidden = await failure { _ = try await write(theirs) }
      // The manager sees every order, and may delete it.
      guard let hidden else { continue }
      #expect(hidden.sentence.replacing("\(theirs)", with: "999999") == absent?.sentence)
    }
  }

  @Test func `values may not move a record out of the person's rules`() async throws {
    let company = try await WritableCompany()
    let id = try await company.quotation()
    let error = await failure { try await company.update("sale.order", id, ["user_id": 3]) }
    #expect(error?.code == .forbidden)
    #expect(try await company.read("sale.order", id)?["user_id"]?.array?.first == 2)
    let made = await failure { try await company.create("crm.lead", ["name": "Theirs", "user_id": 3]) }
    #expect(made?.code == .forbidden)
    // Another company is nowhere to be seen for somebody of the first.
    let moved = await failure { try await company.create("crm.lead", ["name": "Abroad", "company_id": 2]) }
    #expect(moved?.code == .notFound)
  }

  @Test func `a connection confined to models writes no others`() async throws {
    let company = try await DemoCompany.open()
    let error = await failure {
      _ = try await company.records.create(
        [RecordInput(["name": "x"])], in: "crm.tag", isDryRun: true,
        for: DemoCompany.subject("admin", models: ["sale.order"]))
    }
    #expect(error?.code == .forbidden)
  }

  @Test func `a rule may be for some rights alone`() async throws {
    let documents: [JSONValue] = [
      [
        "model": "note", "label": "Note",
        "access": ["base/user": ["read", "create", "write", "unlink"]],
        "rules": [
          [
            "label": "One's own", "groups": [], "rights": ["write", "unlink"],
            "domain": [["owner", "=", "user.id"]],
          ]
        ],
        "fields": [
          "name": ["type": "char", "label": "Name", "required": true],
          "owner": ["type": "integer", "label": "Owner", "default": ["variable": "user.id"]],
        ],
      ]
    ]
    let catalogue = try ModelCatalogue(documents: documents, prefix: "t_")
    let store = try Store(.temporary, log: .silent)
    try await store.write { transaction in try catalogue.prepare(transaction) }
    let records = SQLRecords(store: store, catalogue: catalogue)
    let (ada, ben) = (Self.user(1), Self.user(2))
    _ = try await records.create([RecordInput(["name": "A"])], in: "note", isDryRun: false, for: ada)
    #expect(try await records.read([1], of: "note", fields: nil, for: ben).count == 1)
    let change = await failure {
      _ = try await records.update(
        [RecordUpdate(1, ["name": "B"])], of: "note", unchangedSince: nil, isDryRun: false, for: ben)
    }
    let deletion = await failure {
      _ = try await records.delete([1], of: "note", unchangedSince: nil, isDryRun: false, for: ben)
    }
    #expect(change?.code == .forbidden && deletion?.code == .forbidden)
    let gift = await failure {
      _ = try await records.update(
        [RecordUpdate(1, ["owner": 2])], of: "note", unchangedSince: nil, isDryRun: false, for: ada)
    }
    #expect(gift?.code == .forbidden)
    _ = try await records.delete([1], of: "note", unchangedSince: nil, isDryRun: false, for: ada)
  }

  private static func user(_ id: Int64) -> Subject {
    Subject(userID: id, companyID: nil, companyIDs: [], groups: ["base/user"])
  }

  // MARK: - Relations

  @Test func `Odoo's commands on a many2many do what they say`() async throws {
    let company = try await WritableCompany()
    let tags = Array(try await company.ids("crm.tag", []).prefix(3))
    let (a, b, c) = (JSONValue.integer(tags[0]), JSONValue.integer(tags[1]), JSONValue.integer(tags[2]))
    let id = try await company.id("crm.lead", ["name": "L", "tag_ids": [a, b]])
    func present() async throws -> JSONValue? { try await company.read("crm.lead", id)?["tag_ids"] }
    #expect(try await present() == [a, b])
    let steps: [(JSONValue, JSONValue)] = [
      ([[4, c]], [a, b, c]), ([[3, a, 0]], [b, c]), ([[6, 0, [a]]], [a]), ([[5, 0, 0]], []),
      ([b, c], [b, c]),
      ([[4, b]], [b, c]), (.null, []),
    ]
    for (command, expected) in steps {
      try await company.update("crm.lead", id, ["tag_ids": command])
      #expect(try await present() == expected, "\(command)")
    }
    let written = try await company.update(
      "crm.lead", id, ["tag_ids": [[0, 0, ["name": "Fresh"]], [4, a]]])
    let made = try #require(written.changes.first { $0.model == "crm.tag" })
    #expect(made.cause == .command && made.action == .create)
    #expect(try await present() == [a, .integer(try #require(made.id))])
    // Nobody changes by a command what they may not change by a call.
    let renamed = await failure {
      try await company.update("crm.lead", id, ["tag_ids": [[1, a, ["name": "x"]]]])
    }
    #expect(renamed?.code == .forbidden)
    let deleted = await failure { try await company.update("crm.lead", id, ["tag_ids": [[2, a]]]) }
    #expect(deleted?.code == .forbidden)
  }

  @Test func `commands on a one2many reach its own records alone`() async throws {
    let company = try await WritableCompany()
    let (mine, other) = (try await company.quotation(), try await company.quotation())
    let theirs = try await company.ids("sale.order.line", [["order_id", "=", .integer(other)]])
    let lines = try await company.ids("sale.order.line", [["order_id", "=", .integer(mine)]])
    let stranger = await failure {
      try await company.update(
        "sale.order", mine, ["order_line": [[1, .integer(theirs[0]), ["product_uom_qty": 9]]]])
    }
    #expect(stranger?.code == .invalidValue)
    try await company.update(
      "sale.order", mine,
      ["order_line": [[1, .integer(lines[0]), ["product_uom_qty": 9]], [2, .integer(lines[1])]]])
    #expect(try await company.read("sale.order", mine)?["amount_untaxed"] == 90.0)
    let pulled = try await company.update("sale.order", mine, ["order_line": [[4, .integer(theirs[0])]]])
    #expect(pulled.changes.contains { $0.id == other && $0.cause == .formula })
    #expect(try await company.read("sale.order", mine)?["amount_untaxed"] == 110.0)
    #expect(try await company.read("sale.order", other)?["amount_untaxed"] == 30.0)
  }

  @Test func `a record is never above itself`() async throws {
    let company = try await WritableCompany()
    let top = try await company.id("res.partner", ["name": "Top"])
    let below = try await company.id("res.partner", ["name": "Below", "parent_id": .integer(top)])
    let error = await failure { try await company.update("res.partner", top, ["parent_id": .integer(below)]) }
    #expect(error?.code == .invalidValue)
    let own = await failure { try await company.update("res.partner", top, ["parent_id": .integer(top)]) }
    #expect(own?.code == .invalidValue)
  }

  @Test func `records inside of records, and commands, have an end`() async throws {
    let company = try await DemoCompany.open()
    var values: JSONObject = ["name": "x"]
    for _ in 0..<5 { values = ["name": "x", "child_ids": [[0, 0, .object(values)]]] }
    let deep = await failure {
      _ = try await company.records.create(
        [RecordInput(values)], in: "res.partner", isDryRun: true, for: DemoCompany.subject("sales"))
    }
    #expect(deep?.code == .invalidArgument)
    let ids = JSONValue.array((1...1001).map { .integer($0) })
    let wide = await failure {
      _ = try await company.records.create(
        [RecordInput(["name": "x", "category_id": ids])], in: "res.partner", isDryRun: true,
        for: DemoCompany.subject("sales"))
    }
    #expect(wide?.code == .invalidArgument)
  }

  // MARK: - Deleting

  @Test func `lines, messages, activities and attachments go along`() async throws {
    let company = try await WritableCompany()
    let id = try await company.quotation()
    try await company.create(
      "mail.activity", ["res_model": "sale.order", "res_id": .integer(id), "activity_type_id": 1])
    try await company.update("sale.order", id, ["validity_date": "2026-12-31"])
    #expect(
      try await company.ids("mail.message", [["model", "=", "sale.order"], ["res_id", "=", .integer(id)]])
        .count == 1)
    let rehearsal = try await company.delete("sale.order", [id], as: "sales-manager", isDryRun: true)
    #expect(
      rehearsal.changes.map(\.model).sorted() == [
        "mail.activity", "mail.message", "sale.order", "sale.order.line", "sale.order.line",
      ])
    #expect(
      rehearsal.changes[0].cause == .asked
        && rehearsal.changes.dropFirst().allSatisfy { $0.cause == .deletion })
    #expect(try await company.read("sale.order", id) != nil)
    let written = try await company.delete("sale.order", [id], as: "sales-manager")
    #expect(written.changes == rehearsal.changes)
    for model in ["mail.message", "mail.activity"] {
      #expect(
        try await company.ids(
          model,
          [
            ["res_id", "=", .integer(id)],
            [model == "mail.message" ? "model" : "res_model", "=", "sale.order"],
          ]
        ).isEmpty)
    }
    #expect(try await company.ids("sale.order.line", [["order_id", "=", .integer(id)]]).isEmpty)
  }

  @Test func `what others need is not deleted, and nothing is told of those out of sight`() async throws {
    let company = try await WritableCompany()
    let order = try #require(try await company.read("sale.order", 1))
    let partner = try #require(order["partner_id"]?.array?.first?.integer)
    let error = await failure { try await company.delete("res.partner", [partner]) }
    #expect(error?.code == .restricted)
    #expect(error?.details["ids"]?.array?.isEmpty == false)
    #expect(error?.hint?.contains("active") == true)
    // A leads' stage, needed by nobody but leads, leads nowhere afterwards.
    let stage = try await company.id("crm.stage", ["name": "Gone soon"], as: "admin")
    let lead = try await company.id("crm.lead", ["name": "L", "stage_id": .integer(stage)])
    let written = try await company.delete("crm.stage", [stage])
    #expect(written.changes.contains { $0.id == lead && $0.action == .update && $0.cause == .deletion })
    #expect(try await company.read("crm.lead", lead)?["stage_id"] == .null)
  }

  // MARK: - Who was first

  @Test func `a record that was changed since is left alone`() async throws {
    let company = try await WritableCompany()
    let id = try await company.id("crm.lead", ["name": "L"])
    let read = try #require(
      try await company.read("crm.lead", id)?["write_date"]?.string.flatMap(MomentText.moment))
    // In the very same second.
    try await company.update("crm.lead", id, ["name": "M"], since: read)
    let error = await failure { try await company.update("crm.lead", id, ["name": "N"], since: read) }
    #expect(error?.code == .changedSince)
    let present = try #require(error?.details["write_date"]?.string.flatMap(MomentText.moment))
    #expect(present == read + .seconds(1))
    let deletion = await failure {
      _ = try await company.records.delete(
        [id], of: "crm.lead", unchangedSince: read, isDryRun: false, for: DemoCompany.subject("admin"))
    }
    #expect(deletion?.code == .changedSince)
    try await company.update("crm.lead", id, ["name": "N"], since: present)
    // What is there already is no change.
    let same = try await company.update("crm.lead", id, ["name": "N"])
    #expect(same.changes.map(\.values.count) == [0])
    #expect(try await company.read("crm.lead", id)?["write_date"] == "2026-11-21 00:00:02")
  }

  @Test(arguments: [
    ("2026-11-21T08:15:00Z", 1_795_248_900), ("2026-11-21 08:15:00", 1_795_248_900),
    ("2026-11-21T09:15:00.25+01:00", 1_795_248_900), ("2026-11-21t08:15:00z", 1_795_248_900),
    ("2026-11-20T23:15:00-09:00", 1_795_248_900), ("2026-11-21T08:15:00", nil), ("2026-02-30T08:15:00Z", nil),
    ("2026-11-21T08:15:00+1:00", nil), ("2026-11-21T08:15:00.Z", nil), ("2026-11-21", nil), ("", nil),
    ("2026-11-21T08:15:00ZZ", nil),
  ])
  func `RFC 3339 §5.6 a moment is read or refused`(_ text: String, _ seconds: Int64?) {
    #expect(MomentText.moment(text)?.seconds == seconds)
  }

  // MARK: - Chatter

  @Test func `a change of a tracked field leaves a message of the person's`() async throws {
    let company = try await WritableCompany()
    let id = try await company.id("crm.lead", ["name": "<L>", "expected_revenue": 10])
    try await company.update("crm.lead", id, ["expected_revenue": 20, "stage_id": 1, "phone": "1"])
    let domain: JSONValue = [["model", "=", "crm.lead"], ["res_id", "=", .integer(id)]]
    let message = try #require(try await company.ids("mail.message", domain).first)
    let told = try #require(try await company.read("mail.message", message))
    let body = try #require(told["body"]?.string)
    #expect(body.contains("Expected Revenue: 10.0 → 20.0") && body.contains("Stage: – → "))
    #expect(!body.contains("Phone"))
    #expect(told["is_internal"] == true && told["message_type"] == "notification")
    let author = try await company.read("res.users", 2)?["partner_id"]
    #expect(told["author_id"] == author)
    let forged = await failure {
      try await company.create(
        "mail.message", ["model": "crm.lead", "res_id": .integer(id), "body": "x", "author_id": 1])
    }
    #expect(forged?.code == .readonlyField)
  }

  @Test func `who follows hears of it after the commit, and not of a dry run`() async throws {
    let company = try await WritableCompany()
    let heard = Heard()
    company.records.changes.follow { heard.hear($0) }
    _ = try await company.create("crm.lead", ["name": "L"], isDryRun: true)
    #expect(heard.keys.isEmpty)
    let id = try await company.id("crm.lead", ["name": "L"])
    #expect(heard.keys == [RecordKey(model: "crm.lead", id: id)])
    _ = await failure { try await company.create("crm.lead", ["name": "L", "stage_id": 999]) }
    #expect(heard.keys.count == 1)
  }
}
