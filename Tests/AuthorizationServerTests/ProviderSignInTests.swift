internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Storage
internal import Telemetry
internal import Testing
internal import World

@Suite("Signing in at the company's identity provider (OpenID Connect)")
struct ProviderSignInTests {
  private typealias Claims = [String: JSONValue?]
  private static let now: Int64 = 1_795_000_000

  private func arrival(_ company: Company, _ changes: [String: String?] = [:]) async throws -> Answer {
    let client = try await company.house.client()
    let browser = TestBrowser(company.house)
    let left = try await company.leave(browser, from: "/oauth/authorize?" + client.query())
    return await company.comeBack(browser, left, changes)
  }

  @Test func `Core §3.1 the whole way, from the client's link over the provider to the client's code`()
    async throws
  {
    let company = try await Company()
    let house = company.house
    let client = try await house.client()
    let browser = TestBrowser(house)
    let left = try await company.leave(browser, from: "/oauth/authorize?" + client.query())
    #expect(left.status == 303 && left.target == Provider.issuer + "/authorize")
    let asked = try #require(left.callback)
    #expect(asked["tenant"] == "1" && asked["response_type"] == "code" && asked["client_id"] == "gatehouse")
    #expect(asked["redirect_uri"] == "https://gate.example/login/provider/acme/callback")
    #expect(asked["scope"] == "openid profile email" && asked["code_challenge_method"] == "S256")
    #expect(asked["code_challenge"]?.utf8.count == 43 && asked["nonce"]?.utf8.count == 43)
    #expect(asked["prompt"] == nil && asked["max_age"] == "2592000")
    let back = await company.comeBack(browser, left)
    #expect(back.status == 303 && back.location?.hasPrefix("/oauth/authorize?") ?? false)
    let consent = await browser.get(back.location ?? "")
    #expect(consent.text.contains("Ann Acme"))
    let answer = await browser.post(
      "/oauth/consent",
      [("ticket", consent.input("ticket") ?? ""), ("decision", "allow"), ("scope", "mcp:read")])
    #expect(answer.outcome == "RDR code")
    let tokens = try Tokens(await house.exchange(answer.callback?["code"] ?? "", client))
    #expect(await house.verdict(of: tokens.access) == "200")
    let user = try #require(try await house.users.user(login: "ann@acme.example"))
    #expect(user.name == "Ann Acme" && !user.isAdministrator && user.email == "ann@acme.example")
    #expect(house.events.all.map(\.kind).contains(.accountMade))
    // RFC 6749 §2.3.1: the secret goes in the header, and nowhere else.
    let request = try #require(company.provider.redeemed.first)
    #expect(request.authorization == Secret("Basic Z2F0ZWhvdXNlOnMzY3JldA=="))
    #expect(request.form.map { String(decoding: $0.bytes, as: UTF8.self).contains("s3cret") } == false)
    // Signing in again is the same person.
    #expect(try await arrival(company).status == 303)
    #expect(try await house.count("account") == 2)
  }

  @Test(
    arguments: [
      ("2 another issuer", ["iss": "https://evil.example"], [:]),
      ("2 no issuer", ["iss": nil], [:]), ("2 a slash", ["iss": "https://idp.acme.example/"], [:]),
      ("3 another audience", ["aud": "other"], [:]), ("3 no audience", ["aud": nil], [:]),
      ("3 one more audience", ["aud": ["gatehouse", "other"]], [:]),
      ("5 another party", ["azp": "other"], [:]), ("5 a party that is none", ["azp": 7], [:]),
      ("7 unsigned", [:], ["alg": "none"]), ("7 signed with the secret", [:], ["alg": "HS256"]),
      ("7 a key that nobody has", [:], ["kid": "k9"]), ("7 critical", [:], ["crit": ["x"]]),
      ("9 over", ["exp": .integer(now - 300)], [:]), ("9 no end", ["exp": nil], [:]),
      ("9 an end that is no moment", ["exp": "soon"], [:]),
      ("10 from the future", ["iat": .integer(now + 301)], [:]), ("10 no beginning", ["iat": nil], [:]),
      ("not yet", ["nbf": .integer(now + 301)], [:]),
      ("11 another nonce", ["nonce": "n"], [:]), ("11 no nonce", ["nonce": nil], [:]),
      ("nobody", ["sub": nil], [:]), ("no name", ["sub": ""], [:]),
      ("a long name", ["sub": .string(String(repeating: "x", count: 256))], [:]),
      ("an access token", [:], ["typ": "at+jwt"]), ("a logout token", [:], ["typ": "logout+jwt"]),
    ] as [(String, [String: JSONValue?], [String: JSONValue?])])
  func `Core §3.1.3.7 an ID token that is not for us, not of now or not of the provider lets nobody in`(
    what: String, claims: [String: JSONValue?], header: [String: JSONValue?]
  ) async throws {
    let company = try await Company()
    company.provider.set {
      $0.claims = claims
      $0.header = header
    }
    #expect(try await arrival(company).outcome == "PAGE 502", "\(what)")
    #expect(try await company.house.count("browser_session") == 0)
    #expect(try await company.house.count("account") == 1)
    #expect(company.house.events.all.map(\.kind) == [.signInRefused])
  }

  @Test(
    arguments: [
      ("ends five minutes ago by our clock", ["exp": .integer(now - 299)]),
      ("begins in five minutes", ["iat": .integer(now + 300), "nbf": .integer(now + 300)]),
      ("a list of one", ["aud": ["gatehouse"]]), ("the same party", ["azp": "gatehouse"]),
      ("a fraction of a second", ["exp": .number(1_795_000_100.5)]),
    ] as [(String, [String: JSONValue?])])
  func `clocks may be five minutes apart, and what is the same may look different`(
    what: String, claims: [String: JSONValue?]
  ) async throws {
    let company = try await Company()
    company.provider.set { $0.claims = claims }
    #expect(try await arrival(company).status == 303, "\(what)")
  }

  @Test(arguments: [
    "another's signature", "garbage", "huge", "none", "an error", "a page", "down", "slow", "forbidden",
    "of status 500", "endless",
  ])
  func `what the provider's token endpoint may do lets nobody in, and says so`(what: String) async throws {
    let company = try await Company()
    let other = try Signer()
    company.provider.set { desk in
      switch what {
      case "another's signature": desk.signer = other
      case "garbage": desk.token = "a.b.c"
      case "huge":
        desk.claims["groups"] = .array(
          Array(repeating: .string(String(repeating: "g", count: 100)), count: 600))
      case "none": desk.answer = Provider.reply(200, ["access_token": "at"])
      case "an error": desk.answer = Provider.reply(400, ["error": "invalid_client\n\u{1b}[31m"])
      case "a page": desk.answer = .init(status: 200, body: Array("<html>".utf8))
      case "down": desk.failure = .unreachable("refused")
      case "slow": desk.failure = .tooSlow
      case "forbidden": desk.failure = .forbiddenAddress
      case "of status 500": desk.answer = Provider.reply(500, [:])
      default: desk.failure = .tooLong
      }
    }
    let answer = try await arrival(company)
    let isLater = ["down", "slow", "of status 500", "endless"].contains(what)
    #expect(answer.outcome == (isLater ? "PAGE 503" : "PAGE 502"))
    #expect(try await company.house.count("browser_session") == 0)
  }

  @Test(
    arguments: [
      ("issuer", "https://evil.example", "PAGE 502"), ("issuer", nil, "PAGE 502"),
      ("authorization_endpoint", "http://idp.acme.example/a", "PAGE 502"),
      ("authorization_endpoint", "javascript:alert(1)", "PAGE 502"), ("token_endpoint", nil, "PAGE 502"),
      ("token_endpoint", "https://u:p@idp.acme.example/t", "PAGE 502"), ("jwks_uri", nil, "PAGE 502"),
      ("jwks_uri", "https:///keys", "PAGE 502"),
    ] as [(String, String?, String)])
  func `Discovery §3, §4.3 metadata of another issuer, or that leads to no https, is used for nothing`(
    member: String, value: String?, outcome: String
  ) async throws {
    let company = try await Company()
    company.provider.publish([member: value.map { .string($0) }])
    let left = try await company.leave(
      TestBrowser(company.house), from: "/oauth/authorize?" + (try await company.house.client()).query())
    #expect(left.outcome == outcome)
  }

  @Test func `a provider that does not answer is a page with a way back, and is asked again`() async throws {
    let company = try await Company()
    let client = try await company.house.client()
    company.web.fail(Provider.issuer + "/.well-known/openid-configuration", .tooSlow)
    let browser = TestBrowser(company.house)
    #expect(
      try await company.leave(browser, from: "/oauth/authorize?" + client.query()).outcome == "PAGE 503")
    company.provider.publish()
    company.house.clock.advance(.seconds(6))
    #expect(try await company.leave(browser, from: "/oauth/authorize?" + client.query()).status == 303)
  }

  @Test func `Core §10.1.1 a key that the provider began to use is fetched`() async throws {
    let company = try await Company()
    #expect(try await arrival(company).status == 303)
    let next = try Signer("k2")
    company.provider.set { $0.signer = next }
    #expect(try await arrival(company).outcome == "PAGE 502")
    company.provider.publishKeys()
    company.house.clock.advance(.minutes(1))
    #expect(try await arrival(company).status == 303)
  }

  @Test(
    arguments: [
      (["state": nil], "PAGE 403"), (["state": "AAAA"], "PAGE 403"), (["code": nil], "PAGE 200"),
      (["code": nil, "error": "access_denied"], "PAGE 200"), (["code": "stolen"], "PAGE 502"),
      (["iss": "https://evil.example"], "PAGE 502"), (["iss": "https://idp.acme.example"], "RDR ?"),
      (["iss": "https://evil.example", "error": "access_denied", "code": nil], "PAGE 502"),
    ] as [([String: String?], String)])
  func `RFC 9207 §2.4, RFC 6749 §10.12 an answer that is not the one of this browser's request`(
    changes: [String: String?], outcome: String
  ) async throws {
    let company = try await Company()
    #expect(try await arrival(company, changes).outcome == outcome)
    #expect(try await company.house.count("browser_session") == (outcome == "RDR ?" ? 1 : 0))
  }

  @Test func `RFC 9207 §2.4 a provider that says that it names itself has to`() async throws {
    let company = try await Company()
    company.provider.publish(["authorization_response_iss_parameter_supported": true])
    #expect(try await arrival(company).outcome == "PAGE 502")
    #expect(try await arrival(company, ["iss": Provider.issuer]).status == 303)
  }

  @Test func `an answer counts once, in the browser that left, within half an hour`() async throws {
    let company = try await Company()
    let client = try await company.house.client()
    let browser = TestBrowser(company.house)
    let left = try await company.leave(browser, from: "/oauth/authorize?" + client.query())
    // Login CSRF: the attacker's answer in the victim's browser.
    let victim = TestBrowser(company.house)
    _ = await victim.get("/oauth/authorize?" + client.query())
    #expect(await company.comeBack(victim, left).outcome == "PAGE 403")
    #expect(await company.comeBack(browser, left).status == 303)
    #expect(await company.comeBack(browser, left).outcome == "PAGE 409")
    let late = try await company.leave(TestBrowser(company.house), from: "/oauth/authorize?" + client.query())
    company.house.clock.advance(.minutes(30))
    #expect(await company.comeBack(browser, late).outcome == "PAGE 403")
  }

  @Test func `another house's button, another site's form and an unknown provider start nothing`()
    async throws
  {
    let company = try await Company()
    let client = try await company.house.client()
    let browser = TestBrowser(company.house)
    let page = await browser.get("/oauth/authorize?" + client.query())
    #expect(page.text.contains("Continue with Acme"))
    let ticket = [("ticket", page.input("ticket") ?? "")]
    #expect(await browser.post("/login/provider/other", ticket).outcome == "PAGE 404")
    #expect(await browser.post("/login/provider/acme", []).outcome == "PAGE 403")
    #expect(await TestBrowser(company.house).post("/login/provider/acme", ticket).outcome == "PAGE 403")
    #expect(await browser.get("/login/provider/acme").status == 405)
  }

  // MARK: Whose account it is

  @Test(
    arguments: [
      ("verified", [:], IdentityRules(domains: ["acme.example"], links: true), "sam"),
      (
        "in any case", ["email": "Sam@ACME.example"], IdentityRules(domains: ["ACME.example"], links: true),
        "sam"
      ),
      ("as text", ["email_verified": "true"], IdentityRules(domains: ["acme.example"], links: true), "sam"),
      (
        "not verified", ["email_verified": false],
        IdentityRules(domains: ["acme.example"], links: true, creates: true), nil
      ),
      (
        "not said", ["email_verified": nil],
        IdentityRules(domains: ["acme.example"], links: true, creates: true), nil
      ),
      (
        "trusted", ["email_verified": nil],
        IdentityRules(domains: ["acme.example"], links: true, trustsEmail: true), "sam"
      ),
      ("another domain", [:], IdentityRules(domains: ["other.example"], links: true, creates: true), nil),
      (
        "a longer domain", ["email": "sam@evilacme.example"],
        IdentityRules(domains: ["acme.example"], links: true, creates: true), nil
      ),
      (
        "a subdomain", ["email": "sam@eu.acme.example"],
        IdentityRules(domains: ["acme.example"], links: true, creates: true), nil
      ),
      (
        "all below", ["email": "joe@eu.acme.example"],
        IdentityRules(domains: ["*.acme.example"], creates: true), "joe@eu.acme.example"
      ),
      (
        "two signs", ["email": "joe@acme.example@evil.example"],
        IdentityRules(domains: ["acme.example"], creates: true), nil
      ),
      ("no rule", [:], IdentityRules(domains: ["acme.example"]), nil),
      ("no address", ["email": nil], IdentityRules(domains: ["*"], links: true, creates: true), nil),
      (
        "not to be made", ["email": "joe@acme.example"],
        IdentityRules(domains: ["acme.example"], links: true), nil
      ),
      (
        "made", ["email": "joe@acme.example"], IdentityRules(domains: ["acme.example"], creates: true),
        "joe@acme.example"
      ),
      ("taken", [:], IdentityRules(domains: ["acme.example"], creates: true), nil),
      (
        "by user name", ["email": "o'hara@acme.example", "preferred_username": "ohara"],
        IdentityRules(domains: ["acme.example"], creates: true), "ohara"
      ),
      (
        "somebody's user name", ["email": "o'hara@acme.example", "preferred_username": "sam"],
        IdentityRules(domains: ["acme.example"], creates: true), nil
      ),
      (
        "no name to have", ["email": "o'hara@acme.example"],
        IdentityRules(domains: ["acme.example"], creates: true), nil
      ),
    ] as [(String, [String: JSONValue?], IdentityRules, String?)])
  func `accounts are linked and made by the rules, and by a verified address alone`(
    what: String, claims: [String: JSONValue?], rules: IdentityRules, login: String?
  ) async throws {
    let company = try await Company(rules)
    try await company.house.store.write { transaction in
      _ = try transaction.run("UPDATE account SET email = 'sam@acme.example' WHERE login = 'sam'")
    }
    company.provider.set { $0.claims = (["email": "sam@acme.example"] as Claims).merging(claims) { $1 } }
    let answer = try await arrival(company)
    #expect(answer.outcome == (login == nil ? "PAGE 403" : "RDR ?"), "\(what)")
    let user = try await company.house.store.rows(
      "SELECT a.login FROM federated_identity f JOIN account a ON a.id = f.account_id WHERE f.subject = 'u-1'"
    ).first?.text(0)
    #expect(user == login, "\(what)")
  }

  @Test func `Core §5.7 the subject is who it is: an address given to somebody else opens nothing`()
    async throws
  {
    let company = try await Company()
    #expect(try await arrival(company).status == 303)
    // The same person under another address and name is the same account …
    company.provider.set { $0.claims = ["email": "ann.new@acme.example", "name": "Ann New"] }
    #expect(try await arrival(company).status == 303)
    #expect(try await company.house.count("account") == 2)
    // … and somebody else who got the old address is not.
    company.provider.set { $0.claims = ["sub": "u-2"] }
    #expect(try await arrival(company).outcome == "PAGE 403")
    #expect(company.house.log.lines.contains { $0.contains("anotherIdentity") })
  }

  @Test func `an administrator's account is linked by an administrator alone`() async throws {
    let company = try await Company()
    let chief = try await company.house.users.add(
      .init(login: "chief", email: "ann@acme.example", isAdministrator: true))
    #expect(try await arrival(company).outcome == "PAGE 403")
    try await company.identities.link(chief.id, to: "u-1", at: Provider.issuer)
    #expect(try await arrival(company).status == 303)
    #expect(try await company.house.sessions.all(of: chief.id).count == 1)
    await #expect(throws: FederatedIdentities.Refusal.anotherIdentity) {
      try await company.identities.link(company.house.sam.id, to: "u-1", at: Provider.issuer)
    }
    #expect(try await company.identities.unlink(chief.id, from: Provider.issuer, CredentialPolicy()))
    #expect(try await company.house.sessions.all(of: chief.id).isEmpty)
    #expect(try await arrival(company).outcome == "PAGE 403")
  }

  @Test func `who is disabled here is not let in, whatever the provider says`() async throws {
    let company = try await Company()
    #expect(try await arrival(company).status == 303)
    let ann = try #require(try await company.house.users.user(login: "ann@acme.example"))
    #expect(try await company.house.users.setDisabled(true, of: ann.id, CredentialPolicy()))
    #expect(try await arrival(company).outcome == "PAGE 403")
    #expect(try await company.house.sessions.all(of: ann.id).isEmpty)
  }

  @Test(
    arguments: [
      (["Sellers", "Bosses"], ["sales/user", "kept", "sales/manager"]),
      (["Sellers"], ["sales/user", "kept"]),
      (["Nobodies"], ["kept"]), (nil, ["kept"]), ("Bosses", ["kept", "sales/manager"]),
      (["sales/manager"], ["kept"]),
    ] as [(JSONValue?, [String])])
  func `groups come from the claim by the administrator's table, and others are left alone`(
    told: JSONValue?, groups: [String]
  ) async throws {
    let company = try await Company(
      IdentityRules(
        domains: ["acme.example"], links: true, groupsClaim: "groups",
        groupsByValue: ["Sellers": "sales/user", "Bosses": "sales/manager"]))
    try await company.house.store.write { transaction in
      _ = try transaction.run(
        "UPDATE account SET email = 'ann@acme.example', groups = '[\"sales/user\",\"kept\"]' WHERE login = 'sam'"
      )
    }
    company.provider.set { $0.claims = ["groups": told] }
    #expect(try await arrival(company).status == 303)
    #expect(try await company.house.users.user(login: "sam")?.groups == groups)
  }

  @Test func `Core §5.6.2 groups that are sent as a reference let nobody in, rather than be taken for none`()
    async throws
  {
    let company = try await Company(
      IdentityRules(
        domains: ["acme.example"], creates: true, groupsClaim: "groups", groupsByValue: ["a": "sales/user"]))
    company.provider.set { $0.claims = ["_claim_names": ["groups": "src1"]] }
    #expect(try await arrival(company).outcome == "PAGE 502")
  }

  @Test
  func `Core §5.3.2 what the ID token leaves out is asked of the userinfo endpoint, of the same subject`()
    async throws
  {
    let company = try await Company()
    company.provider.set {
      $0.claims = ["email": nil, "email_verified": nil, "name": nil]
      $0.userInfo = ["sub": "u-2", "email": "ann@acme.example", "email_verified": true]
    }
    #expect(try await arrival(company).outcome == "PAGE 502")
    company.provider.set {
      $0.userInfo = ["sub": "u-1", "email": "ann@acme.example", "email_verified": true]
    }
    #expect(try await arrival(company).status == 303)
    #expect(try await company.house.users.user(login: "ann@acme.example") != nil)
  }

  @Test(
    arguments: [
      ("\u{212A}evin@acme.example", "kevin@acme.example"), ("KEVIN@acme.example", nil),
      ("kevin@ACME.example", nil), ("kevi\u{0144}@acme.example", "kevi\u{0144}@acme.example"),
    ] as [(String, String?)])
  func `Core §14 letters that only look alike are other people`(email: String, refused: String?) async throws
  {
    let company = try await Company()
    let kevin = try await company.house.users.add(.init(login: "kevin", email: "kevin@acme.example"))
    company.provider.set { $0.claims = ["email": .string(email)] }
    #expect(try await arrival(company).outcome == (refused == nil ? "RDR ?" : "PAGE 403"))
    #expect(try await company.identities.all(of: kevin.id).count == (refused == nil ? 1 : 0))
  }

  @Test(arguments: ["\u{212A}ey Users", "key users", "Key Users "])
  func `Core §14 a group that only looks like one on the table gives nothing`(name: String) async throws {
    let company = try await Company(
      IdentityRules(
        domains: ["acme.example"], creates: true, groupsClaim: "groups",
        groupsByValue: ["Key Users": "base/admin"]))
    company.provider.set { $0.claims = ["groups": [.string(name)]] }
    #expect(try await arrival(company).status == 303)
    #expect(try await company.house.users.user(login: "ann@acme.example")?.groups == [])
  }

  @Test(arguments: ["boss@acme.example", "boss@other.example"])
  func `a user name that looks like an address is nobody's to take`(username: String) async throws {
    let company = try await Company()
    company.provider.set {
      $0.claims = ["email": "a+1@acme.example", "preferred_username": .string(username)]
    }
    #expect(try await arrival(company).outcome == "PAGE 403")
    #expect(try await company.house.count("account") == 1)
  }

  @Test func `an address and its verification come from one place`() async throws {
    let company = try await Company(
      IdentityRules(
        domains: ["acme.example"], links: true, groupsClaim: "groups", groupsByValue: ["a": "sales/user"]))
    try await company.house.store.write { transaction in
      _ = try transaction.run("UPDATE account SET email = 'sam@acme.example' WHERE login = 'sam'")
    }
    company.provider.set {
      $0.claims = ["email": "sam@acme.example", "email_verified": nil]
      $0.userInfo = ["sub": "u-1", "email": "mine@else.example", "email_verified": true, "groups": []]
    }
    #expect(try await arrival(company).outcome == "PAGE 403")
    #expect(try await company.identities.all(of: company.house.sam.id).isEmpty)
  }

  @Test func `an account is linked once its own second factor was proved, and not before`() async throws {
    let company = try await Company(IdentityRules(domains: ["acme.example"], links: true))
    let house = company.house
    try await house.store.write { transaction in
      _ = try transaction.run("UPDATE account SET email = 'ann@acme.example' WHERE login = 'sam'")
    }
    let codes = try await house.server.secondFactors.makeRecoveryCodes(for: house.sam.id)
    let totp = TOTP(world: house.clock.world)
    let code = try totp.code(step: TOTP.step(at: house.clock.now))
    #expect(try await house.server.secondFactors.addApp(totp, provedBy: code, for: house.sam.id))
    #expect(try await arrival(company).status == 200)
    // Whoever has the address and not the phone is not linked, …
    #expect(try await company.identities.all(of: house.sam.id).isEmpty)
    // … and does not keep the person out.
    company.provider.set { $0.claims = ["sub": "u-2"] }
    let client = try await house.client()
    let browser = TestBrowser(house)
    let page = await company.comeBack(
      browser, try await company.leave(browser, from: "/oauth/authorize?" + client.query()))
    let done = await browser.post(
      "/login/factor", [("ticket", page.input("ticket") ?? ""), ("code", codes[0])])
    #expect(done.status == 303)
    #expect(try await company.identities.all(of: house.sam.id).map(\.subject) == ["u-2"])
    #expect(house.events.all.map(\.kind).contains(.identityLinked))
  }

  @Test func `a name stands for one issuer, so that nobody's links are left behind`() async throws {
    let company = try await Company()
    let other = try #require(
      IdentityProvider(name: "acme", issuer: "https://other.example", clientID: "gatehouse"))
    await #expect(throws: IdentityProviders.AnotherIssuer.self) { try await company.providers.set(other) }
  }

  @Test func `RFC 6749 §3.1 a parameter that is there twice is refused`() async throws {
    let company = try await Company()
    company.provider.publish(["authorization_response_iss_parameter_supported": true])
    let client = try await company.house.client()
    let browser = TestBrowser(company.house)
    let left = try await company.leave(browser, from: "/oauth/authorize?" + client.query())
    let state = left.callback?["state"] ?? ""
    let code = company.provider.code(for: left)
    let answer = await browser.get(
      "/login/provider/acme/callback?code=\(code)&state=\(state)&iss=https%3A%2F%2Fidp.acme.example&iss=https%3A%2F%2Fevil.example"
    )
    #expect(answer.outcome == "PAGE 403")
  }

  @Test func `a sign-in that nobody dates is an old one`() async throws {
    let company = try await Company()
    let client = try await company.house.client()
    company.provider.set { $0.claims = ["auth_time": nil] }
    let browser = TestBrowser(company.house)
    let left = try await company.leave(browser, from: "/oauth/authorize?" + client.query())
    #expect(await company.comeBack(browser, left).status == 303)
    let stale = await browser.get("/oauth/authorize?" + client.query(["max_age": "86400"]))
    #expect(stale.text.contains("name=\"password\""))
    let fine = await browser.get("/oauth/authorize?" + client.query())
    #expect(fine.text.contains("name=\"decision\""))
  }

  // MARK: How it was proved

  @Test func `a required second factor is asked for here, unless the provider's word on it counts`()
    async throws
  {
    var rules = IdentityRules(domains: ["acme.example"], creates: true, newGroups: ["office"])
    let company = try await Company(rules)
    company.provider.set { $0.claims = ["amr": ["pwd", "mfa"]] }
    try await company.house.server.secondFactors.require(true, of: "office")
    let answer = try await arrival(company)
    #expect(answer.status == 200 && answer.text.contains("authenticator app"))
    #expect(try await company.house.count("browser_session") == 0)
    rules.trustsFactors = true
    try await company.set(rules)
    #expect(try await arrival(company).status == 303)
    company.provider.set { $0.claims = ["amr": ["pwd"]] }
    #expect(try await arrival(company).status == 200)
  }

  @Test
  func `RFC 9470, Core §3.1.2.1 who has to sign in anew does so at the provider, which has to say when`()
    async throws
  {
    let company = try await Company()
    let (house, clock) = (company.house, company.house.clock)
    let client = try await house.client()
    let browser = TestBrowser(house)
    // The provider knew the person since this morning.
    let morning = clock.now.seconds - 18_000
    company.provider.set { $0.claims = ["auth_time": .integer(morning)] }
    let first = try await company.leave(browser, from: "/oauth/authorize?" + client.query())
    #expect(await company.comeBack(browser, first).status == 303)
    let stale = "/oauth/authorize?" + client.query(["max_age": "600"])
    let asked = try await company.leave(browser, from: stale)
    #expect(asked.callback?["prompt"] == "login" && asked.callback?["max_age"] == "0")
    // It did not ask.
    #expect(await company.comeBack(browser, asked).outcome == "PAGE 502")
    company.provider.set { $0.claims = ["auth_time": nil] }
    #expect(
      await company.comeBack(browser, try await company.leave(browser, from: stale)).outcome == "PAGE 502")
    // It did, and its clock is behind ours.
    company.provider.set { $0.claims = ["auth_time": .integer(TestWorld().now.seconds - 200)] }
    let back = await company.comeBack(browser, try await company.leave(browser, from: stale))
    #expect(back.status == 303)
    #expect(await browser.get(back.location ?? "").text.contains("name=\"decision\""))
    // prompt=login of somebody who is not signed in here asks as well.
    let anew = try await company.leave(
      TestBrowser(house), from: "/oauth/authorize?" + client.query(["prompt": "login"]))
    #expect(anew.callback?["prompt"] == "login")
  }

  // MARK: No passwords

  @Test func `local login may be for administrators alone, and a right password looks like a wrong one`()
    async throws
  {
    let company = try await Company(localLogin: .administrators)
    let house = company.house
    let client = try await house.client()
    _ = try await house.users.add(
      .init(login: "chief", password: Secret(House.password), isAdministrator: true))
    func tried(_ login: String, _ password: String) async -> Answer {
      let browser = TestBrowser(house)
      let page = await browser.get("/oauth/authorize?" + client.query())
      return await browser.post(
        "/login", [("ticket", page.input("ticket") ?? ""), ("login", login), ("password", password)])
    }
    let (right, wrong) = (await tried("sam", House.password), await tried("sam", "wrong password"))
    #expect(right.status == 401 && wrong.status == 401)
    #expect(right.text.contains("do not match") && right.text.contains("Continue with Acme"))
    #expect(await tried("chief", House.password).status == 303)
    #expect(try await arrival(company).status == 303)
  }

  // MARK: What is kept

  @Test func `the secret is sealed for its issuer, and a provider that goes takes its people's way in along`()
    async throws
  {
    let company = try await Company()
    #expect(try await arrival(company).status == 303)
    let stored = try #require(
      try await company.house.store.rows("SELECT client_secret FROM identity_provider").first?.bytes(0))
    #expect(!stored.contains(Array("s3cret".utf8)))
    try await company.house.store.write { transaction in
      _ = try transaction.run("UPDATE identity_provider SET issuer = 'https://evil.example'")
    }
    await #expect(throws: CryptoError.notAuthentic) { _ = try await company.providers.provider("acme") }
    try await company.house.store.write { transaction in
      _ = try transaction.run("UPDATE identity_provider SET issuer = \(Provider.issuer)")
    }
    #expect(try await company.providers.remove("acme", CredentialPolicy()))
    #expect(try await company.house.count("federated_identity") == 0)
    #expect(try await company.house.count("browser_session") == 0)
    #expect(try await company.providers.remove("acme", CredentialPolicy()) == false)
  }
}
