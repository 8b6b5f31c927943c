internal import Accounts
internal import Crypto
internal import Governance
internal import HTTP
internal import JSON
internal import OAuth
internal import Support
internal import Synchronization

@testable internal import Gatehouse

/// MCP, as a client of 2026-07-28 speaks it.
extension Client {
  static let revision = "2026-07-28"

  /// One request; `bearer` is a token or a key.
  func mcp(
    _ method: String, _ params: JSONObject = [:], bearer: String?, _ fields: [String: String] = [:],
    path: String = "/mcp"
  ) async throws -> Answer {
    var all = [
      "accept": "application/json, text/event-stream", "mcp-protocol-version": Self.revision,
      "mcp-method": method,
    ]
    if let bearer { all["authorization"] = "Bearer " + bearer }
    if let name = params["name"]?.string { all["mcp-name"] = name }
    var params = params
    params["_meta"] = [
      "io.modelcontextprotocol/protocolVersion": .string(Self.revision),
      "io.modelcontextprotocol/clientCapabilities": [:],
    ]
    let message: JSONObject = [
      "jsonrpc": "2.0", "id": 1, "method": .string(method), "params": .object(params),
    ]
    return try await post(path, json: JSONValue.object(message).text, all.merging(fields) { $1 })
  }

  func call(
    _ tool: String, _ arguments: JSONObject = [:], bearer: String?, _ fields: [String: String] = [:]
  ) async throws -> Answer {
    try await mcp(
      "tools/call", ["name": .string(tool), "arguments": .object(arguments)], bearer: bearer, fields)
  }

  /// A key of a demo user.
  func key(
    _ login: String = "sales", scopes: ScopeSet = [.read], perMinute: Int = 60
  ) async throws -> APIKeys.Made {
    try await house.apiKeys.create(
      for: try await house.user(login).id, name: "Test", scopes: scopes, perMinute: perMinute)
  }

  /// How many entries the audit log has; an error when its chain does not hold.
  func entries() async throws -> Int64 {
    let found = try await house.audit.verify()
    if let bad = found.firstBad { throw Unexpected(what: "entry \(bad.sequence): \(bad.reason)") }
    return found.entries
  }

  /// The newest entry.
  func newest() async throws -> AuditEntry {
    guard let record = try await house.audit.list(limit: 1).first else { throw Unexpected(what: "no entry") }
    return record.entry
  }
}

struct Unexpected: Error { let what: String }

/// A person at a browser that runs no scripts: keeps cookies, fills in forms.
final class Person: Sendable {
  let client: Client
  let login: String
  private let jar = Mutex<[String: String]>([:])
  /// Every page that was seen, for the hunt for secrets and headers.
  private let seen = Mutex<[Answer]>([])

  init(_ client: Client, _ login: String = "sales") {
    self.client = client
    self.login = login
  }

  var cookies: [String: String] { jar.withLock { $0 } }
  var pages: [Answer] { seen.withLock { $0 } }

  func get(_ target: String) async throws -> Answer { keep(try await client.get(target, fields())) }

  func post(_ target: String, _ pairs: [(String, String)]) async throws -> Answer {
    keep(
      try await client.post(
        target, pairs,
        fields().merging(["origin": client.issuer.origin, "sec-fetch-site": "same-origin"]) { $1 }))
  }

  private func fields() -> [String: String] {
    let line = cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
    return line.isEmpty ? [:] : ["cookie": line]
  }

  private func keep(_ answer: Answer) -> Answer {
    for line in answer.fields.all("set-cookie") {
      let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
      let name = String(pair[0])
      jar.withLock { $0[name] = line.contains("Max-Age=0") || pair.count < 2 ? nil : String(pair[1]) }
    }
    seen.withLock { $0.append(answer) }
    return answer
  }

  /// Fills the login form of a page in.
  func signIn(_ page: Answer, password: String = Company.password) async throws -> Answer {
    try await post(
      client.issuer.path + "/login",
      [("ticket", page.input("ticket") ?? ""), ("login", login), ("password", password)])
  }

  /// Signs in and opens the account page.
  func account() async throws -> Answer {
    let answer = try await signIn(try await get("/account"))
    guard answer.status == 303, let next = answer["location"] else { throw Unexpected(what: "\(answer)") }
    return try await get(next)
  }

  /// From a client's link to what its callback gets.
  func authorize(_ link: String, decision: String = "allow") async throws -> Answer {
    var page = try await get(link)
    if page.text.contains("name=\"password\"") {
      let answer = try await signIn(page)
      guard answer.status == 303, let next = answer["location"] else { throw Unexpected(what: "\(answer)") }
      page = try await get(next)
    }
    guard let ticket = page.input("ticket") else { throw Unexpected(what: "\(page)") }
    return try await post(
      client.issuer.path + "/oauth/consent",
      [("ticket", ticket), ("decision", decision)] + page.inputs("scope").map { ("scope", $0) })
  }
}

/// An OAuth client that registered itself, and what it was given.
struct Application: Sendable {
  static let redirectURI = "http://127.0.0.1:33418/callback"
  let client: Client
  let id: String
  let verifier: String

  init(_ client: Client, at path: String = "/oauth/register") async throws {
    let answer = try await client.post(
      path,
      json: """
        {"client_name":"Test","redirect_uris":["\(Self.redirectURI)"],"token_endpoint_auth_method":"none",\
        "grant_types":["authorization_code","refresh_token"],"response_types":["code"]}
        """)
    guard answer.status == 201, let id = answer.json["client_id"]?.string else {
      throw Unexpected(what: "\(answer)")
    }
    self.client = client
    self.id = id
    verifier = Base64URL.encode(Random.bytes(32))
  }

  /// The link that sends a person off; `changes` replace parameters, nil takes one away.
  func link(_ changes: [String: String?] = [:], at path: String = "/oauth/authorize") -> String {
    var pairs: [String: String] = [
      "response_type": "code", "client_id": id, "redirect_uri": Self.redirectURI, "state": "st4te",
      "scope": "mcp:read mcp:write offline_access", "code_challenge_method": "S256",
      "code_challenge": Base64URL.encode(SHA256.hash(Array(verifier.utf8))),
      "resource": client.issuer.resource.text,
    ]
    for (name, value) in changes { pairs[name] = value }
    let sorted = pairs.sorted { $0.key < $1.key }
    return path + "?" + Form(sorted.map { (name: $0.key, value: $0.value) }).encoded
  }

  func exchange(_ code: String, at path: String = "/oauth/token") async throws -> Tokens {
    try Tokens(
      await client.post(
        path,
        [
          ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Self.redirectURI),
          ("code_verifier", verifier), ("client_id", id), ("resource", client.issuer.resource.text),
        ]))
  }

  func refresh(_ token: String) async throws -> Answer {
    try await client.post(
      "/oauth/token", [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", id)])
  }

  func revoke(_ token: String) async throws -> Answer {
    try await client.post("/oauth/revoke", [("token", token), ("client_id", id)])
  }

  /// All the way to tokens.
  func tokens(of person: Person) async throws -> Tokens {
    let answer = try await person.authorize(link())
    guard let code = answer.callback?["code"] else { throw Unexpected(what: "\(answer)") }
    return try await exchange(code)
  }
}

struct Tokens: Sendable {
  let access: String
  let refresh: String
  let scope: String

  init(_ answer: Answer) throws {
    guard answer.status == 200, let access = answer.json["access_token"]?.string,
      let refresh = answer.json["refresh_token"]?.string, let scope = answer.json["scope"]?.string
    else { throw Unexpected(what: "\(answer)") }
    self.access = access
    self.refresh = refresh
    self.scope = scope
  }
}
