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

@Suite("G. Client credentials (OAuth 2.1 §4.2)")
struct ClientCredentialsTests {
  private func service(
    _ house: House, method: Client.AuthenticationMethod = .secretPost, scopes: ScopeSet? = [.read]
  ) async throws -> TestClient {
    try await house.client(
      [], method: method, grants: [.clientCredentials], scopes: scopes, serviceUser: house.sam.id)
  }

  @Test func `G1 OAuth 2_1 §4_2 it is for confidential clients only`() async throws {
    let house = try await House()
    let open = try await service(house, method: .none)
    #expect(
      await house.token(open, [("grant_type", "client_credentials")]).verdict == "400 unauthorized_client")
    let people = try await house.client()
    #expect(
      await house.token(people, [("grant_type", "client_credentials")]).verdict == "400 unauthorized_client")
  }

  @Test func `G2 RFC 6749 §4_4_3 a token without a refresh token, and it works`() async throws {
    let house = try await House()
    let client = try await service(house)
    let answer = await house.token(client, [("grant_type", "client_credentials")])
    #expect(answer.status == 200)
    #expect(answer.json["refresh_token"] == nil)
    #expect(answer.json["scope"] == "mcp:read")
    #expect(await house.verdict(of: try Tokens(answer).access) == "200")
    #expect(await house.call(["authorization": "Bearer \(try Tokens(answer).access)"]).text == "sam mcp:read")
  }

  @Test(arguments: [
    ("mcp:read", "200"), ("mcp:write", "400 invalid_scope"), ("mcp:read mcp:write", "400 invalid_scope"),
    ("mcp:admin", "400 invalid_scope"), ("nonsense", "400 invalid_scope"),
    ("offline_access", "400 invalid_scope"),
  ])
  func `G3 a scope beyond the machine's is refused`(scope: String, verdict: String) async throws {
    let house = try await House()
    let client = try await service(house)
    #expect(
      await house.token(client, [("grant_type", "client_credentials"), ("scope", scope)]).verdict == verdict)
  }

  @Test func `G3 without a registered scope it is mcp_read`() async throws {
    let house = try await House()
    let client = try await service(house, scopes: nil)
    let pairs = [("grant_type", "client_credentials")]
    #expect(await house.token(client, pairs).json["scope"] == "mcp:read")
    #expect(await house.token(client, pairs + [("scope", "mcp:write")]).verdict == "400 invalid_scope")
  }

  @Test(arguments: [
    "wrong secret", "no secret", "no service user", "disabled user", "disabled user, used before", "revoked",
  ])
  func `a machine that may not any more`(what: String) async throws {
    let house = try await House()
    var client = try await service(house)
    let pairs = [("grant_type", "client_credentials")]
    if what.hasSuffix("before") || what == "revoked" { _ = try Tokens(await house.token(client, pairs)) }
    switch what {
    case "wrong secret": client.secret = "gs_wrong"
    case "no secret": client.secret = nil
    case "no service user":
      client = try await house.client([], method: .secretPost, grants: [.clientCredentials])
    case "revoked":
      _ = try await house.connections.revoke(try #require(await house.connections.all().first).id)
    default: try await house.disable(house.sam)
    }
    let verdict = await house.token(client, pairs).verdict
    #expect(verdict == (what.hasSuffix("secret") ? "401 invalid_client" : "400 unauthorized_client"))
  }

  @Test func `many first calls at once make one connection`() async throws {
    let house = try await House()
    let client = try await service(house)
    let statuses = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<30 {
        group.addTask { await house.token(client, [("grant_type", "client_credentials")]).status }
      }
      return await group.reduce(into: Set<Int>()) { $0.insert($1) }
    }
    #expect(statuses == [200])
    #expect(try await house.connections.all().count == 1)
  }

  @Test(arguments: [("https://gate.example/mcp", "200"), ("https://other.example", "400 invalid_target")])
  func `RFC 8707 §2 the resource is ours`(resource: String, verdict: String) async throws {
    let house = try await House()
    let client = try await service(house)
    #expect(
      await house.token(client, [("grant_type", "client_credentials"), ("resource", resource)]).verdict
        == verdict)
  }

  @Test func `the secret of python's SDK, percent-encoded in Basic, is understood`() async throws {
    let house = try await House()
    let client = try await service(house, method: .secretBasic)
    let encoded = Base64.encode(
      Array("\(percentEncoded(client.id)):\(percentEncoded(client.secret ?? ""))".utf8))
    let everything = "\(client.id):\(client.secret ?? "")".utf8.map { byte in
      byte == UInt8(ascii: ":") ? ":" : "%" + String(byte, radix: 16, uppercase: true)
    }.joined()
    for basic in [encoded, Base64.encode(Array(everything.utf8))] {
      let answer = await house.post(
        "/oauth/token",
        [
          ("grant_type", "client_credentials"), ("resource", "https://gate.example/mcp"),
          ("scope", "mcp:read"),
        ],
        ["authorization": "Basic \(basic)"])
      #expect(answer.status == 200)
    }
  }
}
