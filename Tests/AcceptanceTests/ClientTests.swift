internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Support
internal import Testing

@Suite("G. Client credentials, private_key_jwt")
struct ServiceTests {
  @Test func `G1 G2 G3 OAuth 2_1 §4_2 a service's token has no refresh token and no more than its scopes`()
    async throws
  {
    let program = try await Program.shared
    let made = try program.run(["client", "add", "--name", "Report", "--service-user", "accountant"])
    let client = Client(
      id: try #require(made["client_id"]?.string), secret: try #require(made["client_secret"]?.string))
    let grant = [("grant_type", "client_credentials")]
    let answer = try await program.token(client, grant + [("scope", "mcp:read")])
    #expect(answer.status == 200 && answer.json["refresh_token"] == nil)
    #expect(try await program.verdict("Bearer " + (answer.json["access_token"]?.string ?? "")) == "200")
    #expect(try await program.token(client, grant + [("scope", "mcp:write")]).verdict == "400 invalid_scope")
    #expect(try await program.token(program.knownClient(), grant).verdict == "400 unauthorized_client")
  }

  /// A service whose key the operator was given in a file.
  private func service(_ program: Program) throws -> (id: String, signer: Signer) {
    let signer = try Signer()
    try program.directory.write(signer.set.serialized(), to: "jwks-\(signer.identifier)")
    let made = try program.run([
      "client", "add", "--name", "Signer", "--service-user", "accountant", "--jwks",
      program.directory.absolute("jwks-\(signer.identifier)"),
    ])
    return (try #require(made["client_id"]?.string), signer)
  }

  private func ask(
    _ program: Program, _ assertion: String, _ more: [(String, String)] = []
  ) async throws -> String {
    try await program.post(
      "/oauth/token",
      [
        ("grant_type", "client_credentials"), ("client_assertion", assertion),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
      ] + more, from: Program.anywhere()
    ).verdict
  }

  @Test(
    arguments: [
      ("G6", ["exp": .integer(-10)], [:]), ("G7", ["exp": .integer(3600)], [:]), ("G8", ["jti": nil], [:]),
      ("G10", ["iss": "other"], [:]), ("G11", ["aud": "https://other.example"], [:]),
      ("G12", ["aud": ["https://gate.example"]], [:]), ("G13", [:], ["kid": "k2"]),
      ("G4", [:], ["alg": "none"]), ("G5", [:], ["alg": "HS256"]),
    ] as [(String, [String: JSONValue?], [String: JSONValue?])])
  func `G4 to G8 G10 to G13 RFC 7523 §3 an assertion that does not hold`(
    row: String, claims: [String: JSONValue?], header: [String: JSONValue?]
  ) async throws {
    let program = try await Program.shared
    let (id, signer) = try service(program)
    #expect(try await ask(program, signer.assertion(id)) == "200")
    #expect(
      try await ask(program, signer.assertion(id, claims, header: header)) == "401 invalid_client", "\(row)")
  }

  @Test func `G4 G5 G9 no signature, one keyed with the public key, and one that was used`() async throws {
    let program = try await Program.shared
    let (id, signer) = try service(program)
    let good = try signer.assertion(id)
    let parts = good.split(separator: ".").map(String.init)
    let none = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8)) + "." + parts[1] + "."
    let head =
      Base64URL.encode(Array(#"{"alg":"HS256","kid":"\#(signer.identifier)"}"#.utf8)) + "." + parts[1]
    let known = HMACKey(Secret(signer.key.publicKey.x + signer.key.publicKey.y))
    let symmetric = head + "." + Base64URL.encode(known.code(for: Array(head.utf8)))
    for wrong in [none, symmetric] { #expect(try await ask(program, wrong) == "401 invalid_client") }
    #expect(try await ask(program, good) == "200")
    #expect(try await ask(program, good) == "401 invalid_client")
  }

  @Test func `G15 G16 OAuth 2_1 §2_4 an assertion of no type, and one beside a secret`() async throws {
    let program = try await Program.shared
    let (id, signer) = try service(program)
    let grant = ("grant_type", "client_credentials")
    for type in [nil, "urn:other"] {
      let pairs = [grant, ("client_assertion", try signer.assertion(id))]
      let answer = try await program.post(
        "/oauth/token", pairs + (type.map { [("client_assertion_type", $0)] } ?? []))
      #expect(answer.verdict == "400 invalid_request")
    }
    let both = try await ask(program, signer.assertion(id), [("client_secret", "x"), ("client_id", id)])
    #expect(both == "400 invalid_request")
  }
}

/// People whom a provider vouches for, and services that act for them.
@Suite("G17 to G22, K22. Grants that nobody is asked about")
struct DelegationTests {

  /// A client that may bring the assertions of a provider with this key.
  private func company(_ program: Program) throws -> (client: Client, signer: Signer, provider: String) {
    let signer = try Signer()
    let provider = "https://\(signer.identifier.lowercased().filter(\.isLetter))idp.example"
    try program.directory.write(signer.set.serialized(), to: "idp-\(signer.identifier)")
    _ = try program.run([
      "issuer", "add", provider, "--jwks", program.directory.absolute("idp-\(signer.identifier)"),
      "--user-claim", "sub",
    ])
    let made = try program.run([
      "client", "add", "--name", "Assistant", "--confidential", "--identity-assertions",
    ])
    let client = Client(
      id: try #require(made["client_id"]?.string), secret: try #require(made["client_secret"]?.string))
    return (client, signer, provider)
  }

  @Test(
    arguments: [
      ("good", [:], [:], "200"), ("G17", [:], ["typ": "JWT"], "400 invalid_grant"),
      ("G18", ["aud": "https://other.example"], [:], "400 invalid_grant"),
      ("G19", ["iss": "https://evil.example"], [:], "400 invalid_grant"),
      ("G20", ["exp": .integer(-100)], [:], "400 invalid_grant"),
      ("G22", ["client_id": "c_other"], [:], "400 invalid_grant"),
    ] as [(String, [String: JSONValue?], [String: JSONValue?], String)])
  func `G17 G18 G19 G20 G21 G22 ID-JAG §4_4 an assertion that does not hold, or was used before`(
    row: String, claims: [String: JSONValue?], header: [String: JSONValue?], verdict: String
  ) async throws {
    let program = try await Program.shared
    let (client, signer, provider) = try company(program)
    let good: [String: JSONValue?] = [
      "iss": .string(provider), "sub": "sales", "client_id": .string(client.id),
    ]
    let assertion = try signer.assertion(
      "", good.merging(claims) { $1 }, header: ["typ": "oauth-id-jag+jwt"].merging(header) { $1 })
    let pairs = [
      ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion),
    ]
    let answer = try await program.token(client, pairs)
    #expect(answer.verdict == verdict, "\(row)")
    if answer.status == 200 {
      #expect(try await program.verdict("Bearer " + Tokens(answer).access) == "200")
    }
    // G21: a second time nothing holds.
    #expect(try await program.token(client, pairs).verdict == "400 invalid_grant", "\(row)")
  }

  @Test(
    arguments: [
      ("good", [:], "200"), ("subject", ["subject_token": "x"], "400 invalid_request"),
      ("audience", ["audience": "https://other.example"], "400 invalid_target"),
      ("scope", ["scope": "mcp:write"], "400 invalid_scope"),
    ] as [(String, [String: String], String)])
  func `K22 RFC 8693 §2_2_2 a bad subject token, an unknown audience, a wider scope`(
    row: String, changes: [String: String], verdict: String
  ) async throws {
    let program = try await Program.shared
    let subject = try await program.tokens(program.knownClient(), cookie: try await program.signIn())
    let made = try program.run(["client", "add", "--name", "Service", "--confidential", "--exchange"])
    let service = Client(
      id: try #require(made["client_id"]?.string), secret: try #require(made["client_secret"]?.string))
    let pairs = [
      "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": subject.access,
      "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
    ].merging(changes) { $1 }
    let answer = try await program.token(service, pairs.map { ($0.key, $0.value) })
    #expect(answer.verdict == verdict, "\(row)")
  }
}

@Suite("H. Dynamic registration")
struct RegistrationTests {
  private static func body(_ uri: String, _ more: String = "") -> String {
    let escaped = uri.replacing("\\", with: "\\\\").replacing("\t", with: "\\t")
    return #"{"redirect_uris":["\#(escaped)"],"token_endpoint_auth_method":"none"\#(more)}"#
  }

  @Test func `H1 the least that is valid`() async throws {
    let answer = try await Program.shared.register(#"{"redirect_uris":["https://c.example/cb"]}"#)
    #expect(answer.status == 201 && answer["content-type"] == "application/json")
    #expect(answer["cache-control"] == "no-store")
    for member in [
      "client_id_issued_at", "registration_client_uri", "client_secret", "client_secret_expires_at",
    ] {
      #expect(answer.json[member] != nil, "\(member)")
    }
    let publicOne = try await Program.shared.register(
      Self.body("https://c.example/cb", #","client_name":"H1""#))
    #expect(publicOne.status == 201 && publicOne.json["client_secret"] == nil)
  }

  @Test(arguments: [
    ("null", "application/json"), ("[]", "application/json"), ("{", "application/json"),
    (#"{"redirect_uris":["https://c.example/cb"]}"#, "text/plain"),
  ])
  func `H2 what is no JSON object`(json: String, type: String) async throws {
    let answer = try await Program.shared.post("/oauth/register", text: json, type, from: Program.anywhere())
    #expect(answer.verdict == "400 invalid_client_metadata")
  }

  @Test(arguments: ["{}", #"{"redirect_uris":[]}"#])
  func `H3 the code grant needs a redirect URI`(json: String) async throws {
    #expect(try await Program.shared.register(json).verdict == "400 invalid_redirect_uri")
  }

  @Test(arguments: [
    ("H4", "javascript:alert(1)"), ("H5", "JaVaScRiPt:alert(1)"), ("H6", " javascript:alert(1)"),
    ("H7", "java\tscript:alert(1)"), ("H8", "data:text/html,x"), ("H9", "vbscript:x"),
    ("H9", "file:///etc/x"),
    ("H9", "blob:https://c.example/x"), ("H10", "http://c.example/cb"), ("H11", "https://c.example/cb#f"),
    ("H11", "https://u:p@c.example/cb"), ("H11", "https://*.c.example/cb"), ("H11", "/cb"),
  ])
  func `H4 to H11 a redirect URI that can't be one leaves no client behind`(
    row: String, uri: String
  ) async throws {
    let program = try await Program.shared
    let before = try await program.count("client")
    #expect(try await program.register(Self.body(uri)).verdict == "400 invalid_redirect_uri", "\(row)")
    #expect(try await program.count("client") == before, "\(row)")
  }

  @Test(arguments: [
    ("H14", #""grant_types":["password"]"#), ("H14", #""grant_types":["implicit"]"#),
    ("H16", #""response_types":["token"]"#),
    ("H16", #""grant_types":["refresh_token"],"response_types":["code"]"#),
    ("H17", #""token_endpoint_auth_method":"tls""#),
    ("H18", #""token_endpoint_auth_method":"none","grant_types":["client_credentials"]"#),
    ("H32", #""client_uri":"http://c.example""#), ("H32", #""logo_uri":"data:image/png;base64,AA==""#),
    ("H32", #""tos_uri":"https://127.0.0.1/tos""#), ("H32", #""logo_uri":"https://10.0.0.1/l.png""#),
  ])
  func `H14 H16 H17 H18 H32 metadata that is not offered`(row: String, member: String) async throws {
    let answer = try await Program.shared.register(#"{"redirect_uris":["https://c.example/cb"],\#(member)}"#)
    #expect(answer.verdict == "400 invalid_client_metadata", "\(row)")
  }

  @Test func `H13 H31 too many redirect URIs, one that is too long, a body of 64 KiB`() async throws {
    let program = try await Program.shared
    let many = (0..<50).map { "\"https://c.example/\($0)\"" }.joined(separator: ",")
    #expect(
      try await program.register(#"{"redirect_uris":[\#(many)]}"#).verdict == "400 invalid_client_metadata")
    let long = Self.body("https://c.example/" + String(repeating: "a", count: 4096))
    #expect(try await program.register(long).verdict == "400 invalid_client_metadata")
    let padding = String(repeating: "a", count: 64 * 1024)
    let huge = Self.body("https://c.example/cb", #","padding":"\#(padding)""#)
    #expect(try await program.register(huge).status == 413)
  }

  @Test func `H15 H20 H21 H22 H23 H24 what is welcome, ours to choose, or left out`() async throws {
    let program = try await Program.shared
    let json = #"""
      {"redirect_uris":["http://localhost:1/cb"],"grant_types":["authorization_code"],"client_id":"mine",
       "client_secret":"mine","scope":"mcp:read openid","application_type":"web","client_name":"H15"}
      """#
    let answer = try await program.register(json)
    #expect(answer.status == 201 && answer.json["scope"] == "mcp:read")
    #expect(answer.json["grant_types"] == ["authorization_code"])
    let id = try #require(answer.json["client_id"]?.string)
    #expect(id != "mine" && !id.hasPrefix("https://") && !answer.text.contains("mine"))
  }

  @Test func `H25 RFC 7591 §2_3 a software statement of nobody we trust`() async throws {
    let json = Self.body("https://c.example/cb", #","software_statement":"eyJhbGciOiJub25lIn0.e30.""#)
    #expect(try await Program.shared.register(json).verdict == "400 invalid_software_statement")
  }

  @Test func `H26 RFC 7591 §3 a wrong initial access token is no anonymous registration`() async throws {
    let answer = try await Program.shared.register(
      Self.body("https://c.example/cb"), [("authorization", "Bearer gi_wrong")])
    #expect(answer.status == 401)
  }

  @Test func `H27 registration that is off is 404 and not announced`() async throws {
    let program = try await Program(["--registration", "off"])
    for path in ["/oauth/register", "/register"] {
      let json = Self.body("https://c.example/cb")
      #expect(try await program.post(path, text: json, "application/json").status == 404)
    }
    #expect(try await program.get(DiscoveryTests.metadata).json["registration_endpoint"] == nil)
  }

  @Test func `H28 H29 a flood from one network is held back, 60 at once and other networks are not`()
    async throws
  {
    let program = try await Program()
    let known = try program.client()
    var statuses: [Int] = []
    var last: Answer?
    for number in 0..<320 {
      let answer = try await program.register(
        Self.body("https://c.example/\(number)"), from: "160.79.104.\(number % 250)")
      statuses.append(answer.status)
      last = answer
    }
    #expect(statuses.prefix(60).allSatisfy { $0 == 201 })
    #expect(last?.status == 429 && last?["retry-after"].flatMap { Int($0) } != nil)
    #expect(try await program.count("client") <= 302)
    #expect(try await program.register(Self.body("https://c.example/cb"), from: "11.0.0.1").status == 201)
    #expect(try await program.get(known.link(), from: "160.79.104.9").status == 200)
  }

  @Test func `H30 an unused registration is reaped after 30 days, never one with a live grant`() async throws
  {
    let program = try await Program()
    func made(_ name: String) async throws -> Client {
      let answer = try await program.register(Self.body("https://\(name).example/cb"))
      return Client(
        id: try #require(answer.json["client_id"]?.string), redirectURI: "https://\(name).example/cb")
    }
    let (unused, used) = (try await made("unused"), try await made("used"))
    let tokens = try await program.tokens(used, cookie: try await program.signIn())
    try program.move(.seconds(29 * 86400))
    #expect(try await program.refresh(tokens.refresh, used).status == 200)
    try program.move(.seconds(31 * 86400))
    _ = try await made("next")
    #expect(try await program.get(unused.link()).outcome == "PAGE 400")
    #expect(try await program.get(used.link()).outcome == "PAGE 200")
  }

  @Test func `H33 GET is 405`() async throws {
    #expect(try await Program.shared.get("/oauth/register").status == 405)
  }

  @Test func `H34 H36 RFC 7592 a client manages itself and nobody else, and its end ends its grants`()
    async throws
  {
    let program = try await Program.shared
    func registered(_ name: String) async throws -> (client: Client, path: String, token: String) {
      let answer = try await program.register(
        Self.body("https://c.example/cb", #","client_name":"\#(name)""#))
      return (
        Client(id: try #require(answer.json["client_id"]?.string)),
        String(try #require(answer.json["registration_client_uri"]?.string).dropFirst(Program.issuer.count)),
        try #require(answer.json["registration_access_token"]?.string)
      )
    }
    let (one, other) = (try await registered("H34"), try await registered("H36"))
    for field in [nil, "Bearer wrong", "Bearer " + other.token] {
      let fields = field.map { [("authorization", $0)] } ?? []
      #expect(try await program.get(one.path, fields).status == 401)
      #expect(try await program.send("DELETE", one.path, fields).status == 401)
    }
    let own = [("authorization", "Bearer " + one.token)]
    #expect(try await program.get(one.path, own).json["client_id"]?.string == one.client.id)
    let tokens = try await program.tokens(one.client, cookie: try await program.signIn())
    #expect(try await program.send("DELETE", one.path, own).status == 204)
    #expect(try await program.refresh(tokens.refresh, one.client).verdict == "401 invalid_client")
    #expect(try await program.verdict("Bearer " + tokens.access) == "401 invalid_token")
  }
}
