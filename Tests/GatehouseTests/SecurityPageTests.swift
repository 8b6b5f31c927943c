internal import Accounts
internal import Crypto
internal import Governance
internal import HTTP
internal import Storage
internal import Support
internal import Testing
internal import World

@testable internal import Gatehouse

/// The pages on which people change how they sign in.
@Suite struct `How one signs in` {
  static let issuer = "https://gate.example"
  static let path = "/account/security"
  /// Each page that changes how one signs in, or ends something.
  static let forms = [
    "/password", "/app", "/app/remove", "/codes", "/passkeys", "/sessions/end",
  ]

  @Test func `every page asks who it is first`() async throws {
    try await withHouse(.inProcess, issuer: Self.issuer) { client in
      for page in [""] + Self.forms + ["/passkeys/x/remove", "/sessions/x/end"] {
        let answer = try await client.get(Self.path + page)
        #expect(answer.status == 200 && answer.text.contains("name=\"password\""), "\(page)")
        #expect(answer.text.contains("autocomplete=\"current-password\""), "\(page)")
      }
    }
  }

  @Test(arguments: forms) func `C1 a form without this session's ticket changes nothing`(
    form: String
  ) async throws {
    try await withHouse(.inProcess, issuer: Self.issuer) { client in
      let (sales, other) = (Person(client), Person(client, "accountant"))
      _ = try await sales.account()
      let foreign = try await other.account().input("ticket") ?? ""
      for ticket in ["", "AAAA", foreign] {
        let answer = try await sales.post(
          Self.path + form,
          [
            ("ticket", ticket), ("current", Company.password), ("password", "a new passphrase"),
            ("code", "1"),
          ])
        #expect(answer.status == 403, "\(form)")
      }
      #expect(
        try await client.house.users.authenticate(login: "sales", password: Secret(Company.password)) != nil)
    }
  }

  @Test func `a session of a quarter of an hour looks on, and signs in once more to change something`()
    async throws
  {
    try await withHouse(.inProcess, issuer: Self.issuer) { client in
      let person = Person(client)
      _ = try await person.account()
      let ticket = try await person.get(Self.path + "/password").input("ticket") ?? ""
      client.clock.advance(.seconds(901))
      #expect(try await person.get(Self.path).text.contains("Ways to sign in"))
      for form in ["/password", "/app", "/app/remove", "/codes", "/passkeys"] {
        #expect(try await person.get(Self.path + form).text.contains("sign in once more"), "\(form)")
      }
      let late = try await person.post(
        Self.path + "/password",
        [("ticket", ticket), ("current", Company.password), ("password", "a new passphrase")])
      #expect(late.text.contains("sign in once more"))
      #expect(
        try await client.house.users.authenticate(login: "sales", password: Secret(Company.password)) != nil)
      // Having done so, one comes back to where one was.
      let login = try await person.get(Self.path + "/password")
      #expect(try await person.signIn(login)["location"] == Self.path + "/password")
      #expect(try await person.get(Self.path + "/password").text.contains("name=\"current\""))
    }
  }

  @Test func `a wrong present password is counted, and a short new one refused`() async throws {
    try await withHouse(.inProcess, issuer: Self.issuer) { client in
      let person = Person(client)
      _ = try await person.account()
      var statuses: [Int] = []
      for _ in 0..<7 {
        let ticket = try await person.get(Self.path + "/password").input("ticket") ?? ""
        statuses.append(
          try await person.post(
            Self.path + "/password",
            [("ticket", ticket), ("current", "wrong"), ("password", "a new passphrase")]
          ).status)
      }
      #expect(statuses.first == 401 && statuses.last == 429)
      client.clock.advance(.minutes(14))
      let ticket = try await person.get(Self.path + "/password").input("ticket") ?? ""
      let short = try await person.post(
        Self.path + "/password", [("ticket", ticket), ("current", Company.password), ("password", "short")])
      #expect(short.status == 400)
    }
  }

  @Test func `nobody ends somebody else's session, or removes their passkey`() async throws {
    try await withHouse(.inProcess, issuer: Self.issuer) { client in
      let (sales, other) = (Person(client), Person(client, "accountant"))
      _ = try await sales.account()
      _ = try await sales.signIn(try await Person(client).get("/account"))
      let ticket = try await other.account().input("ticket") ?? ""
      let user = try await client.house.user("sales")
      let rows = try await client.house.store.rows(
        "SELECT mac FROM browser_session WHERE account_id = \(user.id)")
      let id = Base64URL.encode(Array(SHA256.hash(rows[0].bytes(0)).prefix(12)))
      for path in ["/sessions/\(id)/end", "/passkeys/\(id)/remove"] {
        #expect(try await other.get(Self.path + path).status == 404)
        #expect(try await other.post(Self.path + path, [("ticket", ticket)]).status == 404)
      }
      #expect(try await sales.get(Self.path).text.contains("This browser"))
    }
  }

  @Test func `where there is no name there are no passkeys and no script`() async throws {
    try await withHouse(.inProcess, issuer: "http://127.0.0.1:8080") { client in
      let person = Person(client)
      let login = try await person.get("/account")
      #expect(!login.text.contains("<script") && !login.text.contains("passkey"))
      #expect(login["content-security-policy"]?.contains("script-src") == false)
      _ = try await person.account()
      #expect(try await person.get(Self.path + "/passkeys").status == 404)
      #expect(try await !person.get(Self.path).text.contains("Add a passkey"))
    }
    try await withHouse(.inProcess, issuer: Self.issuer) { client in
      let login = try await client.get("/account")
      let script = try #require(login.text.firstMatch(of: /<script src="(\/assets\/[^"]+)" defer>/))
      let file = try await client.get(String(script.output.1))
      #expect(file.status == 200 && file["content-type"] == "text/javascript; charset=utf-8")
      #expect(login["content-security-policy"]?.contains("script-src 'self'") == true)
    }
  }

  @Test func `everything that changes how one signs in is on record`() async throws {
    try await withHouse(.inProcess, issuer: Self.issuer) { client in
      let person = Person(client)
      _ = try await person.account()
      let page = try await person.get(Self.path + "/app")
      let match = try #require(page.text.firstMatch(of: /id="secret">([A-Z2-7 ]+)</))
      let secret = try #require(Base32.decode(String(match.output.1).replacing(" ", with: "")))
      let code = try TOTP(secret: Secret(secret)).code(step: TOTP.step(at: client.clock.now))
      let codes = try await person.post(
        Self.path + "/app", [("ticket", page.input("ticket") ?? ""), ("code", code)])
      #expect(codes.text.contains("Your recovery codes"))
      let ticket = try await person.get(Self.path + "/app/remove").input("ticket") ?? ""
      #expect(try await person.post(Self.path + "/app/remove", [("ticket", ticket)]).status == 303)
      let methods = try await client.house.audit.list(limit: 10).map(\.entry.method)
      for method in ["factor_added", "recovery_codes_made", "factor_removed"] {
        #expect(methods.contains("oauth/" + method))
      }
      #expect(try await client.house.audit.verify().firstBad == nil)
    }
  }
}
