internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Testing
internal import World

/// A browser that keeps its cookies, for the way through several pages.
final class TestBrowser {
  let house: House
  let address: IPAddress
  var cookies: [String: String] = [:]

  init(_ house: House, from address: IPAddress = .loopback) {
    self.house = house
    self.address = address
  }

  private func keep(_ answer: Answer) -> Answer {
    for line in answer.fields.all("set-cookie") {
      let pair = line.prefix { $0 != ";" }.split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2 { cookies[String(pair[0])] = pair[1].isEmpty ? nil : String(pair[1]) }
    }
    return answer
  }

  private var header: [String: String] {
    ["cookie": cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; "), "user-agent": "Test/1.0"]
  }

  func get(_ target: String) async -> Answer {
    keep(await house.send(.get, target, header, from: address))
  }

  func post(_ path: String, _ pairs: [(String, String)]) async -> Answer {
    keep(await house.post(path, pairs, header, from: address))
  }

  /// Sends the password; the answer is what comes after it.
  func signIn(
    _ client: TestClient, _ login: String = "sam", _ password: String = House.password
  ) async -> Answer {
    let page = await get("/oauth/authorize?" + client.query())
    return await post(
      "/login", [("ticket", page.input("ticket") ?? ""), ("login", login), ("password", password)])
  }

  /// Sends a code to the page that asks for it.
  func code(_ page: Answer, _ code: String) async -> Answer {
    await post(page.action ?? "", [("ticket", page.input("ticket") ?? ""), ("code", code)])
  }

  var hasSession: Bool { cookies.keys.contains { $0.hasSuffix("gatehouse-session") } }
}

@Suite("C. The second factor")
struct SecondFactorTests {
  private static let totp = TOTP(secret: Secret(Array("12345678901234567890".utf8)))

  private func code(_ house: House, step: Int64 = 0) throws -> String {
    try Self.totp.code(step: TOTP.step(at: house.clock.now) + step)
  }

  /// A house whose sam has an app, which was used a while ago, and recovery codes.
  private func houseWithApp() async throws -> (House, TestClient, [String]) {
    let house = try await House()
    #expect(
      try await house.server.secondFactors.addApp(Self.totp, provedBy: try code(house), for: house.sam.id))
    let codes = try await house.server.secondFactors.makeRecoveryCodes(for: house.sam.id)
    house.clock.advance(.minutes(5))
    return (house, try await house.client(), codes)
  }

  @Test func `a password alone opens no session where there is a second factor`() async throws {
    let (house, client, _) = try await houseWithApp()
    let browser = TestBrowser(house)
    let page = await browser.signIn(client)
    #expect(page.status == 200 && page.text.contains("one-time-code"))
    #expect(!browser.hasSession)
    #expect(try await house.count("browser_session") == 0)
    let answer = await browser.code(page, try code(house))
    #expect(answer.status == 303 && browser.hasSession)
    #expect(await browser.get(answer.location ?? "").choices == ["mcp:read"])
    let row = try #require(try await house.store.rows("SELECT factors FROM browser_session").first)
    #expect(Factors(text: row.text(0)).amr == ["pwd", "otp", "mfa"])
    #expect(house.events.all.contains { $0.kind == .signedIn && $0.detail == "pwd otp" })
  }

  @Test func `C18 a code that was used lets nobody in again`() async throws {
    let (house, client, _) = try await houseWithApp()
    let now = try code(house)
    let first = TestBrowser(house)
    #expect(await first.code(await first.signIn(client), now).status == 303)
    let second = TestBrowser(house)
    let refused = await second.code(await second.signIn(client), now)
    #expect(refused.status == 401 && !second.hasSession)
    // The code before it neither, the next one does.
    #expect(await second.code(refused, try code(house, step: -1)).status == 401)
    #expect(await second.code(refused, try code(house, step: 1)).status == 303)
  }

  @Test func `C18 a code that comes twice at once lets one in`() async throws {
    let (house, client, _) = try await houseWithApp()
    let now = try code(house)
    let browser = TestBrowser(house)
    let page = await browser.signIn(client)
    let fields = [("ticket", page.input("ticket") ?? ""), ("code", now)]
    let cookie = ["cookie": browser.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")]
    let statuses = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<4 { group.addTask { await house.post("/login/factor", fields, cookie).status } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(statuses.sorted() == [303, 401, 401, 401])
  }

  @Test func `a recovery code works once, however it is typed`() async throws {
    let (house, client, codes) = try await houseWithApp()
    #expect(codes.count == 10 && Set(codes).count == 10)
    let typed = " " + codes[3].uppercased().replacing("-", with: " ")
    let first = TestBrowser(house)
    #expect(await first.code(await first.signIn(client), typed).status == 303)
    let second = TestBrowser(house)
    let page = await second.signIn(client)
    #expect(await second.code(page, codes[3]).status == 401)
    #expect(await second.code(page, codes[4]).status == 303)
    #expect(try await house.server.secondFactors.standing(of: house.sam).recoveryCodesLeft == 8)
  }

  @Test func `somebody else's recovery code is worth nothing`() async throws {
    let (house, client, _) = try await houseWithApp()
    let other = try await house.users.add(Users.Draft(login: "eve", password: Secret(House.password)))
    let codes = try await house.server.secondFactors.makeRecoveryCodes(for: other.id)
    let browser = TestBrowser(house)
    #expect(await browser.code(await browser.signIn(client), codes[0]).status == 401)
  }

  @Test(arguments: [
    "", "1", "000000", "1234567", "abcde-fghij", String(repeating: "9", count: 5000), "12345\u{0}",
  ])
  func `what is no code lets nobody in`(typed: String) async throws {
    let (house, client, _) = try await houseWithApp()
    let browser = TestBrowser(house)
    #expect(await browser.code(await browser.signIn(client), typed).status == 401)
    #expect(!browser.hasSession)
  }

  @Test func `C19 guesses at codes are counted apart from guesses at passwords`() async throws {
    let (house, client, _) = try await houseWithApp()
    let browser = TestBrowser(house, from: .v4(0xc000_0201))
    let page = await browser.signIn(client)
    var statuses: [Int] = []
    for guess in 0..<8 { statuses.append(await browser.code(page, "00000\(guess)").status) }
    #expect(statuses.first == 401 && statuses.last == 429)
    // The password is not held back, and gets as far as before; the right code waits all the same.
    let again = await browser.signIn(client)
    #expect(again.status == 200)
    let refused = await browser.code(again, try code(house))
    #expect(refused.status == 429)
    let wait = try #require(refused.fields["retry-after"].flatMap { Int64($0) })
    house.clock.advance(.seconds(wait))
    #expect(await browser.code(again, try code(house)).status == 303)
  }

  @Test func `C19 a thousand addresses don't make a thousand tries, and the owner's device is spared`()
    async throws
  {
    let (house, client, _) = try await houseWithApp()
    let home = TestBrowser(house, from: .v4(0x0a00_0001))
    #expect(await home.code(await home.signIn(client), try code(house)).status == 303)
    house.clock.advance(.minutes(2))
    var last = 0
    for host in 0..<40 {
      let attacker = TestBrowser(house, from: .v4(0xc000_0200 + UInt32(host)))
      last = await attacker.code(await attacker.signIn(client), "000000").status
    }
    #expect(last == 429)
    let stranger = TestBrowser(house, from: .v4(0x0b00_0001))
    #expect(await stranger.code(await stranger.signIn(client), try code(house)).status == 429)
    home.cookies = home.cookies.filter { $0.key.contains("device") }
    #expect(await home.code(await home.signIn(client), try code(house)).status == 303)
  }

  @Test func `the second step takes ten minutes at most, in the same browser`() async throws {
    let (house, client, _) = try await houseWithApp()
    let browser = TestBrowser(house)
    let page = await browser.signIn(client)
    let other = TestBrowser(house)
    _ = await other.get("/oauth/authorize?" + client.query())
    #expect(await other.code(page, try code(house)).status == 403)
    house.clock.advance(.seconds(601))
    #expect(await browser.code(page, try code(house)).status == 403)
    #expect(!browser.hasSession && !other.hasSession)
  }

  @Test func `issue 4 a login that races a change of the password comes too late`() async throws {
    let (house, client, _) = try await houseWithApp()
    let browser = TestBrowser(house)
    let page = await browser.signIn(client)
    house.clock.advance(.seconds(1))
    try await house.users.setPassword(Secret("another long one"), of: house.sam.id, CredentialPolicy())
    #expect(await browser.code(page, try code(house)).status == 403)
    #expect(!browser.hasSession)
  }

  @Test func `a disabled person gets no second step`() async throws {
    let (house, client, _) = try await houseWithApp()
    let browser = TestBrowser(house)
    let page = await browser.signIn(client)
    try await house.disable(house.sam)
    #expect(await browser.code(page, try code(house)).status == 403)
  }

  @Test func `who has to have a second factor is led to add one before anything else`() async throws {
    let house = try await House()
    let client = try await house.client()
    try await house.server.secondFactors.require(true, of: "sales/user")
    let browser = TestBrowser(house)
    let page = await browser.signIn(client)
    #expect(page.text.contains("Your company asks for it") && !browser.hasSession)
    let secret = secret(page)
    let totp = TOTP(secret: Secret(try #require(Base32.decode(secret))))
    let now = TOTP.step(at: house.clock.now)
    let wrong = await browser.code(page, "000000")
    #expect(wrong.status == 401 && self.secret(wrong) == secret)
    let codes = await browser.code(wrong, try totp.code(step: now))
    #expect(codes.status == 200 && browser.hasSession)
    #expect(codes.text.matches(of: /<code>[a-z2-7]{5}-[a-z2-7]{5}<\/code>/).count == 10)
    // The form counts once: the person has an app now.
    #expect(await browser.code(wrong, try totp.code(step: now)).status == 403)
    let next = TestBrowser(house)
    house.clock.advance(.minutes(1))
    #expect(await next.signIn(client).text.contains("one-time-code"))
    // Nobody else has to.
    let eve = try await house.users.add(Users.Draft(login: "eve", password: Secret(House.password)))
    #expect(eve.groups.isEmpty)
    #expect(await TestBrowser(house).signIn(client, "eve").status == 303)
    try await house.server.secondFactors.require(false, of: "sales/user")
    #expect(try await house.server.secondFactors.requiringGroups().isEmpty)
  }

  /// The secret that a page shows, without its spaces.
  private func secret(_ page: Answer) -> String {
    guard let match = page.text.firstMatch(of: /id="secret">([A-Z2-7 ]+)</) else { return "" }
    return String(match.output.1).replacing(" ", with: "")
  }

  @Test func `the secret of an app is sealed for its row, and recovery codes are not kept`() async throws {
    let (house, _, codes) = try await houseWithApp()
    let row = try #require(try await house.store.rows("SELECT secret FROM totp").first).bytes(0)
    #expect(!row.contains(Self.totp.secret.bytes))
    let eve = try await house.users.add(Users.Draft(login: "eve"))
    try await house.store.write { transaction in
      _ = try transaction.run(
        "INSERT INTO totp (account_id, secret, added_at, last_step) VALUES (\(eve.id), \(row), 0, 0)")
    }
    let now = try code(house)
    await #expect(throws: CryptoError.notAuthentic) {
      try await house.server.secondFactors.useCode(now, of: eve.id)
    }
    let macs = try await house.store.rows("SELECT mac FROM recovery_code").map { $0.bytes(0) }
    #expect(macs.count == 10 && macs.allSatisfy { $0.count == 32 })
    for code in codes { #expect(!macs.contains(Array(code.utf8))) }
  }

  @Test func `F12 a lost factor ends sessions, and refresh tokens where the policy says so`() async throws {
    for (policy, status) in [(CredentialPolicy(), 400), (CredentialPolicy(endingTokens: []), 200)] {
      let (house, client, _) = try await houseWithApp()
      let tokens = try await house.tokens(client)
      let cookie = try await house.cookie()
      house.clock.advance(.seconds(1))
      try await house.server.secondFactors.removeAll(of: house.sam.id, policy)
      #expect(await house.consentPage(client, cookie: cookie).text.contains("name=\"password\""))
      #expect(await house.refresh(tokens.refresh, client).status == status)
      #expect(try await !house.server.secondFactors.standing(of: house.sam).hasAny)
    }
  }

  @Test func `F12 a new password ends sessions but the one it was made in, and refresh tokens`() async throws
  {
    let house = try await House()
    let client = try await house.client()
    let tokens = try await house.tokens(client)
    let (here, elsewhere) = (try await house.cookie(), try await house.cookie())
    let value = String(here.split(separator: "=", maxSplits: 1)[1])
    let session = try #require(try await house.sessions.session(value))
    try await house.users.setPassword(
      Secret("another long one"), of: house.sam.id, keeping: session, CredentialPolicy())
    #expect(await house.consentPage(client, cookie: here).choices == ["mcp:read"])
    #expect(await house.consentPage(client, cookie: elsewhere).text.contains("name=\"password\""))
    #expect(await house.refresh(tokens.refresh, client).status == 400)
    await #expect(throws: Users.Refusal.self) {
      try await house.users.setPassword(Secret("short"), of: house.sam.id, CredentialPolicy())
    }
  }

  @Test func `a mail address signs in like a user name, in any case, unless two people have it`() async throws
  {
    let house = try await House()
    let client = try await house.client()
    _ = try await house.users.add(
      Users.Draft(login: "eve", email: "Eve@Example.com", password: Secret(House.password)))
    #expect(await TestBrowser(house).signIn(client, "eve@example.COM").status == 303)
    _ = try await house.users.add(
      Users.Draft(login: "mallory", email: "eve@example.com", password: Secret("mallory's password")))
    #expect(await TestBrowser(house).signIn(client, "eve@example.com").status == 401)
    #expect(await TestBrowser(house).signIn(client, "eve@example.com", "mallory's password").status == 401)
    // A user name goes before somebody's address.
    _ = try await house.users.add(
      Users.Draft(login: "sam@example.com", password: Secret(House.password)))
    _ = try await house.users.add(
      Users.Draft(login: "thief", email: "sam@example.com", password: Secret("thief's password")))
    #expect(await TestBrowser(house).signIn(client, "sam@example.com", "thief's password").status == 401)
    #expect(await TestBrowser(house).signIn(client, "sam@example.com").status == 303)
  }

  @Test func `RFC 9470 §5 a second factor is asked for of who has one, and the token tells of it`()
    async throws
  {
    let (house, client, _) = try await houseWithApp()
    let asked = client.query(["acr_values": "urn:gatehouse:acr:two-factors"])
    let browser = TestBrowser(house)
    // A session from before the app was added.
    browser.cookies["__Host-gatehouse-session"] = String(
      try await house.cookie().split(separator: "=", maxSplits: 1)[1])
    let page = await browser.get("/oauth/authorize?" + asked)
    #expect(page.text.contains("asks for more than your password") && page.text.contains("name=\"password\""))
    let step = await browser.post(
      "/login",
      [("ticket", page.input("ticket") ?? ""), ("login", "sam"), ("password", House.password)])
    let began = house.clock.now
    house.clock.advance(.seconds(40))
    let inside = await browser.code(step, try code(house))
    #expect(inside.location == "/oauth/authorize?" + asked)
    let consent = await browser.get(inside.location ?? "")
    let answer = await browser.post(
      "/oauth/consent",
      [("ticket", consent.input("ticket") ?? ""), ("decision", "allow"), ("scope", "mcp:read")])
    let tokens = try Tokens(await house.exchange(answer.callback?["code"] ?? "", client))
    let body = try #require(Base64URL.decode(tokens.access.split(separator: ".")[1]))
    let claims = try JSONValue(parsing: body)
    #expect(claims["acr"] == "urn:gatehouse:acr:two-factors")
    #expect(claims["auth_time"]?.integer == began.seconds)
    // What the person has no way to reach is refused, and nobody is sent around in circles.
    let more = await browser.get(
      "/oauth/authorize?" + client.query(["acr_values": "urn:gatehouse:acr:phishing-resistant"]))
    #expect(more.outcome == "RDR unmet_authentication_requirements")
  }

  @Test func `C16 who asks for somebody's passkeys by name sees keys for every name`() async throws {
    let house = try await House()
    let client = try await house.client()
    func asked(_ login: String) async -> Answer {
      let browser = TestBrowser(house)
      let page = await browser.get("/oauth/authorize?" + client.query())
      return await browser.post(
        "/login/passkey/named", [("ticket", page.input("ticket") ?? ""), ("login", login)])
    }
    for login in ["sam", "nobody", "NoBody"] {
      let page = await asked(login)
      #expect(page.status == 200 && page.text.contains("&quot;public-key&quot;"), "\(login)")
    }
    // Always the same, or asking twice would tell.
    let ids = { (page: Answer) in
      page.text.matches(of: /&quot;id&quot;:&quot;([A-Za-z0-9_-]+)&quot;/).map { String($0.output.1) }
    }
    let (first, second) = (ids(await asked("nobody")), ids(await asked("nobody")))
    #expect(first == second && !first.isEmpty)
    #expect(await asked("").status == 400)
  }

  @Test func `C17 a distributed attack locks out neither the owner's device nor a fresh address`()
    async throws
  {
    let house = try await House()
    let client = try await house.client()
    let home = TestBrowser(house, from: .v4(0x0a00_0001))
    #expect(await home.signIn(client).status == 303)
    var last = 0
    for host in 0..<60 {
      let attacker = TestBrowser(house, from: .v4(0xc000_0200 + UInt32(host % 30)))
      last = await attacker.signIn(client, "sam", "wrong password").status
    }
    // Each of the thirty has one more try, and waits for long.
    #expect(last == 429)
    #expect(await TestBrowser(house, from: .v4(0x0b00_0001)).signIn(client).status == 303)
    let device = home.cookies.filter { $0.key.contains("device") }
    #expect(device.count == 1)
    home.cookies = device
    for _ in 0..<3 { #expect(await home.signIn(client, "sam", "typing error").status == 401) }
    #expect(await home.signIn(client).status == 303)
    // A device is known for its own account, and its cookie can't be made.
    let other = TestBrowser(house, from: .v4(0xc000_0201))
    other.cookies = device.mapValues { String($0.dropLast(2)) + "AA" }
    #expect(await other.signIn(client).status == 429)
  }
}

extension Array<UInt8> {
  fileprivate func contains(_ other: [UInt8]) -> Bool { firstRange(of: other) != nil }
}
