internal import HTTP
internal import JSON
internal import Support
internal import Testing

@Suite("B. Authorization endpoint")
struct AuthorizationTests {
  @Test(
    arguments: [
      ("B1", ["client_id": nil]), ("B2", ["client_id": "c_unknown"]),
      ("B4", ["redirect_uri": "https://other.example/cb"]), ("B4", ["redirect_uri": "javascript:alert(1)"]),
      ("B7", ["redirect_uri": "https://c.example/cb/"]), ("B8", ["redirect_uri": "https://c.example/cb/x"]),
      ("B9", ["redirect_uri": "https://c.example/cb/../cb"]),
      ("B10", ["redirect_uri": "https://c.example/cb?x=1"]),
      ("B11", ["redirect_uri": "https://c.example/cb#f"]),
      ("B12", ["redirect_uri": "https://C.example/cb"]),
      ("B13", ["redirect_uri": "https://c.example:443/cb"]),
      ("B14", ["redirect_uri": "https://c.example/%63b"]),
      ("B15", ["redirect_uri": "https://c.example@evil/cb"]),
      ("B16", ["redirect_uri": "https://c.example\\@evil/cb"]),
      ("B17", ["redirect_uri": "http://c.example/cb"]), ("B18", ["redirect_uri": "https://c.example./cb"]),
    ] as [(String, [String: String?])])
  func `B1 B2 B4 B7 to B18 OAuth 2_1 §4_1_2_1 only the person is told, and nothing is redirected`(
    row: String, changes: [String: String?]
  ) async throws {
    let program = try await Program.shared
    let answer = try await program.get(program.knownClient().link(changes))
    #expect(answer.outcome == "PAGE 400", "\(row)")
    #expect(answer["location"] == nil && answer.text.contains("<h1>"), "\(row)")
  }

  @Test func `B3 B5 B6 a disabled client, two redirect URIs, one redirect URI`() async throws {
    let program = try await Program.shared
    let (one, two) = (
      try program.client(), try program.client(["https://c.example/cb", "https://c.example/cb2"])
    )
    #expect(try await program.get(two.link(["redirect_uri": nil])).outcome == "PAGE 400")
    let error = try await program.get(one.link(["redirect_uri": nil, "scope": "nonsense"]))
    #expect(error.target == "https://c.example/cb")
    // A client that registered itself and ended itself (RFC 7592) is no client any more.
    let gone = try await program.register(#"{"redirect_uris":["http://127.0.0.1/cb"],"client_name":"B3"}"#)
    let token = try #require(gone.json["registration_access_token"]?.string)
    let location = try #require(gone.json["registration_client_uri"]?.string)
    let path = String(location.dropFirst(Program.issuer.count))
    #expect(try await program.send("DELETE", path, [("authorization", "Bearer \(token)")]).status == 204)
    let id = try #require(gone.json["client_id"]?.string)
    let asked = Client(id: id, redirectURI: "http://127.0.0.1/cb")
    #expect(try await program.get(asked.link()).outcome == "PAGE 400")
  }

  @Test(arguments: [
    ("B20", "http://127.0.0.1/cb", "http://127.0.0.1:51234/cb", true),
    ("B21", "http://127.0.0.1:3000/cb", "http://127.0.0.1:4000/cb", true),
    ("B22", "http://localhost/callback", "http://localhost:57470/callback", true),
    ("B23", "http://[::1]/cb", "http://[::1]:9/cb", true),
    ("B24", "http://127.0.0.1/cb", "http://127.0.0.1:1/other", false),
    ("B25", "http://127.0.0.1/cb", "http://localhost:1/cb", false),
    ("B25", "http://localhost/callback", "http://127.0.0.1:1/callback", false),
    ("B27", "http://127.0.0.1/cb", "https://127.0.0.1:4000/cb", false),
  ])
  func `B20 to B25 B27 RFC 8252 §7_3 the port of a loopback URI is free, and nothing else`(
    row: String, registered: String, asked: String, isAccepted: Bool
  ) async throws {
    let program = try await Program.shared
    let registration = try await program.register(
      #"{"redirect_uris":["\#(registered)"],"token_endpoint_auth_method":"none","client_name":"\#(registered)"}"#
    )
    let client = Client(id: try #require(registration.json["client_id"]?.string), redirectURI: asked)
    let answer = try await program.get(client.link())
    #expect(answer.outcome == (isAccepted ? "PAGE 200" : "PAGE 400"), "\(row)")
  }

  @Test(
    arguments: [
      ("B28", ["response_type": nil], "invalid_request"),
      ("B29", ["response_type": "token"], "unsupported_response_type"),
      ("B29", ["response_type": "id_token"], "unsupported_response_type"),
      ("B29", ["response_type": "code token"], "unsupported_response_type"),
      ("B30", ["code_challenge": nil], "invalid_request"),
      ("B31", ["code_challenge_method": "plain"], "invalid_request"),
      ("B32", ["code_challenge_method": nil], "invalid_request"),
      ("B34", ["code_challenge": String(repeating: "a", count: 42)], "invalid_request"),
      ("B35", ["code_challenge": String(repeating: "a", count: 129)], "invalid_request"),
      ("B36", ["code_challenge": "+/=" + String(repeating: "a", count: 40)], "invalid_request"),
      ("B37", ["code_challenge": String(repeating: "a", count: 64)], "invalid_request"),
      ("B42", ["scope": "nonsense"], "invalid_scope"),
      ("B45", ["resource": "https://other.example/mcp"], "invalid_target"),
      ("B46", ["resource": "https://gate.example/mcp#f"], "invalid_target"),
      ("B46", ["resource": "/mcp"], "invalid_target"), ("B46", ["resource": "no URI"], "invalid_target"),
      ("B51", ["request": "eyJhbGciOiJub25lIn0.e30."], "request_not_supported"),
      ("B51", ["request_uri": "https://c.example/request"], "request_uri_not_supported"),
      ("B52", ["response_mode": "fragment"], "invalid_request"),
      ("B52", ["response_mode": "form_post"], "invalid_request"),
      ("B53", ["prompt": "none"], "login_required"),
    ] as [(String, [String: String?], String)])
  func
    `B28 to B32 B34 to B37 B42 B45 B46 B51 to B53 B60 the client is told by redirect, with state and one iss`(
      row: String, changes: [String: String?], error: String
    ) async throws
  {
    let program = try await Program.shared
    let answer = try await program.get(program.knownClient().link(changes))
    #expect(answer.outcome == "RDR \(error)", "\(row)")
    #expect(answer.target == "https://c.example/cb" && answer.callback?["state"] == "st4te")
    #expect(answer.callback?.all("iss") == [Program.issuer])
  }

  @Test(
    arguments: [
      ("B38", "state", "x", "RDR invalid_request"), ("B38", "scope", "mcp:read", "RDR invalid_request"),
      ("B38", "code_challenge", PKCE.challenge, "RDR invalid_request"),
      ("B38", "response_type", "code", "RDR invalid_request"), ("B39", "client_id", "x", "PAGE 400"),
      ("B39", "redirect_uri", "https://c.example/cb", "PAGE 400"),
      ("B49", "resource", "https://gate.example/mcp", "RDR invalid_target"),
      ("B49", "resource", "https://other.example", "RDR invalid_target"),
    ])
  func `B38 B39 B49 OAuth 2_1 §3_1 a parameter comes once`(
    row: String, name: String, value: String, outcome: String
  ) async throws {
    let program = try await Program.shared
    let more = Form([(name: name, value: value)]).encoded
    #expect(try await program.get(program.knownClient().link() + "&" + more).outcome == outcome, "\(row)")
  }

  @Test(
    arguments: [
      ("B40", ["state": ""]), ("B41", ["unknown": "1", "nonce": "n"]),
      ("B44", ["scope": "mcp:read mcp:write"]),
      ("B44", ["scope": nil]), ("B47", ["resource": "HTTPS://GATE.Example/mcp"]),
      ("B48", ["resource": "https://gate.example"]), ("B48", ["resource": "https://gate.example/"]),
      ("B50", ["resource": nil]),
    ] as [(String, [String: String?])])
  func `B40 B41 B44 B47 B48 B50 what is good or unknown leads to a code for the canonical resource`(
    row: String, changes: [String: String?]
  ) async throws {
    let program = try await Program.shared
    let (client, cookie) = (try await program.knownClient(), try await program.signIn())
    let page = try await program.get(client.link(changes), [("cookie", cookie)])
    #expect(page.status == 200, "\(row)")
    let answer = try await program.decide(page, cookie: cookie)
    #expect(answer.outcome == "RDR code", "\(row)")
    #expect(answer.callback?["state"] == (row == "B40" ? nil : "st4te"))
    let tokens = try Tokens(
      await program.exchange(try #require(answer.callback?["code"]), client, ["resource": nil]))
    #expect(try await program.verdict("Bearer " + tokens.access) == "200", "\(row)")
  }

  @Test func `B54 RFC 9700 §4_11_2 a stranger's client is sent nothing before a person was asked`()
    async throws
  {
    let program = try await Program.shared
    let made = try await program.register(#"{"redirect_uris":["https://c.example/cb"],"client_name":"B54"}"#)
    let client = Client(id: try #require(made.json["client_id"]?.string))
    for changes in [["scope": "nonsense"], ["response_type": "token"], ["prompt": "none"]] {
      let answer = try await program.get(client.link(changes))
      #expect(answer["location"] == nil && answer.status < 500)
    }
  }

  @Test(arguments: ["POST", "PUT", "DELETE"])
  func `B55 methods that are not offered`(method: String) async throws {
    let answer = try await Program.shared.send(method, "/oauth/authorize")
    #expect(answer.status == 405 && answer["allow"]?.contains("GET") == true)
  }

  @Test func `B57 a state of 4 KiB comes back, one of 64 KiB is refused`() async throws {
    let program = try await Program.shared
    let (client, cookie) = (try await program.knownClient(), try await program.signIn())
    let long = String(repeating: "s%~ä", count: 820)
    let page = try await program.get(client.link(["state": long]), [("cookie", cookie)])
    #expect(try await program.decide(page, cookie: cookie).callback?["state"] == long)
    let tooLong = try await program.get(client.link(["state": String(repeating: "s", count: 65536)]))
    #expect([400, 414, 431].contains(tooLong.status))
  }

  @Test func `B58 RFC 9700 §4_12 a browser is sent on by GET after a login`() async throws {
    let program = try await Program.shared
    let page = try await program.get(program.knownClient().link())
    let answer = try await program.post(
      "/login", [("ticket", page.input("ticket") ?? ""), ("login", "sales"), ("password", Program.password)],
      [("cookie", Program.cookies(page)), ("origin", Program.issuer)], from: Program.anywhere())
    #expect(answer.status == 303)
  }

  @Test func `B59 OAuth 2_1 §2_3 the query of a redirect URI is kept`() async throws {
    let program = try await Program.shared
    let client = try program.client(["https://c.example/cb?a=b"])
    let answer = try await program.get(client.link(["scope": "nonsense"]))
    #expect(answer["location"]?.hasPrefix("https://c.example/cb?a=b&error=invalid_scope") == true)
  }

  @Test func `B60 RFC 9207 iss is there once, for access_denied too`() async throws {
    let program = try await Program.shared
    let (client, cookie) = (try await program.knownClient(), try await program.signIn())
    let page = try await program.get(client.link(), [("cookie", cookie)])
    let denied = try await program.decide(page, "deny", cookie: cookie)
    #expect(denied.outcome == "RDR access_denied" && denied.callback?.all("iss") == [Program.issuer])
  }

  @Test func `B61 MCP a public name without TLS is not served`() async throws {
    await #expect(throws: Program.Failure.self) { try await Program(issuer: "http://gate.example") }
  }
}
