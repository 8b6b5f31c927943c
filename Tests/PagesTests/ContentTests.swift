import Testing

@testable import Pages

@Suite("Pages: what each one says")
struct ContentTests {
  func markup(_ page: some Page) -> Markup { Markup(String(decoding: page.rendered(), as: UTF8.self)) }
  func text(_ page: some Page) -> String { markup(page).texts.joined(separator: " ") }

  @Test func `the login form names its fields as password managers expect`() throws {
    let inputs = markup(Samples.login).all("input")
    let login = try #require(inputs.first { $0["name"] == "login" })
    let password = try #require(inputs.first { $0["name"] == "password" })
    #expect(login["autocomplete"] == "username")
    #expect(password["autocomplete"] == "current-password")
    #expect(password["type"] == "password")
    #expect(password["value"] == nil)
  }

  @Test func `the login form puts the cursor where typing starts`() {
    let focused = { (page: LoginPage) in
      markup(page).all("input").filter { $0["autofocus"] != nil }.map { $0["name"] }
    }
    #expect(focused(Samples.login) == ["login"])
    #expect(focused(Samples.failedLogin) == ["password"])
  }

  @Test func `a failed login is announced and tied to both fields`() {
    let page = markup(Samples.failedLogin)
    #expect(page.elements.contains { $0["role"] == "alert" })
    #expect(
      page.all("input").filter { $0["aria-invalid"] == "true" && $0["aria-describedby"] == "failure" }.count
        == 2)
    #expect(!markup(Samples.login).elements.contains { $0["role"] == "alert" })
  }

  @Test(arguments: [
    "Claude Code", "localhost:51234", "Sara Lindqvist", "sales", "Northwind Bikes",
    "http://127.0.0.1:8080/mcp",
    "Read your company's data", "Create and change records", "after 30 days without use", "New to you",
    "Nobody has checked this app", "It runs on this computer",
  ])
  func `case C9 consent says who asks, for what, as whom, where to and for how long`(words: String) {
    #expect(text(Samples.consent).contains(words))
  }

  @Test(arguments: ["New to you", "Nobody has checked this app", "It runs on this computer"])
  func `case C9 consent warns only where there is something to warn of`(words: String) {
    #expect(!text(Samples.webConsent).contains(words))
  }

  @Test func `RFC 8628 §5_4 consent for a device says so, shows its code and sends nobody anywhere`() {
    let words = text(Samples.deviceConsent)
    #expect(words.contains("It runs on another device.") && words.contains("WDJB-MJHT"))
    #expect(!words.contains("Sends you to"))
    #expect(
      !text(Samples.consent).contains("another device") && text(Samples.consent).contains("Sends you to"))
  }

  @Test func `RFC 8628 §3_3_1 a code that the link brought is to be compared`() {
    #expect(text(Samples.device).contains("both show the same"))
    #expect(
      markup(Samples.device).all("input").contains { $0["name"] == "user_code" && $0["value"] == "WDJB-MJHT" }
    )
    #expect(!text(Samples.failedDevice).contains("both show the same"))
  }

  @Test func `consent names the host that published the client's document`() {
    #expect(markup(Samples.webConsent).texts.contains("claude.ai"))
    #expect(text(Samples.webConsent).contains("Published by"))
    #expect(!text(Samples.consent).contains("Published by"))
  }

  @Test func `case C9 consent says who it is, and claims no more than can be known`() {
    var page = Samples.webConsent
    #expect(text(page).contains("Published by"))
    for change in [{ $0.isLoopback = true }, { $0.isApplication = true }, { $0.deviceCode = "WDJB-MJHT" }]
      as [(inout ConsentPage) -> Void]
    {
      var local = page
      change(&local)
      #expect(text(local).contains("It says that it comes from") && !text(local).contains("Published by"))
    }
    page.clientHost = nil
    #expect(text(page).contains("Registered by an administrator"))
    page.isSelfRegistered = true
    #expect(text(page).contains("Unknown: it registered itself") && !text(page).contains("administrator"))
  }

  @Test func `RFC 8252 §7_1 consent warns of a scheme that any program of the device may take`() {
    var page = Samples.webConsent
    page.isApplication = true
    page.redirectHost = "com.example.app://"
    #expect(
      text(page).contains("It is a program on this device.") && text(page).contains("com.example.app://"))
    #expect(!text(Samples.webConsent).contains("program on this device"))
  }

  @Test(arguments: [
    ("Gatehouse", true), ("GATEHOUSE Login", true), ("Gate House", true), ("g.a.t.e-h.o.u.s.e", true),
    ("Gаtеhоusе", true), ("Gатeнouse", true), ("Gαtεhουsε", true), ("Ｇａｔｅｈｏｕｓｅ", true), ("𝐆𝐚𝐭𝐞𝐡𝐨𝐮𝐬𝐞", true),
    ("Gäteh0u5e", true), ("G\u{200d}ateh\u{301}ouse", true), ("The new 6473h0us3", true),
    ("Claude", false), ("Greenhouse", false), ("Gateway House", false), ("", false), ("家", false),
  ])
  func `case C6 a stranger that is called like us is said to be none of us`(name: String, isAlike: Bool) {
    var page = Samples.webConsent
    page.clientName = name
    #expect(text(page).contains("It is not Gatehouse.") == isAlike)
    page.clientHost = nil
    #expect(!text(page).contains("It is not Gatehouse."), "an administrator may call a client so")
  }

  @Test func `C11 consent offers to be remembered only where that can hold`() {
    #expect(!text(Samples.webConsent).contains("Don't ask again"))
    var page = Samples.webConsent
    page.remember = RememberChoice(days: 90, isChecked: false)
    #expect(text(page).contains("Don't ask again for this") && text(page).contains("90 days"))
    let box = { (page: ConsentPage) in markup(page).all("input").first { $0["name"] == "remember" } }
    #expect(box(page)?["checked"] == nil)
    page.remember?.isChecked = true
    #expect(box(page)?["checked"] != nil)
  }

  @Test func `a scope can be unticked unless it is always part of it`() {
    var page = Samples.consent
    page.scopes.append(ScopeChoice(value: "mcp:extra", sentence: "More", detail: "", isChecked: false))
    let scopes = markup(page).all("input").filter { $0["name"] == "scope" }
    #expect(scopes.map { $0["value"] } == ["mcp:read", "mcp:write", "mcp:extra"])
    #expect(scopes.map { $0["type"] } == ["hidden", "checkbox", "checkbox"])
    #expect(scopes.map { $0["checked"] != nil } == [false, true, false])
  }

  @Test func `consent has three ways on, and a slip of the Enter key is the refusal`() {
    let buttons = markup(Samples.consent).all("button").filter { $0["name"] == "decision" }
    #expect(buttons.filter { $0["form"] == nil }.map { $0["value"] } == ["deny", "allow"])
    #expect(buttons.filter { $0["form"] == "switch" }.map { $0["value"] } == ["switch"])
  }

  @Test(arguments: [
    (ConnectionRow.Status.awaiting, "awaiting", "Awaiting first use"), (.connected, "connected", "Connected"),
    (.idle("12 days"), "idle", "Idle for 12 days"), (.idle(nil), "idle", "Idle"),
    (.revoked, "revoked", "Revoked"),
  ])
  func `A9 a connection's pill says its status in words, not in colour alone`(
    status: ConnectionRow.Status, style: String, words: String
  ) {
    var page = Samples.account
    page.connections = [Samples.connections[0]]
    page.connections[0].status = status
    let markup = markup(page)
    #expect(markup.elements.contains { $0["class"] == "pill \(style)" })
    #expect(markup.texts.contains(words))
  }

  @Test func `a revoked connection offers nothing to revoke`() {
    let links = markup(Samples.account).all("a").compactMap { $0["href"] }.filter { $0.hasSuffix("/revoke") }
    #expect(links == ["c1", "c2", "c3"].map { "/account/connections/\($0)/revoke" })
  }

  @Test func `A3 a new key stands in a field that one can select`() throws {
    let key = try #require(Samples.accountWithKey.newKey?.key)
    let field = try #require(markup(Samples.accountWithKey).all("input").first { $0["value"] == key })
    #expect(field["readonly"] != nil && field["autocomplete"] == "off")
    #expect(!text(Samples.account).contains("API key shown"))
    #expect(!markup(Samples.account).values.contains(key))
  }

  @Test func `the key form asks for a name and for one of three scopes`() {
    let inputs = markup(Samples.emptyAccount).all("input")
    #expect(
      inputs.filter { $0["name"] == "scope" }.map { $0["value"] } == ["mcp:read", "mcp:write", "mcp:execute"])
    #expect(inputs.filter { $0["name"] == "scope" }.allSatisfy { $0["type"] == "radio" })
    let name = inputs.first { $0["name"] == "name" }
    #expect(name?["aria-invalid"] == "true" && name?["aria-describedby"] == "name-error name-hint")
    #expect(name?["value"] == "Cursor on my laptop")
  }

  @Test func `a person without connections is told what to do`() {
    #expect(text(Samples.emptyAccount).contains("Nothing yet."))
    #expect(!text(Samples.account).contains("Nothing yet."))
  }

  @Test func `the home page gives the address to paste`() {
    #expect(
      markup(Samples.home).all("input").contains {
        $0["value"] == "http://127.0.0.1:8080/mcp" && $0["readonly"] != nil
      })
    #expect(text(Samples.home).contains("Sign in to my account"))
    #expect(text(HomePage(mcpURL: "x", isSignedIn: true, version: "1")).contains("My connections"))
  }

  @Test func `an error page without a hint shows no empty box`() {
    var page = Samples.error
    #expect(text(page).contains("What to do"))
    page.hint = nil
    #expect(!text(page).contains("What to do"))
  }
}
