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

@Suite("K. Revocation (RFC 7009)")
struct RevocationTests {
  private func revoke(
    _ house: House, _ token: String, _ client: TestClient, _ more: [(String, String)] = []
  ) async -> Answer {
    await house.post("/oauth/revoke", [("token", token)] + more + client.credentials)
  }

  @Test(arguments: [
    "gr_unknown", "x", "a.b.c", "'; DROP TABLE client; --", String(repeating: "x", count: 20_000),
  ])
  func `K1 §2_2 an unknown token is answered 200, empty`(token: String) async throws {
    let house = try await House()
    let answer = await revoke(house, token, try house.client())
    #expect(answer.status == 200 && answer.text.isEmpty)
  }

  @Test(arguments: [[], [("token", "")], [("token", "a"), ("token", "b")]])
  func `K2 §2_1 the token is required, once`(pairs: [(String, String)]) async throws {
    let house = try await House()
    let answer = await house.post("/oauth/revoke", pairs + (try await house.client()).credentials)
    #expect(answer.verdict == "400 invalid_request")
  }

  @Test(arguments: [nil, "refresh_token", "access_token", "nonsense"])
  func `K4 §2_1 with the refresh token its access tokens die, whatever the hint`(hint: String?) async throws {
    let house = try await House()
    let client = try await house.client()
    let tokens = try await house.tokens(client)
    #expect(
      await revoke(house, tokens.refresh, client, hint.map { [("token_type_hint", $0)] } ?? []).status == 200)
    #expect(await house.refresh(tokens.refresh, client).verdict == "400 invalid_grant")
    #expect(await house.verdict(of: tokens.access) == "401 invalid_token")
    #expect(await revoke(house, tokens.refresh, client).status == 200)
  }

  @Test func `K4 an older refresh token of the family ends it too`() async throws {
    let house = try await House()
    let client = try await house.client()
    let first = try await house.tokens(client)
    let second = try Tokens(await house.refresh(first.refresh, client))
    #expect(await revoke(house, first.refresh, client).status == 200)
    #expect(await house.refresh(second.refresh, client).verdict == "400 invalid_grant")
  }

  @Test func `§2_1 an access token is revoked, and what it came with`() async throws {
    let house = try await House()
    let client = try await house.client()
    let tokens = try await house.tokens(client)
    #expect(await revoke(house, tokens.access, client).status == 200)
    #expect(await house.verdict(of: tokens.access) == "401 invalid_token")
  }

  @Test func `§2_1 a machine's access token is revoked`() async throws {
    let house = try await House()
    let client = try await house.client(
      [], method: .secretPost, grants: [.clientCredentials], serviceUser: house.sam.id)
    let pairs = [("grant_type", "client_credentials")]
    let token = try Tokens(await house.token(client, pairs)).access
    #expect(await house.verdict(of: token) == "200")
    #expect(await revoke(house, token, client).status == 200)
    #expect(await house.verdict(of: token) == "401 invalid_token")
    // The machine itself is not shut out.
    #expect(await house.verdict(of: try Tokens(await house.token(client, pairs)).access) == "200")
  }

  @Test func `§2_1 nobody ends another client's tokens`() async throws {
    let house = try await House()
    let (client, other) = (try await house.client(), try await house.client())
    let tokens = try await house.tokens(client)
    _ = await revoke(house, tokens.refresh, other)
    _ = await revoke(house, tokens.access, other)
    #expect(await house.verdict(of: tokens.access) == "200")
    #expect(await house.refresh(tokens.refresh, client).verdict == "200")
  }

  @Test func `§2_1 a confidential client has to prove itself`() async throws {
    let house = try await House()
    let client = try await house.client(method: .secretBasic)
    let code = try await house.code(for: client)
    let basic = Base64.encode(Array("\(client.id):\(client.secret ?? "")".utf8))
    let tokens = try Tokens(
      await house.post(
        "/oauth/token",
        [("grant_type", "authorization_code"), ("code", code), ("code_verifier", PKCE.verifier)],
        ["authorization": "Basic \(basic)"]))
    let refused = await house.post("/oauth/revoke", [("token", tokens.refresh), ("client_id", client.id)])
    #expect(refused.verdict == "401 invalid_client")
    #expect(await house.verdict(of: tokens.access) == "200")
    let wrong = await house.post(
      "/oauth/revoke", [("token", tokens.refresh)],
      ["authorization": "Basic " + Base64.encode(Array("\(client.id):x".utf8))])
    #expect(wrong.verdict == "401 invalid_client")
    #expect(wrong.fields["www-authenticate"]?.hasPrefix("Basic") ?? false)
  }
}
