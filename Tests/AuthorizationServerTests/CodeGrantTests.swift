internal import Accounts
internal import Authentication
internal import AuthorizationServer
internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Telemetry
internal import Testing
internal import World

@Suite("E. Authorization code (OAuth 2.1 §4.1.3, RFC 7636)")
struct CodeGrantTests {
  @Test(
    arguments: [
      ("E2", ["code": "gc_unknown"], "400 invalid_grant"),
      ("E2", ["code": "'; DROP TABLE client; --"], "400 invalid_grant"),
      ("E2", ["code": String(repeating: "x", count: 10_000)], "400 invalid_grant"),
      ("E2", ["code": "gc_\0é"], "400 invalid_grant"),
      ("E5", ["code_verifier": nil], "400 invalid_grant"), ("E5", ["code_verifier": ""], "400 invalid_grant"),
      ("E6", ["code_verifier": "eBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"], "400 invalid_grant"),
      ("E6", ["code_verifier": PKCE.challenge], "400 invalid_grant"),
      ("E7", ["code_verifier": String(repeating: "a", count: 42)], "400 invalid_grant"),
      ("E8", ["code_verifier": String(repeating: "a", count: 129)], "400 invalid_grant"),
      ("E9", ["code_verifier": String(repeating: "a", count: 42) + "+"], "400 invalid_grant"),
      ("E9", ["code_verifier": String(repeating: "a", count: 42) + "é"], "400 invalid_grant"),
      ("E11", ["redirect_uri": "https://c.example/other"], "400 invalid_grant"),
      ("E11", ["redirect_uri": "https://c.example/cb/"], "400 invalid_grant"),
      ("E18", ["resource": "https://other.example/mcp"], "400 invalid_target"),
      ("E18", ["resource": "https://gate.example/mcp#f"], "400 invalid_target"),
      ("E12", ["redirect_uri": nil], "200"), ("E12", ["redirect_uri": ""], "200"), ("E19", [:], "200"),
      ("E19", ["resource": "https://gate.example/mcp"], "200"),
      ("E19", ["resource": "https://gate.example/"], "200"),
    ] as [(String, [String: String?], String)])
  func `E1 to E19 an exchange, and the code is good for one right one afterwards`(
    row: String, changes: [String: String?], verdict: String
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    let code = try await house.code(for: client)
    #expect(await house.exchange(code, client, changes).verdict == verdict)
    // E15: who did not prove possession has not spent the code.
    #expect(await house.exchange(code, client).verdict == (verdict == "200" ? "400 invalid_grant" : "200"))
  }

  @Test(arguments: [(59, "200"), (60, "400 invalid_grant"), (3600, "400 invalid_grant")])
  func `E3 a code lives for 60 seconds`(seconds: Int, verdict: String) async throws {
    let house = try await House()
    let client = try await house.client()
    let code = try await house.code(for: client)
    house.clock.advance(.seconds(seconds))
    #expect(await house.exchange(code, client).verdict == verdict)
  }

  @Test func `E4 a code of another client is refused and stays good for its own`() async throws {
    let house = try await House()
    let (mine, other) = (try await house.client(), try await house.client())
    let code = try await house.code(for: mine)
    #expect(await house.exchange(code, other).verdict == "400 invalid_grant")
    #expect(await house.exchange(code, mine).verdict == "200")
  }

  @Test(arguments: [0, 5, 61, 3600])
  func `E13 OAuth 2_1 §4_1_3 a code that comes back ends what it gave`(after seconds: Int) async throws {
    let house = try await House()
    let client = try await house.client()
    let code = try await house.code(for: client)
    let tokens = try Tokens(await house.exchange(code, client))
    #expect(await house.verdict(of: tokens.access) == "200")
    house.clock.advance(.seconds(seconds))
    let fresh = try Tokens(await house.refresh(tokens.refresh, client))
    #expect(await house.verdict(of: fresh.access) == "200")
    #expect(await house.exchange(code, client).verdict == "400 invalid_grant")
    #expect(await house.verdict(of: fresh.access) == "401 invalid_token")
    #expect(await house.refresh(fresh.refresh, client).verdict == "400 invalid_grant")
  }

  @Test func `E13 one who can't prove possession ends nothing`() async throws {
    let house = try await House()
    let (client, other) = (try await house.client(), try await house.client())
    let code = try await house.code(for: client)
    let tokens = try Tokens(await house.exchange(code, client))
    _ = await house.exchange(code, client, ["code_verifier": String(repeating: "w", count: 43)])
    _ = await house.exchange(code, other)
    #expect(await house.verdict(of: tokens.access) == "200")
  }

  @Test func `E16 of 100 parallel exchanges exactly one succeeds`() async throws {
    let house = try await House()
    let client = try await house.client()
    let code = try await house.code(for: client)
    let verdicts = await withTaskGroup(of: String.self) { group in
      for _ in 0..<100 { group.addTask { await house.exchange(code, client).verdict } }
      return await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
    }
    #expect(verdicts == ["200": 1, "400 invalid_grant": 99])
    #expect(try await house.count("refresh_token") == 1)
  }

  @Test func `E20 a person who was disabled meanwhile gets no token`() async throws {
    let house = try await House()
    let client = try await house.client()
    let code = try await house.code(for: client)
    try await house.disable(house.sam)
    #expect(await house.exchange(code, client).verdict == "400 invalid_grant")
  }

  @Test func `E20 a connection that was revoked meanwhile gives no token`() async throws {
    let house = try await House()
    let client = try await house.client()
    let code = try await house.code(for: client)
    let connection = try #require(try await house.connections.all().first)
    #expect(try await house.connections.revoke(connection.id))
    #expect(await house.exchange(code, client).verdict == "400 invalid_grant")
  }

  @Test func `RFC 9068 §2_2 what an access token says`() async throws {
    let house = try await House()
    let client = try await house.client()
    let tokens = try await house.tokens(client)
    let parts = tokens.access.split(separator: ".").map(String.init)
    let header = try JSONValue(parsing: Base64URL.decode(parts[0]) ?? [])
    let claims = try JSONValue(parsing: Base64URL.decode(parts[1]) ?? [])
    #expect(header["typ"] == "at+jwt" && header["alg"] == "ES256")
    #expect(claims["iss"] == "https://gate.example" && claims["aud"] == "https://gate.example/mcp")
    #expect(claims["sub"]?.string == String(house.sam.id) && claims["client_id"]?.string == client.id)
    #expect(claims["scope"] == "mcp:read")
    #expect((claims["exp"]?.integer ?? 0) - (claims["iat"]?.integer ?? 0) == 600)
    #expect(claims["jti"]?.string?.isEmpty == false)
    #expect(!tokens.refresh.contains("."))
  }

  @Test func `nothing that proves anything is stored in the clear`() async throws {
    let house = try await House()
    let client = try await house.client(method: .secretPost)
    let code = try await house.code(for: client)
    let tokens = try Tokens(await house.exchange(code, client))
    for table in [
      "client", "authorization_code", "refresh_token", "token_family", "connection", "browser_session",
    ] {
      let rows = "\(try await house.store.rows("SELECT * FROM \(unsafeSQL: table)"))"
      for secret in [code, client.secret ?? "?", tokens.refresh] { #expect(!rows.contains(secret)) }
      for secret in [code, client.secret ?? "?", tokens.refresh] {
        #expect(!rows.contains("\(Array(secret.utf8))"))
      }
    }
  }
}
