internal import Crypto
internal import HTTP
internal import JSON
internal import Support
internal import Testing

/// What clients in wide use really send, and what other servers failed them with.
@Suite("Clients as on the wire")
struct RealClientTests {
  /// Registers as the client would.
  private func registered(_ program: Program, _ json: String, redirectURI: String) async throws -> Client {
    let answer = try await program.register(json)
    #expect(answer.status == 201, "\(answer)")
    return Client(
      id: try #require(answer.json["client_id"]?.string), secret: answer.json["client_secret"]?.string,
      redirectURI: redirectURI)
  }

  /// Registers, authorizes, exchanges, calls and refreshes as the client would.
  private func connect(
    _ json: String, redirectURI: String, _ authorize: [String: String?] = [:]
  ) async throws -> Tokens {
    let program = try await Program.shared
    let client = try await registered(program, json, redirectURI: redirectURI)
    let tokens = try await program.tokens(client, authorize, cookie: try await program.signIn())
    #expect(try await program.verdict("Bearer " + tokens.access) == "200")
    let renewed = try Tokens(await program.refresh(tokens.refresh, client))
    #expect(try await program.verdict("Bearer " + renewed.access) == "200")
    return tokens
  }

  @Test(arguments: [
    "cursor://anysphere.cursor-mcp/oauth/callback", "https://www.cursor.com/agents/mcp/oauth/callback",
    "http://localhost:8787/callback",
  ])
  func `Cursor registers three redirect URIs at once, and each works`(uri: String) async throws {
    _ = try await connect(
      """
      {"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback",\
      "https://www.cursor.com/agents/mcp/oauth/callback","http://localhost:8787/callback"],\
      "grant_types":["authorization_code","refresh_token"],"response_types":["code"],\
      "token_endpoint_auth_method":"none"}
      """, redirectURI: uri)
  }

  @Test(arguments: [
    "https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect", "http://127.0.0.1/",
    "http://127.0.0.1:33418/", "http://127.0.0.1:54321/", "http://127.0.0.1:54321",
  ])
  func `VS Code registers four and may come with a random port`(uri: String) async throws {
    let tokens = try await connect(
      """
      {"client_name":"Visual Studio Code","client_uri":"https://code.visualstudio.com",\
      "grant_types":["authorization_code","refresh_token","urn:ietf:params:oauth:grant-type:device_code"],\
      "response_types":["code"],"redirect_uris":["https://insiders.vscode.dev/redirect",\
      "https://vscode.dev/redirect","http://127.0.0.1/","http://127.0.0.1:33418/"],"scope":"mcp:read mcp:write",\
      "token_endpoint_auth_method":"none","application_type":"native"}
      """, redirectURI: uri, ["scope": "mcp:read mcp:write"])
    #expect(tokens.scope == "mcp:read mcp:write")
  }

  @Test func `Continue registers its state in the redirect URI, and asks without it and without state`()
    async throws
  {
    _ = try await connect(
      """
      {"redirect_uris":["http://localhost:3000/?state=0b9c2c7e-2c2e-4a57-9a43-1b5d5c1f9f3e"],\
      "token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],\
      "response_types":["code"],"client_name":"Continue Dev, Inc","client_uri":"https://continue.dev"}
      """, redirectURI: "http://localhost:3000", ["state": nil])
  }

  @Test(arguments: [51234, 1, 65535])
  func `Claude Code comes back on any port, for the origin with a slash`(port: Int) async throws {
    _ = try await connect(
      """
      {"client_name":"Claude Code (gatehouse)","redirect_uris":["http://localhost:51999/callback"],\
      "grant_types":["authorization_code","refresh_token"],"response_types":["code"],\
      "token_endpoint_auth_method":"none"}
      """, redirectURI: "http://localhost:\(port)/callback", ["resource": "https://gate.example/"])
  }

  @Test func `claude_ai registers twice, with client_secret_post, and refreshes`() async throws {
    let program = try await Program.shared
    let callback = "https://claude.ai/api/mcp/auth_callback"
    let json = """
      {"client_name":"Claude","redirect_uris":["\(callback)"],\
      "grant_types":["authorization_code","refresh_token"],"response_types":["code"],\
      "scope":"mcp:read mcp:write offline_access","token_endpoint_auth_method":"client_secret_post"}
      """
    let first = try await registered(program, json, redirectURI: callback)
    let client = try await registered(program, json, redirectURI: callback)
    #expect(first.id != client.id)
    let scope = "mcp:read mcp:write offline_access"
    let tokens = try await program.tokens(client, ["scope": scope], cookie: try await program.signIn())
    #expect(tokens.scope == scope)
    let resource = [("resource", "https://gate.example/mcp")]
    #expect(try await program.refresh(tokens.refresh, client, resource).status == 200)
    // The answer that makes it register again.
    let gone = try await program.refresh(tokens.refresh, Client(id: "c_gone", secret: client.secret))
    #expect(gone.verdict == "401 invalid_client")
  }

  @Test func `claude_ai without metadata uses the three paths at the root`() async throws {
    let program = try await Program.shared
    let made = try await program.post(
      "/register",
      text:
        #"{"redirect_uris":["https://claude.ai/api/mcp/auth_callback"],"token_endpoint_auth_method":"none"}"#,
      "application/json", from: Program.anywhere())
    let client = Client(
      id: try #require(made.json["client_id"]?.string), redirectURI: "https://claude.ai/api/mcp/auth_callback"
    )
    let cookie = try await program.signIn()
    let page = try await program.get("/authorize?" + client.query(["resource": nil]), [("cookie", cookie)])
    let code = try #require(await program.decide(page, cookie: cookie).callback?["code"])
    let answer = try await program.post(
      "/token",
      [
        ("grant_type", "authorization_code"), ("code", code), ("code_verifier", PKCE.verifier),
        ("client_id", client.id), ("redirect_uri", client.redirectURI),
      ])
    #expect(answer.status == 200)
  }

  @Test func `Gemini CLI asks with HEAD, registers with an empty scope and asks for all that there is`()
    async throws
  {
    let program = try await Program.shared
    let challenge = try await program.send("HEAD", "/mcp")
    #expect(challenge.status == 401 && challenge["www-authenticate"]?.contains("resource_metadata=") == true)
    for path in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server"] {
      #expect(try await program.send("HEAD", path).status == 200)
    }
    let supported =
      try await program.get("/.well-known/oauth-authorization-server").json["scopes_supported"]?.array ?? []
    let tokens = try await connect(
      """
      {"client_name":"Gemini CLI MCP Client","redirect_uris":["http://localhost:7777/oauth/callback"],\
      "grant_types":["authorization_code","refresh_token"],"response_types":["code"],\
      "token_endpoint_auth_method":"none","scope":""}
      """, redirectURI: "http://localhost:7777/oauth/callback",
      ["scope": supported.compactMap(\.string).joined(separator: " ")])
    #expect(tokens.scope == "mcp:read mcp:write mcp:execute offline_access")
  }

  @Test func `the Python SDK names no method and sends percent-encoded Basic`() async throws {
    let program = try await Program.shared
    let made = try await program.register(
      """
      {"redirect_uris":["http://localhost:3030/callback"],"grant_types":["authorization_code","refresh_token"],\
      "response_types":["code"],"scope":"mcp:read mcp:write offline_access","client_name":"sdk",\
      "application_type":"native"}
      """)
    #expect(made.json["token_endpoint_auth_method"] == "client_secret_basic")
    var client = Client(
      id: try #require(made.json["client_id"]?.string), redirectURI: "http://localhost:3030/callback")
    let secret = try #require(made.json["client_secret"]?.string)
    let code = try await program.code(
      client, ["prompt": "consent", "scope": "mcp:read mcp:write offline_access"],
      cookie: try await program.signIn())
    // As urllib's quote writes it: no underscore is escaped, but a strict one may.
    let pair = "\(client.id):\(secret)".replacing("_", with: "%5F")
    let answer = try await program.post(
      "/oauth/token",
      [
        ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", client.redirectURI),
        ("client_id", client.id), ("code_verifier", PKCE.verifier), ("resource", "https://gate.example/mcp"),
      ], [("authorization", "Basic " + Base64.encode(Array(pair.utf8)))])
    #expect(answer.status == 200, "\(answer)")
    // The method was a default, so the body does as well.
    client.secret = secret
    #expect(try await program.refresh(try Tokens(answer).refresh, client).status == 200)
  }

  @Test(arguments: [
    ("ChatGPT", "https://chatgpt.com/connector/oauth/aBc-123"),
    ("ChatGPT", "https://chatgpt.com/connector_platform_oauth_redirect"),
    ("Claude", "https://claude.com/api/mcp/auth_callback"),
    ("Codex", "http://127.0.0.1:43210/callback/q8Xs2_9-kAbc"),
    ("mcp-remote", "http://localhost:3334/oauth/callback"),
    ("Inspector", "http://localhost:6274/oauth/callback"), ("FastMCP", "http://localhost:49152/callback"),
  ])
  func `others with their redirect URIs`(name: String, uri: String) async throws {
    _ = try await connect(
      #"{"client_name":"\#(name)","redirect_uris":["\#(uri)"],"token_endpoint_auth_method":"none"}"#,
      redirectURI: uri)
  }

  @Test func `FastMCP fetches the link ahead and registers anew when the client is gone`() async throws {
    let program = try await Program.shared
    let client = try await program.knownClient()
    for _ in 0..<2 { #expect(try await [200, 303].contains(program.get(client.link()).status)) }
    #expect(try await program.get(client.link(["client_id": "c_gone"])).outcome == "PAGE 400")
  }

  @Test func `Claude Code's sessions that refresh at the same moment stay connected`() async throws {
    let program = try await Program()
    let client = try program.client(["http://localhost/callback"])
    var tokens = try await program.tokens(client, cookie: try await program.signIn())
    for round in 1...3 {
      try program.move(.seconds(600 * round))
      let old = tokens.refresh
      let answers = try await withThrowingTaskGroup { group in
        for _ in 0..<4 { group.addTask { try await program.refresh(old, client) } }
        return try await group.reduce(into: [Answer]()) { $0.append($1) }
      }
      tokens = try Tokens(try #require(answers.first))
      for answer in answers {
        #expect(try await program.verdict("Bearer " + Tokens(answer).access) == "200")
      }
    }
  }

  @Test func `pain 6 7 12 a client sees that it may register, for which scopes, and how to stay connected`()
    async throws
  {
    let program = try await Program.shared
    let metadata = try await program.get("/.well-known/oauth-authorization-server").json
    func list(_ name: String) -> [String] { metadata[name]?.array?.compactMap(\.string) ?? [] }
    #expect(metadata["registration_endpoint"]?.string == "https://gate.example/oauth/register")
    #expect(list("scopes_supported").contains("offline_access"))
    #expect(list("grant_types_supported").contains("refresh_token"))
    #expect(list("code_challenge_methods_supported") == ["S256"])
    // What claude.ai looks at before it uses its own document.
    #expect(metadata["client_id_metadata_document_supported"] == true)
    #expect(list("token_endpoint_auth_methods_supported").contains("none"))
  }

  @Test func `an API key that is wrong is 401, and a path that is unknown 404 in JSON`() async throws {
    let program = try await Program.shared
    #expect(try await program.mcp("Bearer gk_live_wrong").verdict == "401 invalid_token")
    for path in ["/.well-known/nothing", "/nothing"] {
      let answer = try await program.get(path, [("accept", "application/json")])
      #expect(
        answer.status == 404 && answer["content-type"]?.hasPrefix("application/json") == true, "\(answer)")
    }
  }
}
