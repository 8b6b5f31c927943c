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

@Suite("C. Consent")
struct ConsentTests {
  @Test(arguments: [
    "missing", "garbage", "of another session", "of the login form", "expired", "without a session",
    "foreign site",
  ])
  func `C1 a decision without this session's own ticket is 403 and stores nothing`(what: String) async throws
  {
    let house = try await House()
    let client = try await house.client()
    var cookie = try await house.cookie()
    let page = await house.consentPage(client, cookie: cookie)
    var ticket = page.input("ticket") ?? ""
    var fields: [String: String] = [:]
    switch what {
    case "missing": ticket = ""
    case "garbage": ticket = "AAAA"
    case "of another session": cookie = try await house.cookie()
    case "of the login form":
      ticket = await house.get("/oauth/authorize?" + client.query()).input("ticket") ?? ""
    case "expired": house.clock.advance(.minutes(30))
    case "without a session": cookie = ""
    default: fields["sec-fetch-site"] = "same-site"
    }
    fields["cookie"] = cookie
    let answer = await house.post(
      "/oauth/consent", [("ticket", ticket), ("decision", "allow"), ("scope", "mcp:read")], fields)
    #expect(answer.outcome == "PAGE 403")
    #expect(try await house.count("authorization_code") == 0)
    #expect(try await house.count("connection") == 0)
  }

  @Test(arguments: [
    [("redirect_uri", "https://evil.example/cb")], [("client_id", "c_other")], [("scope", "mcp:admin")],
    [("scope", "mcp:write")], [("resource", "https://evil.example")], [("code_challenge", "x")],
    [("state", "other")],
  ])
  func `C2 what the form says of the request is not read`(more: [(String, String)]) async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    let page = await house.consentPage(client, cookie: cookie)
    let answer = await house.decide(page, cookie: cookie, more)
    #expect(answer.outcome == "RDR code")
    #expect(answer.target == "https://c.example/cb")
    #expect(answer.callback?["state"] == "st4te")
    let tokens = try Tokens(await house.exchange(answer.callback?["code"] ?? "", client))
    #expect(tokens.scope == "mcp:read")
    #expect(await house.verdict(of: tokens.access) == "200")
  }

  @Test func `C3 a form that is sent twice gives one code`() async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    let page = await house.consentPage(client, cookie: cookie)
    #expect(await house.decide(page, cookie: cookie).outcome == "RDR code")
    #expect(await house.decide(page, cookie: cookie).outcome == "PAGE 409")
    #expect(try await house.count("authorization_code") == 1)
  }

  @Test func `C3 who said no can't say yes with the same form, nor the other way round`() async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    for (first, second) in [("deny", "allow"), ("allow", "deny"), ("deny", "deny")] {
      let page = await house.consentPage(client, cookie: cookie)
      let codes = try await house.count("authorization_code")
      #expect(await house.decide(page, first, cookie: cookie).callback != nil)
      #expect(await house.decide(page, second, cookie: cookie).outcome == "PAGE 409")
      #expect(try await house.count("authorization_code") == codes + (first == "allow" ? 1 : 0))
    }
  }

  @Test func `C3 even by ten clicks at once`() async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    let page = await house.consentPage(client, cookie: cookie)
    let outcomes = await withTaskGroup(of: String.self) { group in
      for _ in 0..<10 { group.addTask { await house.decide(page, cookie: cookie).outcome } }
      return await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
    }
    #expect(outcomes == ["RDR code": 1, "PAGE 409": 9])
    #expect(try await house.count("token_family") == 1)
    #expect(try await house.connections.all().count == 1)
  }

  @Test(arguments: [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{7*7}}", "</bdi><h1>Bank</h1>",
    "' onclick='x",
  ])
  func `C6 a client's name is shown as text`(name: String) async throws {
    let house = try await House()
    let client = try await house.client(name: name)
    let cookie = try await house.cookie()
    for page in [
      await house.consentPage(client, cookie: cookie), await house.get("/oauth/authorize?" + client.query()),
    ] {
      #expect(page.status == 200)
      #expect(!page.text.contains(name) || name == "{{7*7}}")
      #expect(
        !page.text.contains("<script>") && !page.text.contains("<img") && !page.text.contains("<h1>Bank"))
      #expect(!page.text.contains(">49<"))
    }
  }

  @Test(arguments: [
    (
      "https://c.example/cb", true,
      [
        "Test", "c.example", "Sam Sales", "Azure", "https://gate.example/mcp", "30 days",
        "Nobody has checked",
      ]
    ),
    ("https://c.example/cb", false, ["Test", "c.example"]),
    ("http://localhost:1/cb", false, ["localhost", "It runs on this computer"]),
  ])
  func `C9 the page says who asks, where it leads, for what and for how long`(
    uri: String, isDynamic: Bool, texts: [String]
  ) async throws {
    let house = try await House()
    let client = try await house.client([uri], isDynamic: isDynamic)
    let page = await house.consentPage(client, cookie: try house.cookie())
    for text in texts { #expect(page.text.contains(text), "\(text)") }
    if !isDynamic { #expect(!page.text.contains("Nobody has checked")) }
    #expect(page.text.contains("New to you"))
  }

  @Test func `C9 a client that was let in before is not new`() async throws {
    let house = try await House()
    let client = try await house.client()
    _ = try await house.tokens(client)
    #expect(!(await house.consentPage(client, cookie: try house.cookie())).text.contains("New to you"))
  }

  @Test(arguments: [
    ("deny", ["mcp:read"]), ("", ["mcp:read"]), ("allow", []), ("allow", ["offline_access"]),
    ("ALLOW", ["mcp:read"]),
  ])
  func `C10 who does not allow, or ticks nothing, denies`(decision: String, scopes: [String]) async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    let page = await house.consentPage(client, ["scope": "mcp:read offline_access"], cookie: cookie)
    let answer = await house.decide(page, decision, scopes: scopes, cookie: cookie)
    #expect(answer.outcome == "RDR access_denied")
    #expect(answer.callback?["state"] == "st4te")
    #expect(answer.callback?.all("iss") == ["https://gate.example"])
    #expect(try await house.count("authorization_code") == 0)
  }

  @Test func `C10 what is unticked is not granted, and the client is told`() async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    let page = await house.consentPage(client, ["scope": "mcp:read mcp:write"], cookie: cookie)
    #expect(page.choices == ["mcp:read", "mcp:write"])
    let answer = await house.decide(page, scopes: ["mcp:read"], cookie: cookie)
    #expect(try Tokens(await house.exchange(answer.callback?["code"] ?? "", client)).scope == "mcp:read")
  }

  @Test func `C11 C13 consent is asked each time, and for each client`() async throws {
    let house = try await House()
    let (first, second) = (try await house.client(), try await house.client())
    _ = try await house.tokens(first)
    let cookie = try await house.cookie()
    for client in [first, second] {
      #expect(await house.consentPage(client, cookie: cookie).outcome == "PAGE 200")
    }
  }

  @Test func `a client that was disabled while the page was open gets no code`() async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    let page = await house.consentPage(client, cookie: cookie)
    let now = house.clock.now
    try await house.store.write {
      _ = try $0.run("UPDATE client SET disabled_at = \(now) WHERE id = \(client.id)")
    }
    #expect(await house.decide(page, cookie: cookie).outcome == "PAGE 400")
  }

  @Test func `somebody else can sign in from the page, and the old session ends`() async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    let page = await house.consentPage(client, cookie: cookie)
    let answer = await house.decide(page, "switch", cookie: cookie)
    #expect(answer.status == 303 && answer.target == "/oauth/authorize")
    #expect(await house.get(answer.location ?? "", ["cookie": cookie]).text.contains("name=\"password\""))
  }

  @Test func `nothing happens without its event on record`() async throws {
    let house = try await House()
    let refusing = try AuthorizationServer(
      .init(
        issuer: house.issuer, store: house.store, keyring: house.keyring, users: house.users,
        sessions: house.sessions, connections: house.connections, apiKeys: house.apiKeys,
        events: Events { _ in throw House.Unusable() }, registration: .open, log: .silent,
        world: house.clock.world))
    let router = Router(refusing.routes)
    let client = try await house.client()
    let code = try await house.code(for: client)
    let form = Form([
      (name: "grant_type", value: "authorization_code"), (name: "code", value: code),
      (name: "code_verifier", value: PKCE.verifier), (name: "client_id", value: client.id),
    ])
    let answer = Answer(
      await router.respond(
        to: Request(
          method: .post, path: "/oauth/token", fields: ["content-type": "application/x-www-form-urlencoded"],
          body: Array(form.encoded.utf8))))
    #expect(answer.verdict == "500 server_error")
    #expect(answer.json["access_token"] == nil)
  }
}
