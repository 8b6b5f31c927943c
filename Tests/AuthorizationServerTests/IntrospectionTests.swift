internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Testing
internal import World

@Suite("K. Introspection (RFC 7662, RFC 9701)")
struct IntrospectionTests {
  private static let inactive = #"{"active":false}"#

  private func asker(_ house: House, isDynamic: Bool = false) async throws -> TestClient {
    try await house.client(method: .secretPost, isDynamic: isDynamic)
  }

  private func introspect(
    _ token: String, _ house: House, _ asker: TestClient, _ fields: [String: String] = [:]
  ) async -> Answer {
    await house.post("/oauth/introspect", [("token", token)] + asker.credentials, fields)
  }

  @Test(arguments: ["nobody", "a public client", "a wrong secret", "an unknown client", "a stranger's Basic"])
  func `K6 RFC 7662 §2_1 who does not authenticate is 401`(who: String) async throws {
    let house = try await House()
    let token = try await house.tokens(try house.client()).access
    var pairs = [("token", token)]
    var fields: [String: String] = [:]
    let client = try await asker(house)
    switch who {
    case "nobody": break
    case "a public client": pairs += try await house.client().credentials
    case "a wrong secret": pairs += [("client_id", client.id), ("client_secret", "wrong")]
    case "an unknown client": pairs += [("client_id", "c_unknown"), ("client_secret", "wrong")]
    default: fields["authorization"] = "Basic " + Base64.encode(Array("a:b".utf8))
    }
    let answer = await house.post("/oauth/introspect", pairs, fields)
    #expect(answer.verdict == "401 invalid_client")
    #expect((answer.fields["www-authenticate"] != nil) == (fields["authorization"] != nil))
  }

  @Test(arguments: ["GET", "PUT", "DELETE"])
  func `K6 RFC 7662 §2_1 other methods are 405`(method: String) async throws {
    #expect(try await House().send(Method(method), "/oauth/introspect").status == 405)
  }

  @Test func `RFC 7662 §2_1 the token has to be there`() async throws {
    let house = try await House()
    let answer = await house.post("/oauth/introspect", try await asker(house).credentials)
    #expect(answer.verdict == "400 invalid_request")
  }

  @Test func `RFC 7662 §2_2 an access token`() async throws {
    let house = try await House()
    let client = try await house.client()
    let token = try await house.tokens(client).access
    let answer = await introspect(token, house, try await asker(house))
    #expect(answer.status == 200)
    #expect(answer.fields["cache-control"] == "no-store")
    #expect(answer.fields["content-type"] == "application/json")
    #expect(answer.json["active"] == true && answer.json["scope"] == "mcp:read")
    #expect(answer.json["client_id"]?.string == client.id && answer.json["username"] == "sam")
    #expect(answer.json["token_type"] == "Bearer" && answer.json["aud"] == "https://gate.example/mcp")
    #expect(answer.json["iss"] == "https://gate.example")
    #expect(answer.json["sub"]?.string == String(house.sam.id))
    #expect(answer.json["exp"]?.integer == house.clock.now.seconds + 600)
    #expect(answer.json["iat"]?.integer == house.clock.now.seconds)
  }

  @Test func `RFC 7662 §2_2 a refresh token, whatever the hint says`() async throws {
    let house = try await House()
    let client = try await house.client()
    let asker = try await asker(house)
    let token = try await house.tokens(client).refresh
    for hint in ["refresh_token", "access_token", "nonsense"] {
      let answer = await house.post(
        "/oauth/introspect", [("token", token), ("token_type_hint", hint)] + asker.credentials)
      #expect(answer.json["active"] == true && answer.json["client_id"]?.string == client.id)
      #expect(answer.json["exp"]?.integer == house.clock.now.seconds + 30 * 86400)
    }
    // Looking uses nothing up.
    #expect(await house.refresh(token, client).status == 200)
  }

  @Test func `RFC 7662 §2_2 an API key`() async throws {
    let house = try await House()
    let key = try await house.apiKeys.create(for: house.sam.id, name: "k", scopes: [.write])
    let asker = try await asker(house)
    let answer = await introspect(key.key, house, asker)
    #expect(answer.json["active"] == true && answer.json["scope"] == "mcp:write")
    #expect(answer.json["username"] == "sam" && answer.json["client_id"] == nil)
    #expect(!answer.text.contains(key.key))
    #expect(await introspect(key.key.dropLast() + "0", house, asker).text == Self.inactive)
    _ = try await house.connections.revoke(key.connectionID)
    #expect(await introspect(key.key, house, asker).text == Self.inactive)
  }

  @Test(arguments: [
    "unknown", "gr_unknown", "gk_live_unknown", "expired", "revoked", "of a disabled person", "spent",
    "a code",
    "signed by another", "foreign audience", "of another issuer",
  ])
  func `K7 RFC 7662 §2_2 of what is worth nothing nothing else is said`(what: String) async throws {
    let house = try await House()
    let client = try await house.client()
    let tokens = try await house.tokens(client)
    let asker = try await asker(house)
    var asked = [what]
    func forged(_ change: (inout AccessToken) -> Void, by key: SigningKey? = nil) throws -> String {
      var token = try AccessToken(
        verifying: tokens.access,
        keys: house.keyring.signing,
        issuer: house.issuer.url, audience: house.issuer.resource.text, now: house.clock.now)
      change(&token)
      return try token.signed(by: key ?? house.signer)
    }
    switch what {
    case "expired":
      asked = [tokens.access]
      house.clock.advance(.minutes(10))
    case "revoked":
      asked = [tokens.access, tokens.refresh]
      _ = await house.post("/oauth/revoke", [("token", tokens.refresh), ("client_id", client.id)])
    case "of a disabled person":
      asked = [tokens.access, tokens.refresh]
      try await house.disable(house.sam)
    case "spent":
      asked = [tokens.refresh]
      _ = await house.refresh(tokens.refresh, client)
    case "a code": asked = [try await house.code(for: client)]
    case "signed by another": asked = [try forged({ _ in }, by: SigningKey.generate())]
    case "foreign audience": asked = [try forged { $0.audience = "https://other.example/mcp" }]
    case "of another issuer": asked = [try forged { $0.issuer = "https://other.example" }]
    default: break
    }
    for token in asked {
      let answer = await introspect(token, house, asker)
      #expect(answer.status == 200)
      #expect(answer.text == Self.inactive)
    }
  }

  @Test func `K7 RFC 7662 §4 who registered itself hears of its own tokens alone`() async throws {
    let house = try await House()
    let own = try await asker(house, isDynamic: true)
    let other = try await house.client()
    let (mine, theirs) = (try await house.tokens(own), try await house.tokens(other))
    let key = try await house.apiKeys.create(for: house.sam.id, name: "k", scopes: [.read])
    #expect(await introspect(mine.access, house, own).json["active"] == true)
    #expect(await introspect(mine.refresh, house, own).json["active"] == true)
    for token in [theirs.access, theirs.refresh, key.key] {
      #expect(await introspect(token, house, own).text == Self.inactive)
    }
  }

  @Test(arguments: [
    ("application/token-introspection+jwt", true), ("application/json", false), ("*/*", false),
    ("application/json, application/token-introspection+jwt", true),
    ("application/json, application/token-introspection+jwt;q=0.5", false),
    ("application/token-introspection+jwt;q=0", false),
  ])
  func `RFC 9701 §4 §5 the answer is signed for who asks for that`(
    accept: String, isSigned: Bool
  ) async throws {
    let house = try await House()
    let asker = try await asker(house)
    let token = try await house.tokens(try house.client()).access
    for (asked, active) in [(token, true), ("unknown", false)] {
      let answer = await introspect(asked, house, asker, ["accept": accept])
      guard isSigned else {
        #expect(answer.fields["content-type"] == "application/json")
        continue
      }
      #expect(answer.fields["content-type"] == "application/token-introspection+jwt")
      let parts = answer.text.split(separator: ".").compactMap { Base64URL.decode($0) }
      try #require(parts.count == 3)
      let (header, claims) = (try JSONValue(parsing: parts[0]), try JSONValue(parsing: parts[1]))
      #expect(header["typ"] == "token-introspection+jwt" && header["alg"] == "ES256")
      #expect(claims["iss"] == "https://gate.example" && claims["aud"]?.string == asker.id)
      #expect(claims["iat"]?.integer == house.clock.now.seconds)
      #expect(claims["sub"] == nil && claims["exp"] == nil)
      #expect(claims["token_introspection"]?["active"] == .bool(active))
      #expect((claims["token_introspection"]?["scope"] == "mcp:read") == active)
      let signed = answer.text.split(separator: ".").prefix(2).joined(separator: ".")
      #expect(house.signer.publicKey.isValid(parts[2], for: Array(signed.utf8)))
      // It opens nothing.
      #expect(await house.verdict(of: answer.text) == "401 invalid_token")
    }
  }
}
