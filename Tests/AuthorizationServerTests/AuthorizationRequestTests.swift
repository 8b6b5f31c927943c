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

@Suite("B. Authorization endpoint (OAuth 2.1 §4.1)")
struct AuthorizationRequestTests {
  // MARK: Answers to the person alone

  @Test(
    arguments: [
      ("B1", ["client_id": nil]), ("B2", ["client_id": "c_unknown"]),
      ("B2", ["client_id": "https://c.example/client.json"]),
      ("B4", ["redirect_uri": "https://other.example/cb"]), ("B4", ["redirect_uri": "javascript:alert(1)"]),
      ("B57", ["state": String(repeating: "s", count: 65536)]),
    ] as [(String, [String: String?])])
  func `B1 to B4, B57 OAuth 2_1 §4_1_2_1 without a proven client and redirect URI nothing is redirected`(
    row: String, changes: [String: String?]
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    let answer = await house.get("/oauth/authorize?" + client.query(changes))
    #expect(answer.outcome == "PAGE 400")
    #expect(answer.location == nil)
    #expect(answer.text.contains("<h1>"))
    // With somebody signed in it is the same.
    #expect(await house.consentPage(client, changes, cookie: try house.cookie()).outcome == "PAGE 400")
  }

  @Test func `B3 a disabled client gets a page`() async throws {
    let house = try await House()
    let client = try await house.client()
    let now = house.clock.now
    try await house.store.write {
      _ = try $0.run("UPDATE client SET disabled_at = \(now) WHERE id = \(client.id)")
    }
    #expect(await house.get("/oauth/authorize?" + client.query()).outcome == "PAGE 400")
  }

  @Test func `B5 B6 OAuth 2_1 §2_3_2 a client with one redirect URI may leave it out, one with two may not`()
    async throws
  {
    let house = try await House()
    let one = try await house.client(["https://c.example/cb"])
    let two = try await house.client(["https://c.example/cb", "https://c.example/cb2"])
    #expect(await house.get("/oauth/authorize?" + two.query(["redirect_uri": nil])).outcome == "PAGE 400")
    let page = await house.consentPage(one, ["redirect_uri": nil], cookie: try house.cookie())
    #expect(page.status == 200)
    #expect(
      await house.get("/oauth/authorize?" + one.query(["redirect_uri": nil, "scope": "nonsense"])).target
        == "https://c.example/cb")
  }

  @Test(arguments: [
    "https://c.example/cb/", "https://c.example/cb/x", "https://c.example/cb/../cb",
    "https://c.example/cb?x=1",
    "https://c.example/cb#f", "https://C.example/cb", "https://c.example:443/cb", "https://c.example/%63b",
    "https://c.example@evil/cb", "https://c.example\\@evil/cb", "http://c.example/cb",
    "https://c.example./cb",
    "https://c.example/CB", "https://c.example/cb ", " https://c.example/cb", "https://c.example/cb\0",
    "https://c.example/cb?", "//c.example/cb", "https:/c.example/cb", "HTTPS://c.example/cb",
    "https://c.example.evil.example/cb", "https://evil.example/https://c.example/cb",
  ])
  func `B7 to B18 RFC 9700 §4_1 redirect URIs are compared as text`(asked: String) async throws {
    let house = try await House()
    let client = try await house.client()
    let answer = await house.get("/oauth/authorize?" + client.query(["redirect_uri": asked]))
    #expect(answer.outcome == "PAGE 400")
    #expect(answer.location == nil)
  }

  @Test(arguments: [
    ("B20", "http://127.0.0.1/cb", "http://127.0.0.1:51234/cb", true),
    ("B21", "http://127.0.0.1:3000/cb", "http://127.0.0.1:4000/cb", true),
    ("B22", "http://localhost/callback", "http://localhost:57470/callback", true),
    ("B23", "http://[::1]/cb", "http://[::1]:9/cb", true),
    ("B24", "http://127.0.0.1/cb", "http://127.0.0.1:1/other", false),
    ("B25", "http://127.0.0.1/cb", "http://localhost:1/cb", false),
    ("B25", "http://localhost/cb", "http://127.0.0.1:1/cb", false),
    ("B27", "http://127.0.0.1/cb", "https://127.0.0.1:4000/cb", false),
    ("B24", "http://localhost/cb", "http://localhost:99999/cb", false),
    ("B24", "http://localhost/cb", "http://localhost.evil.example:1/cb", false),
    ("B24", "http://localhost/cb", "http://u@localhost:1/cb", false),
    ("B24", "http://localhost/cb", "http://localhost:1/cb#f", false),
    ("B60", "http://localhost/cb", "http://localhost:1/cb?iss=https://evil.example", false),
    ("B60", "http://localhost/cb", "http://localhost:1/cb?code=planted", false),
  ])
  func `B20 to B27 RFC 8252 §7_3 only the port of a loopback URI may differ`(
    row: String, registered: String, asked: String, isAccepted: Bool
  ) async throws {
    let house = try await House()
    let client = try await house.client([registered])
    let page = await house.consentPage(client, ["redirect_uri": asked], cookie: try house.cookie())
    #expect(page.status == (isAccepted ? 200 : 400))
    #expect(page.location == nil)
  }

  @Test(arguments: ["client_id", "redirect_uri"])
  func `B39 OAuth 2_1 §3_1 a doubled client_id or redirect_uri is for the person alone`(
    name: String
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    let value = name == "client_id" ? client.id : client.redirectURI
    let answer = await house.get("/oauth/authorize?\(client.query())&\(name)=\(percentEncoded(value))")
    #expect(answer.outcome == "PAGE 400")
  }

  // MARK: Answers to the client

  @Test(
    arguments: [
      ("B28", ["response_type": nil], "invalid_request"),
      ("B28", ["response_type": ""], "invalid_request"),
      ("B29", ["response_type": "token"], "unsupported_response_type"),
      ("B29", ["response_type": "id_token"], "unsupported_response_type"),
      ("B29", ["response_type": "code token"], "unsupported_response_type"),
      ("B29", ["response_type": "CODE"], "unsupported_response_type"),
      ("B30", ["code_challenge": nil], "invalid_request"),
      ("B30", ["code_challenge": ""], "invalid_request"),
      ("B31", ["code_challenge_method": "plain"], "invalid_request"),
      ("B31", ["code_challenge_method": "s256"], "invalid_request"),
      ("B32", ["code_challenge_method": nil], "invalid_request"),
      ("B34", ["code_challenge": String(repeating: "a", count: 42)], "invalid_request"),
      ("B35", ["code_challenge": String(repeating: "a", count: 129)], "invalid_request"),
      ("B36", ["code_challenge": String(repeating: "+", count: 43)], "invalid_request"),
      ("B36", ["code_challenge": String(repeating: "/", count: 43)], "invalid_request"),
      ("B36", ["code_challenge": String(repeating: "a", count: 42) + "="], "invalid_request"),
      ("B37", ["code_challenge": String(repeating: "a", count: 64)], "invalid_request"),
      ("B42", ["scope": "nonsense"], "invalid_scope"),
      ("B45", ["resource": "https://other.example/mcp"], "invalid_target"),
      ("B45", ["resource": "https://gate.example/other"], "invalid_target"),
      ("B45", ["resource": "http://gate.example/mcp"], "invalid_target"),
      ("B46", ["resource": "https://gate.example/mcp#f"], "invalid_target"),
      ("B46", ["resource": "/mcp"], "invalid_target"),
      ("B46", ["resource": "mcp"], "invalid_target"),
      ("B46", ["resource": "not a URI"], "invalid_target"),
      ("B46", ["resource": "https://gate.example@evil.example/mcp"], "invalid_target"),
      ("B51", ["request": "eyJhbGciOiJub25lIn0.e30."], "request_not_supported"),
      ("B51", ["request_uri": "https://c.example/request"], "request_uri_not_supported"),
      ("B52", ["response_mode": "fragment"], "invalid_request"),
      ("B52", ["response_mode": "form_post"], "invalid_request"),
      ("B53", ["prompt": "none"], "login_required"),
    ] as [(String, [String: String?], String)])
  func `B28 to B53 OAuth 2_1 §4_1_2_1 a trusted client is told by redirect, with state and one iss`(
    row: String, changes: [String: String?], error: String
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    let answer = await house.get("/oauth/authorize?" + client.query(changes))
    #expect(answer.outcome == "RDR \(error)")
    #expect([302, 303].contains(answer.status))
    #expect(answer.target == "https://c.example/cb")
    #expect(answer.callback?["state"] == "st4te")
    #expect(answer.callback?.all("iss") == ["https://gate.example"])
    #expect(
      answer.callback?["error_description"]?.utf8.allSatisfy {
        $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c
      } ?? true)
  }

  @Test(
    arguments: [
      ("state", "other", "invalid_request"), ("scope", "mcp:write", "invalid_request"),
      ("code_challenge", PKCE.challenge, "invalid_request"), ("response_type", "code", "invalid_request"),
      ("code_challenge_method", "S256", "invalid_request"),
      ("resource", "https://gate.example/mcp", "invalid_target"),
      ("resource", "https://other.example", "invalid_target"), ("prompt", "consent", nil),
    ] as [(String, String, String?)])
  func `B38 B49 OAuth 2_1 §3_1 a parameter comes once`(
    name: String, value: String, error: String?
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    let answer = await house.get("/oauth/authorize?\(client.query())&\(name)=\(percentEncoded(value))")
    #expect(answer.outcome == (error.map { "RDR \($0)" } ?? "PAGE 200"))
  }

  @Test(
    arguments: [
      ("B41", ["unknown": "1", "nonce": "n", "display": "page", "claims": "{}"]),
      ("B44", ["scope": "mcp:read mcp:write"]), ("B44", ["scope": nil]), ("B44", ["scope": ""]),
      ("B42", ["scope": "openid profile mcp:read"]),
      ("B42", ["scope": "mcp:read mcp:write mcp:execute offline_access"]),
      ("B47", ["resource": "HTTPS://GATE.Example/mcp"]),
      ("B47", ["resource": "https://gate.example:443/mcp"]),
      ("B48", ["resource": "https://gate.example"]), ("B48", ["resource": "https://gate.example/"]),
      ("B48", ["resource": "https://gate.example/mcp/"]),
      ("B48", ["resource": "https://gate.example/odoo/mcp"]),
      ("B50", ["resource": nil]), ("B50", ["resource": ""]), ("B52", ["response_mode": "query"]),
      ("B40", ["state": nil]), ("B41", ["prompt": "consent"]),
    ] as [(String, [String: String?])])
  func `B40 to B52 OAuth 2_1 §4_1_1 what is good or unknown leads to the login page`(
    row: String, changes: [String: String?]
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    let answer = await house.get("/oauth/authorize?" + client.query(changes))
    #expect(answer.outcome == "PAGE 200")
    #expect(answer.text.contains("name=\"password\""))
  }

  @Test(
    arguments: [("B40", "", nil), ("B57", String(repeating: "é&=+ #%", count: 512), 0)]
      as [(String, String, Int?)])
  func `B40 B57 OAuth 2_1 §4_1_2 the state comes back exactly, an empty one not at all`(
    row: String, state: String, echoed: Int?
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    let answer = await house.decide(
      await house.consentPage(client, ["state": state], cookie: cookie), cookie: cookie)
    #expect(answer.outcome == "RDR code")
    #expect(answer.callback?["state"] == (echoed == nil ? nil : state))
    #expect(answer.callback?.pairs.filter { $0.name == "state" }.count == (echoed == nil ? 0 : 1))
  }

  @Test(
    arguments: [
      ("B54", ["scope": "nonsense"]), ("B54", ["response_type": "token"]),
      ("B54", ["resource": "https://other.example"]),
      ("B53", ["prompt": "none"]),
    ] as [(String, [String: String?])])
  func `B53 B54 RFC 9700 §4_11_2 a client that registered itself can't make this server redirect on its own`(
    row: String, changes: [String: String?]
  ) async throws {
    let house = try await House()
    let client = try await house.client(["https://phishing.example/login"], isDynamic: true)
    let answer = await house.get("/oauth/authorize?" + client.query(changes))
    #expect(answer.outcome == "PAGE 400")
    #expect(answer.location == nil)
    #expect(await house.consentPage(client, changes, cookie: try house.cookie()).location == nil)
  }

  @Test func `B54 RFC 9700 §4_11_2 its loopback URI is the person's own machine, so it is told there`()
    async throws
  {
    let house = try await House()
    let client = try await house.client(["http://127.0.0.1/cb"], isDynamic: true)
    let answer = await house.get(
      "/oauth/authorize?" + client.query(["redirect_uri": "http://127.0.0.1:4711/cb", "scope": "nonsense"]))
    #expect(answer.outcome == "RDR invalid_scope")
    #expect(answer.target == "http://127.0.0.1:4711/cb")
  }

  @Test(arguments: ["POST", "PUT", "DELETE", "PATCH"])
  func `B55 RFC 9110 §15_5_6 other methods are 405 with Allow`(method: String) async throws {
    let house = try await House()
    for path in ["/oauth/authorize", "/authorize"] {
      let answer = await house.send(Method(method), path)
      #expect(answer.status == 405)
      #expect(answer.fields["allow"] == "GET, HEAD, OPTIONS")
    }
  }

  @Test(arguments: [
    ("https://c.example/cb?a=b", "https://c.example/cb?a=b&code="),
    ("https://c.example/cb?", "https://c.example/cb?code="),
    ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback?code="),
    ("com.example.app:/cb", "com.example.app:/cb?code="),
    ("https://c.example/cb?a=b&", "https://c.example/cb?a=b&code="),
  ])
  func `B59 OAuth 2_1 §2_3 the redirect URI's own query is kept`(uri: String, start: String) async throws {
    let house = try await House()
    let client = try await house.client([uri])
    let cookie = try await house.cookie()
    let answer = await house.decide(await house.consentPage(client, cookie: cookie), cookie: cookie)
    #expect(answer.location?.hasPrefix(start) ?? false)
    #expect(answer.callback?.all("iss") == ["https://gate.example"])
  }

  @Test func `B60 RFC 9207 §2 a code comes with one iss, and so does a refusal`() async throws {
    let house = try await House("https://gate.example/t")
    let client = try await house.client()
    let cookie = try await house.cookie()
    for (decision, outcome) in [("deny", "RDR access_denied"), ("allow", "RDR code")] {
      let page = await house.get(
        "/t/oauth/authorize?" + client.query(["resource": "https://gate.example/t/mcp"]), ["cookie": cookie])
      let answer = await house.decide(page, decision, cookie: cookie)
      #expect(answer.outcome == outcome)
      #expect(answer.status == 303)
      #expect(answer.callback?.all("iss") == ["https://gate.example/t"])
      #expect(answer.callback?["state"] == "st4te")
    }
  }

  @Test func `fastmcp the link can be fetched ahead any number of times and stores nothing`() async throws {
    let house = try await House()
    let client = try await house.client()
    for _ in 0..<3 { #expect(await house.get("/oauth/authorize?" + client.query()).status == 200) }
    #expect(try await house.count("authorization_code") == 0)
    #expect(try await house.count("browser_session") == 0)
    #expect(try await house.count("connection") == 0)
  }

  @Test(arguments: [
    ("mcp:read mcp:write", "mcp:read mcp:write"), ("mcp:admin mcp:read", "mcp:read"),
    ("openid mcp:write", "mcp:write"),
    ("offline_access", "mcp:read offline_access"),
  ])
  func `B42 B44 RFC 6749 §3_3 what is granted is told in the token response`(
    asked: String, granted: String
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    #expect(try await house.tokens(client, ["scope": asked]).scope == granted)
  }

  @Test func `a client that registered itself is never offered mcp_admin, not even by an administrator`()
    async throws
  {
    let house = try await House()
    let admin = try await house.users.add(
      Users.Draft(login: "root", password: Secret(House.password), isAdministrator: true))
    let client = try await house.client(isDynamic: true)
    let page = await house.consentPage(
      client, ["scope": "mcp:read mcp:admin"], cookie: try house.cookie(of: admin))
    #expect(page.choices == ["mcp:read"])
  }

  @Test(arguments: [
    ("mcp:read", "mcp:write", "RDR invalid_scope"), ("mcp:read", "mcp:read mcp:write", "PAGE 200"),
  ])
  func `B44 RFC 7591 §2 a registered scope is a limit`(
    registered: String, asked: String, outcome: String
  ) async throws {
    let house = try await House()
    let client = try await house.client(scopes: ScopeSet(known: registered))
    let page = await house.consentPage(client, ["scope": asked], cookie: try house.cookie())
    #expect(page.outcome == outcome)
    if page.status == 200 { #expect(page.choices == ["mcp:read"]) }
  }
}
