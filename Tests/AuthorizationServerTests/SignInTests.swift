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

@Suite("C. Signing in")
struct SignInTests {
  /// The login page of a good request, and the cookie that came with it.
  private func loginPage(_ house: House, _ client: TestClient) async -> (page: Answer, cookie: String) {
    let page = await house.get("/oauth/authorize?" + client.query())
    return (page, String((page.fields["set-cookie"] ?? "").prefix { $0 != ";" }))
  }

  private func signIn(
    _ house: House, _ page: (page: Answer, cookie: String), login: String = "sam",
    password: String = House.password,
    _ fields: [String: String] = [:], from peer: IPAddress = .loopback
  ) async -> Answer {
    await house.post(
      "/login", [("ticket", page.page.input("ticket") ?? ""), ("login", login), ("password", password)],
      ["cookie": page.cookie].merging(fields) { $1 }, from: peer)
  }

  @Test func `C the whole way in a browser, from the link to the code, by 303`() async throws {
    let house = try await House()
    let client = try await house.client()
    let login = await loginPage(house, client)
    let signedIn = await signIn(house, login)
    // B58 RFC 9700 §4.12: credentials are never posted on.
    #expect(signedIn.status == 303)
    let session = String((signedIn.fields["set-cookie"] ?? "").prefix { $0 != ";" })
    let consent = await house.get(signedIn.location ?? "", ["cookie": session])
    #expect(consent.text.contains("Test"))
    let answer = await house.decide(consent, cookie: session)
    #expect(answer.status == 303 && answer.outcome == "RDR code")
    #expect(await house.exchange(answer.callback?["code"] ?? "", client).status == 200)
    #expect(
      house.events.all.map(\.kind).contains(.signedIn) && house.events.all.map(\.kind).contains(.consented))
  }

  @Test func `C14 the session cookie is bound to the host, out of scripts' reach, and new at each login`()
    async throws
  {
    let house = try await House()
    let client = try await house.client()
    let login = await loginPage(house, client)
    let planted = "__Host-gatehouse-session=" + String(repeating: "A", count: 43)
    let answer = await signIn(house, login, ["cookie": login.cookie + "; " + planted])
    let line = try #require(answer.fields["set-cookie"])
    #expect(line.hasPrefix("__Host-gatehouse-session="))
    for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] { #expect(line.contains(part)) }
    #expect(!line.contains("Domain"))
    #expect(!line.hasPrefix(planted))
    let again = await signIn(house, login)
    #expect(again.fields["set-cookie"] != line)
    // The planted one is worth nothing.
    #expect(
      await house.get("/oauth/authorize?" + client.query(), ["cookie": planted]).text.contains(
        "name=\"password\""))
    for name in ["__Host-gatehouse-visit"] {
      #expect(login.page.fields["set-cookie"]?.hasPrefix(name) ?? false)
      #expect(login.page.fields["set-cookie"]?.contains("HttpOnly") ?? false)
    }
  }

  @Test func `C14 without TLS, on loopback, the cookie has no prefix that a browser would refuse`()
    async throws
  {
    let house = try await House("http://127.0.0.1:8080")
    let client = try await house.client()
    let page = await house.get("/oauth/authorize?" + client.query(["resource": nil]))
    #expect(page.fields["set-cookie"]?.hasPrefix("gatehouse-visit=") ?? false)
    #expect(page.fields["set-cookie"]?.contains("Secure") == false)
  }

  @Test(arguments: [
    "missing", "garbage", "other browser", "other purpose", "expired", "tampered", "foreign site",
    "foreign origin",
  ])
  func `C1 a login form that is not the one this browser got`(what: String) async throws {
    let house = try await House()
    let client = try await house.client()
    var login = await loginPage(house, client)
    var pairs = [("login", "sam"), ("password", House.password)]
    var ticket = login.page.input("ticket") ?? ""
    var fields: [String: String] = [:]
    switch what {
    case "garbage": ticket = "AAAA"
    case "other browser": login = (login.page, await loginPage(house, client).cookie)
    case "other purpose":
      ticket = await house.consentPage(client, cookie: try house.cookie()).input("ticket") ?? ""
    case "expired": house.clock.advance(.minutes(30))
    case "tampered": ticket = String(ticket.dropLast(4)) + "AAAA"
    case "foreign site": fields["sec-fetch-site"] = "cross-site"
    case "foreign origin": fields["origin"] = "https://evil.example"
    default: break
    }
    if what != "missing" { pairs.append(("ticket", ticket)) }
    fields["cookie"] = login.cookie
    let answer = await house.post("/login", pairs, fields)
    #expect(answer.outcome == "PAGE 403")
    #expect(try await house.count("browser_session") == (what == "other purpose" ? 1 : 0))
  }

  @Test func `C1 a form is good for 30 minutes`() async throws {
    let house = try await House()
    let login = await loginPage(house, try house.client())
    house.clock.advance(.seconds(1799))
    #expect(await signIn(house, login).status == 303)
  }

  @Test(arguments: [
    ["sec-fetch-site": "same-origin"], ["sec-fetch-site": "none"], ["origin": "https://gate.example"],
    ["origin": "null"], [:],
  ])
  func `C1 a form from a page of ours is let in`(fields: [String: String]) async throws {
    let house = try await House()
    #expect(await signIn(house, await loginPage(house, try house.client()), fields).status == 303)
  }

  @Test func `C16 an unknown user and a wrong password look the same`() async throws {
    let house = try await House()
    let client = try await house.client()
    _ = try await house.users.add(Users.Draft(login: "nopassword"))
    let gone = try await house.users.add(Users.Draft(login: "gone", password: Secret(House.password)))
    try await house.disable(gone)
    var seen: Set<String> = []
    for (login, password) in [
      ("sam", "wrong password"), ("nobody", "wrong password"), ("nopassword", "wrong password"),
      ("gone", House.password),
      ("nobody", ""), ("sam", String(repeating: "x", count: 2000)), ("sam--", "x"),
      ("sam", House.password + "\0"),
    ] {
      let page = await loginPage(house, client)
      let answer = await signIn(house, page, login: login, password: password)
      #expect(answer.status == 401)
      #expect(answer.fields["set-cookie"]?.contains("session") != true)
      let text = answer.text.replacing(answer.input("ticket") ?? "?", with: "TICKET").replacing(
        login, with: "LOGIN"
      ).replacing(/(data-options="|name="ticket" value=")[^"]*/, with: "")
      seen.insert(text)
    }
    #expect(seen.count == 1)
    #expect(try await house.count("browser_session") == 0)
  }

  @Test func `C16 an unknown user costs one Argon2 like a known one`() async throws {
    // One thread and one place to wait: of many checks at once some find no room, if each really is one.
    let slow = try PasswordHasher(
      parameters: .init(kibibytes: 16 * 1024, passes: 2), concurrency: 1, waiting: 1)
    let house = try await House(hasher: slow)
    let client = try await house.client()
    for login in ["nobody", "sam"] {
      let page = await loginPage(house, client)
      let statuses = await withTaskGroup(of: Int.self) { group in
        for host in 0..<16 {
          group.addTask {
            await signIn(
              house, page, login: login, password: "wrong password", from: .v4(0x0a00_0000 | UInt32(host))
            ).status
          }
        }
        return await group.reduce(into: Set<Int>()) { $0.insert($1) }
      }
      #expect(statuses == [401, 503], "\(login)")
    }
  }

  @Test func `C17 20 wrong passwords from one address hold that address back, not the person`() async throws {
    let house = try await House()
    let login = await loginPage(house, try house.client())
    let (attacker, home) = (IPAddress.v4(0xc000_0201), IPAddress.v4(0x0a00_0001))
    var statuses: [Int] = []
    for _ in 0..<20 {
      statuses.append(await signIn(house, login, password: "wrong password", from: attacker).status)
    }
    #expect(statuses.first == 401 && statuses.last == 429)
    let refused = await signIn(house, login, from: attacker)
    #expect(refused.status == 429)
    let wait = try #require(refused.fields["retry-after"].flatMap { Int64($0) })
    #expect(wait > 0 && wait <= 901)
    #expect(await signIn(house, login, from: home).status == 303)
    house.clock.advance(.seconds(wait))
    #expect(await signIn(house, login, from: attacker).status == 303)
  }

  @Test func `C17 an address that tries many names is held back too`() async throws {
    let house = try await House()
    let login = await loginPage(house, try house.client())
    let attacker = IPAddress.v4(0xc000_0201)
    var last = 0
    for number in 0..<30 {
      last = await signIn(house, login, login: "user\(number)", password: "Password1", from: attacker).status
    }
    #expect(last == 429)
  }

  @Test func `C17 a line with IPv6 is one address, however many it uses`() async throws {
    let house = try await House()
    let login = await loginPage(house, try house.client())
    var statuses: [Int] = []
    for low in 1...8 {
      let attacker = IPAddress.v6(high: 0x2001_0db8_0000_0001, low: UInt64(low))
      statuses.append(await signIn(house, login, password: "wrong password", from: attacker).status)
    }
    #expect(statuses.first == 401 && statuses.last == 429)
    #expect(await signIn(house, login, from: .v6(high: 0x2001_0db8_0000_0002, low: 1)).status == 303)
  }

  @Test func `C17 a typing error or four cost nothing`() async throws {
    let house = try await House()
    let login = await loginPage(house, try house.client())
    for _ in 0..<4 { #expect(await signIn(house, login, password: "wrong password").status == 401) }
    #expect(await signIn(house, login).status == 303)
  }

  @Test func `a password is rehashed when the parameters change`() async throws {
    let house = try await House()
    let login = await loginPage(house, try house.client())
    let old = try await PasswordHasher(parameters: .init(kibibytes: 32, passes: 1), concurrency: 1)
      .hash(Secret(House.password), salt: [UInt8](repeating: 1, count: 16))
    try await house.store.write { _ = try $0.run("UPDATE account SET password = \(old) WHERE login = 'sam'") }
    #expect(await signIn(house, login).status == 303)
    let stored = try await house.store.rows("SELECT password FROM account WHERE login = 'sam'").first?.text(0)
    #expect(stored?.contains("m=64") ?? false)
    #expect(await signIn(house, login).status == 303)
  }

  @Test(arguments: ["SAM", "Sam", "sam"])
  func `a user name has no case`(login: String) async throws {
    let house = try await House()
    #expect(await signIn(house, await loginPage(house, try house.client()), login: login).status == 303)
  }

  @Test func `C4 C15 every page and redirect is unframeable, unstored and tells no referrer`() async throws {
    let house = try await House()
    let client = try await house.client()
    let login = await loginPage(house, client)
    let cookie = try await house.cookie()
    let consent = await house.consentPage(client, cookie: cookie)
    let answers = [
      login.page, await signIn(house, login), await signIn(house, login, password: "wrong password"), consent,
      await house.decide(consent, cookie: cookie), await house.get("/oauth/authorize"),
      await house.get("/oauth/authorize?" + client.query(["scope": "nonsense"])),
      await house.post("/oauth/consent", []),
    ]
    for answer in answers {
      #expect(answer.fields["content-security-policy"]?.contains("frame-ancestors 'none'") ?? false)
      #expect(answer.fields["x-frame-options"] == "DENY")
      #expect(answer.fields["referrer-policy"] == "no-referrer")
      #expect(answer.fields["cache-control"] == "no-store")
      #expect(answer.fields["x-content-type-options"] == "nosniff")
      // C5: Chromium would block the redirect to the client.
      #expect(answer.fields["content-security-policy"]?.contains("form-action") == false)
      // The login page links the one script that asks for passkeys.
      let script = /<script src="\/assets\/passkeys-[0-9a-f]{16}\.js" defer><\/script>/
      #expect(!answer.text.replacing(script, with: "").contains("<script"))
    }
  }

  @Test func `a session idles out after 8 hours and is over after 7 days`() async throws {
    let house = try await House()
    let client = try await house.client()
    func isSignedIn(_ cookie: String) async -> Bool {
      !(await house.consentPage(client, cookie: cookie)).text.contains("name=\"password\"")
    }
    let idle = try await house.cookie()
    house.clock.advance(.seconds(8 * 3600 - 1))
    #expect(await isSignedIn(idle))
    house.clock.advance(.hours(8))
    #expect(!(await isSignedIn(idle)))
    let busy = try await house.cookie()
    for _ in 0..<27 {
      house.clock.advance(.hours(6))
      #expect(await isSignedIn(busy))
    }
    house.clock.advance(.hours(6))
    #expect(!(await isSignedIn(busy)))
  }

  @Test func `C22 signing out takes a form of ours; a link or a foreign form does nothing`() async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    #expect(await house.get("/logout", ["cookie": cookie]).status == 405)
    #expect(await house.post("/logout", [("ticket", "x")], ["cookie": cookie]).status == 403)
    let value = String(cookie.split(separator: "=", maxSplits: 1)[1])
    let ticket = try house.server.tickets.issue(.account, for: value, content: "")
    #expect(
      await house.post("/logout", [("ticket", ticket)], ["cookie": cookie, "sec-fetch-site": "cross-site"])
        .status == 403)
    #expect(!(await house.consentPage(client, cookie: cookie)).text.contains("name=\"password\""))
    let answer = await house.post("/logout", [("ticket", ticket)], ["cookie": cookie])
    #expect(answer.status == 200)
    #expect(answer.fields["set-cookie"]?.contains("Max-Age=0") ?? false)
    #expect(await house.consentPage(client, cookie: cookie).text.contains("name=\"password\""))
  }

  @Test func `a disabled person's session is over at once`() async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    try await house.disable(house.sam)
    #expect(await house.consentPage(client, cookie: cookie).text.contains("name=\"password\""))
  }
}
