internal import Accounts
internal import Governance
internal import HTTP
internal import JSON
internal import Policies
internal import Storage
internal import Support
internal import Testing
internal import World

@testable internal import Gatehouse

/// The pages on which people decide on calls.
@Suite struct `Deciding on calls` {
  static let issuer = "https://gate.example"
  static let path = "/account/approvals"

  /// A call of sales' that waits for the sales manager.
  private func waiting(_ client: Client) async throws -> String {
    let rulebook = Rulebook(store: client.house.store, world: client.house.world)
    try await rulebook.set(
      Array(#"{"version":"1","default":"allow","tools":{"list_models":{"require_approval":true}}}"#.utf8),
      for: .everything)
    let made = try await client.key()
    let manager = try #require(try await client.house.users.user(login: "sales-manager"))
    _ = try await client.house.connections.setApprover(manager.id, of: made.connectionID)
    let answer = try await client.call("list_models", [:], bearer: made.key)
    #expect(answer.failure == "pending_approval")
    return try #require(answer.structured?["request_id"]?.string)
  }

  @Test func `the approver sees it, reads what would run, and decides`() async throws {
    try await withHouse(.inProcess, issuer: Self.issuer) { client in
      let id = try await waiting(client)
      let manager = Person(client, "sales-manager")
      _ = try await manager.account()
      let list = try await manager.get(Self.path)
      #expect(list.text.contains("/account/approvals/\(id)") && list.text.contains("Waiting"))
      let card = try await manager.get("\(Self.path)/\(id)")
      #expect(card.text.contains("list_models") && card.text.contains("/tools/list_models/require_approval"))
      let ticket = card.input("ticket") ?? ""
      let done = try await manager.post("\(Self.path)/\(id)", [("ticket", ticket), ("decision", "approve")])
      #expect(done.status == 200 && done.text.contains("Approved: it is being done now."))
      let approvals = Approvals(store: client.house.store, world: client.house.world)
      #expect(try await approvals.request(id)?.status != .pending)
      // Twice is once.
      let again = try await manager.post("\(Self.path)/\(id)", [("ticket", ticket), ("decision", "reject")])
      #expect(again.status == 409 && again.text.contains("Somebody else was quicker"))
    }
  }

  @Test func `what would turn the arguments around is shown by its number, and nothing of them is cut`()
    async throws
  {
    try await withHouse(.inProcess, issuer: Self.issuer) { client in
      _ = try await waiting(client)
      let rulebook = Rulebook(store: client.house.store, world: client.house.world)
      try await rulebook.set(
        Array(#"{"version":"1","default":"allow","tools":{"search_read":{"require_approval":true}}}"#.utf8),
        for: .everything)
      let value = "\u{202E}gnp.<script>" + String(repeating: "x", count: 5000) + "end"
      let arguments: JSONObject = ["model": "res.partner", "domain": [["name", "=", .string(value)]]]
      let key = try await client.key().key
      let answer = try await client.call("search_read", arguments, bearer: key)
      let id = try #require(answer.structured?["request_id"]?.string)
      let admin = Person(client, "admin")
      _ = try await admin.account()
      let card = try await admin.get("\(Self.path)/\(id)")
      #expect(card.text.contains(#"\u202egnp.&lt;script&gt;"#) && card.text.contains("xxend"))
      #expect(!card.text.unicodeScalars.contains("\u{202E}"))
    }
  }

  @Test func `who asked reads it and can't decide, and to others it is not there`() async throws {
    try await withHouse(.inProcess, issuer: Self.issuer) { client in
      let id = try await waiting(client)
      let (sales, other, admin) = (Person(client), Person(client, "accountant"), Person(client, "admin"))
      _ = try await sales.account()
      let card = try await sales.get("\(Self.path)/\(id)")
      #expect(card.status == 200 && !card.text.contains("name=\"decision\""))
      let own = try await sales.get("/account")
      let forced = try await sales.post(
        "\(Self.path)/\(id)", [("ticket", own.input("ticket") ?? ""), ("decision", "approve")])
      #expect(forced.status == 404)
      _ = try await other.account()
      #expect(try await other.get("\(Self.path)/\(id)").status == 404)
      // An administrator sees it, but somebody else is named.
      _ = try await admin.account()
      let seen = try await admin.get("\(Self.path)/\(id)")
      #expect(seen.status == 200 && !seen.text.contains("name=\"decision\""))
      let approvals = Approvals(store: client.house.store, world: client.house.world)
      #expect(try await approvals.request(id)?.status == .pending)
    }
  }

  @Test func `C1 a form without this session's ticket, or without a decision, decides nothing`() async throws
  {
    try await withHouse(.inProcess, issuer: Self.issuer) { client in
      let id = try await waiting(client)
      let manager = Person(client, "sales-manager")
      let foreign = try await Person(client, "accountant").account().input("ticket") ?? ""
      let own = try await manager.account().input("ticket") ?? ""
      for (ticket, decision) in [("", "approve"), (foreign, "approve"), (own, ""), (own, "maybe")] {
        let answer = try await manager.post(
          "\(Self.path)/\(id)", [("ticket", ticket), ("decision", decision)])
        #expect(answer.status == 403)
      }
      let approvals = Approvals(store: client.house.store, world: client.house.world)
      #expect(try await approvals.request(id)?.status == .pending)
    }
  }
}
