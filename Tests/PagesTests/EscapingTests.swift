import Testing

@testable import Pages

@Suite("Pages: what strangers write")
struct EscapingTests {
  /// One property of one page, and how the page looks with it set.
  struct Field: Sendable, CustomTestStringConvertible {
    let name: String
    let page: @Sendable (String) -> any Page
    var testDescription: String { name }
  }

  static func field<P: Page>(
    _ name: String, _ sample: P, _ set: @escaping @Sendable (inout P, String) -> Void
  ) -> Field {
    Field(name: "\(P.self).\(name)") { value in
      var page = sample
      set(&page, value)
      return page
    }
  }

  /// Names for people: made visible, cut short, then escaped.
  static let names: [Field] = [
    field("clientName", Samples.login) { $0.clientName = $1 },
    field("clientName", Samples.consent) { $0.clientName = $1 },
    field("userName", Samples.consent) { $0.userName = $1 },
    field("login", Samples.consent) { $0.login = $1 },
    field("companyName", Samples.consent) { $0.companyName = $1 },
    field("userName", Samples.account) { $0.userName = $1 },
    field("login", Samples.account) { $0.login = $1 },
    field("companyName", Samples.account) { $0.companyName = $1 },
    field("connections.name", Samples.account) { $0.connections[0].name = $1 },
    field("newKey.name", Samples.accountWithKey) { $0.newKey?.name = $1 },
    field("approval.requester", Samples.approval) { $0.row.requester = $1 },
    field("approval.connection", Samples.approval) { $0.row.connection = $1 },
  ]

  /// Other text for people: made visible, then escaped.
  static let lines: [Field] = [
    field("login", Samples.login) { $0.login = $1 },
    field("failure", Samples.login) { $0.failure = $1 },
    field("notice", Samples.login) { $0.notice = $1 },
    field("clientHost", Samples.webConsent) { $0.clientHost = $1 },
    field("redirectHost", Samples.consent) { $0.redirectHost = $1 },
    field("resource", Samples.consent) { $0.resource = $1 },
    field("lifetime", Samples.consent) { $0.lifetime = $1 },
    field("scopes.sentence", Samples.consent) { $0.scopes[1].sentence = $1 },
    field("scopes.detail", Samples.consent) { $0.scopes[1].detail = $1 },
    field("required scopes.sentence", Samples.consent) { $0.scopes[0].sentence = $1 },
    field("title", Samples.error) { $0.title = $1 },
    field("explanation", Samples.error) { $0.explanation = $1 },
    field("hint", Samples.error) { $0.hint = $1 },
    field("reference", Samples.error) { $0.reference = $1 },
    field("version", Samples.home) { $0.version = $1 },
    field("keyName", Samples.account) { $0.keyName = $1 },
    field("keyNameError", Samples.account) { $0.keyNameError = $1 },
    field("connections.detail", Samples.account) { $0.connections[0].detail = $1 },
    field("connections.scopes", Samples.account) { $0.connections[0].scopes = $1 },
    field("connections.status", Samples.account) { $0.connections[0].status = .idle($1) },
    field("newKey.snippets.title", Samples.accountWithKey) { $0.newKey?.snippets[0].title = $1 },
    field("addressError", Samples.account) { $0.addressError = $1 },
    field("addressError", Samples.connection) { $0.addressError = $1 },
    field("tools", Samples.connection) { $0.tools = $1 },
    field("models", Samples.connection) { $0.models = $1 },
    field("limit", Samples.connection) { $0.limit = $1 },
    field("remembered.place", Samples.rememberedConnection) { $0.remembered?.rows[0].place = $1 },
    field("remembered.scopes", Samples.rememberedConnection) { $0.remembered?.rows[0].scopes = $1 },
    field("activity.what", Samples.connection) { $0.activity[0].what = $1 },
    field("activity.model", Samples.connection) { $0.activity[0].model = $1 },
    field("approval.summary", Samples.approvals) { $0.waiting[0].summary = $1 },
    field("approval.tool", Samples.approvals) { $0.others[0].tool = $1 },
    field("approval.rule", Samples.approval) { $0.rule = $1 },
    field("approval.reason", Samples.decidedApproval) { $0.reason = $1 },
    field("activity.outcome", Samples.activityPage) { $0.rows[0].outcome = $1 },
    field("activity.address", Samples.activityPage) { $0.rows[0].address = $1 },
    field("title", Samples.confirm) { $0.title = $1 },
    field("sentence", Samples.confirm) { $0.sentence = $1 },
    field("confirmLabel", Samples.confirm) { $0.confirmLabel = $1 },
  ]

  static let texts = names + lines

  /// Values that machines read: escaped, else unchanged.
  static let exacts: [Field] = [
    field("ticket", Samples.login) { $0.ticket = $1 },
    field("ticket", Samples.consent) { $0.ticket = $1 },
    field("allow", Samples.account) { $0.allow = $1 },
    field("allow", Samples.connection) { $0.allow = $1 },
    field("block", Samples.connection) { $0.block = $1 },
    field("scopes.value", Samples.consent) { $0.scopes[1].value = $1 },
    field("required scopes.value", Samples.consent) { $0.scopes[0].value = $1 },
    field("mcpURL", Samples.home) { $0.mcpURL = $1 },
    field("ticket", Samples.account) { $0.ticket = $1 },
    field("newKey.key", Samples.accountWithKey) { $0.newKey?.key = $1 },
    field("newKey.snippets.text", Samples.accountWithKey) { $0.newKey?.snippets[0].text = $1 },
    field("ticket", Samples.confirm) { $0.ticket = $1 },
  ]

  /// Where a form or a link leads.
  static let paths: [Field] = [
    field("action", Samples.login) { $0.action = $1 },
    field("action", Samples.consent) { $0.action = $1 },
    field("createKeyAction", Samples.account) { $0.createKeyAction = $1 },
    field("signOutPath", Samples.account) { $0.signOutPath = $1 },
    field("connections.revokeAction", Samples.account) { $0.connections[0].revokeAction = $1 },
    field("connections.path", Samples.account) { $0.connections[0].path = $1 },
    field("olderPath", Samples.activityPage) { $0.olderPath = $1 },
    field("restrictAction", Samples.connection) { $0.restrictAction = $1 },
    field("forgetAction", Samples.rememberedConnection) { $0.remembered?.forgetAction = $1 },
    field("rotateAction", Samples.connection) { $0.rotateAction = $1 },
    field("accountPath", Samples.home) { $0.accountPath = $1 },
    field("action", Samples.confirm) { $0.action = $1 },
    field("cancelPath", Samples.confirm) { $0.cancelPath = $1 },
    field("loginPath", SignedOutPage()) { $0.loginPath = $1 },
  ]

  static let hostile = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onfocus='alert(1)' autofocus x='",
    "{{7*7}}", "{{#CLIENT}}{{TICKET}}{{/CLIENT}}", "{{TICKET:none}}", "</title></main></html><h1>Owned</h1>",
    "<!-- ", "]]><svg/onload=alert(1)>", "&lt;b&gt; & &amp;", "`${alert(1)}`", "\\u003cscript\\u003e",
    "é ü 漢字 עברית 🦊",
  ]

  @Test(arguments: texts, hostile)
  func `case C6: a hostile text is shown as the text that it is`(field: Field, value: String) {
    let page = Markup(String(decoding: field.page(value).rendered(), as: UTF8.self))
    let harmless = Markup(String(decoding: field.page("harmless").rendered(), as: UTF8.self))
    #expect(page.skeleton == harmless.skeleton)
    #expect(page.values.contains { $0.contains(value) })
  }

  @Test(arguments: exacts, hostile)
  func `a value for machines comes back unchanged and stays a value`(field: Field, value: String) {
    let page = Markup(String(decoding: field.page(value).rendered(), as: UTF8.self))
    let harmless = Markup(String(decoding: field.page("harmless").rendered(), as: UTF8.self))
    #expect(page.skeleton == harmless.skeleton)
    #expect(page.values.contains(value))
  }

  @Test(
    arguments: paths,
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<b>", "vbscript:x", " javascript:x"])
  func `a form or a link never leads to a script`(field: Field, value: String) {
    let page = Markup(String(decoding: field.page(value).rendered(), as: UTF8.self))
    for element in page.elements {
      for name in ["href", "action", "formaction", "src"] {
        let target = element[name] ?? "/"
        #expect(
          target.hasPrefix("/") || target.hasPrefix("#") || target.hasPrefix("%"),
          "\(element.name) \(name)=\(target)")
      }
    }
  }

  @Test(arguments: paths)
  func `a form or a link leads where it is told, quotes and all`(field: Field) {
    let page = Markup(String(decoding: field.page("/a/b?c=1&d=\"><b").rendered(), as: UTF8.self))
    let harmless = Markup(String(decoding: field.page("harmless").rendered(), as: UTF8.self))
    #expect(page.skeleton == harmless.skeleton)
    #expect(page.values.contains { $0.hasPrefix("/a/b?c=1&d=") })
  }

  static let unseen: [(String, String)] = [
    ("Acme\u{202E}moc.live", "Acme\u{FFFD}moc.live"),  // right-to-left override
    ("a\u{2066}b\u{2069}", "a\u{FFFD}b\u{FFFD}"),  // isolates
    ("a\u{200F}b\u{061C}c", "a\u{FFFD}b\u{FFFD}c"),  // marks
    ("a\u{200B}b\u{FEFF}c\u{00AD}d\u{2060}e", "a\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}e"),  // no width
    ("a\u{3164}b\u{115F}", "a\u{FFFD}b\u{FFFD}"),  // fillers
    ("a\u{E0041}b", "a\u{FFFD}b"),  // tags
    ("one\r\ntwo\tthree\u{2028}four", "one  two three four"),
    ("a\u{0}b\u{1B}[31mc\u{9B}d", "a\u{FFFD}b\u{FFFD}[31mc\u{FFFD}d"),
    ("e\u{301}\u{302}\u{303}\u{304}\u{305}!", "e\u{301}\u{302}\u{303}!"),
    // Joiners hold emoji and words of Persian together.
    ("\u{1F469}\u{200D}\u{1F4BB} \u{2764}\u{FE0F}", "\u{1F469}\u{200D}\u{1F4BB} \u{2764}\u{FE0F}"),
    ("نامه\u{200C}ای", "نامه\u{200C}ای"),
    ("plain", "plain"), ("", ""),
  ]

  @Test(arguments: unseen)
  func `what can't be seen is made visible, and a name stays on its line`(text: String, shown: String) {
    #expect(Array(VisibleText.line(text).unicodeScalars) == Array(shown.unicodeScalars))
  }

  @Test(arguments: texts)
  func `every text field is made visible`(field: Field) {
    let page = String(decoding: field.page("a\u{202E}b").rendered(), as: UTF8.self)
    #expect(page.contains("a\u{FFFD}b"))
    #expect(!page.unicodeScalars.contains("\u{202E}"))
  }

  /// The longest row of Ws in the page with that field at 100,000 of them, and the page's size.
  func longestRow(_ field: Field) -> (row: Int, size: Int) {
    let page = field.page(String(repeating: "W", count: 100_000)).rendered()
    let rows = page.split { $0 != UInt8(ascii: "W") }
    return (rows.map(\.count).max() ?? 0, page.count)
  }

  @Test(arguments: names)
  func `a very long name is cut, so that it pushes no warning off the screen`(field: Field) {
    #expect(longestRow(field).row == VisibleText.nameLimit)
  }

  @Test(arguments: lines)
  func `a very long text is cut, so that no page outgrows 30 KB, but a host name is whole`(field: Field) {
    let (row, size) = longestRow(field)
    #expect(row > 253 + ":65535".count && row <= VisibleText.lineLimit)
    #expect(size < 16_000)
  }

  @Test func `a long text is cut between letters`() {
    let cut = VisibleText.line(String(repeating: "漢", count: 1_000))
    #expect(cut.hasSuffix("漢…"))
    #expect(cut.utf8.count <= VisibleText.lineLimit + 6)
  }

  @Test func `a name can't turn the words around it: it stands in an element of its own direction`() throws {
    let page = Markup(try Samples.html("consent"))
    #expect(page.all("bdi").count >= 6)
  }

  @Test func `the lines of a snippet stay lines`() throws {
    #expect(
      try Samples.html("account-key").contains("&quot;mcpServers&quot;: {\n    &quot;gatehouse&quot;: {\n"))
  }
}
