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

/// What clients in wide use really send.
@Suite("Clients as on the wire")
struct RealClientTests {
  /// Registers, authorizes and exchanges as the client would.
  private func connect(
    _ house: House, registration: String, redirectURI: String, authorize: [String: String?] = [:],
    secretInBasic: Bool = false
  ) async throws -> Tokens {
    let registered = await house.register(registration)
    #expect(registered.status == 201)
    let client = TestClient(
      id: registered.json["client_id"]?.string ?? "", secret: registered.json["client_secret"]?.string,
      redirectURI: redirectURI)
    let code = try await house.code(for: client, authorize)
    return try Tokens(await house.exchange(code, client))
  }

  @Test(arguments: [
    "cursor://anysphere.cursor-mcp/oauth/callback", "https://www.cursor.com/agents/mcp/oauth/callback",
    "http://localhost:8787/callback",
  ])
  func `Cursor registers three redirect URIs at once, and each works`(uri: String) async throws {
    let house = try await House()
    let tokens = try await connect(
      house,
      registration: """
        {"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback",\
        "https://www.cursor.com/agents/mcp/oauth/callback","http://localhost:8787/callback"],\
        "grant_types":["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"none"}
        """, redirectURI: uri)
    #expect(await house.verdict(of: tokens.access) == "200")
  }

  @Test(arguments: [
    "https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect", "http://127.0.0.1/",
    "http://127.0.0.1:33418/",
    "http://127.0.0.1:54321/", "http://127.0.0.1:54321",
  ])
  func `VS Code registers four and may come with a random port`(uri: String) async throws {
    let house = try await House()
    let tokens = try await connect(
      house,
      registration: """
        {"client_name":"Visual Studio Code","client_uri":"https://code.visualstudio.com",\
        "grant_types":["authorization_code","refresh_token","urn:ietf:params:oauth:grant-type:device_code"],\
        "response_types":["code"],"redirect_uris":["https://insiders.vscode.dev/redirect","https://vscode.dev/redirect",\
        "http://127.0.0.1/","http://127.0.0.1:33418/"],"scope":"mcp:read mcp:write","token_endpoint_auth_method":"none",\
        "application_type":"native"}
        """, redirectURI: uri, authorize: ["scope": "mcp:read mcp:write"])
    #expect(tokens.scope == "mcp:read mcp:write")
  }

  @Test func `Continue registers its state in the redirect URI, and asks without it and without state`()
    async throws
  {
    let house = try await House()
    let tokens = try await connect(
      house,
      registration: """
        {"redirect_uris":["http://localhost:3000/?state=0b9c2c7e-2c2e-4a57-9a43-1b5d5c1f9f3e"],\
        "token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],"response_types":["code"],\
        "client_name":"Continue Dev, Inc","client_uri":"https://continue.dev"}
        """, redirectURI: "http://localhost:3000", authorize: ["state": nil])
    #expect(!tokens.refresh.isEmpty)
  }

  @Test(arguments: [51234, 1, 65535])
  func `Claude Code comes back on any port`(port: Int) async throws {
    let house = try await House()
    let tokens = try await connect(
      house,
      registration: """
        {"client_name":"Claude Code (gatehouse)","redirect_uris":["http://localhost:51999/callback"],\
        "grant_types":["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"none"}
        """, redirectURI: "http://localhost:\(port)/callback",
      authorize: ["resource": "https://gate.example/"])
    #expect(await house.verdict(of: tokens.access) == "200")
  }

  @Test func `claude_ai registers twice, with client_secret_post, and refreshes`() async throws {
    let house = try await House()
    let registration = """
      {"client_name":"Claude","redirect_uris":["https://claude.ai/api/mcp/auth_callback"],\
      "grant_types":["authorization_code","refresh_token"],"response_types":["code"],"scope":"mcp:read mcp:write offline_access",\
      "token_endpoint_auth_method":"client_secret_post"}
      """
    let (first, second) = (await house.register(registration), await house.register(registration))
    #expect(first.json["client_id"] != second.json["client_id"])
    let client = TestClient(
      id: second.json["client_id"]?.string ?? "", secret: second.json["client_secret"]?.string,
      redirectURI: "https://claude.ai/api/mcp/auth_callback")
    let tokens = try await house.tokens(client, ["scope": "mcp:read mcp:write offline_access"])
    #expect(tokens.scope == "mcp:read mcp:write offline_access")
    #expect(
      await house.refresh(tokens.refresh, client, [("resource", "https://gate.example/mcp")]).status == 200)
  }

  @Test func `claude_ai without metadata uses the three paths at the root`() async throws {
    let house = try await House()
    let registered = await house.post(
      "/register",
      json:
        #"{"redirect_uris":["https://claude.ai/api/mcp/auth_callback"],"token_endpoint_auth_method":"none"}"#)
    let client = TestClient(
      id: registered.json["client_id"]?.string ?? "", redirectURI: "https://claude.ai/api/mcp/auth_callback")
    let cookie = try await house.cookie()
    let page = await house.get("/authorize?" + client.query(["resource": nil]), ["cookie": cookie])
    let code = await house.decide(page, cookie: cookie).callback?["code"] ?? ""
    let answer = await house.post(
      "/token",
      [
        ("grant_type", "authorization_code"), ("code", code), ("code_verifier", PKCE.verifier),
        ("client_id", client.id),
        ("redirect_uri", client.redirectURI),
      ])
    #expect(answer.status == 200)
  }

  @Test func `Gemini CLI asks with HEAD, registers with an empty scope and asks for all that there is`()
    async throws
  {
    let house = try await House()
    #expect(await house.call([:]).fields["www-authenticate"]?.contains("resource_metadata=") ?? false)
    for path in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server"] {
      #expect(await house.send(.head, path).status == 200)
    }
    let supported =
      await house.get("/.well-known/oauth-authorization-server").json["scopes_supported"]?.array ?? []
    let tokens = try await connect(
      house,
      registration: """
        {"client_name":"Gemini CLI MCP Client","redirect_uris":["http://localhost:7777/oauth/callback"],\
        "grant_types":["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"none",\
        "scope":""}
        """, redirectURI: "http://localhost:7777/oauth/callback",
      authorize: ["scope": supported.compactMap(\.string).joined(separator: " ")])
    #expect(tokens.scope == "mcp:read mcp:write mcp:execute offline_access")
  }

  @Test func `the Python SDK names no method and sends percent-encoded Basic`() async throws {
    let house = try await House()
    let registered = await house.register(
      """
      {"redirect_uris":["http://localhost:3030/callback"],"grant_types":["authorization_code","refresh_token"],\
      "response_types":["code"],"scope":"mcp:read mcp:write offline_access","client_name":"sdk","application_type":"native"}
      """)
    #expect(registered.json["token_endpoint_auth_method"] == "client_secret_basic")
    var client = TestClient(
      id: registered.json["client_id"]?.string ?? "", redirectURI: "http://localhost:3030/callback")
    let secret = registered.json["client_secret"]?.string ?? ""
    let code = try await house.code(
      for: client, ["prompt": "consent", "scope": "mcp:read mcp:write offline_access"])
    let basic = Base64.encode(Array("\(percentEncoded(client.id)):\(percentEncoded(secret))".utf8))
    let answer = await house.post(
      "/oauth/token",
      [
        ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", client.redirectURI),
        ("client_id", client.id),
        ("code_verifier", PKCE.verifier), ("resource", "https://gate.example/mcp"),
      ], ["authorization": "Basic \(basic)"])
    #expect(answer.status == 200)
    // The method was a default, so the body does as well.
    client.secret = secret
    #expect(await house.refresh(try Tokens(answer).refresh, client).status == 200)
  }

  @Test(arguments: [
    ("ChatGPT", "https://chatgpt.com/connector/oauth/aBc-123"),
    ("ChatGPT", "https://chatgpt.com/connector_platform_oauth_redirect"),
    ("Codex", "http://127.0.0.1:43210/callback/q8Xs2_9-kAbc"),
    ("mcp-remote", "http://localhost:3334/oauth/callback"),
    ("Inspector", "http://localhost:6274/oauth/callback"), ("FastMCP", "http://localhost:49152/callback"),
  ])
  func `others with their redirect URIs`(name: String, uri: String) async throws {
    let house = try await House()
    let tokens = try await connect(
      house,
      registration:
        #"{"client_name":"\#(name)","redirect_uris":["\#(uri)"],"token_endpoint_auth_method":"none"}"#,
      redirectURI: uri)
    #expect(await house.verdict(of: tokens.access) == "200")
  }

  @Test func `FastMCP fetches the link ahead and registers anew when the client is gone`() async throws {
    let house = try await House()
    let client = try await house.client(["http://localhost:49152/callback"], isDynamic: true)
    #expect(await house.get("/oauth/authorize?" + client.query()).status == 200)
    #expect(await house.get("/oauth/authorize?" + client.query(["client_id": "c_gone"])).status == 400)
  }

  @Test func `Claude Code's sessions that refresh at the same moment stay connected`() async throws {
    let house = try await House()
    let client = try await house.client(["http://localhost/callback"])
    var tokens = try await house.tokens(client)
    for _ in 0..<3 {
      house.clock.advance(.minutes(10))
      let old = tokens.refresh
      let answers = await withTaskGroup(of: Answer.self) { group in
        for _ in 0..<4 { group.addTask { await house.refresh(old, client) } }
        return await group.reduce(into: [Answer]()) { $0.append($1) }
      }
      tokens = try Tokens(try #require(answers.first))
      for answer in answers { #expect(await house.verdict(of: try Tokens(answer).access) == "200") }
    }
  }
}
