internal import Crypto
internal import HTTP
internal import JSON
internal import Storage
internal import Support
internal import Testing

@Suite("D. Token endpoint")
struct TokenTests {
  private static let grant = [
    ("grant_type", "authorization_code"), ("code", "x"), ("code_verifier", PKCE.verifier),
  ]

  private func basic(_ id: String, _ secret: String) -> [(String, String)] {
    [("authorization", "Basic " + Base64.encode(Array("\(id):\(secret)".utf8)))]
  }

  @Test func `D1 GET is 405`() async throws {
    #expect(try await Program.shared.get("/oauth/token").status == 405)
  }

  @Test(arguments: ["application/json", "multipart/form-data; boundary=x"])
  func `D2 the body is a form`(type: String) async throws {
    let answer = try await Program.shared.post("/oauth/token", text: "grant_type=x", type)
    #expect(answer.verdict == "400 invalid_request")
  }

  @Test(
    arguments: [
      ("D3", [], "400 invalid_request"), ("D4", [("grant_type", "password")], "400 unsupported_grant_type"),
      ("D4", [("grant_type", "implicit")], "400 unsupported_grant_type"),
      ("D4", [("grant_type", "x")], "400 unsupported_grant_type"),
      ("D5", [("grant_type", "client_credentials")], "400 unauthorized_client"),
      ("D18", Self.grant + [("code", "y")], "400 invalid_request"),
      ("D19", [("grant_type", "authorization_code"), ("code", "")], "400 invalid_request"),
    ] as [(String, [(String, String)], String)])
  func `D3 D4 D5 D18 D19 D22 D24 what is incomplete, doubled or not offered, and nothing of it in the answer`(
    row: String, pairs: [(String, String)], verdict: String
  ) async throws {
    let program = try await Program.shared
    let answer = try await program.token(program.knownClient(), pairs)
    #expect(answer.verdict == verdict, "\(row)")
    #expect(answer["content-type"] == "application/json" && answer["cache-control"] == "no-store", "\(row)")
    #expect(answer.text.utf8.allSatisfy { $0 < 0x7f } && !answer.text.contains(PKCE.verifier), "\(row)")
  }

  @Test func `D6 an unknown client is 401 invalid_client`() async throws {
    let answer = try await Program.shared.token(Client(id: "c_gone"), Self.grant)
    #expect(answer.verdict == "401 invalid_client")
  }

  @Test func `D7 D8 D9 D10 D11 D13 RFC 6749 §2_3 proofs that are wrong, doubled or malformed`() async throws {
    let program = try await Program.shared
    let client = try program.client(["https://c.example/cb"], "--confidential")
    let secret = try #require(client.secret)
    let wrong = try await program.post("/oauth/token", Self.grant, basic(client.id, "gs_wrong"))
    #expect(wrong.verdict == "401 invalid_client" && wrong["www-authenticate"]?.hasPrefix("Basic") == true)
    let inBody = try await program.token(Client(id: client.id, secret: "gs_wrong"), Self.grant)
    #expect(inBody.verdict == "401 invalid_client")
    let good = basic(client.id, secret)
    let both = try await program.post("/oauth/token", Self.grant + client.credentials, good)
    #expect(both.verdict == "400 invalid_request")
    let other = try await program.post("/oauth/token", Self.grant + [("client_id", "c_other")], good)
    #expect(other.verdict == "400 invalid_request")
    #expect(try await program.post("/oauth/token", Self.grant, good).verdict == "400 invalid_grant")
    for field in ["Basic !!!", "Basic YWJj"] {
      let answer = try await program.post("/oauth/token", Self.grant, [("authorization", field)])
      #expect(["400 invalid_request", "401 invalid_client"].contains(answer.verdict))
    }
  }

  @Test func `D14 D15 a secret where none was registered, and by another way than was registered`()
    async throws
  {
    let program = try await Program.shared
    let known = try await program.knownClient()
    #expect(
      try await program.token(Client(id: known.id, secret: "x"), Self.grant).verdict == "401 invalid_client")
    for (method, byHeader, byBody) in [
      ("client_secret_basic", "400 invalid_grant", "401 invalid_client"),
      ("client_secret_post", "401 invalid_client", "400 invalid_grant"),
    ] {
      let made = try await program.register(
        #"{"redirect_uris":["http://127.0.0.1/cb"],"token_endpoint_auth_method":"\#(method)"}"#)
      let client = Client(
        id: try #require(made.json["client_id"]?.string),
        secret: try #require(made.json["client_secret"]?.string))
      let header = try await program.post(
        "/oauth/token", Self.grant, basic(client.id, try #require(client.secret)))
      #expect(header.verdict == byHeader, "\(method)")
      #expect(try await program.token(client, Self.grant).verdict == byBody, "\(method)")
    }
  }

  @Test(arguments: ["client_secret=x", "client_id=x", "code=x", "refresh_token=x"])
  func `D16 OAuth 2_1 §2_4_1 credentials in the URL`(query: String) async throws {
    let program = try await Program.shared
    let answer = try await program.post(
      "/oauth/token?" + query, Self.grant + (try await program.knownClient()).credentials)
    #expect(answer.verdict == "400 invalid_request")
  }

  @Test func `D17 RFC 7591 §3_2_1 a secret that has expired, and one that was changed`() async throws {
    let program = try await Program()
    let made = try program.run([
      "client", "add", "--name", "Test", "--redirect-uri", "https://c.example/cb", "--confidential",
      "--expires", "1",
    ])
    var client = Client(
      id: try #require(made["client_id"]?.string), secret: try #require(made["client_secret"]?.string))
    #expect(try await program.token(client, Self.grant).verdict == "400 invalid_grant")
    try program.move(.seconds(86401))
    #expect(try await program.token(client, Self.grant).verdict == "401 invalid_client")
    let old = client
    client.secret = try program.run(["client", "rotate", client.id])["client_secret"]?.string
    #expect(try await program.token(client, Self.grant).verdict == "400 invalid_grant")
    #expect(try await program.token(old, Self.grant).verdict == "401 invalid_client")
  }

  @Test func `D22 RFC 6749 §5_1 success`() async throws {
    let program = try await Program.shared
    let (client, cookie) = (try await program.knownClient(), try await program.signIn())
    let code = try await program.code(client, ["scope": "mcp:read nonsense"], cookie: cookie)
    let answer = try await program.exchange(code, client)
    #expect(answer.status == 200 && answer["content-type"] == "application/json")
    #expect(answer["cache-control"] == "no-store" && answer.json["token_type"] == "Bearer")
    #expect(answer.json["scope"] == "mcp:read")
  }

  @Test func `D23 1,000 wrong secrets a minute are held back, for this client and address alone`()
    async throws
  {
    let program = try await Program.shared
    let client = try program.client(["https://c.example/cb"], "--confidential")
    let (guesser, home) = (Program.anywhere(), Program.anywhere())
    var statuses: [Int] = []
    for number in 0..<80 {
      let wrong = Client(id: client.id, secret: "gs_\(number)")
      let answer = try await program.token(wrong, Self.grant, from: guesser)
      statuses.append(answer.status)
      if answer.status == 429 { #expect(answer["retry-after"].flatMap { Int($0) } != nil) }
    }
    #expect(Set(statuses) == [401, 429] && statuses.filter { $0 == 401 }.count <= 120)
    #expect(try await program.token(client, Self.grant, from: home).verdict == "400 invalid_grant")
    let other = try program.client(["https://c.example/cb"], "--confidential")
    #expect(try await program.token(other, Self.grant, from: guesser).verdict == "400 invalid_grant")
  }

  @Test(arguments: [
    [("grant_type", "refresh_token"), ("refresh_token", "gr_SECRET")],
    [("grant_type", "refresh_token"), ("refresh_token", "x' OR 1=1; SECRET --")],
    [("grant_type", "refresh_token"), ("refresh_token", "x"), ("scope", "SECRET")],
  ])
  func `D24 RFC 6749 §5_2 a description echoes nothing`(pairs: [(String, String)]) async throws {
    let program = try await Program.shared
    let answer = try await program.token(program.knownClient(), pairs)
    #expect(answer.status == 400 && !answer.text.contains("SECRET") && !answer.text.contains("SELECT"))
  }
}

@Suite("E. Code grant")
struct CodeTests {
  @Test(
    arguments: [
      ("E1", ["code": nil], "400 invalid_request"), ("E2", ["code": "gc_unknown"], "400 invalid_grant"),
      ("E2", ["code": "malformed code\0"], "400 invalid_grant"),
      ("E5", ["code_verifier": nil], "400 invalid_grant"),
      ("E6", ["code_verifier": String(repeating: "v", count: 43)], "400 invalid_grant"),
      ("E7", ["code_verifier": String(repeating: "v", count: 42)], "400 invalid_grant"),
      ("E8", ["code_verifier": String(repeating: "v", count: 129)], "400 invalid_grant"),
      ("E9", ["code_verifier": String(repeating: "v", count: 42) + "+"], "400 invalid_grant"),
      ("E11", ["redirect_uri": "https://c.example/other"], "400 invalid_grant"),
      ("E18", ["resource": "https://other.example/mcp"], "400 invalid_target"),
    ] as [(String, [String: String?], String)])
  func `E1 E2 E5 to E9 E11 E15 E18 a wrong exchange is refused and costs nothing, the right one follows`(
    row: String, changes: [String: String?], verdict: String
  ) async throws {
    let program = try await Program.shared
    let (client, cookie) = (try await program.knownClient(), try await program.signIn())
    let code = try await program.code(client, cookie: cookie)
    #expect(try await program.exchange(code, client, changes).verdict == verdict, "\(row)")
    #expect(try await program.exchange(code, client).status == 200, "\(row)")
  }

  @Test(arguments: [("59", "200"), ("61", "400 invalid_grant")])
  func `E3 a code lives a minute`(seconds: String, verdict: String) async throws {
    let program = try await Program()
    let (client, cookie) = (try program.client(), try await program.signIn())
    let code = try await program.code(client, cookie: cookie)
    try program.move(.seconds(Int(seconds) ?? 0))
    #expect(try await program.exchange(code, client).verdict == verdict)
  }

  @Test func `E4 another client's code, which stays good`() async throws {
    let program = try await Program.shared
    let (client, cookie) = (try await program.knownClient(), try await program.signIn())
    let code = try await program.code(client, cookie: cookie)
    #expect(try await program.exchange(code, try program.client()).verdict == "400 invalid_grant")
    #expect(try await program.exchange(code, client).status == 200)
  }

  @Test func `E12 E19 redirect_uri and resource may be left out`() async throws {
    let program = try await Program.shared
    let (client, cookie) = (try await program.knownClient(), try await program.signIn())
    let code = try await program.code(client, cookie: cookie)
    let tokens = try Tokens(await program.exchange(code, client, ["redirect_uri": nil, "resource": nil]))
    #expect(try await program.verdict("Bearer " + tokens.access) == "200")
  }

  @Test func `E13 OAuth 2_1 §4_1_3 the second use of a code ends what the first one gave`() async throws {
    let program = try await Program.shared
    let (client, cookie) = (try await program.knownClient(), try await program.signIn())
    let code = try await program.code(client, cookie: cookie)
    let tokens = try Tokens(await program.exchange(code, client))
    #expect(try await program.verdict("Bearer " + tokens.access) == "200")
    #expect(try await program.exchange(code, client).verdict == "400 invalid_grant")
    #expect(try await program.verdict("Bearer " + tokens.access) == "401 invalid_token")
    #expect(try await program.refresh(tokens.refresh, client).verdict == "400 invalid_grant")
  }

  @Test func `E16 of 100 parallel exchanges one succeeds`() async throws {
    let program = try await Program.shared
    let (client, cookie) = (try await program.knownClient(), try await program.signIn())
    let code = try await program.code(client, cookie: cookie)
    let verdicts = try await withThrowingTaskGroup { group in
      for _ in 0..<100 { group.addTask { try await program.exchange(code, client).verdict } }
      return try await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
    }
    #expect(verdicts == ["200": 1, "400 invalid_grant": 99])
  }

  @Test func `E20 a person who was disabled in between`() async throws {
    let program = try await Program()
    let (client, cookie) = (try program.client(), try await program.signIn())
    let code = try await program.code(client, cookie: cookie)
    try await program.change("UPDATE account SET disabled_at = 1 WHERE login = 'sales'")
    #expect(try await program.exchange(code, client).verdict == "400 invalid_grant")
  }
}

@Suite("F. Refresh")
struct RefreshTests {
  @Test func `F1 F7 F8 F9 OAuth 2_1 §4_3 a refresh rotates, narrows, and never widens`() async throws {
    let program = try await Program.shared
    let (client, cookie) = (try await program.knownClient(), try await program.signIn())
    let first = try await program.tokens(client, ["scope": "mcp:read mcp:write"], cookie: cookie)
    for (more, verdict) in [
      ([("scope", "mcp:execute")], "400 invalid_scope"),
      ([("resource", "https://other.example")], "400 invalid_target"),
    ] { #expect(try await program.refresh(first.refresh, client, more).verdict == verdict) }
    let narrow = try Tokens(await program.refresh(first.refresh, client, [("scope", "mcp:read")]))
    #expect(narrow.scope == "mcp:read" && narrow.refresh != first.refresh)
    let whole = try Tokens(await program.refresh(narrow.refresh, client))
    #expect(whole.scope == "mcp:read mcp:write")
    #expect(try await program.verdict("Bearer " + whole.access) == "200")
  }

  @Test func `F2 OAuth 2_1 §4_3_1 an old token that comes back ends its family, and is on record`()
    async throws
  {
    let program = try await Program()
    let (client, cookie) = (try program.client(), try await program.signIn())
    let first = try await program.tokens(client, cookie: cookie)
    let second = try Tokens(await program.refresh(first.refresh, client))
    try program.move(.seconds(31))
    #expect(try await program.refresh(first.refresh, client).verdict == "400 invalid_grant")
    #expect(try await program.refresh(second.refresh, client).verdict == "400 invalid_grant")
    #expect(try await program.verdict("Bearer " + second.access) == "401 invalid_token")
    #expect(try await program.count("audit", where: "method = 'oauth/token_refused'") > 0)
  }

  @Test func `F3 F6 within its grace an old token gives the same successor`() async throws {
    let program = try await Program()
    let (client, cookie) = (try program.client(), try await program.signIn())
    let first = try await program.tokens(client, cookie: cookie)
    let second = try Tokens(await program.refresh(first.refresh, client))
    try program.move(.seconds(29))
    let again = try Tokens(await program.refresh(first.refresh, client))
    #expect(again.refresh == second.refresh)
    #expect(try await program.refresh(again.refresh, client).status == 200)
  }

  @Test func `F4 50 parallel refreshes carry one successor`() async throws {
    let program = try await Program.shared
    let (client, cookie) = (try await program.knownClient(), try await program.signIn())
    let first = try await program.tokens(client, cookie: cookie)
    let successors = try await withThrowingTaskGroup { group in
      for _ in 0..<50 { group.addTask { try Tokens(await program.refresh(first.refresh, client)).refresh } }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(successors.count == 1)
    let successor = try #require(successors.first)
    #expect(try await program.refresh(successor, client).status == 200)
  }

  @Test(arguments: [("29", "200"), ("31", "400 invalid_grant")])
  func `F10 a token that is not used for 30 days is dead`(days: String, verdict: String) async throws {
    let program = try await Program()
    let (client, cookie) = (try program.client(), try await program.signIn())
    let tokens = try await program.tokens(client, cookie: cookie)
    try program.move(.seconds((Int(days) ?? 0) * 86400))
    #expect(try await program.refresh(tokens.refresh, client).verdict == verdict)
  }

  @Test func `F10 a family is dead a year after its consent, however much it was used`() async throws {
    let program = try await Program()
    let (client, cookie) = (try program.client(), try await program.signIn())
    var tokens = try await program.tokens(client, cookie: cookie)
    for days in stride(from: 29, through: 348, by: 29) {
      try program.move(.seconds(days * 86400))
      tokens = try Tokens(await program.refresh(tokens.refresh, client))
    }
    try program.move(.seconds(366 * 86400))
    #expect(try await program.refresh(tokens.refresh, client).verdict == "400 invalid_grant")
  }

  @Test func `F11 a confidential client that does not authenticate`() async throws {
    let program = try await Program.shared
    let (client, cookie) = (
      try program.client(["https://c.example/cb"], "--confidential"), try await program.signIn()
    )
    let tokens = try await program.tokens(client, cookie: cookie)
    #expect(
      try await program.refresh(tokens.refresh, Client(id: client.id)).verdict == "401 invalid_client")
    #expect(try await program.refresh(tokens.refresh, client).status == 200)
  }

  @Test func `F12 after the end of a connection or of its client`() async throws {
    let program = try await Program()
    let (client, cookie) = (try program.client(), try await program.signIn())
    let tokens = try await program.tokens(client, cookie: cookie)
    let row = try await program.rows("SELECT id FROM connection WHERE client_id = \(client.id)").first
    _ = try program.run(["connection", "revoke", try #require(row).text(0)])
    #expect(try await program.refresh(tokens.refresh, client).verdict == "400 invalid_grant")
    #expect(try await program.verdict("Bearer " + tokens.access) == "401 invalid_token")
    let other = try program.client()
    let others = try await program.tokens(other, cookie: cookie)
    _ = try program.run(["client", "disable", other.id])
    #expect(try await program.refresh(others.refresh, other).verdict == "401 invalid_client")
    #expect(try await program.verdict("Bearer " + others.access) == "401 invalid_token")
    #expect(try await program.get(other.link()).outcome == "PAGE 400")
    _ = try program.run(["client", "enable", other.id])
    #expect(try await program.verdict("Bearer " + others.access) == "401 invalid_token")
    #expect(try await program.refresh(others.refresh, other).verdict == "400 invalid_grant")
    #expect(try await program.tokens(other, cookie: cookie).access.isEmpty == false)
  }
}
