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

@Suite("F. Refresh (OAuth 2.1 §4.3)")
struct RefreshTests {
  @Test func `F1 a public client gets a new pair with the same scope`() async throws {
    let house = try await House()
    let client = try await house.client()
    let first = try await house.tokens(client, ["scope": "mcp:read mcp:write"])
    let second = try Tokens(await house.refresh(first.refresh, client))
    #expect(second.refresh != first.refresh && second.access != first.access)
    #expect(second.scope == "mcp:read mcp:write")
    #expect(await house.verdict(of: second.access) == "200")
    #expect(await house.verdict(of: first.access) == "200")
  }

  @Test func `F2 a token that was rotated away and comes back after its grace ends the family`() async throws
  {
    let house = try await House()
    let client = try await house.client()
    let first = try await house.tokens(client)
    let second = try Tokens(await house.refresh(first.refresh, client))
    house.clock.advance(.seconds(31))
    #expect(await house.refresh(first.refresh, client).verdict == "400 invalid_grant")
    #expect(await house.refresh(second.refresh, client).verdict == "400 invalid_grant")
    #expect(await house.verdict(of: second.access) == "401 invalid_token")
    #expect(await house.verdict(of: first.access) == "401 invalid_token")
    #expect(house.events.all.contains { $0.kind == .tokenRefused })
    #expect(house.log.lines.contains { $0.contains("its family is ended") })
  }

  @Test func `F2 even one that is older than the idle limit`() async throws {
    let house = try await House()
    let client = try await house.client()
    let first = try await house.tokens(client)
    var latest = try Tokens(await house.refresh(first.refresh, client))
    house.clock.advance(.days(20))
    latest = try Tokens(await house.refresh(latest.refresh, client))
    house.clock.advance(.days(20))
    latest = try Tokens(await house.refresh(latest.refresh, client))
    #expect(await house.refresh(first.refresh, client).verdict == "400 invalid_grant")
    #expect(await house.verdict(of: latest.access) == "401 invalid_token")
  }

  @Test(arguments: [0, 1, 29, 30])
  func `F3 F6 within its grace it gives the same successor again`(seconds: Int) async throws {
    let house = try await House()
    let client = try await house.client()
    let first = try await house.tokens(client)
    let second = try Tokens(await house.refresh(first.refresh, client))
    house.clock.advance(.seconds(seconds))
    let again = try Tokens(await house.refresh(first.refresh, client))
    #expect(again.refresh == second.refresh)
    #expect(await house.refresh(again.refresh, client).verdict == "200")
  }

  @Test func `F3 the grace is for the same client alone, and of a stranger nothing is ended`() async throws {
    let house = try await House()
    let (client, other) = (try await house.client(), try await house.client())
    let first = try await house.tokens(client)
    let second = try Tokens(await house.refresh(first.refresh, client))
    #expect(await house.refresh(first.refresh, other).verdict == "400 invalid_grant")
    house.clock.advance(.seconds(60))
    #expect(await house.refresh(first.refresh, other).verdict == "400 invalid_grant")
    #expect(await house.verdict(of: second.access) == "200")
  }

  @Test func `F4 50 parallel refreshes of one token have one successor`() async throws {
    let house = try await House()
    let client = try await house.client()
    let first = try await house.tokens(client)
    let answers = await withTaskGroup(of: Answer.self) { group in
      for _ in 0..<50 { group.addTask { await house.refresh(first.refresh, client) } }
      return await group.reduce(into: [Answer]()) { $0.append($1) }
    }
    #expect(answers.allSatisfy { $0.status == 200 })
    #expect(Set(answers.map { $0.json["refresh_token"]?.string }).count == 1)
    #expect(try await house.count("refresh_token") == 2)
  }

  @Test func `F7 RFC 6749 §6 a narrower access token leaves the refresh token's scope as it was`()
    async throws
  {
    let house = try await House()
    let client = try await house.client()
    let first = try await house.tokens(client, ["scope": "mcp:read mcp:write"])
    let narrow = try Tokens(await house.refresh(first.refresh, client, [("scope", "mcp:read")]))
    #expect(narrow.scope == "mcp:read")
    #expect(try Tokens(await house.refresh(narrow.refresh, client)).scope == "mcp:read mcp:write")
  }

  @Test(
    arguments: [
      ("F8", [("scope", "mcp:write")], "400 invalid_scope"),
      ("F8", [("scope", "mcp:read mcp:admin")], "400 invalid_scope"),
      ("F8", [("scope", "mcp:read offline_access")], "400 invalid_scope"),
      ("F8", [("scope", "nonsense")], "400 invalid_scope"),
      ("F9", [("resource", "https://other.example/mcp")], "400 invalid_target"),
      (
        "F9", [("resource", "https://gate.example/mcp"), ("resource", "https://gate.example/mcp")],
        "400 invalid_target"
      ),
      ("F9", [("resource", "https://gate.example/mcp")], "200"), ("F7", [("scope", "mcp:read")], "200"),
      ("D19", [("scope", "")], "200"),
    ] as [(String, [(String, String)], String)])
  func `F8 F9 a refresh can't widen, and a refusal does not spend the token`(
    row: String, more: [(String, String)], verdict: String
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    let first = try await house.tokens(client)
    #expect(await house.refresh(first.refresh, client, more).verdict == verdict)
    house.clock.advance(.seconds(60))
    if verdict != "200" { #expect(await house.refresh(first.refresh, client).verdict == "200") }
  }

  @Test(arguments: [(29, "200"), (30, "400 invalid_grant")])
  func `F10 a refresh token that is not used for 30 days is dead`(days: Int64, verdict: String) async throws {
    let house = try await House()
    let client = try await house.client()
    let first = try await house.tokens(client)
    house.clock.advance(.days(days))
    #expect(await house.refresh(first.refresh, client).verdict == verdict)
  }

  @Test func `F10 a family is dead 365 days after the consent`() async throws {
    let house = try await House()
    let client = try await house.client()
    var tokens = try await house.tokens(client)
    for _ in 0..<14 {
      house.clock.advance(.days(26))
      tokens = try Tokens(await house.refresh(tokens.refresh, client))
    }
    house.clock.advance(.days(1))
    #expect(await house.refresh(tokens.refresh, client).verdict == "400 invalid_grant")
  }

  @Test func `F11 a confidential client has to prove itself`() async throws {
    let house = try await House()
    let client = try await house.client(method: .secretBasic, isExplicit: false)
    let tokens = try await house.tokens(client)
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh)]
    #expect(
      await house.post("/oauth/token", pairs + [("client_id", client.id)]).verdict == "401 invalid_client")
    #expect(await house.post("/oauth/token", pairs).verdict == "401 invalid_client")
    #expect(await house.refresh(tokens.refresh, client).verdict == "200")
  }

  @Test(arguments: ["connection revoked", "person disabled", "client disabled", "client deleted"])
  func `F12 after the end of what it stands on a refresh token is worth nothing`(what: String) async throws {
    let house = try await House()
    let client = try await house.client()
    let tokens = try await house.tokens(client)
    let now = house.clock.now
    switch what {
    case "connection revoked":
      #expect(try await house.connections.revoke(try #require(await house.connections.all().first).id))
    case "person disabled": try await house.disable(house.sam)
    case "client disabled":
      try await house.store.write {
        _ = try $0.run("UPDATE client SET disabled_at = \(now) WHERE id = \(client.id)")
      }
    default: try await house.store.write { _ = try $0.run("DELETE FROM client WHERE id = \(client.id)") }
    }
    let isClient = what.hasPrefix("client")
    #expect(
      await house.refresh(tokens.refresh, client).verdict
        == (isClient ? "401 invalid_client" : "400 invalid_grant"))
    if !isClient { #expect(await house.verdict(of: tokens.access) == "401 invalid_token") }
  }

  @Test func `F12 a new consent after a revocation does not wake the old tokens`() async throws {
    let house = try await House()
    let client = try await house.client()
    let old = try await house.tokens(client)
    #expect(try await house.connections.revoke(try #require(await house.connections.all().first).id))
    let new = try await house.tokens(client)
    #expect(await house.verdict(of: new.access) == "200")
    #expect(await house.verdict(of: old.access) == "401 invalid_token")
    #expect(await house.refresh(old.refresh, client).verdict == "400 invalid_grant")
    #expect(try await house.connections.all().count == 1)
  }

  @Test func `two families of one client live side by side`() async throws {
    let house = try await House()
    let client = try await house.client()
    let (one, two) = (try await house.tokens(client), try await house.tokens(client))
    _ = try Tokens(await house.refresh(one.refresh, client))
    house.clock.advance(.seconds(31))
    #expect(await house.refresh(one.refresh, client).verdict == "400 invalid_grant")
    #expect(await house.verdict(of: one.access) == "401 invalid_token")
    #expect(await house.verdict(of: two.access) == "200")
    #expect(await house.refresh(two.refresh, client).verdict == "200")
  }

  @Test(arguments: ["access", "code", "garbage"])
  func `what is no refresh token is refused`(what: String) async throws {
    let house = try await House()
    let client = try await house.client()
    let code = try await house.code(for: client)
    let tokens = try await house.tokens(client)
    let token = what == "access" ? tokens.access : what == "code" ? code : "gr_'\" OR 1=1"
    #expect(await house.refresh(token, client).verdict == "400 invalid_grant")
  }
}
