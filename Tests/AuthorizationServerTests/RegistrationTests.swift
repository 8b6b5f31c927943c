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

@Suite("H. Dynamic registration (RFC 7591)")
struct RegistrationTests {
  private func body(_ uri: String, _ more: String = "") -> String {
    let escaped = uri.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\t", with: "\\t")
    return #"{"redirect_uris":["\#(escaped)"],"token_endpoint_auth_method":"none"\#(more)}"#
  }

  @Test func `H1 the least that is valid`() async throws {
    let house = try await House()
    let answer = await house.register(#"{"redirect_uris":["https://c.example/cb"]}"#)
    #expect(answer.status == 201)
    #expect(answer.fields["content-type"] == "application/json")
    #expect(answer.fields["cache-control"] == "no-store")
    #expect(answer.json["client_id_issued_at"]?.integer == house.clock.now.seconds)
    #expect(answer.json["token_endpoint_auth_method"] == "client_secret_basic")
    #expect(answer.json["client_secret"]?.string?.count == 46)
    #expect(answer.json["client_secret_expires_at"] == 0)
    #expect(answer.json["grant_types"] == ["authorization_code", "refresh_token"])
    #expect(answer.json["redirect_uris"] == ["https://c.example/cb"])
    #expect(
      answer.json["registration_client_uri"]?.string
        == "https://gate.example/oauth/register/" + (answer.json["client_id"]?.string ?? ""))
    #expect(answer.json["registration_access_token"]?.string?.count == 46)
  }

  @Test func `H1 a secret only where one is needed`() async throws {
    let answer = try await House().register(body("https://c.example/cb"))
    #expect(answer.status == 201)
    #expect(answer.json["client_secret"] == nil && answer.json["client_secret_expires_at"] == nil)
  }

  @Test(arguments: [
    ("null", "application/json"), ("[]", "application/json"), ("\"x\"", "application/json"),
    ("{", "application/json"),
    ("", "application/json"),
    (#"{"redirect_uris":["https://c.example/cb"],"redirect_uris":[]}"#, "application/json"),
    (#"{"redirect_uris":["https://c.example/cb"]}"#, "text/plain"),
    (#"{"redirect_uris":["https://c.example/cb"]}"#, "application/x-www-form-urlencoded"),
    (#"{"redirect_uris":["https://c.example/cb"]}"#, ""),
    ("redirect_uris=https://c.example/cb", "application/x-www-form-urlencoded"),
  ])
  func `H2 what is no JSON object`(json: String, type: String) async throws {
    let answer = try await House().register(json, ["content-type": type])
    #expect(answer.verdict == "400 invalid_client_metadata")
  }

  @Test(arguments: ["{}", #"{"redirect_uris":[]}"#, #"{"redirect_uris":null}"#])
  func `H3 the code grant needs a redirect URI`(json: String) async throws {
    #expect(try await House().register(json).verdict == "400 invalid_redirect_uri")
  }

  @Test(arguments: [
    ("H4", "javascript:alert(1)"), ("H5", "JaVaScRiPt:alert(1)"), ("H6", " javascript:alert(1)"),
    ("H7", "java\tscript:alert(1)"), ("H8", "data:text/html,x"), ("H9", "vbscript:x"),
    ("H9", "file:///etc/passwd"),
    ("H9", "blob:https://c.example/x"), ("H4", "javascript://c.example/%0aalert(1)"), ("H9", "about:blank"),
    ("H9", "filesystem:https://c.example/x"), ("H9", "view-source:https://c.example"),
    ("H10", "http://c.example/cb"),
    ("H10", "http://127.0.0.1.evil.example/cb"), ("H10", "http://localhost.evil.example/cb"),
    ("H10", "http://10.0.0.1/cb"),
    ("H10", "http://127.0.0.2/cb"), ("H10", "http://0.0.0.0/cb"), ("H11", "https://c.example/cb#f"),
    ("H11", "https://c.example/cb#"), ("H11", "https://u:p@c.example/cb"),
    ("H11", "https://c.example@evil.example/cb"),
    ("H11", "https://*.c.example/cb"), ("H11", "https://*/cb"), ("H11", "/cb"), ("H11", "cb"), ("H11", ""),
    ("H11", "//c.example/cb"), ("H11", "https:///cb"), ("H11", "https:cb"),
    ("H11", "https://c.example:99999/cb"),
    ("H11", "https://c.example\\@evil.example/cb"), ("H11", "https://c.example/c b"),
    ("H11", "https://c%2eexample/cb"),
    ("H11", "https://münchen.example/cb"),
  ])
  func `H4 to H11 a redirect URI that can't be one`(row: String, uri: String) async throws {
    #expect(try await House().register(body(uri)).verdict == "400 invalid_redirect_uri")
  }

  @Test func `H4 one bad redirect URI among good ones refuses them all`() async throws {
    let answer = try await House().register(
      #"{"redirect_uris":["https://c.example/cb","javascript:alert(1)"],"token_endpoint_auth_method":"none"}"#
    )
    #expect(answer.verdict == "400 invalid_redirect_uri")
  }

  @Test(arguments: [
    ("H14", #""grant_types":["password"]"#), ("H14", #""grant_types":["implicit"]"#),
    ("H14", #""grant_types":["authorization_code","password"]"#), ("H16", #""response_types":["token"]"#),
    ("H16", #""response_types":["code","id_token"]"#),
    ("H16", #""grant_types":["refresh_token"],"response_types":["code"]"#),
    ("H16", #""grant_types":[]"#), ("H17", #""token_endpoint_auth_method":"private_key_jwt""#),
    ("H17", #""token_endpoint_auth_method":"client_secret_jwt""#),
    ("H17", #""token_endpoint_auth_method":"tls""#),
    ("H18", #""token_endpoint_auth_method":"none","grant_types":["client_credentials"]"#),
    ("H18", #""grant_types":["authorization_code","client_credentials"]"#),
    ("H2", #""client_name":1"#), ("H2", #""grant_types":"authorization_code""#),
    ("H2", #""grant_types":[1]"#),
    ("H2", #""scope":["mcp:read"]"#), ("H2", #""token_endpoint_auth_method":["none"]"#),
    ("H32", #""client_uri":"http://c.example""#), ("H32", #""logo_uri":"data:image/png;base64,AA==""#),
    ("H32", #""logo_uri":"http://c.example/l.png""#), ("H32", #""tos_uri":"https://127.0.0.1/tos""#),
    ("H32", #""client_uri":"https://10.0.0.1""#), ("H32", #""client_uri":"https://localhost/""#),
    ("H32", #""policy_uri":"https://intra/""#), ("H32", #""client_uri":"https://[::1]/""#),
    ("H32", #""client_uri":"https://metadata.google.internal/""#),
    ("H32", #""client_uri":"javascript:alert(1)""#),
    ("H32", #""client_uri":"https://2130706433/""#), ("H32", #""client_uri":"https://u:p@c.example/""#),
  ])
  func `H14 to H18, H32 metadata that is not offered`(row: String, member: String) async throws {
    let answer = try await House().register(#"{"redirect_uris":["https://c.example/cb"],\#(member)}"#)
    #expect(answer.verdict == "400 invalid_client_metadata")
  }

  @Test(arguments: [
    ("H15", #""grant_types":["authorization_code"]"#), ("H24", #""application_type":"web""#),
    ("H24", #""application_type":"native""#), ("H17", #""token_endpoint_auth_method":"client_secret_post""#),
    ("H20", #""client_id":"mine","client_secret":"mine""#), ("H23", #""scope":"mcp:read""#),
    ("H22", #""scope":"""#),
    ("A5", #""client_name":null,"logo_uri":null,"scope":null"#),
    ("H1", #""contacts":["a@b.example"],"unknown":{"a":1}"#),
    (
      "H14",
      #""grant_types":["authorization_code","refresh_token","urn:ietf:params:oauth:grant-type:device_code"]"#
    ),
    ("H32", #""client_uri":"https://c.example","logo_uri":"https://c.example/l.png""#),
    ("H2", #""client_name":"""#),
    ("H16", #""response_types":["code"]"#),
  ])
  func `H15 to H24 metadata that is welcome or passed over`(row: String, member: String) async throws {
    let answer = try await House().register(#"{"redirect_uris":["http://localhost:1/cb"],\#(member)}"#)
    #expect(answer.status == 201)
    #expect(answer.json["client_id"]?.string?.hasPrefix("c_") ?? false)
    #expect(answer.json["client_id"] != "mine" && answer.json["client_secret"] != "mine")
    for member in answer.json.object?.members ?? [] { #expect(member.value != .null) }
  }

  @Test func `H13 50 redirect URIs, or one of 4 KiB`() async throws {
    let house = try await House()
    let many = (0..<50).map { "\"https://c.example/\($0)\"" }.joined(separator: ",")
    #expect(await house.register(#"{"redirect_uris":[\#(many)]}"#).verdict == "400 invalid_client_metadata")
    let long = "https://c.example/" + String(repeating: "a", count: 4096)
    #expect(await house.register(body(long)).verdict == "400 invalid_client_metadata")
  }

  @Test func `H15 RFC 7591 §2 a client without the refresh grant gets no refresh token`() async throws {
    let house = try await House()
    let answer = await house.register(body("https://c.example/cb", #","grant_types":["authorization_code"]"#))
    #expect(answer.json["grant_types"] == ["authorization_code"])
    let client = TestClient(
      id: answer.json["client_id"]?.string ?? "", secret: nil, redirectURI: "https://c.example/cb")
    #expect(try await house.tokens(client).refresh.isEmpty)
  }

  @Test func `H21 the identifiers are ours and never alike`() async throws {
    let house = try await House()
    var ids: Set<String> = []
    for number in 0..<10 {
      ids.insert(await house.register(body("https://c.example/\(number)")).json["client_id"]?.string ?? "")
    }
    #expect(ids.count == 10)
    #expect(ids.allSatisfy { !$0.hasPrefix("https://") && $0.hasPrefix("c_") })
  }

  @Test(arguments: [
    ("mcp:read openid", "mcp:read"), ("mcp:write mcp:read", "mcp:read mcp:write"),
    ("mcp:read mcp:admin", "mcp:read"),
    ("mcp:read offline_access", "mcp:read offline_access"),
  ])
  func `H22 H23 a scope is kept and told, what is unknown is left out`(
    asked: String, kept: String
  ) async throws {
    let house = try await House()
    let answer = await house.register(body("https://c.example/cb", #","scope":"\#(asked)""#))
    #expect(answer.json["scope"]?.string == kept)
    let id = try #require(answer.json["client_id"]?.string)
    #expect(try await house.clients.client(id)?.scopes?.description == kept)
  }

  @Test func `H25 RFC 7591 §2_3 software statements are not taken`() async throws {
    let answer = try await House().register(
      body("https://c.example/cb", #","software_statement":"eyJhbGciOiJub25lIn0.e30.""#))
    #expect(answer.verdict == "400 invalid_software_statement")
  }

  @Test(arguments: ["Bearer wrong", "Bearer ", "Basic YTpi", "Bearer gi_wrong"])
  func `H26 RFC 7591 §3 an initial access token that is none of ours is not passed over`(
    field: String
  ) async throws {
    let house = try await House()
    let answer = await house.register(body("https://c.example/cb"), ["authorization": field])
    #expect(answer.status == 401)
    #expect(try await house.count("client") == 0)
  }

  @Test func `H27 registration that is switched off is 404 and not announced`() async throws {
    let house = try await House(registration: .off)
    for path in ["/oauth/register", "/register"] {
      #expect(await house.post(path, json: body("https://c.example/cb")).status == 404)
    }
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
      #expect(await house.get(path).json["registration_endpoint"] == nil)
    }
  }

  @Test func `H28 H29 a network that floods has to wait, others and people do not`() async throws {
    let house = try await House()
    let json = body("https://c.example/cb")
    var statuses: [Int] = []
    for host in 0..<320 {
      statuses.append(
        await house.post("/oauth/register", json: json, from: .v4(0xa04f_6800 | UInt32(host % 250))).status)
    }
    #expect(statuses.prefix(60).allSatisfy { $0 == 201 })
    #expect(statuses.last == 429)
    let refused = await house.post("/oauth/register", json: json, from: .v4(0xa04f_6801))
    #expect(refused.fields["retry-after"].flatMap { Int($0) }.map { (1...61).contains($0) } ?? false)
    #expect(try await house.count("client") <= 300)
    #expect(await house.post("/oauth/register", json: json, from: .v4(0x0a00_0001)).status == 201)
    #expect(try await house.tokens(try house.client()).access.isEmpty == false)
    house.clock.advance(.seconds(61))
    #expect(await house.post("/oauth/register", json: json, from: .v4(0xa04f_6801)).status == 201)
  }

  @Test func `H30 a registration unused for 30 days goes, not one that was let in or made by hand`()
    async throws
  {
    let house = try await House()
    let byHand = try await house.client()
    let used = try await house.client(isDynamic: true)
    _ = try await house.tokens(used)
    for number in 0..<15 { #expect(await house.register(body("https://c.example/\(number)")).status == 201) }
    house.clock.advance(.days(29))
    _ = await house.register(body("https://c.example/cb"))
    #expect(try await house.count("client") == 18)
    house.clock.advance(.days(2))
    for number in 0..<3 { _ = await house.register(body("https://c.example/\(number)")) }
    // The fifteen are gone; the two, the one of two days ago and the three of now are there.
    #expect(try await house.count("client") == 6)
    #expect(try await house.clients.client(byHand.id) != nil)
    #expect(await house.get("/oauth/authorize?" + used.query()).status == 200)
  }

  @Test func `H31 a body of 16 KiB is too long`() async throws {
    let house = try await House()
    let padding = String(repeating: "a", count: 16 * 1024)
    let answer = await house.register(body("https://c.example/cb", #","padding":"\#(padding)""#))
    #expect(answer.status == 413)
    #expect(try await house.count("client") == 0)
  }

  @Test(arguments: ["GET", "PUT", "DELETE"])
  func `H33 other methods are 405`(method: String) async throws {
    let house = try await House()
    for path in ["/oauth/register", "/register"] {
      let answer = await house.send(Method(method), path)
      #expect(answer.status == 405)
      #expect(answer.fields["allow"] == "OPTIONS, POST")
    }
  }

  @Test(arguments: ["a\\u0000b", "a\\nb", "\\u202Eevil", String(repeating: "x", count: 5000)])
  func `a name is one line of moderate length`(name: String) async throws {
    let answer = try await House().register(body("https://c.example/cb", #","client_name":"\#(name)""#))
    if answer.status == 201 {
      let kept = answer.json["client_name"]?.string ?? ""
      #expect(
        kept.count <= 200 && !kept.unicodeScalars.contains { $0.properties.generalCategory == .control })
    } else {
      #expect(answer.verdict == "400 invalid_client_metadata")
    }
  }
}
