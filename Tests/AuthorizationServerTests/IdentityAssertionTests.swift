internal import Accounts
internal import Crypto
internal import JSON
internal import OAuth
internal import Storage
internal import Testing
internal import World

@testable internal import AuthorizationServer

@Suite("G. Identity assertions (RFC 7523 §2.1, ID-JAG)")
struct IdentityAssertionTests {
  private static let provider = "https://idp.example"
  private static let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"

  /// A house that trusts a provider, and a client that may bring its assertions.
  private struct Company {
    let house: House
    let signer: Signer
    let client: TestClient

    init(
      scopes: ScopeSet? = nil, claim: TrustedIssuer.UserClaim = .subject, clients: Set<String> = [],
      method: Client.AuthenticationMethod = .secretPost, web: Web? = nil
    ) async throws {
      house = try await House(web: web)
      signer = try Signer()
      client = try await house.client([], method: method, grants: [.jwtBearer], scopes: scopes)
      let keys: Client.Keys =
        web == nil ? .set(try KeySet(signer.set)) : .location("https://idp.example/jwks.json")
      try await trusted.set(
        TrustedIssuer(url: IdentityAssertionTests.provider, keys: keys, userClaim: claim, clients: clients))
      web?.publish(signer.set.text, at: "https://idp.example/jwks.json")
    }

    var trusted: TrustedIssuers { TrustedIssuers(store: house.store, world: house.clock.world) }

    func assertion(
      _ claims: [String: JSONValue?] = [:], header: [String: JSONValue?] = [:], by other: Signer? = nil
    ) throws -> String {
      let good: [String: JSONValue?] = [
        "iss": .string(IdentityAssertionTests.provider), "sub": "sam", "client_id": .string(client.id),
        "resource": "https://gate.example/mcp",
      ]
      return try (other ?? signer).assertion(
        "", at: house.clock.now.seconds, good.merging(claims) { $1 },
        header: ["typ": "oauth-id-jag+jwt"].merging(header) { $1 })
    }

    func ask(_ assertion: String, _ more: [(String, String)] = []) async -> Answer {
      await house.token(
        client, [("grant_type", IdentityAssertionTests.grant), ("assertion", assertion)] + more)
    }
  }

  @Test func `whom the provider vouches for is let in, without a refresh token`() async throws {
    let company = try await Company()
    let answer = await company.ask(try company.assertion())
    #expect(answer.status == 200 && answer.json["refresh_token"] == nil && answer.json["scope"] == "mcp:read")
    let tokens = try Tokens(answer)
    #expect(await company.house.call(["authorization": "Bearer \(tokens.access)"]).text == "sam mcp:read")
    let connection = try #require(try await company.house.connections.all().first)
    #expect(connection.kind == .identityProvider && connection.clientID == company.client.id)
    // The next one is on the same connection.
    #expect(await company.ask(try company.assertion()).status == 200)
    #expect(try await company.house.count("connection") == 1)
  }

  @Test(
    arguments: [
      ("G17 typ", [:], ["typ": "JWT"]), ("G17 no typ", [:], ["typ": nil]),
      ("G17 access token", [:], ["typ": "at+jwt"]),
      ("G18 aud", ["aud": "https://other.example"], [:]), ("G18 no aud", ["aud": nil], [:]),
      ("G18 several", ["aud": ["https://gate.example", "https://other.example"]], [:]),
      ("G19 iss", ["iss": "https://evil.example"], [:]), ("G19 slash", ["iss": "https://idp.example/"], [:]),
      ("G19 no iss", ["iss": nil], [:]), ("G20 expired", ["exp": 1_794_999_940], [:]),
      ("G20 no exp", ["exp": nil], [:]), ("G20 far ahead", ["exp": 1_795_003_661], [:]),
      ("G20 iat", ["iat": 1_795_000_061], [:]), ("G20 nbf", ["nbf": 1_795_000_061], [:]),
      ("G21 no jti", ["jti": nil], [:]), ("G22 client", ["client_id": "c_other"], [:]),
      ("G22 no client", ["client_id": nil], [:]), ("alg none", [:], ["alg": "none"]),
      ("alg HS256", [:], ["alg": "HS256"]), ("alg RS256", [:], ["alg": "RS256"]), ("kid", [:], ["kid": "k2"]),
      ("crit", [:], ["crit": ["x"]]), ("resource", ["resource": "https://other.example/mcp"], [:]),
      ("resource list", ["resource": ["https://gate.example/mcp"]], [:]),
      ("nobody", ["sub": "nobody"], [:]), ("no sub", ["sub": nil], [:]),
    ] as [(String, [String: JSONValue?], [String: JSONValue?])])
  func `G17 to G22 §4_4 an assertion that does not hold is 400 invalid_grant, and lets nobody in`(
    row: String, claims: [String: JSONValue?], header: [String: JSONValue?]
  ) async throws {
    let company = try await Company()
    let answer = await company.ask(try company.assertion(claims, header: header))
    #expect(answer.verdict == "400 invalid_grant", "\(row)")
    #expect(try await company.house.count("connection") == 0, "\(row)")
  }

  @Test func `G19 G21 another's signature, and one that was used before`() async throws {
    let company = try await Company()
    #expect(
      await company.ask(try company.assertion(by: try Signer())).verdict == "400 invalid_grant")
    #expect(await company.ask("a.b.c").verdict == "400 invalid_grant")
    #expect(
      await company.house.token(company.client, [("grant_type", Self.grant)]).verdict == "400 invalid_request"
    )
    let once = try company.assertion()
    #expect(await company.ask(once).status == 200)
    #expect(await company.ask(once).verdict == "400 invalid_grant")
    let both = try company.assertion()
    let verdicts = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<20 { group.addTask { await company.ask(both).status } }
      return await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
    }
    #expect(verdicts == [200: 1, 400: 19])
  }

  @Test func `an issuer that is no longer trusted, or for other clients alone, vouches for nobody`()
    async throws
  {
    let company = try await Company(clients: ["c_other"])
    #expect(await company.ask(try company.assertion()).verdict == "400 invalid_grant")
    try await company.trusted.set(
      TrustedIssuer(
        url: Self.provider, keys: .set(try KeySet(company.signer.set)), userClaim: .subject,
        clients: [company.client.id]))
    #expect(await company.ask(try company.assertion()).status == 200)
    #expect(try await company.trusted.remove(Self.provider))
    #expect(try await !company.trusted.remove(Self.provider))
    #expect(await company.ask(try company.assertion()).verdict == "400 invalid_grant")
  }

  @Test(
    arguments: [
      (.email, ["email": "SAM@azure.example"], true), (.email, ["email": "nobody@azure.example"], false),
      (.email, [:], false), (.email, ["email": "sam@azure.example", "email_verified": false], false),
      (.email, ["email": "sam@azure.example", "email_verified": true], true),
      (.preferredUsername, ["preferred_username": "sam", "sub": "00u1"], true),
      (.preferredUsername, ["sub": "sam"], false), (.subject, ["preferred_username": "x"], true),
    ] as [(TrustedIssuer.UserClaim, [String: JSONValue?], Bool)])
  func `a person is known by the claim that the administrator chose`(
    claim: TrustedIssuer.UserClaim, claims: [String: JSONValue?], isKnown: Bool
  ) async throws {
    let company = try await Company(claim: claim)
    try await company.house.store.write {
      _ = try $0.run("UPDATE account SET email = 'sam@azure.example' WHERE login = 'sam'")
    }
    #expect((await company.ask(try company.assertion(claims)).status == 200) == isKnown)
  }

  @Test func `an address that two people have is nobody's`() async throws {
    let company = try await Company(claim: .email)
    for login in ["one", "two"] {
      _ = try await company.house.users.add(Users.Draft(login: login, email: "same@azure.example"))
    }
    let answer = await company.ask(try company.assertion(["email": "same@azure.example"]))
    #expect(answer.verdict == "400 invalid_grant")
  }

  @Test(
    arguments: [
      (nil, nil, nil, "mcp:read"), (nil, nil, "mcp:write", "mcp:write"), (nil, "mcp:write", nil, "mcp:write"),
      (nil, "mcp:read", "mcp:write", nil), ([.read], nil, "mcp:write", nil),
      ([.write], nil, nil, "mcp:write"),
      ([.write], "mcp:read", nil, "mcp:read"), ([.read], "mcp:write", nil, nil), (nil, nil, "mcp:admin", nil),
      (nil, "mcp:admin", nil, nil), ([.admin], nil, "mcp:admin", "mcp:admin"),
    ] as [(ScopeSet?, String?, String?, String?)])
  func `what is asked for stays within the provider's word and the client's`(
    client: ScopeSet?, stated: String?, asked: String?, granted: String?
  ) async throws {
    let company = try await Company(scopes: client)
    let claims: [String: JSONValue?] = stated.map { ["scope": .string($0)] } ?? [:]
    let answer = await company.ask(
      try company.assertion(claims), asked.map { [("scope", $0)] } ?? [])
    #expect(answer.verdict == (granted == nil ? "400 invalid_scope" : "200"))
    #expect(answer.json["scope"]?.string == granted)
  }

  @Test func `0017 a connection that was revoked stays so until it is reactivated`() async throws {
    let company = try await Company()
    let tokens = try Tokens(await company.ask(try company.assertion()))
    let connection = try #require(try await company.house.connections.all().first).id
    #expect(try await company.house.connections.revoke(connection))
    #expect(await company.house.verdict(of: tokens.access) == "401 invalid_token")
    #expect(await company.ask(try company.assertion()).verdict == "400 invalid_grant")
    #expect(try await company.house.connections.reactivate(connection))
    #expect(await company.house.verdict(of: tokens.access) == "401 invalid_token")
    let renewed = try Tokens(await company.ask(try company.assertion()))
    #expect(await company.house.verdict(of: renewed.access) == "200")
    _ = await company.house.post("/oauth/revoke", [("token", renewed.access)] + company.client.credentials)
    #expect(await company.house.verdict(of: renewed.access) == "401 invalid_token")
  }

  @Test func `a disabled person is let in by nobody's word`() async throws {
    let company = try await Company()
    try await company.house.disable(company.house.sam)
    #expect(await company.ask(try company.assertion()).verdict == "400 invalid_grant")
  }

  @Test func `D5 a client that may not, and one that can't prove who it is`() async throws {
    let company = try await Company()
    let other = try await company.house.client()
    let pairs = [("grant_type", Self.grant), ("assertion", try company.assertion())]
    #expect(await company.house.token(other, pairs).verdict == "400 unauthorized_client")
    let open = try await company.house.client([], grants: [.jwtBearer])
    #expect(await company.house.token(open, pairs).verdict == "400 unauthorized_client")
    #expect(
      await company.house.post("/oauth/token", pairs + [("client_id", company.client.id)]).verdict
        == "401 invalid_client")
    // Nobody registers themselves for it.
    let registered = await company.house.register(
      #"{"redirect_uris":["https://c.example/cb"],"grant_types":["authorization_code","\#(Self.grant)"]}"#)
    #expect(registered.status == 201 && registered.json["grant_types"] == ["authorization_code"])
  }

  @Test func `keys that the provider publishes are fetched, and again when it changes them`() async throws {
    let web = Web()
    let company = try await Company(web: web)
    #expect(await company.ask(try company.assertion()).status == 200)
    let next = try Signer("k2")
    web.publish(next.set.text, at: "https://idp.example/jwks.json")
    #expect(await company.ask(try company.assertion(by: next)).status == 200)
    #expect(web.fetched.count == 2)
  }
}
