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

@Suite("K. DPoP (RFC 9449)")
struct DPoPTests {
  private func claims(_ token: String) throws -> JSONValue {
    let part = try #require(token.split(separator: ".").dropFirst().first)
    return try JSONValue(parsing: try #require(Base64URL.decode(part)))
  }

  // MARK: The token endpoint

  @Test func `§5 a proof binds the access token to its key, and a public client's refresh token`()
    async throws
  {
    let house = try await House()
    let (client, prover) = (try await house.client(), try Prover(house))
    let answer = try await prover.exchange(try await house.code(for: client), client)
    #expect(answer.json["token_type"] == "DPoP")
    #expect(answer.fields["dpop-nonce"] != nil)
    let tokens = try Tokens(answer)
    #expect(try claims(tokens.access)["cnf"]?["jkt"]?.string == prover.thumbprint)
    #expect(try await prover.call(tokens.access).status == 200)
    let renewed = try await prover.refresh(tokens.refresh, client)
    #expect(renewed.json["token_type"] == "DPoP")
    #expect(try await prover.call(try Tokens(renewed).access).status == 200)
  }

  @Test func `§5 without a proof everything is as it was`() async throws {
    let house = try await House()
    let client = try await house.client()
    let answer = await house.exchange(try await house.code(for: client), client)
    #expect(answer.json["token_type"] == "Bearer")
    #expect(answer.fields["dpop-nonce"] == nil)
    #expect(try claims(try Tokens(answer).access)["cnf"] == nil)
  }

  @Test(
    arguments: [
      ("K15", ["htm": "GET"], [:]), ("K16", ["htu": "https://gate.example/mcp"], [:]),
      ("K16", ["htu": "https://gate.example/token"], [:]), ("K17", ["iat": 1_794_999_699], [:]),
      ("K17", ["iat": 1_795_000_061], [:]), ("K19", [:], ["alg": "none"]), ("K19", [:], ["alg": "HS256"]),
      ("K20", [:], ["jwk": ["kty": "EC", "crv": "P-256", "x": "", "y": "", "d": "AQAB"]]),
      ("§4.3", [:], ["typ": "JWT"]), ("§4.3", ["jti": nil], [:]),
    ] as [(String, [String: JSONValue?], [String: JSONValue?])])
  func `K15 K16 K17 K19 K20 a bad proof is 400 invalid_dpop_proof, and spends nothing`(
    row: String, claims: [String: JSONValue?], header: [String: JSONValue?]
  ) async throws {
    let house = try await House()
    let (client, prover) = (try await house.client(), try Prover(house))
    let code = try await house.code(for: client)
    let answer = try await prover.exchange(code, client, claims, header: header)
    #expect(answer.verdict == "400 invalid_dpop_proof", "\(row)")
    #expect(answer.fields["dpop-nonce"] != nil)
    #expect(try await house.count("refresh_token") == 0)
    #expect(try await prover.exchange(code, client).status == 200)
  }

  @Test func `K18 §11_1 a proof is good for one request`() async throws {
    let house = try await House()
    let (client, prover) = (try await house.client(), try Prover(house))
    let tokens = try Tokens(try await prover.exchange(house.code(for: client), client, ["jti": "once"]))
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh)]
    #expect(try await prover.token(client, pairs, ["jti": "once"]).verdict == "400 invalid_dpop_proof")
    #expect(try await prover.token(client, pairs, ["jti": "twice"]).status == 200)
  }

  @Test func `K21 §8 where a nonce is required, the answer brings it`() async throws {
    let house = try await House(isNonceRequired: true)
    let (client, prover) = (try await house.client(), try Prover(house))
    let code = try await house.code(for: client)
    let first = try await prover.exchange(code, client)
    #expect(first.verdict == "400 use_dpop_nonce")
    let nonce = JSONValue.string(try #require(first.fields["dpop-nonce"]))
    #expect(try await prover.exchange(code, client, ["nonce": "x"]).verdict == "400 use_dpop_nonce")
    let tokens = try Tokens(try await prover.exchange(code, client, ["nonce": nonce]))
    // §9: at the resource server it is 401, and the nonce is the same house's.
    let asked = try await prover.call(tokens.access)
    #expect(asked.verdict == "401 use_dpop_nonce")
    #expect(asked.fields["www-authenticate"]?.hasPrefix("DPoP ") ?? false)
    #expect(asked.fields["www-authenticate"]?.contains("error=\"use_dpop_nonce\"") ?? false)
    #expect(asked.fields["dpop-nonce"].map(JSONValue.string) == nonce)
    #expect(try await prover.call(tokens.access, ["nonce": nonce]).status == 200)
    house.clock.advance(.minutes(4))
    #expect(try await prover.call(tokens.access, ["nonce": nonce]).verdict == "401 use_dpop_nonce")
    #expect(!house.events.all.contains { $0.kind == .tokenRefused })
  }

  @Test func `§4_3 more than one DPoP field is refused`() async throws {
    let house = try await House()
    let (client, prover) = (try await house.client(), try Prover(house))
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", "gr_x")] + client.credentials
    var fields: Fields = ["content-type": "application/x-www-form-urlencoded"]
    for _ in 0..<2 { fields.add("dpop", try prover.proof(for: "/oauth/token")) }
    let body = Form(pairs.map { (name: $0.0, value: $0.1) }).encoded
    let answer = Answer(
      await house.router.respond(
        to: Request(method: .post, path: "/oauth/token", fields: fields, body: Array(body.utf8))))
    #expect(answer.verdict == "400 invalid_dpop_proof")
  }

  @Test func `F13 a bound refresh token needs a proof of its key`() async throws {
    let house = try await House()
    let (client, prover, thief) = (try await house.client(), try Prover(house), try Prover(house))
    let first = try await prover.tokens(client)
    #expect(await house.refresh(first.refresh, client).verdict == "400 invalid_dpop_proof")
    #expect(try await thief.refresh(first.refresh, client).verdict == "400 invalid_grant")
    let second = try Tokens(try await prover.refresh(first.refresh, client))
    // F2: nor does the token that was rotated away end the family, in the hands of somebody without the key.
    house.clock.advance(.seconds(31))
    #expect(await house.refresh(first.refresh, client).verdict == "400 invalid_dpop_proof")
    #expect(try await thief.refresh(first.refresh, client).verdict == "400 invalid_grant")
    #expect(try await prover.call(second.access).status == 200)
    #expect(try await prover.refresh(first.refresh, client).verdict == "400 invalid_grant")
    #expect(try await prover.call(second.access).verdict == "401 invalid_token")
  }

  @Test func `F3 F4 the grace gives its successor to the key alone`() async throws {
    let house = try await House()
    let (client, prover, thief) = (try await house.client(), try Prover(house), try Prover(house))
    let first = try await prover.tokens(client)
    let second = try Tokens(try await prover.refresh(first.refresh, client))
    house.clock.advance(.seconds(29))
    #expect(await house.refresh(first.refresh, client).verdict == "400 invalid_dpop_proof")
    #expect(try await thief.refresh(first.refresh, client).verdict == "400 invalid_grant")
    let again = try Tokens(try await prover.refresh(first.refresh, client))
    #expect(again.refresh == second.refresh)
    #expect(try await prover.call(again.access).status == 200)
    #expect(try await prover.refresh(again.refresh, client).status == 200)
  }

  @Test func `§5 a public client that begins to send proofs is bound from there on`() async throws {
    let house = try await House()
    let (client, prover) = (try await house.client(), try Prover(house))
    let first = try await house.tokens(client)
    let second = try Tokens(try await prover.refresh(first.refresh, client))
    #expect(await house.refresh(second.refresh, client).verdict == "400 invalid_dpop_proof")
    #expect(try await prover.refresh(second.refresh, client).status == 200)
  }

  @Test func `§5 a confidential client's refresh token is bound to its secret, so its key may change`()
    async throws
  {
    let house = try await House()
    let client = try await house.client(method: .secretPost)
    let (prover, other) = (try Prover(house), try Prover(house))
    let first = try await prover.tokens(client)
    let second = try Tokens(try await other.refresh(first.refresh, client))
    #expect(try claims(second.access)["cnf"]?["jkt"]?.string == other.thumbprint)
    #expect(try Tokens(await house.refresh(second.refresh, client)).access.isEmpty == false)
  }

  @Test func `§5 a service client's token is bound too`() async throws {
    let house = try await House()
    let client = try await house.client(
      [], method: .secretPost, grants: [.clientCredentials], serviceUser: house.sam.id)
    let prover = try Prover(house)
    let token = try Tokens(try await prover.token(client, [("grant_type", "client_credentials")])).access
    #expect(try await prover.call(token).status == 200)
    #expect(await house.verdict(of: token) == "401 invalid_token")
  }

  // MARK: The code

  @Test(arguments: [false, true])
  func `§10 dpop_jkt binds the code to the key`(isPushed: Bool) async throws {
    let house = try await House()
    let (client, prover, thief) = (try await house.client(), try Prover(house), try Prover(house))
    var changes: [String: String?] = ["dpop_jkt": prover.thumbprint]
    if isPushed {
      let form = try #require(Form(decoding: client.query(changes).utf8))
      let pushed = await house.post("/oauth/par", form.pairs.map { ($0.name, $0.value) })
      changes = ["request_uri": try #require(pushed.json["request_uri"]?.string)]
    }
    let code = try await house.code(for: client, changes)
    #expect(await house.exchange(code, client).verdict == "400 invalid_dpop_proof")
    #expect(try await thief.exchange(code, client).verdict == "400 invalid_grant")
    #expect(try await prover.exchange(code, client).status == 200)
  }

  @Test(arguments: ["", "own", "other"])
  func `§10_1 a proof at the pushed request binds the code as dpop_jkt does`(named: String) async throws {
    let house = try await House()
    let (client, prover, thief) = (try await house.client(), try Prover(house), try Prover(house))
    let changes: [String: String?] =
      named.isEmpty ? [:] : ["dpop_jkt": named == "own" ? prover.thumbprint : thief.thumbprint]
    let form = try #require(Form(decoding: client.query(changes).utf8))
    let pushed = await house.post(
      "/oauth/par", form.pairs.map { ($0.name, $0.value) }, ["dpop": try prover.proof(for: "/oauth/par")])
    #expect(pushed.fields["dpop-nonce"] != nil)
    guard named != "other" else {
      #expect(pushed.verdict == "400 invalid_dpop_proof")
      return
    }
    let code = try await house.code(
      for: client, ["request_uri": try #require(pushed.json["request_uri"]?.string)])
    #expect(try await thief.exchange(code, client).verdict == "400 invalid_grant")
    #expect(try await prover.exchange(code, client).status == 200)
  }

  @Test(arguments: ["x", "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J"])
  func `§10 a dpop_jkt that is no thumbprint is refused`(text: String) async throws {
    let house = try await House()
    let client = try await house.client()
    let answer = await house.get("/oauth/authorize?" + client.query(["dpop_jkt": text]))
    #expect(answer.outcome == "RDR invalid_request")
  }

  // MARK: Registration

  @Test func `§5_2 a client that registers dpop_bound_access_tokens gets no others`() async throws {
    let house = try await House()
    let registered = await house.register(
      #"{"redirect_uris":["https://c.example/cb"],"token_endpoint_auth_method":"none","dpop_bound_access_tokens":true}"#
    )
    #expect(registered.status == 201)
    #expect(registered.json["dpop_bound_access_tokens"] == true)
    let client = TestClient(
      id: try #require(registered.json["client_id"]?.string), redirectURI: "https://c.example/cb")
    let code = try await house.code(for: client)
    #expect(await house.exchange(code, client).verdict == "400 invalid_dpop_proof")
    #expect(try await Prover(house).exchange(code, client).status == 200)
  }

  @Test(arguments: [("\"yes\"", "400 invalid_client_metadata"), ("null", "201"), ("false", "201")])
  func `§5_2 dpop_bound_access_tokens is true or false`(value: String, verdict: String) async throws {
    let house = try await House()
    let answer = await house.register(
      #"{"redirect_uris":["https://c.example/cb"],"dpop_bound_access_tokens":\#(value)}"#)
    #expect(answer.verdict == verdict)
    #expect(answer.json["dpop_bound_access_tokens"] == nil)
  }

  @Test func `RFC 7592 §2_2 a client may begin and cease to need proofs`() async throws {
    let house = try await House()
    let members = #""redirect_uris":["https://c.example/cb"],"token_endpoint_auth_method":"none""#
    let registered = await house.register("{\(members)}")
    let id = try #require(registered.json["client_id"]?.string)
    let token = try #require(registered.json["registration_access_token"]?.string)
    let client = TestClient(id: id, redirectURI: "https://c.example/cb")
    for needsProof in [true, false] {
      let answer = await house.send(
        .put, "/oauth/register/\(id)",
        ["content-type": "application/json", "authorization": "Bearer \(token)"],
        body: Array(#"{"client_id":"\#(id)",\#(members),"dpop_bound_access_tokens":\#(needsProof)}"#.utf8))
      #expect(answer.status == 200)
      #expect(answer.json["dpop_bound_access_tokens"] == (needsProof ? true : nil))
      #expect(
        await house.exchange(try await house.code(for: client), client).verdict
          == (needsProof ? "400 invalid_dpop_proof" : "200"))
    }
  }

  @Test func `CIMD §4_1 a document may say dpop_bound_access_tokens`() async throws {
    let web = Web()
    web.publish(
      ClientDocumentTests.document(["dpop_bound_access_tokens": true]), at: ClientDocumentTests.id)
    let house = try await House(web: web)
    let client = ClientDocumentTests.client
    let code = try await house.code(for: client)
    #expect(await house.exchange(code, client).verdict == "400 invalid_dpop_proof")
    #expect(try await Prover(house).exchange(code, client).status == 200)
  }

  @Test func `RFC 7591 0012 who needs proofs is not given the registration of one who does not`() async throws
  {
    let house = try await House()
    let members = #""redirect_uris":["https://c.example/cb"],"token_endpoint_auth_method":"none""#
    let one = await house.register("{\(members)}").json["client_id"]
    #expect(await house.register("{\(members)}").json["client_id"] == one)
    #expect(await house.register(#"{\#(members),"dpop_bound_access_tokens":true}"#).json["client_id"] != one)
  }

  // MARK: The resource server

  @Test func `J11 §7_2 a bound access token is no bearer token`() async throws {
    let house = try await House()
    let (client, prover) = (try await house.client(), try Prover(house))
    let tokens = try await prover.tokens(client)
    for answer in [
      await house.call(["authorization": "Bearer \(tokens.access)"]),
      try await prover.call(tokens.access, scheme: "Bearer"),
    ] {
      #expect(answer.verdict == "401 invalid_token")
      let challenges = answer.fields.all("www-authenticate")
      #expect(challenges.count == 2)
      #expect(challenges.first?.hasPrefix("Bearer resource_metadata=") ?? false)
      #expect(challenges.first?.contains("error=\"invalid_token\"") ?? false)
      #expect(challenges.last == "DPoP algs=\"ES256 RS256 EdDSA\"")
    }
    #expect(try await prover.call(tokens.access, scheme: "dpop").status == 200)
  }

  @Test func `J11 §7_1 a bearer token or an API key is none of the DPoP scheme`() async throws {
    let house = try await House()
    let (client, prover) = (try await house.client(), try Prover(house))
    let tokens = try await house.tokens(client)
    for token in [tokens.access, "gk_live_x", "garbage"] {
      let answer = try await prover.call(token)
      #expect(answer.verdict == "401 invalid_token")
      #expect(answer.fields.all("www-authenticate").count == 1)
      #expect(answer.fields["www-authenticate"]?.hasPrefix("DPoP resource_metadata=") ?? false)
      #expect(answer.fields["www-authenticate"]?.contains("algs=\"ES256 RS256 EdDSA\"") ?? false)
      #expect(answer.fields["dpop-nonce"] != nil)
    }
  }

  @Test(
    arguments: [
      ("K15", ["htm": "GET"], [:], "401 invalid_dpop_proof"),
      ("K16", ["htu": "https://gate.example/oauth/token"], [:], "401 invalid_dpop_proof"),
      ("K16", ["htu": "https://gate.example/mcp?x=1"], [:], "200"),
      ("K17", ["iat": 1_795_000_061], [:], "401 invalid_dpop_proof"),
      ("K17", ["iat": 1_794_999_699], [:], "401 invalid_dpop_proof"),
      ("K17", ["iat": 1_795_000_060], [:], "200"),
      ("K19", [:], ["alg": "none"], "401 invalid_dpop_proof"),
      ("§7", ["ath": nil], [:], "401 invalid_dpop_proof"),
      ("§7", ["ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"], [:], "401 invalid_dpop_proof"),
      ("K20", [:], ["jwk": ["kty": "EC", "d": "AQAB"]], "401 invalid_dpop_proof"),
    ] as [(String, [String: JSONValue?], [String: JSONValue?], String)])
  func `K15 K16 K17 K19 K20 §7 a proof at the resource server`(
    row: String, claims: [String: JSONValue?], header: [String: JSONValue?], verdict: String
  ) async throws {
    let house = try await House()
    let (client, prover) = (try await house.client(), try Prover(house))
    let answer = try await prover.call(try await prover.tokens(client).access, claims, header: header)
    #expect(answer.verdict == verdict, "\(row)")
    if verdict != "200" {
      #expect(answer.fields["www-authenticate"]?.contains("error=\"invalid_dpop_proof\"") ?? false)
    }
  }

  @Test func `K18 §7 a proof at the resource server is good once, and for its own key's tokens alone`()
    async throws
  {
    let house = try await House()
    let (client, prover, thief) = (try await house.client(), try Prover(house), try Prover(house))
    let tokens = try await prover.tokens(client)
    #expect(try await thief.call(tokens.access).verdict == "401 invalid_token")
    #expect(await house.verdict(of: tokens.access, scheme: "DPoP") == "401 invalid_dpop_proof")
    #expect(try await prover.call(tokens.access, ["jti": "once"]).status == 200)
    #expect(try await prover.call(tokens.access, ["jti": "once"]).verdict == "401 invalid_dpop_proof")
  }

  @Test func `J1 a bound token that has ended is as dead as any`() async throws {
    let house = try await House()
    let (client, prover) = (try await house.client(), try Prover(house))
    let tokens = try await prover.tokens(client)
    _ = await house.post("/oauth/revoke", [("token", tokens.refresh)] + client.credentials)
    #expect(try await prover.call(tokens.access).verdict == "401 invalid_token")
    house.clock.advance(.minutes(10))
    #expect(try await prover.call(tokens.access).verdict == "401 invalid_token")
  }

  // MARK: What is said of it

  @Test func `§5_1 RFC 9728 §2 both metadata documents name the algorithms`() async throws {
    let house = try await House()
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource"] {
      let document = await house.get(path).json
      #expect(document["dpop_signing_alg_values_supported"] == ["ES256", "RS256", "EdDSA"])
      #expect(document["dpop_bound_access_tokens_required"] == nil)
    }
  }

  @Test func `§6_2 introspection tells the key of a bound token`() async throws {
    let house = try await House()
    let (client, prover) = (try await house.client(), try Prover(house))
    let asker = try await house.client(method: .secretPost)
    for (token, type, key) in [
      (try await prover.tokens(client).access, "DPoP", prover.thumbprint),
      (try await house.tokens(client).access, "Bearer", nil),
    ] as [(String, String, String?)] {
      let told = await house.post("/oauth/introspect", [("token", token)] + asker.credentials).json
      #expect(told["active"] == true && told["token_type"]?.string == type)
      #expect(told["cnf"]?["jkt"]?.string == key)
    }
  }

  @Test func `§6_1 a token whose confirmation can't be read is none`() async throws {
    let house = try await House()
    let tokens = try await house.tokens(try house.client())
    var claims = try #require(try self.claims(tokens.access).object)
    for confirmation in [["x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"], [:], "jkt"]
      as [JSONValue]
    {
      claims["cnf"] = confirmation
      let token = try house.signer.jwt(type: "at+jwt", claims: claims)
      #expect(await house.verdict(of: token) == "401 invalid_token")
    }
  }
}
