internal import HTTP
internal import JSON
internal import Support
internal import Synchronization

/// An OAuth client as a test knows it.
struct Client: Sendable {
  let id: String
  var secret: String?
  var redirectURI = "https://c.example/cb"

  var credentials: [(String, String)] { [("client_id", id)] + (secret.map { [("client_secret", $0)] } ?? []) }

  /// A good authorization request with these changes; nil takes a parameter away.
  func query(_ changes: [String: String?] = [:]) -> String {
    var pairs = [
      "response_type": "code", "client_id": id, "redirect_uri": redirectURI, "state": "st4te",
      "code_challenge": PKCE.challenge, "code_challenge_method": "S256", "scope": "mcp:read",
      "resource": "https://gate.example/mcp",
    ]
    for (name, value) in changes { pairs[name] = value }
    return Form(pairs.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }).encoded
  }

  func link(_ changes: [String: String?] = [:]) -> String { "/oauth/authorize?" + query(changes) }
}

/// The pair of RFC 7636 appendix B.
enum PKCE {
  static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
}

extension Program {
  /// A client that an administrator registers by the command line.
  func client(_ redirectURIs: [String] = ["https://c.example/cb"], _ more: String...) throws -> Client {
    let uris = redirectURIs.flatMap { ["--redirect-uri", $0] }
    let kind = more.isEmpty ? ["--public"] : more
    let made = try run(["client", "add", "--name", "Test"] + uris + kind)
    guard let id = made["client_id"]?.string else { throw Failure(description: "\(made)") }
    return Client(
      id: id, secret: made["client_secret"]?.string, redirectURI: redirectURIs.first ?? "https://c.example/cb"
    )
  }

  /// A public client that an administrator registered, for tests that only look.
  func knownClient() async throws -> Client { try await Self.known(self) }

  private static func known(_ program: Program) async throws -> Client {
    if let client = program.cached.withLock({ $0 }) { return client }
    let client = try program.client()
    program.cached.withLock { $0 = client }
    return client
  }

  /// Registers at the endpoint.
  func register(
    _ json: String, _ fields: [(String, String)] = [], from address: String = Program.anywhere()
  )
    async throws -> Answer
  { try await post("/oauth/register", text: json, "application/json", fields, from: address) }

  /// An address that nobody else has come from.
  static func anywhere() -> String {
    let number = UInt32.random(in: 0..<(1 << 24))
    return "11.\(number >> 16).\(number >> 8 & 255).\(number & 255)"
  }

  // MARK: The way to a token

  /// A person who is signed in: the cookies of their browser.
  func signIn(_ login: String = "sales", password: String = Program.password) async throws -> String {
    let page = try await get("/account")
    let visit = Self.cookies(page)
    let answer = try await post(
      "/login", [("ticket", page.input("ticket") ?? ""), ("login", login), ("password", password)],
      [("cookie", visit), ("origin", issuer), ("sec-fetch-site", "same-origin")], from: Self.anywhere())
    guard answer.status == 303 else { throw Failure(description: "no login: \(answer)") }
    return Self.cookies(answer)
  }

  /// What a browser sends back.
  static func cookies(_ answer: Answer) -> String {
    answer.fields.all("set-cookie").filter { !$0.contains("Max-Age=0") }
      .map { String($0.prefix { $0 != ";" }) }.joined(separator: "; ")
  }

  func decide(
    _ page: Answer, _ decision: String = "allow", scopes: [String]? = nil, cookie: String
  ) async throws -> Answer {
    let pairs = [("ticket", page.input("ticket") ?? ""), ("decision", decision)]
    return try await post(
      "/oauth/consent", pairs + (scopes ?? page.inputs("scope")).map { ("scope", $0) },
      [("cookie", cookie), ("origin", issuer), ("sec-fetch-site", "same-origin")])
  }

  /// A code, by way of the consent page.
  func code(_ client: Client, _ changes: [String: String?] = [:], cookie: String) async throws -> String {
    let page = try await get(client.link(changes), [("cookie", cookie)])
    let answer = try await decide(page, cookie: cookie)
    guard let code = answer.callback?["code"] else {
      throw Failure(description: "no code: \(page) \(answer)")
    }
    return code
  }

  func token(
    _ client: Client, _ pairs: [(String, String)], from address: String = "198.51.100.7"
  ) async throws
    -> Answer
  { try await post("/oauth/token", pairs + client.credentials, from: address) }

  /// Exchanges a code, with these changes.
  func exchange(_ code: String, _ client: Client, _ changes: [String: String?] = [:]) async throws -> Answer {
    var pairs = [
      "grant_type": "authorization_code", "code": code, "redirect_uri": client.redirectURI,
      "code_verifier": PKCE.verifier,
    ]
    for (name, value) in changes { pairs[name] = value }
    return try await token(client, pairs.map { ($0.key, $0.value) })
  }

  func refresh(_ token: String, _ client: Client, _ more: [(String, String)] = []) async throws -> Answer {
    try await self.token(client, [("grant_type", "refresh_token"), ("refresh_token", token)] + more)
  }

  /// Tokens, all the way.
  func tokens(_ client: Client, _ changes: [String: String?] = [:], cookie: String) async throws -> Tokens {
    try Tokens(await exchange(try await code(client, changes, cookie: cookie), client))
  }

  /// `200`, or the status and error with which the MCP endpoint refuses a credential.
  func verdict(_ authorization: String?) async throws -> String {
    let answer = try await mcp(authorization)
    return answer.status == 200 ? "200" : answer.verdict
  }
}

struct Tokens: Sendable {
  let access: String
  let refresh: String
  let scope: String

  init(_ answer: Answer) throws {
    guard answer.status == 200, let access = answer.json["access_token"]?.string else {
      throw Program.Failure(description: "no token: \(answer)")
    }
    self.access = access
    refresh = answer.json["refresh_token"]?.string ?? ""
    scope = answer.json["scope"]?.string ?? ""
  }
}

extension Answer {
  /// `PAGE 400`, `RDR invalid_scope` or `RDR code`, as the acceptance list writes it.
  var outcome: String {
    if let callback, [302, 303].contains(status) {
      return "RDR \(callback["error"] ?? (callback["code"] == nil ? "nothing" : "code"))"
    }
    return self["content-type"]?.hasPrefix("text/html") == true ? "PAGE \(status)" : verdict
  }

  /// Where a redirect leads, without its query.
  var target: String? { self["location"].map { String($0.prefix { $0 != "?" }) } }
}
