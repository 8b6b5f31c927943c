internal import Accounts
internal import AuthorizationServer
internal import Governance
internal import HTTP
internal import JSON
internal import OAuth
internal import Support
internal import Telemetry
internal import Testing
internal import World

@testable internal import Gatehouse

/// What people see, at both depths.
@Suite struct `The pages of the house` {
  /// Every kind of page, by the way to it.
  private static func everyPage(_ client: Client) async throws -> [(name: String, answer: Answer)] {
    let (application, person) = (try await Application(client), Person(client))
    var pages: [(String, Answer)] = []
    pages.append(("home", try await person.get("/")))
    pages.append(("login of the account", try await person.get("/account")))
    let login = try await person.get(application.link())
    pages.append(("login", login))
    pages.append(("login refused", try await person.signIn(login, password: "wrong-password")))
    let inside = try await person.signIn(login)
    pages.append(("redirect after login", inside))
    let consent = try await person.get(application.link())
    pages.append(("consent", consent))
    let form = [("ticket", consent.input("ticket") ?? ""), ("decision", "allow"), ("scope", "mcp:read")]
    pages.append(("redirect to the client", try await person.post("/oauth/consent", form)))
    pages.append(("decided twice", try await person.post("/oauth/consent", form)))
    pages.append(("expired form", try await person.post("/oauth/consent", [("ticket", "x")])))
    pages.append(("refused request", try await person.get("/oauth/authorize?client_id=nobody")))
    let account = try await person.get("/account")
    pages.append(("account", account))
    let ticket = account.input("ticket") ?? ""
    pages.append(
      ("account with a key", try await person.post("/account/keys", [("ticket", ticket), ("name", "K")])))
    pages.append(
      ("account with a mistake", try await person.post("/account/keys", [("ticket", ticket), ("name", "")])))
    let link = account.link("/account/connections/") ?? ""
    pages.append(("revoke?", try await person.get(link)))
    pages.append(("revoke unknown", try await person.get("/account/connections/unknown/revoke")))
    pages.append(("sign out?", try await person.get("/logout")))
    pages.append(("signed out", try await person.post("/logout", [("ticket", ticket)])))
    return pages
  }

  @Test(arguments: Depth.allCases, ["http://127.0.0.1:8080", "https://gate.example"])
  func `OAuth 2.1 §7.11 every page and redirect has its security headers`(
    depth: Depth, issuer: String
  )
    async throws
  {
    try await withHouse(depth, issuer: issuer) { client in
      let pages = try await Self.everyPage(client)
      let statuses = [200, 200, 200, 401, 303, 200, 303, 409, 403, 400, 200, 200, 400, 200, 404, 200, 200]
      #expect(pages.map(\.answer.status) == statuses, "\(pages.map { "\($0.name) \($0.answer.status)" })")
      for (name, answer) in pages {
        #expect(answer["cache-control"] == "no-store", "\(name)")
        #expect(answer["x-frame-options"] == "DENY", "\(name)")
        #expect(answer["x-content-type-options"] == "nosniff", "\(name)")
        #expect(answer["referrer-policy"] == "no-referrer", "\(name)")
        #expect(answer["cross-origin-resource-policy"] == "same-origin", "\(name)")
        let policy = answer["content-security-policy"] ?? ""
        #expect(policy.contains("default-src 'none'"), "\(name)")
        #expect(policy.contains("frame-ancestors 'none'"), "\(name)")
        #expect(!policy.contains("unsafe"), "\(name)")
        // Chromium would block the way back to the client.
        #expect(!policy.contains("form-action"), "\(name)")
        if answer.status != 303 {
          #expect(answer["content-type"] == "text/html; charset=utf-8", "\(name)")
          #expect(!answer.text.contains("<script>") && !answer.text.contains(" style="), "\(name)")
        }
        #expect(
          answer["strict-transport-security"]
            == (client.issuer.isSecure ? "max-age=31536000; includeSubDomains" : nil), "\(name)")
      }
    }
  }

  @Test(arguments: Depth.allCases)
  func `RFC 6797 §7.1 behind https every answer says to stay there`(depth: Depth) async throws {
    try await withHouse(depth, issuer: "https://gate.example") { client in
      for path in ["/healthz", "/nothing", "/mcp", "/oauth/jwks", "/assets/gatehouse.css", "/oauth/token"] {
        let answer = try await client.get(path)
        #expect(answer["strict-transport-security"] != nil, "\(path)")
      }
    }
  }

  @Test(arguments: Depth.allCases)
  func `RFC 6265bis §4.1.3 behind https cookies are bound to the host`(depth: Depth) async throws {
    for (issuer, prefix) in [("https://gate.example", "__Host-"), ("http://127.0.0.1:8080", "")] {
      try await withHouse(depth, issuer: issuer) { client in
        let person = Person(client)
        _ = try await person.account()
        let lines = person.pages.flatMap { $0.fields.all("set-cookie") }
        #expect(!lines.isEmpty)
        for line in lines {
          #expect(line.hasPrefix(prefix + "gatehouse-"))
          #expect(line.contains("; HttpOnly") && line.contains("; SameSite=Lax") && line.contains("; Path=/"))
          #expect(line.contains("; Secure") == client.issuer.isSecure)
          #expect(!line.lowercased().contains("domain"))
        }
      }
    }
  }

  @Test(arguments: Depth.allCases)
  func `a session starts under a name that nobody could plant`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let planted = String(repeating: "A", count: 43)
      let page = try await client.get("/account", ["cookie": "gatehouse-session=\(planted)"])
      let visit = try #require(page.fields.all("set-cookie").first?.split(separator: ";").first)
      let answer = try await client.post(
        "/login",
        [("ticket", page.input("ticket") ?? ""), ("login", "sales"), ("password", Company.password)],
        ["cookie": "\(visit); gatehouse-session=\(planted)"])
      #expect(answer.status == 303)
      let session = answer.fields.all("set-cookie").first { $0.hasPrefix("gatehouse-session=") }
      #expect(session?.contains(planted) == false)
      #expect(
        try await client.get("/account", ["cookie": "gatehouse-session=\(planted)"]).text.contains(
          "name=\"password\""))
    }
  }

  // MARK: The account page

  @Test(arguments: Depth.allCases)
  func `a person makes a key, uses it, and revokes it after being asked`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let person = Person(client)
      let account = try await person.account()
      let ticket = try #require(account.input("ticket"))
      let made = try await person.post(
        "/account/keys", [("ticket", ticket), ("name", "My <b>laptop</b>"), ("scope", "mcp:read")])
      #expect(made.status == 200)
      #expect(!made.text.contains("<b>laptop"))
      let key = try #require(`Those who run it`.key(in: made))
      #expect(made.text.contains("claude mcp add"))
      #expect(try await client.call("whoami", bearer: key).status == 200)

      // Shown this once.
      let again = try await person.get("/account")
      #expect(!again.text.contains(key))
      let path = try #require(again.link("/account/connections/"))
      let link = try #require(again.link(path + "/revoke"))
      let question = try await person.get(link)
      #expect(question.text.contains("Revoke My &lt;b&gt;laptop"))
      // Being asked changes nothing.
      #expect(try await client.call("whoami", bearer: key).status == 200)
      let done = try await person.post(link, [("ticket", try #require(question.input("ticket")))])
      #expect(done.status == 303)
      #expect(done["location"] == "/account")
      #expect(try await client.call("whoami", bearer: key).status == 401)
      #expect(try await person.get("/account").link(path + "/revoke") == nil)
      let methods = try await client.house.audit.list(limit: 10).map(\.entry.method)
      #expect(methods.contains("oauth/key_created") && methods.contains("oauth/connection_revoked"))
    }
  }

  @Test(arguments: Depth.allCases)
  func `a person gives a key new addresses and a new secret, and reads what it did`(depth: Depth) async throws
  {
    try await withHouse(depth) { client in
      let person = Person(client)
      let ticket = try #require(try await person.account().input("ticket"))
      let form = [("ticket", ticket), ("name", "laptop"), ("scope", "mcp:read"), ("expires", "30")]
      let wrong = try await person.post("/account/keys", form + [("allow", "10.0.0.0/8\nhere")])
      #expect(wrong.status == 400 && wrong.text.contains("Line 2: “here”"))
      let made = try await person.post("/account/keys", form + [("allow", "")])
      let key = try #require(`Those who run it`.key(in: made))
      #expect(try await client.call("whoami", bearer: key).status == 200)

      let path = try #require(try await person.get("/account").link("/account/connections/"))
      let page = try await person.get(path)
      #expect(page.status == 200 && page.text.contains("whoami") && page.text.contains("Stops working"))
      let nowhere = [
        ("ticket", try #require(page.input("ticket"))), ("allow", "192.0.2.1 # nobody"), ("block", ""),
      ]
      #expect(try await person.post(path + "/addresses", nowhere).status == 303)
      #expect(try await client.call("whoami", bearer: key).status == 403)
      #expect(try await person.get(path).text.contains("192.0.2.1 # nobody"))
      let mistaken = nowhere.dropLast() + [("block", "10.0.0.1/8")]
      let refused = try await person.post(path + "/addresses", Array(mistaken))
      #expect(refused.status == 400 && refused.text.contains("10.0.0.1/8"))
      let everywhere = nowhere.prefix(1) + [("allow", ""), ("block", "")]
      #expect(try await person.post(path + "/addresses", Array(everywhere)).status == 303)
      #expect(try await client.call("whoami", bearer: key).status == 200)

      let question = try await person.get(path + "/rotate")
      #expect(try await client.call("whoami", bearer: key).status == 200)
      let rotated = try await person.post(
        path + "/rotate", [("ticket", try #require(question.input("ticket")))])
      let second = try #require(`Those who run it`.key(in: rotated))
      #expect(second != key)
      #expect(try await client.call("whoami", bearer: key).status == 401)
      #expect(try await client.call("whoami", bearer: second).status == 200)

      let activity = try await person.get("/account/activity")
      for word in [
        "Made an API key", "Said from where a connection may be used", "Made a new key for a connection",
        "whoami", "laptop",
      ] {
        #expect(activity.text.contains(word), "\(word)")
      }
      // What is one person's is no other's.
      let other = Person(client, "sales-manager")
      _ = try await other.account()
      #expect(!(try await other.get("/account/activity").text.contains("laptop")))
      let theirs = [
        ("ticket", try #require(try await other.get("/account").input("ticket"))), ("allow", ""),
        ("block", ""),
      ]
      for asked in ["", "/rotate", "/revoke"] { #expect(try await other.get(path + asked).status == 404) }
      for done in ["/addresses", "/rotate", "/revoke"] {
        #expect(try await other.post(path + done, theirs).status == 404)
      }
      #expect(try await client.call("whoami", bearer: second).status == 200)
    }
  }

  @Test(arguments: Depth.allCases)
  func `the activity page turns its leaves`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let person = Person(client)
      _ = try await person.account()
      var entry = AuditEntry(
        time: client.clock.now, kind: .response, method: "tools/call", address: "192.0.2.1")
      entry.userID = try await client.house.user("sales").id
      for number in 1...120 {
        entry.tool = "tool_\(number)_"
        try await client.house.audit.append(entry)
      }
      var pages: [String] = []
      var next: String? = "/account/activity"
      while let path = next, pages.count < 5 {
        let page = try await person.get(path)
        pages.append(page.text)
        next = page.link("/account/activity?before=")
      }
      #expect(pages.count == 3)
      for number in 1...120 {
        #expect(pages.filter { $0.contains("tool_\(number)_") }.count == 1, "\(number)")
      }
      for wrong in ["before=x", "before=-1", "before=9223372036854775808", "before="] {
        #expect(try await person.get("/account/activity?" + wrong).status == 200, "\(wrong)")
      }
    }
  }

  @Test(arguments: Depth.allCases)
  func `a foreign, old or missing ticket does nothing`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let (person, other) = (Person(client), Person(client, "sales-manager"))
      let ticket = try #require(try await person.account().input("ticket"))
      let foreign = try #require(try await other.account().input("ticket"))
      for wrong in [foreign, "", "x", String(ticket.dropLast(4)) + "AAAA"] {
        let answer = try await person.post("/account/keys", [("ticket", wrong), ("name", "Key")])
        #expect(answer.status == 403)
      }
      #expect(try await person.post("/logout", [("ticket", foreign)]).status == 403)
      client.clock.advance(.minutes(30))
      #expect(try await person.post("/account/keys", [("ticket", ticket), ("name", "Key")]).status == 403)
      #expect(try await client.house.connections.all().isEmpty)
    }
  }

  @Test(arguments: Depth.allCases)
  func `a form that another site sends is refused, ticket or not`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let person = Person(client)
      let ticket = try #require(try await person.account().input("ticket"))
      let cookie = person.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
      for fields in [
        ["sec-fetch-site": "cross-site"], ["sec-fetch-site": "same-site"], ["origin": "https://evil.example"],
      ] {
        let answer = try await client.post(
          "/account/keys", [("ticket", ticket), ("name", "Key")], fields.merging(["cookie": cookie]) { $1 })
        #expect(answer.status == 403)
      }
      #expect(try await client.house.connections.all().isEmpty)
    }
  }

  @Test(arguments: Depth.allCases)
  func `nobody revokes what is somebody else's`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let made = try await client.key("sales-manager")
      let person = Person(client)
      let ticket = try #require(try await person.account().input("ticket"))
      let path = "/account/connections/\(made.connectionID)/revoke"
      #expect(try await person.get(path).status == 404)
      #expect(try await person.post(path, [("ticket", ticket)]).status == 404)
      #expect(try await client.call("whoami", bearer: made.key).status == 200)
    }
  }

  @Test(arguments: Depth.allCases)
  func `signing out ends the session, not the connections`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let person = Person(client)
      let tokens = try await Application(client).tokens(of: person)
      let cookie = person.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
      let ticket = try #require(try await person.get("/account").input("ticket"))
      #expect(try await person.post("/logout", [("ticket", ticket)]).status == 200)
      // The cookie that was kept somewhere is worth nothing.
      #expect(try await client.get("/account", ["cookie": cookie]).text.contains("name=\"password\""))
      #expect(try await client.call("whoami", bearer: tokens.access).status == 200)
    }
  }

  @Test(arguments: Depth.allCases)
  func `guessing passwords gets slower, for the one who guesses`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let person = Person(client)
      let page = try await person.get("/account")
      var statuses: [Int] = []
      for _ in 0..<7 { statuses.append(try await person.signIn(page, password: "wrong-password").status) }
      #expect(statuses.prefix(4).allSatisfy { $0 == 401 })
      #expect(statuses.last == 429)
      // The right password has to wait as well, and only until then.
      #expect(try await person.signIn(page).status == 429)
      client.clock.advance(.minutes(15))
      #expect(try await person.signIn(page).status == 303)
    }
  }
}

extension Answer {
  /// The first link of a page that begins like that.
  func link(_ prefix: String) -> String? {
    guard let start = text.firstRange(of: "href=\"" + prefix) else { return nil }
    return prefix + text[start.upperBound...].prefix { $0 != "\"" }
  }
}
