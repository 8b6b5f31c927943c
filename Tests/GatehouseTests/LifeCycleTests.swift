internal import Accounts
internal import AuthorizationServer
internal import Governance
internal import HTTP
internal import JSON
internal import OAuth
internal import Policies
internal import Storage
internal import Support
internal import Telemetry
internal import Testing
internal import World

@testable internal import Gatehouse

/// The life of a connection (product rows A7 to A9), and what an administrator's policies say to keys that people make.
@Suite struct `The life of a connection` {
  static let issuer = "https://gate.example"

  private func connection(_ id: String, _ client: Client) async throws -> Connection {
    try #require(try await client.house.connections.connection(id))
  }

  /// A key as a person makes it on the account page.
  private func selfMade(
    _ client: Client, _ login: String = "sales"
  ) async throws -> (
    person: Person, id: String, key: String
  ) {
    let person = Person(client, login)
    let ticket = try #require(try await person.account().input("ticket"))
    let made = try await person.post(
      "/account/keys", [("ticket", ticket), ("name", "Mine"), ("scope", "mcp:read")])
    let user = try await client.house.user(login)
    let id = try #require(try await client.house.connections.all(of: user.id).first).id
    return (person, id, try #require(`Those who run it`.key(in: made)))
  }

  @Test func `A9 awaiting, connected, idle for how long, revoked, and awaiting again`() async throws {
    try await withHouse(.inProcess, issuer: Self.issuer) { client in
      let (person, id, key) = try await selfMade(client)
      func pill() async throws -> (Connection.Status, String) {
        let page = try await person.get("/account/connections/\(id)")
        let words = ["Awaiting", "Connected", "Idle", "Revoked"].first { page.text.contains(">\($0)") }
        return (try await connection(id, client).status(at: client.clock.now), words ?? "none")
      }
      #expect(try await pill() == (.awaiting, "Awaiting"))
      #expect(try await client.call("whoami", bearer: key).status == 200)
      #expect(try await pill() == (.connected, "Connected"))
      client.clock.advance(.days(1))
      #expect(try await connection(id, client).idleTime(at: client.clock.now) == nil)
      client.clock.advance(.days(2))
      #expect(try await connection(id, client).idleTime(at: client.clock.now) == .days(3))
      _ = try await person.account()
      #expect(try await pill() == (.idle, "Idle"))
      #expect(try await person.get("/account/connections/\(id)").text.contains("Idle for 3 days"))
      #expect(try await client.house.connections.revoke(id))
      #expect(try await pill() == (.revoked, "Revoked"))
      #expect(try await connection(id, client).idleTime(at: client.clock.now) == nil)

      // A8: a reactivated connection needs a fresh credential.
      #expect(try await client.house.connections.reactivate(id))
      #expect(try await pill() == (.awaiting, "Awaiting"))
      #expect(try await client.call("whoami", bearer: key).status == 401)
      let fresh = try #require(try await client.house.apiKeys.rotate(id))
      #expect(try await client.call("whoami", bearer: key).status == 401)
      #expect(try await client.call("whoami", bearer: fresh.key).status == 200)
      #expect(try await pill() == (.connected, "Connected"))
      #expect(try await !client.house.connections.reactivate(id))
    }
  }

  @Test func `a reactivated login's old tokens stay dead, and a new consent is a new beginning`() async throws
  {
    try await withHouse(.inProcess) { client in
      let (application, person) = (try await Application(client), Person(client))
      let old = try await application.tokens(of: person)
      #expect(try await client.call("whoami", bearer: old.access).status == 200)
      let sales = try await client.house.user("sales")
      let id = try #require(try await client.house.connections.all(of: sales.id).first).id
      _ = try await client.house.connections.revoke(id)
      _ = try await client.house.connections.reactivate(id)
      #expect(try await client.call("whoami", bearer: old.access).status == 401)
      #expect(try await application.refresh(old.refresh).status == 400)
      let fresh = try await application.tokens(of: person)
      #expect(try await connection(id, client).status(at: client.clock.now) == .awaiting)
      #expect(try await client.call("whoami", bearer: fresh.access).status == 200)
      #expect(try await client.call("whoami", bearer: old.access).status == 401)
      // Revoked and consented to without a reactivation: the same.
      _ = try await client.house.connections.revoke(id)
      let third = try await application.tokens(of: person)
      #expect(try await connection(id, client).status(at: client.clock.now) == .awaiting)
      for dead in [old, fresh] { #expect(try await client.call("whoami", bearer: dead.access).status == 401) }
      #expect(try await client.call("whoami", bearer: third.access).status == 200)
    }
  }

  /// A connection with all that hangs on one: tokens, a call that waits, a consent that is remembered.
  private func laden(
    _ client: Client
  ) async throws -> (id: String, tokens: Tokens, application: Application, request: String) {
    let rulebook = Rulebook(store: client.house.store, world: client.house.world)
    try await rulebook.set(
      Array(#"{"version":"1","default":"allow","tools":{"list_models":{"require_approval":true}}}"#.utf8),
      for: .everything)
    let application = try await Application(client)
    let tokens = try await application.tokens(of: Person(client))
    let sales = try await client.house.user("sales")
    let id = try #require(try await client.house.connections.all(of: sales.id).first).id
    let answer = try await client.call("list_models", bearer: tokens.access)
    let request = try #require(answer.structured?["request_id"]?.string)
    try await client.house.store.write { transaction in
      _ = try transaction.run(
        """
        INSERT INTO remembered_consent (connection_id, connection_version, redirect_uri, resource, scope, digest,
          created_at, expires_at)
        SELECT id, version, 'https://c.example/cb', 'r', 'mcp:read', '', \(client.clock.now),
          \(client.clock.now + .days(90)) FROM connection WHERE id = \(id)
        """)
    }
    return (id, tokens, application, request)
  }

  private func remembered(_ id: String, _ client: Client) async throws -> Int {
    // By version: what is remembered for an older one is never relied on.
    try await client.house.store.rows(
      """
      SELECT 1 FROM remembered_consent r JOIN connection c ON c.id = r.connection_id
      WHERE c.id = \(id) AND c.revoked_at IS NULL AND c.version = r.connection_version
      """
    ).count
  }

  @Test func `A8 revoked, everything of it is over at once, and stays so when it is reactivated`()
    async throws
  {
    try await withHouse(.inProcess) { client in
      let approvals = Approvals(store: client.house.store, world: client.house.world)
      let (id, tokens, application, request) = try await laden(client)
      #expect(try await remembered(id, client) == 1)
      #expect(try await client.house.connections.revoke(id))
      for isReactivated in [false, true] {
        if isReactivated { _ = try await client.house.connections.reactivate(id) }
        #expect(try await client.call("whoami", bearer: tokens.access).status == 401)
        #expect(try await application.refresh(tokens.refresh).status == 400)
        #expect(try await approvals.request(request)?.status == .expired)
        #expect(try await remembered(id, client) == 0)
      }
    }
  }

  @Test func `A8 all of it in one transaction: what can't be ended ends nothing`() async throws {
    try await withHouse(.inProcess) { client in
      let approvals = Approvals(store: client.house.store, world: client.house.world)
      let (id, tokens, _, request) = try await laden(client)
      try await client.house.store.write { transaction in
        // The last of its statements fails.
        _ = try transaction.run(
          """
          CREATE TRIGGER stuck BEFORE UPDATE OF ended_at ON token_family
          BEGIN SELECT RAISE(ABORT, 'stuck'); END
          """)
      }
      await #expect(throws: StorageError.self) { try await client.house.connections.revoke(id) }
      #expect(try await connection(id, client).revokedAt == nil)
      #expect(try await client.call("whoami", bearer: tokens.access).status == 200)
      #expect(try await approvals.request(request)?.status == .pending)
      #expect(try await remembered(id, client) == 1)
    }
  }

  // MARK: Keys that people make for themselves

  @Test(
    arguments: [
      (.everything, true), (.group("sales/user"), true), (.group("account/user"), false),
    ] as [(PolicyTarget, Bool)])
  func `an administrator's policies for everybody and for groups rule keys that people make`(
    target: PolicyTarget, isRuled: Bool
  ) async throws {
    try await withHouse(.inProcess, issuer: Self.issuer) { client in
      let rulebook = Rulebook(store: client.house.store, world: client.house.world)
      try await rulebook.set(
        Array(#"{"version":"1","default":"deny","tools":{"whoami":{}}}"#.utf8), for: target)
      // Made before or after the policy, it is the same.
      let (_, _, key) = try await selfMade(client)
      #expect(try await client.call("whoami", bearer: key).failure == nil)
      let answer = try await client.call("list_models", bearer: key)
      #expect(answer.failure == (isRuled ? "policy_denied" : nil), "\(answer)")
      if isRuled {
        #expect(try await client.newest().policy == "\(target)@1")
        let tools = try await client.mcp("tools/list", bearer: key).result?["tools"]?.array
        #expect(tools?.compactMap { $0["name"]?.string } == ["whoami"])
      }
    }
  }

  @Test func `a limit for everybody counts what a key that a person made does`() async throws {
    try await withHouse(.inProcess, issuer: Self.issuer) { client in
      let rulebook = Rulebook(store: client.house.store, world: client.house.world)
      try await rulebook.set(
        Array(
          #"{"version":"1","default":"allow","all_tools":{"limits":[{"counter":"c","window":"day","max":2,"scope":"user"}]}}"#
            .utf8),
        for: .everything)
      // One allowance for the person, however many keys they make.
      for isAdmitted in [true, true, false] {
        let (_, _, key) = try await selfMade(client)
        let answer = try await client.call("whoami", bearer: key)
        #expect(answer.failure == (isAdmitted ? nil : "rate_limited"), "\(answer)")
      }
    }
  }

  @Test func `a key that a person makes has the limits of every new connection`() async throws {
    try await withHouse(.inProcess, issuer: Self.issuer) { client in
      let (_, id, key) = try await selfMade(client)
      let made = try await connection(id, client)
      #expect(made.perMinute == Connections.defaultPerMinute && made.perDay == Connections.defaultPerDay)
      let limits = try await client.call("whoami", bearer: key).structured?["limits"]?.array
      #expect(limits?.map { $0["limit"]?.integer } == [60, 10_000])
    }
  }

  @Test func `where a policy is required, a key that a person made waits for one`() async throws {
    try await withHouse(.inProcess, issuer: Self.issuer, ["require-policy": "on"]) { client in
      let (_, id, key) = try await selfMade(client)
      #expect(try await client.call("whoami", bearer: key).failure == "policy_denied")
      let rulebook = Rulebook(store: client.house.store, world: client.house.world)
      try await rulebook.set(Array(#"{"version":"1","default":"allow"}"#.utf8), for: .connection(id))
      #expect(try await client.call("whoami", bearer: key).failure == nil)
    }
  }

  // MARK: The command line

  @Test func `A9 the command line shows a connection's status, and since when`() async throws {
    let shell = try await Shell()
    let made = try await shell.run("key", "create", "--user", "sales", "--name", "K", "--json").json
    let id = try #require(made["connection_id"]?.string)
    func shown() async throws -> JSONValue { try await shell.run("connection", "show", id, "--json").json }
    #expect(try await shown()["status"] == "awaiting")
    let store = try Store(.file(shell.data + "/gatehouse.db"), log: .silent)
    let used = Instant.systemNow() - .days(3)
    try await store.write { _ = try $0.run("UPDATE connection SET last_used_at = \(used) WHERE id = \(id)") }
    let idle = try await shown()
    #expect(idle["status"] == "idle" && idle["last_used_at"]?.string == used.rfc3339)
    #expect((3 * 86400...3 * 86400 + 60).contains(idle["idle_seconds"]?.integer ?? 0))
    _ = try await shell.run("connection", "approver", id, "--user", "sales-manager")
    #expect(try await shown()["approver"] == "sales-manager")
    #expect(try await shell.run("connection", "revoke", id).code == 0)
    let revoked = try await shown()
    #expect(revoked["status"] == "revoked" && revoked["revoked_at"]?.string != nil)
    #expect(revoked["idle_seconds"] == nil)
    #expect(try await shell.run("connection", "list").out.first?.contains("\trevoked\t") == true)
    #expect(try await shell.run("connection", "reactivate", id).code == 0)
    #expect(try await shown()["status"] == "awaiting")
  }

  @Test(
    arguments: [
      ("whoam", "'whoami'"), ("search_reed", "'search_read'"), ("zzzz", "the tools are"),
      ("who\u{430}mi", "'whoami'"), ("WHOAMI", "'whoami'"),
    ])
  func `B2 a tool that there is none of can't be switched off, and the nearest names are told`(
    name: String, hint: String
  ) async throws {
    let shell = try await Shell()
    for verb in ["disable", "enable"] {
      let refused = try await shell.run("tool", verb, name)
      #expect(refused.code == 1 && refused.error?.contains("there is no tool") == true, "\(refused)")
      #expect(refused.hint?.contains(hint) == true, "\(refused)")
    }
    #expect(try await shell.run("tool", "list").out.isEmpty)
  }

  @Test func `B2 what was switched off can be switched on again, though it is gone`() async throws {
    let shell = try await Shell()
    #expect(try await shell.run("tool", "disable", "whoami").code == 0)
    let store = try Store(.file(shell.data + "/gatehouse.db"), log: .silent)
    try await store.write { _ = try $0.run("INSERT INTO inactive_tool (name) VALUES ('long_gone')") }
    #expect(try await shell.run("tool", "enable", "long_gone").code == 0)
    #expect(try await shell.run("tool", "enable", "long_gone").code == 1)
    #expect(try await shell.run("tool", "enable", "whoami").code == 0)
  }
}
