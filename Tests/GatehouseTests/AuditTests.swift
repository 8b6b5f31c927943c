internal import Accounts
internal import Dispatch
internal import Governance
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Support
internal import Telemetry
internal import Testing
internal import World

@testable internal import Gatehouse

/// No answer without its audit entry, at both depths.
@Suite struct `On record` {
  /// A body that somebody with a credential may send, and the status that it gets.
  struct Sent: Sendable, CustomTestStringConvertible {
    let name: String
    let body: String
    var fields: [String: String] = [:]
    let status: Int
    var testDescription: String { name }
  }

  static let meta = """
    "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}
    """
  static func modern(_ method: String, _ params: String = "") -> String {
    #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":{\#(meta)\#(params)}}"#
  }
  static let sent: [Sent] = [
    Sent(
      name: "discovery", body: modern("server/discover"), fields: ["mcp-method": "server/discover"],
      status: 200),
    Sent(name: "a list", body: modern("tools/list"), fields: ["mcp-method": "tools/list"], status: 200),
    Sent(
      name: "a call", body: modern("tools/call", #","name":"whoami""#),
      fields: ["mcp-method": "tools/call", "mcp-name": "whoami"], status: 200),
    Sent(
      name: "unknown arguments", body: modern("tools/call", #","name":"whoami","arguments":{"x":1}"#),
      fields: ["mcp-method": "tools/call", "mcp-name": "whoami"], status: 200),
    Sent(
      name: "an unknown tool", body: modern("tools/call", #","name":"nope""#),
      fields: ["mcp-method": "tools/call", "mcp-name": "nope"], status: 400),
    Sent(name: "an unknown method", body: modern("x/y"), fields: ["mcp-method": "x/y"], status: 404),
    Sent(
      name: "headers that contradict", body: modern("tools/list"), fields: ["mcp-method": "ping"],
      status: 400),
    Sent(name: "no JSON", body: "{", status: 400),
    Sent(name: "nothing", body: "", status: 400),
    Sent(name: "a duplicate member", body: #"{"id":1,"id":2}"#, status: 400),
    Sent(name: "another media type", body: "{}", fields: ["content-type": "text/plain"], status: 415),
    Sent(
      name: "an answer that nobody can write", body: "{}", fields: ["accept": "image/png"], status: 406),
    Sent(
      name: "an unknown revision", body: modern("tools/list"),
      fields: ["mcp-protocol-version": "2031-01-01", "mcp-method": "tools/list"], status: 400),
    Sent(name: "a notification", body: #"{"jsonrpc":"2.0","method":"notifications/x"}"#, status: 202),
    Sent(
      name: "a batch where there are none", body: #"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
      fields: ["mcp-protocol-version": "2025-11-25"], status: 400),
    Sent(
      name: "a batch", body: #"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
      fields: ["mcp-protocol-version": "2025-03-26"], status: 200),
  ]

  @Test(arguments: Depth.allCases, sent)
  func `whatever somebody with a credential sends is on record when it is answered`(
    depth: Depth, sent: Sent
  ) async throws {
    try await withHouse(depth) { client in
      let made = try await client.key()
      let before = try await client.entries()
      let fields = [
        "accept": "application/json, text/event-stream", "authorization": "Bearer " + made.key,
        "mcp-protocol-version": "2026-07-28",
      ]
      let answer = try await client.post("/mcp", json: sent.body, fields.merging(sent.fields) { $1 })
      #expect(answer.status == sent.status, "\(answer)")
      #expect(try await client.entries() == before + 1)
      let entry = try await client.newest()
      #expect(entry.status == sent.status)
      #expect(entry.connectionID == made.connectionID)
      #expect(entry.login == "sales")
      #expect(entry.address == "127.0.0.1")
    }
  }

  @Test(arguments: Depth.allCases)
  func `every step of a login is on record`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let application = try await Application(client)
      let person = Person(client)
      _ = try await person.signIn(try await person.get(application.link()), password: "wrong-password")
      let tokens = try await application.tokens(of: person)
      let second = try Tokens(await application.refresh(tokens.refresh))
      _ = try await application.revoke(second.refresh)
      _ = try await application.refresh(second.refresh)
      let entries = try await client.house.audit.list(limit: 100).map(\.entry).reversed()
      #expect(
        entries.map(\.method) == [
          "oauth/client_registered", "oauth/sign_in_refused", "oauth/sign_in", "oauth/consent",
          "oauth/token_issued", "oauth/token_issued", "oauth/token_revoked", "oauth/token_refused",
        ])
      #expect(entries.allSatisfy { $0.kind == .authorization && $0.address == "127.0.0.1" })
      #expect(try await client.entries() == 8)
    }
  }

  @Test(arguments: Depth.allCases)
  func `what can't be put on record isn't answered, and what could not is answered later`(
    depth: Depth
  ) async throws {
    try await withHouse(depth, patience: .milliseconds(50)) { client in
      let key = try await client.key().key
      let fresh = try await client.key().key
      // The first use of a connection writes its time; later ones in the same minute have the entry alone to write.
      #expect(try await client.call("whoami", bearer: key).status == 200)
      let application = try await Application(client)
      let before = try await client.entries()
      try await withLock(on: client) {
        let call = try await client.call("search_read", `The main job`.orders, bearer: key)
        #expect(call.status == 500)
        #expect(call.code == -32603)
        #expect(call.result == nil)
        #expect(!call.text.contains("amount_total"))
        let list = try await client.mcp("tools/list", bearer: key)
        #expect(list.status == 500)
        #expect(list.result == nil)
        let first = try await client.call("whoami", bearer: fresh)
        #expect(first.status == 503)
        #expect(first.result == nil)
        // A login, a token and a registration need the database as well.
        let page = try await Person(client).get(application.link())
        #expect(page.status == 200)
        #expect(try await Person(client).signIn(page).status != 303)
        await #expect(throws: Unexpected.self) { try await Application(client) }
        #expect(try await application.refresh("nonsense").status >= 400)
        #expect(try await client.get("/healthz").status == 200)
      }
      #expect(try await client.entries() == before)
      #expect(try await client.call("whoami", bearer: key).status == 200)
      #expect(try await client.entries() == before + 1)
      #expect(client.log.lines.contains { $0.contains("audit entry not written") })
    }
  }

  /// Holds the database for writing from another connection while `body` runs.
  private func withLock(on client: Client, _ body: () async throws -> Void) async throws {
    let other = try Store(.file(client.directory.absolute("data/gatehouse.db")), log: .silent)
    let (held, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    // The transaction stays open on that store's own writer thread.
    let writing = Task {
      try await other.write { transaction in
        _ = try transaction.run("UPDATE company SET name = name")
        held.signal()
        guard release.wait(timeout: .now() + 30) == .success else { throw Unusable() }
      }
    }
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        held.wait()
        continuation.resume()
      }
    }
    do {
      try await body()
    } catch {
      release.signal()
      try await writing.value
      throw error
    }
    release.signal()
    try await writing.value
  }
}
