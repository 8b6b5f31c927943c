import Accounts
import Demo
import JSON
import OAuth
import Records
import Storage
import Telemetry
import Testing
import World

@testable import Authentication
@testable import Governance
@testable import Tools

@Suite("Six tools that write, five roles: each writes what is theirs and no more")
struct WriteMatrixTests {
  /// A model, values that it takes from anybody, and what to change.
  static let samples: [(model: String, values: JSONObject, change: JSONObject)] = [
    ("crm.lead", ["name": "A lead"], ["phone": "1"]),
    ("crm.tag", ["name": "A tag of its own"], ["name": "Another tag"]),
    ("res.partner", ["name": "A partner"], ["city": "Kiel"]),
    ("project.task", ["name": "A task"], ["priority": "1"]),
    ("account.journal", ["name": "A journal", "code": "XX", "type": "general"], ["name": "B"]),
    ("product.category", ["name": "A category"], ["name": "B"]),
    ("account.payment", ["payment_type": "inbound", "amount": 5, "journal_id": 1], ["memo": "x"]),
  ]

  static let roles = ["admin", "sales", "sales-manager", "accountant", "portal"]

  static func calls(
    on model: String, id: Int64, _ values: JSONObject, _ change: JSONObject
  ) -> [(Right, String, JSONObject)] {
    let (model, id) = (JSONValue.string(model), JSONValue.integer(id))
    return [
      (.create, "create_record", ["model": model, "values": .object(values)]),
      (.create, "batch_create", ["model": model, "values_list": [.object(values)]]),
      (.write, "update_record", ["model": model, "id": id, "values": .object(change)]),
      (.write, "batch_update", ["model": model, "ids": [id], "values": .object(change)]),
      (.write, "batch_update", ["model": model, "updates": [["id": id, "values": .object(change)]]]),
      (.unlink, "delete_record", ["model": model, "id": id]),
      (.unlink, "batch_delete", ["model": model, "ids": [id]]),
    ]
  }

  @Test(arguments: roles)
  func `each right of a model opens its tools, and no other`(_ role: String) async throws {
    let desk = try await WritingDesk()
    let subject = Subject(Desk.caller(role))
    for (model, values, change) in Self.samples {
      let rights = try #require(desk.models[model]).rights(of: subject)
      // The tags and journals are one of a kind: everything here is tried out alone.
      let made = try await desk.call(
        "create_record", ["model": .string(model), "values": .object(values)], as: "admin")
      let id = try #require(made.structured["changes"]?.array?.first?["id"]?.integer, "\(made.text)")
      // Their own, where only that is theirs.
      if role.hasPrefix("sales"), model == "crm.lead" {
        _ = try await desk.call(
          "update_record",
          [
            "model": .string(model), "id": .integer(id),
            "values": ["user_id": .integer(Desk.userIDs[role] ?? 0)],
          ], as: "admin")
      }
      for (right, tool, arguments) in Self.calls(on: model, id: id, values, change) {
        var arguments = arguments
        arguments["dry_run"] = true
        let result = try await desk.call(tool, arguments, as: role)
        let code = result.structured["code"]?.string
        if rights.contains(right), rights.contains(.read) {
          // Unique names are there already.
          #expect(!result.isError || code == "not_unique", "\(role) \(tool) \(model): \(result.text)")
        } else {
          let expected = role == "portal" && !rights.contains(.read) ? "unknown_model" : "forbidden"
          #expect(code == expected, "\(role) \(tool) \(model): \(result.text)")
        }
      }
    }
  }

  @Test func `a batch has at most a hundred records, and an id fits into a number of JSON`() async throws {
    let desk = try await WritingDesk()
    let ids = JSONValue.array((1...101).map { .integer($0) })
    for (tool, arguments) in [
      ("batch_delete", ["model": "crm.tag", "ids": ids] as JSONObject),
      ("batch_update", ["model": "crm.tag", "ids": ids, "values": ["name": "x"]]),
      (
        "batch_create",
        ["model": "crm.tag", "values_list": .array(Array(repeating: ["name": "x"], count: 101))]
      ),
      ("delete_record", ["model": "crm.tag", "id": 9_007_199_254_740_992]),
      ("delete_record", ["model": "crm.tag", "id": 0]), ("batch_delete", ["model": "crm.tag", "ids": []]),
      ("create_record", ["model": "crm.tag", "values": [1]]),
      ("create_record", ["model": "crm.tag", "values": [:], "force": true]),
    ] {
      let definition = try #require(desk.catalogue[tool]).definition
      #expect(throws: ArgumentError.self, "\(tool)") { try Call(definition, arguments) }
    }
    let both = try await desk.call(
      "batch_update",
      ["model": "crm.tag", "ids": [1], "values": [:], "updates": [["id": 1, "values": [:]]]], as: "admin")
    #expect(both.structured["code"] == "invalid_argument")
    let moment = try await desk.call(
      "delete_record", ["model": "crm.tag", "id": 1, "if_unchanged_since": "yesterday"], as: "admin")
    #expect(moment.structured["code"] == "invalid_argument")
  }

  @Test func `what waits for a person is told in words`() async throws {
    let desk = try await WritingDesk()
    let caller = Desk.caller("sales-manager")
    func words(_ tool: String, _ arguments: JSONObject) async throws -> String {
      try await Call(try #require(desk.catalogue[tool]).definition, arguments).summary(for: caller)
    }
    let found = try await desk.call(
      "search_records",
      ["model": "sale.order", "domain": [["company_id", "=", 1]], "order": "id", "limit": 12], as: "admin")
    let ids = try #require(found.structured["records"]?.array?.compactMap { $0["id"] })
    let names = try #require(found.structured["records"]?.array?.compactMap { $0["display_name"]?.string })
    #expect(
      try await words("batch_delete", ["model": "sale.order", "ids": .array(ids)])
        == "Permanently delete 12 Sales Orders “\(names[0])”, “\(names[1])”, “\(names[2])” and 9 more in "
        + "“Nordlicht Interiors GmbH”")
    #expect(
      try await words("delete_record", ["model": "sale.order", "id": ids[0]])
        == "Permanently delete the Sales Order “\(names[0])” in “Nordlicht Interiors GmbH”")
    #expect(
      try await words(
        "batch_update",
        ["model": "sale.order", "ids": .array(ids), "values": ["client_order_ref": "A\u{202E}B"]]
      )
      .hasSuffix(": Customer Reference = “A B”"))
    #expect(
      try await words("create_record", ["model": "crm.tag", "values": ["name": "Hot"]])
        == "Create a new CRM Tag: Tag Name = “Hot”")
    // What the caller may not see is told by its id, as they gave it.
    #expect(
      try await words("delete_record", ["model": "account.move", "id": 1])
        == "Permanently delete by “Delete a record” (model: \"account.move\", id: 1, dry_run: false)")
  }

  @Test func `a client's person is asked, unless it is only tried out or they can't be asked`() async throws {
    let desk = try await WritingDesk()
    let tool = try #require(desk.catalogue["delete_record"] as? any ConversingTool)
    func made() async throws -> JSONValue {
      let result = try await desk.call(
        "create_record", ["model": "crm.lead", "values": ["name": "Doomed"]], as: "admin")
      return try #require(result.structured["changes"]?.array?.first?["id"])
    }
    func deletion(_ id: JSONValue, _ asking: Asking, dryRun: Bool = false) async throws -> ToolResult {
      let arguments: JSONObject = ["model": "crm.lead", "id": id, "dry_run": .bool(dryRun)]
      return try await tool.call(try Desk.permit(tool.definition, arguments, as: "admin"), in: asking)
    }
    let id = try await made()
    let declined = Asking(["action": "decline"])
    #expect(try await deletion(id, declined).structured["code"] == "declined")
    #expect(
      declined.questions == [
        "Permanently delete the Lead/Opportunity “Doomed” in “Nordlicht Interiors GmbH”?"
      ])
    #expect(
      try await deletion(id, Asking(["action": "accept", "content": ["confirm": false]])).structured["code"]
        == "declined")
    let tried = Asking(["action": "decline"])
    #expect(try await !deletion(id, tried, dryRun: true).isError)
    #expect(tried.questions.isEmpty)
    // Nobody is asked about what is refused.
    #expect(try await deletion(999_999, tried).structured["code"] == "not_found")
    #expect(tried.questions.isEmpty)
    #expect(try await !deletion(id, Asking(["action": "accept", "content": ["confirm": true]])).isError)
    let mute = Asking(nil)
    #expect(try await !deletion(try await made(), mute).isError)
    #expect(mute.questions.isEmpty)
  }

  @Test func `a dry run of high risk waits for nobody`() async throws {
    let desk = try await WritingDesk()
    let definition = try #require(desk.catalogue["delete_record"]).definition
    let call = try Call(definition, ["model": "crm.tag", "id": 1, "dry_run": true])
    #expect(call.isDryRun)
    #expect(try !Call(definition, ["model": "crm.tag", "id": 1]).isDryRun)
    for tool in desk.catalogue.tools where tool.definition.category == .write {
      #expect(tool.definition.requiredScope == .write)
      #expect(tool.definition.annotations["readOnlyHint"] == false)
      #expect(
        tool.definition.risk
          == (["create_record", "update_record", "batch_create"].contains(tool.definition.name)
            ? .medium : .high))
    }
  }
}
