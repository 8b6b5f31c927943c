internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import JSON
internal import OAuth
internal import Testing
internal import World

@Suite("K22. Token exchange (RFC 8693)")
struct TokenExchangeTests {
  private static let grant = "urn:ietf:params:oauth:grant-type:token-exchange"
  private static let accessToken = "urn:ietf:params:oauth:token-type:access_token"
  private static let upstream = "https://erp.example/mcp"

  private func service(
    _ house: House, scopes: ScopeSet? = nil, grants: Set<Client.GrantType> = [.tokenExchange],
    method: Client.AuthenticationMethod = .secretPost
  ) async throws -> TestClient {
    var draft = Clients.Draft(name: "Service", method: method, redirectURIs: [], grantTypes: grants)
    draft.scopes = scopes
    draft.audiences = [Self.upstream]
    let added = try await house.clients.add(draft)
    return TestClient(id: added.client.id, secret: added.secret, redirectURI: "")
  }

  private func exchange(
    _ token: String, _ house: House, _ service: TestClient, _ changes: [String: String?] = [:]
  ) async -> Answer {
    var pairs: [String: String] = [
      "grant_type": Self.grant, "subject_token": token, "subject_token_type": Self.accessToken,
    ]
    for (name, value) in changes { pairs[name] = value }
    return await house.token(service, pairs.map { ($0.key, $0.value) })
  }

  private func claims(_ token: String) throws -> JSONValue {
    let part = try #require(token.split(separator: ".").dropFirst().first)
    return try JSONValue(parsing: try #require(Base64URL.decode(part)))
  }

  @Test func `§2_2_1 a service acts for the person, and the token says so`() async throws {
    let house = try await House()
    let (client, service) = (try await house.client(), try await service(house))
    let subject = try await house.tokens(client, ["scope": "mcp:write offline_access"])
    let answer = await exchange(subject.access, house, service)
    #expect(answer.status == 200 && answer.json["refresh_token"] == nil)
    #expect(answer.json["issued_token_type"]?.string == Self.accessToken)
    #expect(answer.json["token_type"] == "Bearer" && answer.json["scope"] == "mcp:write")
    let token = try Tokens(answer).access
    let said = try claims(token)
    #expect(said["sub"]?.string == String(house.sam.id) && said["client_id"]?.string == service.id)
    #expect(said["act"] == ["sub": .string(service.id)])
    #expect(await house.call(["authorization": "Bearer \(token)"]).text == "sam mcp:write")
  }

  @Test func `§4_1 who acts for whom is a chain, and it has an end`() async throws {
    let house = try await House()
    let client = try await house.client()
    var token = try await house.tokens(client).access
    var chain: [String] = []
    for _ in 0..<4 {
      let service = try await service(house)
      token = try Tokens(await exchange(token, house, service)).access
      chain.insert(service.id, at: 0)
      var act = try claims(token)["act"]
      for actor in chain {
        #expect(act?["sub"]?.string == actor)
        act = act?["act"]
      }
      #expect(act == nil)
      #expect(await house.verdict(of: token) == "200")
    }
    #expect(await exchange(token, house, try await service(house)).verdict == "400 invalid_request")
  }

  @Test(
    arguments: [
      ("unknown", ["subject_token": "x"], "400 invalid_request"),
      ("garbage", ["subject_token": "a.b.c"], "400 invalid_request"),
      ("missing", ["subject_token": nil], "400 invalid_request"),
      ("no type", ["subject_token_type": nil], "400 invalid_request"),
      (
        "other type", ["subject_token_type": "urn:ietf:params:oauth:token-type:id_token"],
        "400 invalid_request"
      ),
      (
        "refresh type", ["subject_token_type": "urn:ietf:params:oauth:token-type:refresh_token"],
        "400 invalid_request"
      ),
      (
        "asked for", ["requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"],
        "400 invalid_request"
      ),
      ("actor", ["actor_token": "x"], "400 invalid_request"),
      ("audience", ["audience": "https://other.example"], "400 invalid_target"),
      ("resource", ["resource": "https://other.example/mcp"], "400 invalid_target"),
      ("both", ["audience": upstream, "resource": "https://gate.example/mcp"], "400 invalid_target"),
      ("scope", ["scope": "mcp:write"], "400 invalid_scope"),
      ("offline", ["scope": "offline_access"], "400 invalid_scope"),
      ("nonsense", ["scope": "nonsense"], "400 invalid_scope"), ("good", [:], "200"),
      ("good audience", ["audience": upstream], "200"),
      ("ours", ["audience": "https://gate.example/mcp"], "200"),
      ("ours", ["resource": "https://gate.example/mcp"], "200"),
      ("asked for", ["requested_token_type": accessToken], "200"),
    ] as [(String, [String: String?], String)])
  func `K22 §2_2_2 a bad subject token, an unknown target, a wider scope`(
    row: String, changes: [String: String?], verdict: String
  ) async throws {
    let house = try await House()
    let (client, service) = (try await house.client(), try await service(house))
    let subject = try await house.tokens(client, ["scope": "mcp:read offline_access"])
    #expect(await exchange(subject.access, house, service, changes).verdict == verdict, "\(row)")
  }

  @Test func `K22 refresh tokens, keys, spent and foreign tokens are no subject tokens`() async throws {
    let house = try await House()
    let (client, service) = (try await house.client(), try await service(house))
    let subject = try await house.tokens(client)
    let key = try await house.apiKeys.create(for: house.sam.id, name: "k", scopes: [.read]).key
    let upstream = try Tokens(await exchange(subject.access, house, service, ["audience": Self.upstream]))
      .access
    for token in [subject.refresh, key, upstream] {
      #expect(await exchange(token, house, service).verdict == "400 invalid_request")
    }
    _ = await house.post("/oauth/revoke", [("token", subject.refresh)] + client.credentials)
    #expect(await exchange(subject.access, house, service).verdict == "400 invalid_request")
  }

  @Test func `J13 a token for another audience is none at our own door`() async throws {
    let house = try await House()
    let (client, service) = (try await house.client(), try await service(house))
    let subject = try await house.tokens(client)
    let token = try Tokens(await exchange(subject.access, house, service, ["audience": Self.upstream])).access
    #expect(try claims(token)["aud"]?.string == Self.upstream)
    #expect(await house.verdict(of: token) == "401 invalid_token")
  }

  @Test func `it ends with the subject token, and with the connection`() async throws {
    let house = try await House()
    let (client, service) = (try await house.client(), try await service(house))
    let subject = try await house.tokens(client)
    house.clock.advance(.seconds(500))
    let answer = await exchange(subject.access, house, service)
    #expect(answer.json["expires_in"] == 100)
    let token = try Tokens(answer).access
    #expect(await house.verdict(of: token) == "200")
    _ = await house.post("/oauth/revoke", [("token", subject.refresh)] + client.credentials)
    #expect(await house.verdict(of: token) == "401 invalid_token")
  }

  @Test func `a service that revokes its own token ends nothing of the person's`() async throws {
    let house = try await House()
    let (client, service) = (try await house.client(), try await service(house))
    let subject = try await house.tokens(client)
    let token = try Tokens(await exchange(subject.access, house, service)).access
    #expect(await house.post("/oauth/revoke", [("token", token)] + service.credentials).status == 200)
    #expect(await house.verdict(of: subject.access) == "200")
  }

  @Test func `the service's own scopes are a limit too`() async throws {
    let house = try await House()
    let (client, service) = (try await house.client(), try await service(house, scopes: [.read]))
    let subject = try await house.tokens(client, ["scope": "mcp:write"])
    #expect(await exchange(subject.access, house, service).json["scope"] == "mcp:read")
    #expect(
      await exchange(subject.access, house, service, ["scope": "mcp:write"]).verdict == "400 invalid_scope")
  }

  @Test func `D5 a client that was not allowed to, and one that can't prove who it is`() async throws {
    let house = try await House()
    let client = try await house.client()
    let subject = try await house.tokens(client).access
    #expect(await exchange(subject, house, client).verdict == "400 unauthorized_client")
    let open = try await service(house, method: .none)
    #expect(await exchange(subject, house, open).verdict == "400 unauthorized_client")
  }

  @Test func `RFC 9449 a bound token is exchanged by the holder of its key alone`() async throws {
    let house = try await House()
    let (client, service) = (try await house.client(), try await service(house))
    let (prover, other) = (try Prover(house), try Prover(house))
    let bound = try await prover.tokens(client).access
    let pairs = [
      ("grant_type", Self.grant), ("subject_token", bound), ("subject_token_type", Self.accessToken),
    ]
    #expect(await house.token(service, pairs).verdict == "400 invalid_request")
    #expect(try await other.token(service, pairs).verdict == "400 invalid_request")
    let answer = try await prover.token(service, pairs)
    #expect(answer.status == 200 && answer.json["token_type"] == "DPoP")
    #expect(try await prover.call(try Tokens(answer).access).status == 200)
  }
}
