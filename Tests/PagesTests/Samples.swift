import World

@testable import Pages

/// One page of each kind, filled as the demo company would.
enum Samples {
  static let all: [(name: String, page: any Page)] = [
    ("login", login), ("login-failed", failedLogin), ("consent", consent), ("consent-web", webConsent),
    ("consent-hostile", hostileConsent), ("consent-device", deviceConsent), ("device", device),
    ("device-failed", failedDevice), ("device-done", DeviceDonePage(isAllowed: true)),
    ("device-denied", DeviceDonePage(isAllowed: false)),
    ("error", error), ("home", home), ("account", account), ("account-key", accountWithKey),
    ("login-passkey", passkeyLogin), ("factor", factor), ("factor-failed", failedFactor),
    ("factor-passkey", passkeyFactor), ("enrol", enrol), ("codes", codes), ("security", security),
    ("security-bare", bareSecurity), ("passkey", passkeyPage),
    ("forgotten", ForgottenPage(action: "/login/forgotten", ticket: ticket, failure: "Too many.")),
    (
      "password-change",
      PasswordPage(.change, action: "/p", ticket: ticket, consequence: "All end.", cancelPath: "/account")
    ),
    (
      "password-reset",
      PasswordPage(.reset(login: "sales"), action: "/p", ticket: ticket, failure: "Too short.")
    ),
    (
      "welcome",
      PasswordPage(.welcome(login: "sara", name: "Sara", isAdministrator: true), action: "/p", ticket: ticket)
    ),
    ("account-empty", emptyAccount), ("connection", connection), ("connection-key", rotatedConnection),
    ("connection-remembered", rememberedConnection),
    ("activity", activityPage),
    ("approvals", approvals), ("approvals-empty", emptyApprovals), ("approval", approval),
    ("approval-decided", decidedApproval),
    ("activity-empty", emptyActivity), ("confirm", confirm), ("signedout", SignedOutPage()),
  ]

  static let passkey = PasskeyForm(
    action: "/login/passkey", ticket: ticket,
    options: #"{"challenge":"AAAA","rpId":"gate.example","allowCredentials":[]}"#)

  static let passkeyLogin: LoginPage = {
    var page = login
    page.passkey = passkey
    page.forgotPath = "/login/forgot"
    page.namedPasskeyPath = "/login/passkey/named"
    return page
  }()

  static let factor = FactorPage(action: "/login/factor", ticket: ticket)
  static let failedFactor = FactorPage(
    action: "/login/factor", ticket: ticket, hasApp: false, failure: "That code is not right.")
  static let passkeyFactor = FactorPage(
    action: "/login/factor", ticket: ticket, takesCodes: false, passkey: passkey)

  /// As large as one is: a QR code of 45 modules.
  static let picture = Picture(
    path: (0..<45).map { row in
      stride(from: 0, to: 44, by: 4).map { "M\($0 + 4) \(row + 4)h2v1h-2z" }.joined()
    }.joined(), side: 53)
  static let enrol = EnrolPage(
    action: "/login/enrol", ticket: ticket, secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", picture: picture,
    isRequired: true, failure: "That code is not right.", cancelPath: "/account/security")
  static let codes = RecoveryCodesPage(
    codes: (0..<10).map { "abcd\($0)-efghi" }, continuePath: "/account/security")

  static let security = SecurityPage(
    login: "sales", path: "/account/security", accountPath: "/account", hasApp: true, recoveryCodesLeft: 7,
    passkeys: [PasskeyRow(id: "p1", name: "My phone", added: Instant(seconds: 1_790_000_000), lastUsed: nil)],
    sessions: [
      SessionRow(
        id: "s1", device: "Firefox on Linux", address: "192.0.2.1", since: Instant(seconds: 1_790_000_000),
        lastSeen: Instant(seconds: 1_795_000_000),
        factors: "by password and app code", isThisOne: true),
      SessionRow(
        id: "s2", device: "Chrome on Android", address: "2001:db8::1", since: Instant(seconds: 1_790_000_000),
        lastSeen: Instant(seconds: 1_795_000_000),
        factors: "by passkey", isThisOne: false),
    ], notice: "The password is changed.")
  static let bareSecurity = SecurityPage(
    login: "sales", path: "/account/security", accountPath: "/account", hasPassword: false, hasApp: false,
    recoveryCodesLeft: nil, passkeys: [], sessions: [security.sessions[0]])
  static let passkeyPage = PasskeyPage(
    passkey: passkey, cancelPath: "/account/security", failure: "It was not added.")

  static let ticket = "0f3c9a1be27d4485a1e9d2"

  static let login = LoginPage(action: "/authorize/login", ticket: ticket, clientName: "Claude Code")

  static let failedLogin = LoginPage(
    action: "/authorize/login", ticket: ticket, login: "sales",
    failure: "That user name and password do not match.")

  static let scopes = [
    ScopeChoice(
      value: "mcp:read", sentence: "Read your company's data",
      detail: "Customers, products, sales, invoices and what else you may see.", isRequired: true),
    ScopeChoice(
      value: "mcp:write", sentence: "Create and change records",
      detail: "Within your own rights. Some changes wait for approval."),
  ]

  static let consent = ConsentPage(
    action: "/authorize/consent", ticket: ticket, clientName: "Claude Code", isSelfRegistered: true,
    redirectHost: "localhost:51234", isLoopback: true, isFirstTime: true, userName: "Sara Lindqvist",
    login: "sales", companyName: "Northwind Bikes", resource: "http://127.0.0.1:8080/mcp", scopes: scopes,
    lifetime: "Until you take it back, or after 30 days without use.")

  static let webConsent = ConsentPage(
    action: "/authorize/consent", ticket: ticket, clientName: "Claude", clientHost: "claude.ai",
    isSelfRegistered: false, redirectHost: "claude.ai", isLoopback: false, isFirstTime: false,
    userName: "Sara Lindqvist", login: "sales", companyName: "Northwind Bikes",
    resource: "https://gate.northwind.example/mcp", scopes: scopes,
    lifetime: "Until you take it back, or after 30 days without use.")

  static let deviceConsent: ConsentPage = {
    var page = webConsent
    page.clientHost = nil
    page.deviceCode = "WDJB-MJHT"
    return page
  }()

  static let device = DevicePage(action: "/device", ticket: ticket, userCode: "WDJB-MJHT")

  static let failedDevice = DevicePage(
    action: "/device", ticket: ticket, userCode: "WDJB",
    failure: "That code is not known, or its time is over.")

  /// A client that tries everything: length, direction, markup, a borrowed name.
  static let hostileConsent: ConsentPage = {
    var page = consent
    page.clientName =
      "\"><img src=x onerror=alert(1)> {{7*7}} \u{202E}edualC\u{202C} verified\nby Gatehouse "
      + String(repeating: "W", count: 300)
    page.redirectHost = String(repeating: "login.northwind.example.", count: 8) + "evil.example"
    page.companyName = String(repeating: "A\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}", count: 40)
    page.login = String(repeating: "عرب", count: 30)
    return page
  }()

  static let error = ErrorPage(
    title: "This app is not known here",
    explanation:
      "The app that sent you here is not registered with this Gatehouse, or its registration has ended.",
    hint:
      "Go back to the app, remove this connection there, and connect once more. It will register itself anew.",
    reference: "01JD4T8M-7Q2")

  static let home = HomePage(mcpURL: "http://127.0.0.1:8080/mcp", isSignedIn: false, version: "0.1.0")

  static let connections = [
    ConnectionRow(
      id: "c1", name: "Claude Code", kind: .browserLogin, detail: "localhost",
      scopes: "Read your company's data",
      status: .connected, created: then, lastUsed: now, path: "/account/connections/c1",
      revokeAction: "/account/connections/c1/revoke"),
    ConnectionRow(
      id: "c2", name: "Cursor on my laptop", kind: .apiKey, detail: "gk_…x7Qd",
      scopes: "Read and change your company's data", status: .awaiting, created: now,
      path: "/account/connections/c2",
      revokeAction: "/account/connections/c2/revoke"),
    ConnectionRow(
      id: "c3", name: "ChatGPT", kind: .browserLogin, detail: "chatgpt.com",
      scopes: "Read your company's data",
      status: .idle("12 days"), created: then, lastUsed: then,
      path: "/account/connections/c3",
      revokeAction: "/account/connections/c3/revoke"),
    ConnectionRow(
      id: "c4", name: "Old script", kind: .apiKey, detail: "gk_…0aPz", scopes: "Read your company's data",
      status: .revoked, created: then, lastUsed: then, path: "/account/connections/c4"),
  ]

  static let account = AccountPage(
    userName: "Sara Lindqvist", login: "sales", companyName: "Northwind Bikes", ticket: ticket,
    connections: connections, createKeyAction: "/account/keys", accountPath: "/account",
    activityPath: "/account/activity", signOutPath: "/account/signout")

  static let accountWithKey: AccountPage = {
    var page = account
    let key = "gk_live_4kZx9_Vb2mQ8sT1yLw0pRc7HdNe5Ja3Kf6Ug_2xYzAB"
    page.newKey = NewKey(
      name: "Cursor on my laptop", key: key,
      snippets: [
        Snippet(
          title: "Claude Code",
          text: "claude mcp add --transport http gatehouse http://127.0.0.1:8080/mcp \\\n"
            + "  --header \"Authorization: Bearer \(key)\""),
        Snippet(
          title: "Cursor",
          text: """
            {
              "mcpServers": {
                "gatehouse": {
                  "url": "http://127.0.0.1:8080/mcp",
                  "headers": { "Authorization": "Bearer \(key)" }
                }
              }
            }
            """),
      ])
    return page
  }()

  static let emptyAccount = AccountPage(
    userName: "Sara Lindqvist", login: "sales", companyName: "Northwind Bikes", ticket: ticket,
    connections: [],
    createKeyAction: "/account/keys", keyNameError: "You already have a key with that name.",
    keyName: "Cursor on my laptop", addressError: "Line 1: “10.0.0.1/8” is no IP address and no range.",
    allow: "10.0.0.1/8", accountPath: "/account", activityPath: "/account/activity")

  static let connection = ConnectionPage(
    row: connections[1], tools: "every tool that its scopes allow", models: "res.partner, sale.order",
    limit: "60 tool calls a minute", expires: now, rotateAction: "/account/connections/c2/rotate",
    restrictAction: "/account/connections/c2/addresses", allow: "10.1.0.0/16 # the office", ticket: ticket,
    accountPath: "/account", activity: activity)

  static let rememberedConnection: ConnectionPage = {
    var page = connection
    page.remembered = RememberedConsent(
      rows: [
        RememberedRow(place: "https://portal.northwind.example/cb", scopes: "Read and change", until: now)
      ], forgetAction: "/account/connections/c2/forget")
    return page
  }()

  static let rotatedConnection: ConnectionPage = {
    var page = connection
    page.newKey = accountWithKey.newKey
    page.addressError = "Line 2: “nowhere” is no IP address and no range."
    page.activity = []
    return page
  }()

  static let activity = [
    ActivityRow(
      time: now, what: "search_read", model: "sale.order", outcome: "done", isRefusal: false,
      connection: "Claude Code", address: "203.0.113.9"),
    ActivityRow(
      time: then, what: "delete_records", model: "res.partner", outcome: "refused: scope", isRefusal: true,
      connection: "Cursor on my laptop", address: "2001:db8::1"),
  ]

  static let activityPage = ActivityPage(
    rows: activity, accountPath: "/account", activityPath: "/account/activity",
    olderPath: "/account/activity?before=7", newestPath: "/account/activity")

  static let approvalRow = ApprovalRow(
    id: "apr_1", summary: "Permanently delete by “Delete records” (model: sale.order, ids: 12 values)",
    tool: "delete_records", requester: "Sven Okafor", connection: "Claude Code",
    since: Instant(seconds: 1_795_000_000), until: Instant(seconds: 1_795_086_400), status: "Waiting",
    mood: .waiting)
  static let approvals = ApprovalsPage(
    waiting: [approvalRow], others: [approvalRow], accountPath: "/account",
    notice: "Rejected: nothing is done.")
  static let emptyApprovals = ApprovalsPage(waiting: [], others: [], accountPath: "/account")
  static let approval = ApprovalPage(
    row: approvalRow, arguments: "{\n  \"model\": \"sale.order\"\n}", rule: "(high risk)", ticket: ticket,
    accountPath: "/account", failure: "Somebody else was quicker.")
  static let decidedApproval = ApprovalPage(
    row: approvalRow, arguments: "{}", rule: "(high risk)", reason: "too many", ticket: nil,
    accountPath: "/account")

  static let emptyActivity = ActivityPage(
    rows: [], accountPath: "/account", activityPath: "/account/activity")

  private static let now = Instant(seconds: 1_795_000_000)
  private static let then = now - .days(12)

  static let confirm = ConfirmPage(
    title: "Revoke Claude Code?",
    sentence:
      "It loses access at once, and what it has waiting for approval is withdrawn. This can't be undone.",
    action: "/account/connections/c1/revoke", ticket: ticket, confirmLabel: "Revoke", cancelPath: "/account")
}
