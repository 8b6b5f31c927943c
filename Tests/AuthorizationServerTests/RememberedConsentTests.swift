internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Telemetry
internal import Testing
internal import World

@Suite("C11 C12 Remembered consent")
struct RememberedConsentTests {
  /// What a browser says of an address that its person opened.
  static let opened = [
    "sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document",
    "sec-fetch-user": "?1",
  ]

  /// A request of somebody who is signed in and opened the address.
  private func ask(
    _ house: House, _ client: TestClient, _ changes: [String: String?] = [:], cookie: String,
    _ fields: [String: String?] = [:]
  ) async -> Answer {
    var all = Self.opened.merging(["cookie": cookie]) { $1 }
    for (name, value) in fields { all[name] = value }
    return await house.get("/oauth/authorize?" + client.query(changes), all)
  }

  /// Lets the client in and asks not to be asked again.
  private func remember(
    _ house: House, _ client: TestClient, _ changes: [String: String?] = [:], cookie: String
  ) async throws {
    let page = await ask(house, client, changes.merging(["prompt": "consent"]) { $1 }, cookie: cookie)
    try #require(page.outcome == "PAGE 200")
    #expect(await house.decide(page, cookie: cookie, [("remember", "yes")]).outcome == "RDR code")
    house.clock.advance(.seconds(1))
  }

  @Test func `C11 the same again from a person who opened it is answered without the page, and is on record`()
    async throws
  {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    let first = await ask(house, client, cookie: cookie)
    #expect(first.text.contains("name=\"remember\"") && !first.text.contains("value=\"yes\" checked"))
    try await remember(house, client, cookie: cookie)
    let answer = await ask(house, client, ["state": "other"], cookie: cookie)
    #expect(answer.outcome == "RDR code")
    #expect(answer.callback?["state"] == "other")
    #expect(answer.callback?["iss"] == "https://gate.example")
    let tokens = try Tokens(await house.exchange(answer.callback?["code"] ?? "", client))
    #expect(await house.verdict(of: tokens.access) == "200")
    let event = house.events.all.last { $0.kind == .consentRemembered }
    #expect(event?.detail == "mcp:read" && event?.userID == house.sam.id && event?.clientID == client.id)
    #expect(try await house.connections.all().count == 1)
    // The person sees on the next page that they chose so.
    #expect(
      await ask(house, client, ["prompt": "consent"], cookie: cookie).text.contains("value=\"yes\" checked"))
  }

  @Test func `C11 nothing is remembered without the tick, and nothing where it is switched off`() async throws
  {
    let house = try await House()
    let client = try await house.client()
    _ = try await house.code(for: client)
    #expect(await ask(house, client, cookie: try house.cookie()).outcome == "PAGE 200")

    let off = try await House(consentMemory: nil)
    let other = try await off.client()
    let cookie = try await off.cookie()
    #expect(!(await ask(off, other, cookie: cookie).text.contains("name=\"remember\"")))
    try await remember(off, other, cookie: cookie)
    #expect(await ask(off, other, cookie: cookie).outcome == "PAGE 200")
    #expect(try await off.count("remembered_consent") == 0)
  }

  @Test(arguments: [
    ("the same", "RDR code"), ("fewer scopes", "RDR code"), ("another session", "RDR code"),
    ("another user", "PAGE 200"), ("another client", "PAGE 200"), ("another redirect URI", "PAGE 200"),
    ("more scopes", "PAGE 200"), ("a refresh token too", "PAGE 200"), ("another resource", "PAGE 200"),
    ("name", "PAGE 200"), ("uri", "PAGE 200"), ("redirect_uris", "PAGE 200"), ("auth_method", "PAGE 200"),
    ("keys", "PAGE 200"), ("is_dynamic", "PAGE 200"),
    ("groups", "PAGE 200"), ("company_id", "PAGE 200"), ("company_ids", "PAGE 200"),
    ("is_administrator", "PAGE 200"),
  ])
  func `C12 C13 when one member of the key is another, the person is asked`(
    what: String, outcome: String
  ) async throws {
    let house = try await House()
    var client = try await house.client(["https://c.example/cb", "https://c.example/cb2"])
    var cookie = try await house.cookie()
    try await remember(house, client, ["scope": "mcp:read mcp:write"], cookie: cookie)
    var changes: [String: String?] = ["scope": "mcp:read mcp:write"]
    switch what {
    case "the same": break
    case "fewer scopes": changes["scope"] = "mcp:read"
    case "another session": cookie = try await house.cookie()
    case "another user":
      let other = try await house.users.add(Users.Draft(login: "eve", companies: ["Azure"]))
      cookie = try await house.cookie(of: other)
    case "another client": client = try await house.client(["https://c.example/cb"])
    case "another redirect URI": changes["redirect_uri"] = "https://c.example/cb2"
    case "more scopes": changes["scope"] = "mcp:read mcp:write mcp:execute"
    case "a refresh token too": changes["scope"] = "mcp:read mcp:write offline_access"
    case "another resource":
      try await run(house, "UPDATE remembered_consent SET resource = 'https://x.example'")
    case "name", "uri": try await run(house, "UPDATE client SET \(unsafeSQL: what) = 'https://other.example'")
    case "redirect_uris":
      try await run(
        house, #"UPDATE client SET redirect_uris = '["https://c.example/cb","https://d.example/"]'"#)
    case "auth_method": try await run(house, "UPDATE client SET auth_method = 'client_secret_basic'")
    case "keys": try await run(house, #"UPDATE client SET keys = '{"jwks_uri":"https://c.example/keys"}'"#)
    case "is_dynamic": try await run(house, "UPDATE client SET is_dynamic = 1")
    case "groups": try await run(house, #"UPDATE account SET groups = '["sales/manager"]'"#)
    case "company_id":
      try await run(house, "INSERT INTO company (id, name) VALUES (7, 'Other')")
      try await run(house, "UPDATE account SET company_id = 7")
    case "company_ids": try await run(house, "UPDATE account SET company_ids = '[1,7]'")
    default: try await run(house, "UPDATE account SET is_administrator = 1")
    }
    #expect(await ask(house, client, changes, cookie: cookie).outcome == outcome)
  }

  private func run(_ house: House, _ statement: SQL) async throws {
    try await house.store.write { _ = try $0.run(statement) }
  }

  @Test(
    arguments: [
      ([:], "RDR code"), (["sec-fetch-site": "same-origin"], "RDR code"),
      (["sec-fetch-user": nil], "RDR code"),
      (["sec-fetch-site": "cross-site"], "PAGE 200"), (["sec-fetch-site": "same-site"], "PAGE 200"),
      (["sec-fetch-site": nil], "PAGE 200"), (["sec-fetch-site": "None"], "PAGE 200"),
      (["sec-fetch-mode": nil], "PAGE 200"), (["sec-fetch-mode": "cors"], "PAGE 200"),
      (["sec-fetch-mode": "no-cors"], "PAGE 200"), (["sec-fetch-dest": "iframe"], "PAGE 200"),
      (["sec-fetch-dest": "image"], "PAGE 200"), (["sec-fetch-dest": nil], "PAGE 200"),
      (["sec-purpose": "prefetch"], "PAGE 200"), (["sec-purpose": "prefetch;prerender"], "PAGE 200"),
      (["purpose": "prefetch"], "PAGE 200"),
    ] as [([String: String?], String)])
  func `C11 what another site sends, or nobody opened, is never silent`(
    fields: [String: String?], outcome: String
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    try await remember(house, client, cookie: cookie)
    #expect(await ask(house, client, cookie: cookie, fields).outcome == outcome)
  }

  @Test(arguments: [("none", "RDR code"), ("cross-site", "PAGE 200")])
  func `C11 what another site sent is asked about after the sign-in too`(
    site: String, outcome: String
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    try await remember(house, client, cookie: house.cookie())
    let login = await ask(house, client, cookie: "", ["sec-fetch-site": site])
    let visit = String((login.fields["set-cookie"] ?? "").prefix { $0 != ";" })
    let entered = await house.post(
      "/login", [("ticket", login.input("ticket") ?? ""), ("login", "sam"), ("password", House.password)],
      ["cookie": visit])
    #expect(entered.status == 303)
    let answer = await house.get(
      entered.location ?? "",
      Self.opened.merging(["cookie": try await house.cookie(), "sec-fetch-site": "same-origin"]) { $1 })
    #expect(answer.outcome == outcome)
    // Nor by way of "Not you?", which comes back to the same link.
    guard outcome == "PAGE 200" else { return }
    let cookie = try await house.cookie()
    let page = await ask(house, client, cookie: cookie, ["sec-fetch-site": "cross-site"])
    let link = await house.decide(page, "switch", cookie: cookie).location ?? ""
    let again = await house.get(
      link,
      Self.opened.merging(["cookie": try await house.cookie(), "sec-fetch-site": "same-origin"]) { $1 })
    #expect(again.outcome == "PAGE 200")
  }

  @Test(arguments: [
    (["prompt": "consent"], "PAGE 200"), (["prompt": "login consent"], "PAGE 200"),
    (["prompt": "select_account"], "PAGE 200"), (["prompt": "login"], "PAGE 200"),
    (["prompt": "something"], "PAGE 200"), (["prompt": "none"], "RDR code"),
    (["prompt": "none", "scope": "mcp:write"], "RDR consent_required"),
    (["prompt": "none", "max_age": "3600"], "RDR consent_required"),
    (["max_age": "3600"], "PAGE 200"), (["acr_values": "urn:gatehouse:acr:password"], "PAGE 200"),
  ])
  func `B53 prompt, step-up and a fresh sign-in ask for a page, and prompt=none for none`(
    changes: [String: String?], outcome: String
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    try await remember(house, client, cookie: cookie)
    #expect(await ask(house, client, changes, cookie: cookie).outcome == outcome)
  }

  @Test func `B53 prompt=none without a remembered consent, or from another site, is consent_required`()
    async throws
  {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    #expect(
      await ask(house, client, ["prompt": "none"], cookie: cookie).outcome == "RDR consent_required")
    try await remember(house, client, cookie: cookie)
    let elsewhere = ["sec-fetch-site": "cross-site"]
    #expect(
      await ask(house, client, ["prompt": "none"], cookie: cookie, elsewhere).outcome
        == "RDR consent_required")
  }

  @Test(arguments: [
    ("https://c.example/cb", false, false, true), ("https://c.example/cb", false, true, true),
    ("https://c.example/cb", true, false, false), ("https://c.example/cb", true, true, false),
    ("http://localhost:1/cb", false, false, false), ("http://127.0.0.1/cb", false, true, true),
    ("com.example.app:/cb", false, false, false), ("com.example.app:/cb", false, true, true),
    ("http://localhost:1/cb", true, true, false), ("com.example.app:/cb", true, false, false),
  ])
  func `RFC 8252 §8.6 only a client whose identity is assured is remembered`(
    uri: String, isDynamic: Bool, isConfidential: Bool, isRemembered: Bool
  ) async throws {
    let house = try await House()
    let client = try await house.client(
      [uri], method: isConfidential ? .secretBasic : .none, isDynamic: isDynamic)
    let cookie = try await house.cookie()
    #expect(
      await ask(house, client, cookie: cookie).text.contains("name=\"remember\"") == isRemembered)
    // Whoever ticks a box that was not there has ticked nothing.
    try await remember(house, client, cookie: cookie)
    #expect(await ask(house, client, cookie: cookie).outcome == (isRemembered ? "RDR code" : "PAGE 200"))
    #expect(try await house.count("remembered_consent") == (isRemembered ? 1 : 0))
  }

  @Test(arguments: [
    ("https://client.example/cb", true), ("https://CLIENT.example/cb", true),
    ("https://client.example:8443/cb", false), ("https://other.example/cb", false),
    ("http://localhost/callback", false), ("com.example.app:/cb", false),
  ])
  func `RFC 8252 §8.6 a client known by a URL is remembered where its own host gets the answer`(
    uri: String, isRemembered: Bool
  ) async throws {
    let web = Web()
    web.publish(
      ClientDocumentTests.document(["redirect_uris": [.string(uri)]]), at: ClientDocumentTests.id)
    let house = try await House(web: web)
    let client = TestClient(id: ClientDocumentTests.id, secret: nil, redirectURI: uri)
    let cookie = try await house.cookie()
    try await remember(house, client, cookie: cookie)
    #expect(await ask(house, client, cookie: cookie).outcome == (isRemembered ? "RDR code" : "PAGE 200"))
    guard isRemembered else { return }
    for member in ["client_name", "logo_uri", "client_uri"] {
      web.publish(
        ClientDocumentTests.document([
          "redirect_uris": [.string(uri)], member: .string("https://client.example/\(member)"),
        ]), at: ClientDocumentTests.id)
      house.clock.advance(.hours(1))
      #expect(await ask(house, client, cookie: cookie).outcome == "PAGE 200", "\(member)")
    }
  }

  @Test func `RFC 8252 §7.3 the port of a loopback redirect may be another, its host and path not`()
    async throws
  {
    let house = try await House()
    let client = try await house.client(
      ["http://127.0.0.1/cb", "http://127.0.0.1/other", "http://localhost/cb", "http://[::1]/cb"],
      method: .secretBasic)
    let cookie = try await house.cookie()
    for uri in ["http://127.0.0.1:4711/cb", "http://[::1]:4711/cb"] {
      try await remember(house, client, ["redirect_uri": uri], cookie: cookie)
      let again = uri.replacing("4711", with: "4712")
      #expect(await ask(house, client, ["redirect_uri": again], cookie: cookie).outcome == "RDR code")
    }
    for uri in ["http://127.0.0.1:4711/other", "http://localhost:4711/cb"] {
      #expect(await ask(house, client, ["redirect_uri": uri], cookie: cookie).outcome == "PAGE 200")
    }
  }

  @Test(arguments: [
    "revoked", "revoked and taken up again", "client disabled and enabled", "password", "factor",
    "disabled and enabled", "over", "shorter lifetime", "forgotten", "denied", "allowed without the tick",
  ])
  func `C21 what ends the trust ends the memory`(what: String) async throws {
    let house = try await House()
    let client = try await house.client()
    var cookie = try await house.cookie()
    try await remember(house, client, cookie: cookie)
    let connection = try #require(try await house.connections.all().first)
    #expect(try await house.server.consents.all(of: connection.id).map(\.redirectURI) == [client.redirectURI])
    let policy = CredentialPolicy(endingTokens: [])
    switch what {
    case "revoked": #expect(try await house.connections.revoke(connection.id))
    case "revoked and taken up again":
      #expect(try await house.connections.revoke(connection.id))
      #expect(try await house.connections.reactivate(connection.id))
    case "client disabled and enabled":
      #expect(try await house.clients.disable(client.id))
      #expect(try await house.clients.enable(client.id))
    case "password":
      try await house.users.setPassword(Secret("another password"), of: house.sam.id, policy)
    case "factor":
      try await house.server.secondFactors.removeApp(of: house.sam.id, keeping: nil, policy)
    case "disabled and enabled":
      #expect(try await house.users.setDisabled(true, of: house.sam.id, policy))
      #expect(try await house.users.setDisabled(false, of: house.sam.id, policy))
    case "over": house.clock.advance(.days(90))
    case "shorter lifetime": try await run(house, "UPDATE remembered_consent SET created_at = created_at / 2")
    case "forgotten": #expect(try await house.server.consents.forgetAll(of: connection.id))
    default:
      let page = await ask(house, client, ["prompt": "consent"], cookie: cookie)
      _ = await house.decide(page, what == "denied" ? "deny" : "allow", cookie: cookie)
    }
    cookie = try await house.cookie()
    #expect(await ask(house, client, cookie: cookie).outcome == "PAGE 200")
    #expect(try await house.server.consents.all(of: connection.id).isEmpty)
  }

  @Test func `a pushed request is answered once, without the page too`() async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    try await remember(house, client, cookie: cookie)
    let form = Form(decoding: client.query().utf8)
    let pairs = client.query().split(separator: "&").compactMap { pair -> (String, String)? in
      let name = String(pair.prefix { $0 != "=" })
      return form?[name].map { (name, $0) }
    }
    let pushed = await house.post("/oauth/par", pairs)
    let link = Form([
      (name: "client_id", value: client.id),
      (name: "request_uri", value: pushed.json["request_uri"]?.string ?? ""),
    ]).encoded
    let fields = Self.opened.merging(["cookie": cookie]) { $1 }
    #expect(await house.get("/oauth/authorize?" + link, fields).outcome == "RDR code")
    #expect(await house.get("/oauth/authorize?" + link, fields).outcome == "PAGE 400")
  }

  @Test func `a connection that is revoked at that moment is not taken up again silently`() async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    try await remember(house, client, cookie: cookie)
    let connection = try #require(try await house.connections.all().first)
    for _ in 0..<20 {
      async let answer = ask(house, client, cookie: cookie)
      async let isRevoked = house.connections.revoke(connection.id)
      _ = try await (answer, isRevoked)
      #expect(try await house.connections.connection(connection.id)?.revokedAt != nil)
      try await run(house, "UPDATE connection SET revoked_at = NULL, version = 1")
    }
  }

  @Test func `what is over is swept`() async throws {
    let house = try await House()
    let client = try await house.client()
    try await remember(house, client, cookie: house.cookie())
    let janitor = Janitor(store: house.store, sessions: house.sessions, world: house.clock.world)
    house.clock.advance(.days(89))
    _ = try await janitor.sweepGrants()
    #expect(try await house.count("remembered_consent") == 1)
    house.clock.advance(.days(2))
    _ = try await janitor.sweepGrants()
    #expect(try await house.count("remembered_consent") == 0)
  }
}
