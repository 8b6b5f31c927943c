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

@Suite("D. Token endpoint (OAuth 2.1 §3.2)")
struct TokenEndpointTests {
  private static let grant = [
    ("grant_type", "authorization_code"), ("code", "x"), ("code_verifier", PKCE.verifier),
  ]

  private func basic(_ id: String, _ secret: String) -> [String: String] {
    ["authorization": "Basic " + Base64.encode(Array("\(id):\(secret)".utf8))]
  }

  @Test(arguments: ["GET", "PUT", "DELETE"])
  func `D1 other methods are 405`(method: String) async throws {
    let house = try await House()
    for path in ["/oauth/token", "/token", "/oauth/revoke"] {
      #expect(await house.send(Method(method), path).status == 405)
    }
  }

  @Test(arguments: [
    "application/json", "multipart/form-data; boundary=x", "text/plain", "",
    "application/x-www-form-urlencoded-x",
  ])
  func `D2 the body is a form`(type: String) async throws {
    let answer = try await House().post("/oauth/token", Self.grant, ["content-type": type])
    #expect(answer.verdict == "400 invalid_request")
  }

  @Test func `D2 a charset of the form is no trouble`() async throws {
    let house = try await House()
    let client = try await house.client()
    let answer = await house.post(
      "/oauth/token", Self.grant + client.credentials,
      ["content-type": "application/x-www-form-urlencoded; charset=UTF-8"])
    #expect(answer.verdict == "400 invalid_grant")
  }

  @Test(
    arguments: [
      ("D3", [], "400 invalid_request"), ("D3", [("grant_type", "")], "400 invalid_request"),
      ("D4", [("grant_type", "password")], "400 unsupported_grant_type"),
      ("D4", [("grant_type", "implicit")], "400 unsupported_grant_type"),
      ("D4", [("grant_type", "urn:ietf:params:oauth:grant-type:saml2-bearer")], "400 unsupported_grant_type"),
      ("D4", [("grant_type", "Authorization_Code")], "400 unsupported_grant_type"),
      ("D5", [("grant_type", "client_credentials")], "400 unauthorized_client"),
      (
        "D18", [("grant_type", "authorization_code"), ("grant_type", "refresh_token")], "400 invalid_request"
      ),
      ("D18", [("grant_type", "authorization_code"), ("code", "a"), ("code", "b")], "400 invalid_request"),
      (
        "D18", [("grant_type", "authorization_code"), ("code", "a"), ("client_id", "x")],
        "400 invalid_request"
      ),
      ("D19", [("grant_type", "authorization_code"), ("code", "")], "400 invalid_request"),
      ("D19", [("grant_type", "refresh_token"), ("refresh_token", "")], "400 invalid_request"),
      (
        "E1", [("grant_type", "authorization_code"), ("code_verifier", PKCE.verifier)], "400 invalid_request"
      ),
      ("E5", [("grant_type", "authorization_code"), ("code", "a")], "400 invalid_grant"),
    ] as [(String, [(String, String)], String)])
  func `D3 D4 D5 D18 D19 E1 a request that is incomplete or not offered`(
    row: String, pairs: [(String, String)], verdict: String
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    let answer = await house.token(client, pairs)
    #expect(answer.verdict == verdict)
    #expect(answer.fields["content-type"] == "application/json")
    #expect(answer.fields["cache-control"] == "no-store")
  }

  @Test func `D5 a grant that is not registered for the client`() async throws {
    let house = try await House()
    let client = try await house.client(grants: [.authorizationCode])
    #expect(await house.refresh("gr_x", client).verdict == "400 unauthorized_client")
    let tokens = try await house.tokens(client)
    #expect(tokens.refresh.isEmpty)
  }

  @Test(arguments: ["/oauth/token", "/token", "/oauth/revoke"])
  func `D6 an unknown client is 401 invalid_client, so that it registers again`(path: String) async throws {
    let house = try await House()
    let answer = await house.post(path, Self.grant + [("client_id", "c_gone"), ("token", "t")])
    #expect(answer.verdict == "401 invalid_client")
    #expect(await house.post(path, Self.grant + [("token", "t")]).verdict == "401 invalid_client")
  }

  @Test func `D7 D8 a wrong secret is 401, and names Basic where Basic was tried`() async throws {
    let house = try await House()
    let client = try await house.client(method: .secretBasic, isExplicit: false)
    let header = await house.post("/oauth/token", Self.grant, basic(client.id, "gs_wrong"))
    #expect(header.verdict == "401 invalid_client")
    #expect(header.fields["www-authenticate"]?.hasPrefix("Basic") ?? false)
    let body = await house.post(
      "/oauth/token", Self.grant + [("client_id", client.id), ("client_secret", "gs_wrong")])
    #expect(body.verdict == "401 invalid_client")
    #expect(body.fields["www-authenticate"] == nil)
  }

  @Test func `D9 D10 D11 OAuth 2_1 §2_4 one way of authenticating, one client`() async throws {
    let house = try await House()
    let client = try await house.client(method: .secretBasic)
    let secret = try #require(client.secret)
    let good = basic(client.id, secret)
    #expect(
      await house.post("/oauth/token", Self.grant + client.credentials, good).verdict == "400 invalid_request"
    )
    #expect(
      await house.post("/oauth/token", Self.grant + [("client_id", "c_other")], good).verdict
        == "400 invalid_request")
    #expect(await house.post("/oauth/token", Self.grant, good).verdict == "400 invalid_grant")
    #expect(
      await house.post("/oauth/token", Self.grant + [("client_id", client.id)], good).verdict
        == "400 invalid_grant")
  }

  @Test(arguments: [
    "Basic !!!", "Basic", "Basic ", "Basic YWJj", "Basic OnNlY3JldA==", "Bearer abc", "Basic %%%",
    "Basic /w==",
  ])
  func `D13 an Authorization field that is no proper Basic`(field: String) async throws {
    let answer = try await House().post("/oauth/token", Self.grant, ["authorization": field])
    #expect(["400 invalid_request", "401 invalid_client"].contains(answer.verdict))
  }

  @Test func `D14 a client without a secret that sends one`() async throws {
    let house = try await House()
    let client = try await house.client()
    #expect(await house.token(client, Self.grant + [("client_secret", "x")]).verdict == "401 invalid_client")
    #expect(
      await house.post("/oauth/token", Self.grant, basic(client.id, "x")).verdict == "401 invalid_client")
    // Some libraries send Basic with an empty secret for a public client: that is no proof, so it is none too many.
    #expect(await house.post("/oauth/token", Self.grant, basic(client.id, "")).verdict == "400 invalid_grant")
  }

  @Test(arguments: [
    (Client.AuthenticationMethod.secretBasic, true, "400 invalid_grant", "401 invalid_client"),
    (.secretPost, true, "401 invalid_client", "400 invalid_grant"),
    (.secretBasic, false, "400 invalid_grant", "400 invalid_grant"),
  ])
  func `D15 the method that a client named is the one it uses`(
    method: Client.AuthenticationMethod, isExplicit: Bool, byHeader: String, byBody: String
  ) async throws {
    let house = try await House()
    let client = try await house.client(method: method, isExplicit: isExplicit)
    let secret = try #require(client.secret)
    #expect(await house.post("/oauth/token", Self.grant, basic(client.id, secret)).verdict == byHeader)
    #expect(await house.token(client, Self.grant).verdict == byBody)
    #expect(
      await house.post("/oauth/token", Self.grant + [("client_id", client.id)]).verdict
        == "401 invalid_client")
  }

  @Test(arguments: ["client_secret=x", "client_id=x", "code=x", "refresh_token=x", "code_verifier=x", "%zz"])
  func `D16 OAuth 2_1 §2_4_1 credentials do not belong into the URL`(query: String) async throws {
    let house = try await House()
    let client = try await house.client()
    let answer = await house.post("/oauth/token", Self.grant + client.credentials)
    #expect(answer.verdict == "400 invalid_grant")
    let body = Array(Form((Self.grant + client.credentials).map { (name: $0.0, value: $0.1) }).encoded.utf8)
    let urled = await house.send(
      .post, "/oauth/token?" + query, ["content-type": "application/x-www-form-urlencoded"], body: body)
    #expect(urled.verdict == "400 invalid_request")
  }

  @Test func `D18 a proof that comes twice`() async throws {
    let house = try await House()
    let client = try await house.client(method: .secretPost)
    let answer = await house.token(client, Self.grant + [("client_secret", client.secret ?? "")])
    #expect(answer.verdict == "400 invalid_request")
  }

  @Test func `D22 RFC 6749 §5_1 success`() async throws {
    let house = try await House()
    let client = try await house.client()
    let answer = await house.exchange(try await house.code(for: client), client)
    #expect(answer.status == 200)
    #expect(answer.fields["content-type"] == "application/json")
    #expect(answer.fields["cache-control"] == "no-store")
    #expect(answer.json["token_type"] == "Bearer")
    #expect(answer.json["expires_in"] == 600)
    #expect(answer.json["scope"] == "mcp:read")
    #expect(answer.json["access_token"]?.string?.split(separator: ".").count == 3)
  }

  @Test func `D23 RFC 6749 §2_3_1 one who guesses a client's secret is held back, other clients are not`()
    async throws
  {
    let house = try await House()
    let client = try await house.client(method: .secretPost)
    let other = try await house.client(method: .secretPost)
    var verdicts: Set<Int> = []
    var last: Answer?
    for attempt in 0..<120 {
      last = await house.post(
        "/oauth/token", Self.grant + [("client_id", client.id), ("client_secret", "gs_\(attempt)")])
      verdicts.insert(last?.status ?? 0)
    }
    #expect(verdicts == [401, 429])
    #expect(last?.fields["retry-after"].flatMap { Int($0) }.map { (1...60).contains($0) } ?? false)
    #expect(await house.token(other, Self.grant).verdict == "400 invalid_grant")
    // The client itself, from where it lives, is not held back by somebody elsewhere.
    let home = await house.post("/oauth/token", Self.grant + client.credentials, from: .v4(0x0a00_0001))
    #expect(home.verdict == "400 invalid_grant")
    house.clock.advance(.seconds(61))
    #expect(await house.token(client, Self.grant).verdict == "400 invalid_grant")
  }

  @Test(arguments: [
    [("grant_type", "authorization_code"), ("code", "gc_SECRET"), ("code_verifier", PKCE.verifier)],
    [("grant_type", "refresh_token"), ("refresh_token", "gr_SECRET")], [("grant_type", "SECRET")],
    [("grant_type", "refresh_token"), ("refresh_token", "x"), ("scope", "SECRET")],
    [("grant_type", "refresh_token"), ("refresh_token", "x"), ("resource", "https://SECRET.example")],
    [("grant_type", "refresh_token"), ("refresh_token", "x' OR 1=1; SECRET --")],
  ])
  func `D24 RFC 6749 §5_2 a description is ASCII and echoes nothing`(pairs: [(String, String)]) async throws {
    let house = try await House()
    let client = try await house.client()
    let answer = await house.token(client, pairs)
    let description = answer.json["error_description"]?.string ?? ""
    #expect(!description.isEmpty)
    #expect(description.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c })
    #expect(!answer.text.contains("SECRET") && !answer.text.lowercased().contains("select"))
  }

  @Test(arguments: ["%zz=1", "grant_type=%ff", "grant_type=%"])
  func `D2 a form that can't be decoded`(body: String) async throws {
    let house = try await House()
    let answer = await house.send(
      .post, "/oauth/token", ["content-type": "application/x-www-form-urlencoded"], body: Array(body.utf8))
    #expect(answer.verdict == "400 invalid_request")
  }

  @Test func `no secret is ever in the log or the events`() async throws {
    let house = try await House()
    let client = try await house.client(method: .secretPost)
    let code = try await house.code(for: client)
    _ = await house.exchange(code, client, ["code_verifier": String(repeating: "v", count: 43)])
    let tokens = try Tokens(await house.exchange(code, client))
    let renewed = try Tokens(await house.refresh(tokens.refresh, client))
    _ = await house.refresh("gr_unknown_SECRET", client)
    _ = await house.post(
      "/oauth/token", Self.grant + [("client_id", client.id), ("client_secret", "gs_SECRET")])
    let told = house.log.lines.joined(separator: "\n") + "\(house.events.all)"
    #expect(!house.log.lines.isEmpty && !house.events.all.isEmpty)
    for secret in [
      code, client.secret ?? "?", tokens.access, tokens.refresh, renewed.access, renewed.refresh,
      PKCE.verifier, "SECRET",
    ] {
      #expect(!told.contains(secret))
    }
  }
}
