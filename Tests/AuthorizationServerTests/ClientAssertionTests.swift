internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import HTTP
internal import HTTPClient
internal import JSON
internal import OAuth
internal import Storage
internal import Testing
internal import World

@Suite("G. private_key_jwt (RFC 7523 §2.2)")
struct ClientAssertionTests {
  /// A service client with a key of its own.
  private struct Service {
    let house: House
    let signer: Signer
    let id: String

    init(web: Web? = nil, location: String? = nil) async throws {
      house = try await House(web: web)
      signer = try Signer()
      var draft = Clients.Draft(
        name: "Service", method: .privateKeyJWT, redirectURIs: [], grantTypes: [.clientCredentials])
      draft.keys = try location.map { .location($0) } ?? .set(KeySet(signer.set))
      draft.serviceUserID = house.sam.id
      let added = try await house.clients.add(draft)
      #expect(added.secret == nil)
      id = added.client.id
    }

    func assertion(
      _ claims: [String: JSONValue?] = [:], header: [String: JSONValue?] = [:], by other: Signer? = nil
    ) throws -> String {
      try (other ?? signer).assertion(id, at: house.clock.now.seconds, claims, header: header)
    }

    func ask(
      _ assertion: String, _ more: [(String, String)] = [], _ fields: [String: String] = [:]
    ) async
      -> Answer
    {
      await house.post(
        "/oauth/token", [("grant_type", "client_credentials")] + proof(assertion) + more, fields)
    }
  }

  @Test func `G2 MCP an assertion is enough, without a client_id, and each is good once`() async throws {
    let service = try await Service()
    let answer = await service.ask(try service.assertion())
    #expect(answer.status == 200)
    #expect(answer.json["refresh_token"] == nil)
    #expect(await service.house.verdict(of: try Tokens(answer).access) == "200")
    #expect(await service.ask(try service.assertion(), [("client_id", service.id)]).status == 200)
  }

  @Test(
    arguments: [
      ("RFC 7519 §2 a fraction", ["exp": 1_795_000_100.5]), ("no iat", ["iat": nil]),
      ("nbf that has come", ["nbf": 1_795_000_000]), ("iat within the skew", ["iat": 1_795_000_020]),
      ("exp within the skew", ["exp": 1_795_000_330]), ("claims of its own", ["x": [1]]),
    ] as [(String, [String: JSONValue?])])
  func `an assertion that is as it should be`(what: String, claims: [String: JSONValue?]) async throws {
    let service = try await Service()
    #expect(await service.ask(try service.assertion(claims)).status == 200)
  }

  @Test(
    arguments: [
      ("no typ", ["typ": nil]), ("rfc7523bis §4", ["typ": "client-authentication+jwt"]),
      ("no kid", ["kid": nil]), ("RFC 7515 §4.1.3", ["jwk": [:]]),
    ] as [(String, [String: JSONValue?])])
  func `a header that is as it should be`(what: String, header: [String: JSONValue?]) async throws {
    let service = try await Service()
    #expect(await service.ask(try service.assertion(header: header)).status == 200)
  }

  @Test(
    arguments: [
      ("G6", ["exp": 1_794_999_999]), ("G6", ["exp": 1_795_000_000]), ("G6", ["exp": nil]),
      ("G6", ["exp": "1795000100"]), ("G6", ["exp": -1]), ("G7", ["exp": 1_795_000_331]),
      ("G7", ["exp": 1_795_003_600]), ("G7", ["exp": 9_223_372_036_854_775_807]), ("G8", ["jti": nil]),
      ("G8", ["jti": ""]), ("G8", ["jti": 1]), ("G8", ["jti": .string(String(repeating: "a", count: 513))]),
      ("G10", ["iss": "c_other"]), ("G10", ["sub": "c_other"]), ("G10", ["iss": nil]), ("G10", ["sub": nil]),
      ("G10", ["sub": 1]), ("G11", ["aud": "https://other.example"]),
      ("G11", ["aud": "https://gate.example/"]),
      ("G11", ["aud": "https://gate.example/oauth/token"]), ("G11", ["aud": nil]),
      ("G12", ["aud": ["https://gate.example", "https://other.example"]]),
      ("G12", ["aud": ["https://gate.example"]]), ("iat to come", ["iat": 1_795_000_031]),
      ("nbf to come", ["nbf": 1_795_000_060]), ("iat no number", ["iat": "now"]),
    ] as [(String, [String: JSONValue?])])
  func `G6 to G12 what an assertion says has to hold`(
    row: String, claims: [String: JSONValue?]
  ) async throws {
    let service = try await Service()
    #expect(await service.ask(try service.assertion(claims)).verdict == "401 invalid_client")
    #expect(try await service.house.count("used_assertion") == 0)
  }

  @Test(
    arguments: [
      ("G4", ["alg": "none"]), ("G4", ["alg": "None"]), ("G5", ["alg": "HS256"]), ("G5", ["alg": "RS256"]),
      ("G5", ["alg": "EdDSA"]), ("G5", ["alg": "ES384"]), ("G5", ["alg": nil]), ("G5", ["alg": 1]),
      ("RFC 7515 §4.1.11", ["crit": ["b64"]]), ("RFC 8725 §3.11", ["typ": "at+jwt"]), ("typ", ["typ": 1]),
      ("G13", ["kid": "k2"]), ("G13", ["kid": "../../etc/passwd"]), ("G13", ["kid": ""]),
    ] as [(String, [String: JSONValue?])])
  func `G4 G5 G13 the header decides nothing`(row: String, header: [String: JSONValue?]) async throws {
    let service = try await Service()
    #expect(await service.ask(try service.assertion(header: header)).verdict == "401 invalid_client")
  }

  @Test func `G4 G5 no signature, and one keyed with what everybody knows`() async throws {
    let service = try await Service()
    let good = try service.assertion().split(separator: ".").map(String.init)
    let none = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8)) + "." + good[1] + "."
    let head = Base64URL.encode(Array(#"{"alg":"HS256","kid":"k1"}"#.utf8)) + "." + good[1]
    let wellKnown = HMACKey(Secret(service.signer.key.publicKey.x + service.signer.key.publicKey.y))
    let symmetric = head + "." + Base64URL.encode(wellKnown.code(for: Array(head.utf8)))
    let cut = good[0] + "." + good[1] + "."
    for assertion in [none, symmetric, cut, "\(good[0]).\(good[1])", "a.b.c", "...", "x"] {
      #expect(await service.ask(assertion).verdict == "401 invalid_client")
    }
  }

  @Test func `G9 a replayed assertion is refused, for as long as it would be good`() async throws {
    let service = try await Service()
    let assertion = try service.assertion(["jti": "once"])
    #expect(await service.ask(assertion).status == 200)
    for _ in 0..<3 {
      #expect(await service.ask(assertion).verdict == "401 invalid_client")
      service.house.clock.advance(.seconds(99))
    }
    // Another assertion of the same name is one too many as well, another client's is not.
    #expect(await service.ask(try service.assertion(["jti": "once"])).verdict == "401 invalid_client")
    service.house.clock.advance(.seconds(10))
    #expect(await service.ask(try service.assertion(["jti": "other"])).status == 200)
    #expect(try await service.house.count("used_assertion") == 1)
  }

  @Test func `G9 of a hundred requests with one assertion exactly one is answered`() async throws {
    let service = try await Service()
    let assertion = try service.assertion()
    let statuses = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<50 { group.addTask { await service.ask(assertion).status } }
      return await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
    }
    #expect(statuses == [200: 1, 401: 49])
  }

  @Test func `G13 a stranger's key proves nothing, and uses no name up`() async throws {
    let service = try await Service()
    let stranger = try Signer()
    #expect(
      await service.ask(try service.assertion(["jti": "a"], by: stranger)).verdict == "401 invalid_client")
    #expect(await service.ask(try service.assertion(["jti": "a"])).status == 200)
  }

  @Test(arguments: [
    "", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "jwt-bearer",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
  ])
  func `G15 the assertion's type has to be the one`(type: String) async throws {
    let service = try await Service()
    let answer = await service.house.post(
      "/oauth/token",
      [
        ("grant_type", "client_credentials"), ("client_assertion_type", type),
        ("client_assertion", try service.assertion()),
      ])
    #expect(answer.verdict == "400 invalid_request")
  }

  @Test func `G15 a type without an assertion`() async throws {
    let service = try await Service()
    let answer = await service.house.post(
      "/oauth/token",
      [("grant_type", "client_credentials"), ("client_assertion_type", ClientAssertion.type)])
    #expect(answer.verdict == "400 invalid_request")
  }

  @Test func `G16 OAuth 2_1 §2_4 one proof, not two`() async throws {
    let service = try await Service()
    let two = await service.ask(try service.assertion(), [("client_secret", "x")])
    #expect(two.verdict == "400 invalid_request")
    let basic = await service.ask(
      try service.assertion(), [], ["authorization": "Basic " + Base64.encode(Array("\(service.id):x".utf8))])
    #expect(basic.verdict == "400 invalid_request")
  }

  @Test func `RFC 7521 §4_2 a client_id beside the assertion is the same client's`() async throws {
    let service = try await Service()
    let other = try await service.house.client()
    #expect(
      await service.ask(try service.assertion(), [("client_id", other.id)]).verdict == "401 invalid_client")
  }

  @Test func `a client with keys has to use them, and one without may not`() async throws {
    let service = try await Service()
    let house = service.house
    for pairs in [[("client_id", service.id)], [("client_id", service.id), ("client_secret", "x")]] {
      let answer = await house.post("/oauth/token", [("grant_type", "client_credentials")] + pairs)
      #expect(answer.verdict == "401 invalid_client")
    }
    for method in [Client.AuthenticationMethod.none, .secretPost, .secretBasic] {
      let client = try await house.client(method: method)
      let assertion = try service.signer.assertion(client.id, at: house.clock.now.seconds)
      #expect(await service.ask(assertion).verdict == "401 invalid_client")
    }
    let nobody = try service.signer.assertion("c_nobody", at: house.clock.now.seconds)
    #expect(await service.ask(nobody).verdict == "401 invalid_client")
  }

  @Test func `the metadata names the method and its algorithms`() async throws {
    let document = await (try await House()).get("/.well-known/oauth-authorization-server").json
    for endpoint in ["token", "revocation"] {
      let methods = document["\(endpoint)_endpoint_auth_methods_supported"]
      #expect(methods?.array?.contains("private_key_jwt") ?? false)
      #expect(
        document["\(endpoint)_endpoint_auth_signing_alg_values_supported"] == ["ES256", "RS256", "EdDSA"])
    }
  }

  // MARK: Where the keys are

  @Test func `G13 published keys are fetched once, and once more for a kid that is not among them`()
    async throws
  {
    let (web, url) = (Web(), "https://client.example/jwks.json")
    let service = try await Service(web: web, location: url)
    web.publish(service.signer.set.text, at: url, type: "text/plain")
    #expect(await service.ask(try service.assertion()).status == 200)
    #expect(await service.ask(try service.assertion()).status == 200)
    #expect(web.fetched == [url])
    let next = try Signer("k2")
    web.publish(JSONValue.object(["keys": [service.signer.jwk, next.jwk]]).text, at: url)
    #expect(await service.ask(try service.assertion(by: next)).status == 200)
    #expect(web.fetched == [url, url])
    // A kid that nobody has is no way to make us fetch.
    for _ in 0..<5 {
      #expect(await service.ask(try service.assertion(header: ["kid": "k3"])).verdict == "401 invalid_client")
    }
    #expect(web.fetched.count == 2)
    // One that is gone is gone at the next fetch.
    web.publish(next.set.text, at: url)
    service.house.clock.advance(.minutes(6))
    #expect(await service.ask(try service.assertion()).verdict == "401 invalid_client")
    #expect(await service.ask(try service.assertion(by: next)).status == 200)
  }

  @Test func `keys that can't be had just now are no fault of the client`() async throws {
    let (web, url) = (Web(), "https://client.example/jwks.json")
    let service = try await Service(web: web, location: url)
    web.fail(url, .tooSlow)
    #expect(await service.ask(try service.assertion()).verdict == "503 temporarily_unavailable")
    web.fail(url, .forbiddenAddress)
    service.house.clock.advance(.seconds(6))
    #expect(await service.ask(try service.assertion()).verdict == "401 invalid_client")
    web.publish(#"{"keys":[{"kty":"EC","d":"AA"}]}"#, at: url)
    service.house.clock.advance(.seconds(6))
    #expect(await service.ask(try service.assertion()).verdict == "401 invalid_client")
  }

  @Test func `RFC 7591 §2 a client registers itself with its keys`() async throws {
    let house = try await House()
    let signer = try Signer()
    let answer = await house.register(
      #"{"redirect_uris":["https://c.example/cb"],"token_endpoint_auth_method":"private_key_jwt","jwks":\#(signer.set.text)}"#
    )
    #expect(answer.status == 201)
    #expect(answer.json["client_secret"] == nil)
    #expect(answer.json["jwks"] == signer.set)
    let id = try #require(answer.json["client_id"]?.string)
    let client = TestClient(id: id, secret: nil, redirectURI: "https://c.example/cb")
    let code = try await house.code(for: client)
    #expect(await house.exchange(code, client).verdict == "401 invalid_client")
    let exchange = [
      ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", client.redirectURI),
      ("code_verifier", PKCE.verifier),
    ]
    let tokens = try Tokens(
      await house.post(
        "/oauth/token", exchange + proof(try signer.assertion(id, at: house.clock.now.seconds))))
    let end = await house.post(
      "/oauth/revoke",
      [("token", tokens.refresh)] + proof(try signer.assertion(id, at: house.clock.now.seconds)))
    #expect(end.status == 200)
    #expect(await house.verdict(of: tokens.access) == "401 invalid_token")
  }

  @Test(arguments: [
    #""jwks":{"keys":[]}"#, #""jwks":{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#,
    #""jwks":{"keys":[{"kty":"RSA","n":"\#(SignedElsewhere.shortModulus)","e":"AQAB"}]}"#,
    #""jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}"#,
    #""jwks":{"keys":[{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}]}"#,
    #""jwks":{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}"#, #""jwks":"x""#, #""jwks":[]"#,
    #""jwks":{"keys":[1]}"#, #""jwks":{"keys":[{"kty":"oct","k":"AQAB"}]}"#,
    #""jwks_uri":"http://c.example/jwks""#, #""jwks_uri":"https://u:p@c.example/jwks""#, #""jwks_uri":1"#,
    #""jwks_uri":"https://c.example/j","jwks":{"keys":[]}"#,
  ])
  func `RFC 7591 §2 keys that can't be used are refused at registration`(member: String) async throws {
    let house = try await House()
    let answer = await house.register(
      #"{"redirect_uris":["https://c.example/cb"],"token_endpoint_auth_method":"private_key_jwt",\#(member)}"#
    )
    #expect(answer.verdict == "400 invalid_client_metadata")
  }

  // MARK: Clients of documents

  @Test(arguments: ["RS256", "EdDSA"])
  func `I26 RFC 7518 §3_3, RFC 8037 §3_1 a document's keys of other kinds, and signatures by another library`(
    algorithm: String
  ) async throws {
    let web = Web()
    let isRSA = algorithm == "RS256"
    let key = try JSONValue(parsing: isRSA ? SignedElsewhere.rsaKey : SignedElsewhere.ed25519Key)
    let id = ClientDocumentTests.id
    web.publish(
      ClientDocumentTests.document([
        "token_endpoint_auth_method": "private_key_jwt", "jwks": ["keys": [key]],
      ]), at: id)
    let house = try await House(web: web)
    let code = try await house.code(for: ClientDocumentTests.client)
    #expect(await house.exchange(code, ClientDocumentTests.client).verdict == "401 invalid_client")
    let assertion = isRSA ? SignedElsewhere.rs256 : SignedElsewhere.edDSA
    let exchange = [
      ("grant_type", "authorization_code"), ("code", code), ("code_verifier", PKCE.verifier),
    ]
    // One bit less is another signature.
    let parts = assertion.split(separator: ".").map(String.init)
    var signature = try #require(Base64URL.decode(parts[2]))
    signature[5] ^= 1
    let forged = "\(parts[0]).\(parts[1]).\(Base64URL.encode(signature))"
    #expect(await house.post("/oauth/token", exchange + proof(forged)).verdict == "401 invalid_client")
    #expect(await house.post("/oauth/token", exchange + proof(assertion)).status == 200)
  }

  /// ChatGPT's document: `private_key_jwt` preferred, `none` listed beside it, in a server's plural.
  private func chatGPT(_ web: Web, _ signer: Signer) -> String {
    let id = "https://chatgpt.com/oauth/abc/client.json"
    web.publish(
      ClientDocumentTests.document(
        [
          "client_name": "ChatGPT", "redirect_uris": ["https://chatgpt.com/connector/oauth/abc"],
          "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "RS256",
          "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
          "jwks_uri": "https://chatgpt.com/oauth/jwks.json",
          "grant_types": ["authorization_code", "refresh_token"],
          "response_types": ["code"],
        ], id: id), at: id)
    web.publish(signer.set.text, at: "https://chatgpt.com/oauth/jwks.json")
    return id
  }

  @Test func `I25 ChatGPT's document in both readings: with a proof, and without`() async throws {
    let (web, signer) = (Web(), try Signer())
    let id = chatGPT(web, signer)
    let house = try await House(web: web)
    let client = TestClient(
      id: id, secret: nil, redirectURI: "https://chatgpt.com/connector/oauth/abc")
    // Without.
    let tokens = try await house.tokens(client)
    #expect(await house.refresh(tokens.refresh, client).status == 200)
    // With.
    let exchange = [
      ("grant_type", "authorization_code"), ("code", try await house.code(for: client)),
      ("redirect_uri", client.redirectURI), ("code_verifier", PKCE.verifier),
    ]
    let now = house.clock.now.seconds
    let wrong = proof(try Signer().assertion(id, at: now))
    #expect(await house.post("/oauth/token", exchange + wrong).verdict == "401 invalid_client")
    let right = proof(try signer.assertion(id, at: now))
    #expect(await house.post("/oauth/token", exchange + right).status == 200)
  }

  @Test func `pushed requests and other endpoints take assertions too`() async throws {
    let (web, signer) = (Web(), try Signer())
    let id = chatGPT(web, signer)
    let house = try await House(web: web)
    let client = TestClient(id: id, secret: nil, redirectURI: "https://chatgpt.com/connector/oauth/abc")
    let pairs = Form(decoding: client.query().utf8)?.pairs.filter { $0.name != "client_id" } ?? []
    let answer = await house.post(
      "/oauth/par",
      pairs.map { ($0.name, $0.value) } + proof(try signer.assertion(id, at: house.clock.now.seconds)))
    #expect(answer.status == 201)
  }
}
