internal import Accounts
internal import Authentication
internal import AuthorizationServer
internal import Crypto
internal import Glibc
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Synchronization
internal import Telemetry
internal import World

/// The authorization server with a store, keys and people of its own, in process.
struct House: Sendable {
  let clock = TestWorld()
  let issuer: Issuer
  let store: Store
  let keyring: Keyring
  let users: Users
  let sessions: BrowserSessions
  let connections: Connections
  let apiKeys: APIKeys
  let clients: Clients
  let server: AuthorizationServer
  let authenticator: Authenticator
  let challenge: Challenge
  let router: Router
  let events = RecordedEvents()
  let log: RecordedLog
  /// Has the password `House.password`.
  let sam: User

  static let password = "correct horse battery"
  /// Cheap, because no test is about the price of a guess.
  static let cheap = Argon2Parameters(kibibytes: 64, passes: 1)
  /// Made once: a key pair takes longer than most tests.
  private static let keys = Result { try Keyring.temporary() }

  init(
    _ url: String = "https://gate.example", registration: RegistrationPolicy = .open,
    hasher: PasswordHasher? = nil, web: Web? = nil, fetch: Fetch? = nil,
    trust: DocumentClients.Trust? = DocumentClients.Trust(), isNonceRequired: Bool = false,
    keyring: Keyring? = nil, consentMemory: Duration? = .days(90), localLogin: LocalLogin = .everybody
  ) async throws {
    guard let issuer = Issuer(url) else { throw Unusable() }
    let world = clock.world
    log = RecordedLog(world: world)
    self.issuer = issuer
    store = try Store(.temporary, log: log.log)
    try await store.migrate(Accounts.Schema.migrations + AuthorizationServer.migrations)
    let keyring = try keyring ?? Self.keys.get()
    self.keyring = keyring
    let hasher = try hasher ?? PasswordHasher(parameters: Self.cheap, concurrency: 1, waiting: 1000)
    users = try await Users(store: store, hasher: hasher, world: world)
    sessions = BrowserSessions(store: store, key: HMACKey(keyring.key(for: "browser sessions")), world: world)
    connections = Connections(store: store, world: world)
    apiKeys = APIKeys(
      store: store, hasher: hasher, pepper: HMACKey(keyring.key(for: "API keys")), world: world)
    let events = events
    var parts = AuthorizationServer.Parts(
      issuer: issuer, store: store, keyring: keyring, users: users, sessions: sessions,
      connections: connections, apiKeys: apiKeys, events: Events { events.add($0) },
      registration: registration, fetch: fetch ?? web?.fetch, documentTrust: trust,
      isNonceRequired: isNonceRequired, log: log.log, world: world)
    parts.consentMemory = consentMemory
    parts.send = web?.send
    parts.localLogin = localLogin
    server = try AuthorizationServer(parts)
    clients = server.clients
    authenticator = Authenticator(
      issuer: issuer, keys: keyring.signing, connections: connections, apiKeys: apiKeys,
      proofs: DPoPCheck(
        issuer: issuer, nonces: DPoPNonces(keyring: keyring), isNonceRequired: isNonceRequired, world: world),
      world: world)
    let metadata = ProtectedResourceMetadata(issuer: issuer)
    challenge = Challenge(metadata: metadata, scope: [.read])
    router = Router(server.routes + CrossOrigin.open(metadata.routes))
    sam = try await users.add(
      Users.Draft(
        login: "sam", name: "Sam Sales", password: Secret(Self.password), groups: ["sales/user"],
        companies: ["Azure"]))
  }

  struct Unusable: Error {}

  /// The key that signs now.
  var signer: SigningKey { keyring.signing.signer(at: clock.now) }

  // MARK: Requests

  func send(
    _ method: HTTP.Method, _ target: String, _ fields: [String: String] = [:], body: [UInt8] = [],
    from peer: IPAddress = .loopback
  ) async -> Answer {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var all = Fields()
    for (name, value) in fields { all[name] = value }
    return Answer(
      await router.respond(
        to: Request(
          method: method, path: String(parts[0]), query: parts.count == 2 ? String(parts[1]) : "",
          fields: all,
          body: body, peer: peer)))
  }

  func get(_ target: String, _ fields: [String: String] = [:]) async -> Answer {
    await send(.get, target, fields)
  }

  /// Posts a form; `fields` may replace its content type.
  func post(
    _ path: String, _ pairs: [(String, String)], _ fields: [String: String] = [:],
    from peer: IPAddress = .loopback
  ) async -> Answer {
    let form = Form(pairs.map { (name: $0.0, value: $0.1) })
    let all = ["content-type": "application/x-www-form-urlencoded"].merging(fields) { $1 }
    return await send(.post, path, all, body: Array(form.encoded.utf8), from: peer)
  }

  func post(
    _ path: String, json: String, _ fields: [String: String] = [:], from peer: IPAddress = .loopback
  ) async -> Answer {
    let all = ["content-type": "application/json"].merging(fields) { $1 }
    return await send(.post, path, all, body: Array(json.utf8), from: peer)
  }

  // MARK: Clients

  /// A client that an administrator registered.
  func client(
    _ redirectURIs: [String] = ["https://c.example/cb"], name: String = "Test",
    method: Client.AuthenticationMethod = .none,
    isExplicit: Bool = true, grants: Set<Client.GrantType> = [.authorizationCode, .refreshToken],
    scopes: ScopeSet? = nil, isDynamic: Bool = false, serviceUser: Int64? = nil
  ) async throws -> TestClient {
    var draft = Clients.Draft(
      name: name, method: method, redirectURIs: try redirectURIs.map { try RedirectURI(registering: $0) },
      grantTypes: grants)
    draft.isMethodExplicit = isExplicit
    draft.scopes = scopes
    draft.isDynamic = isDynamic
    draft.serviceUserID = serviceUser
    let added = try await clients.add(draft)
    return TestClient(id: added.client.id, secret: added.secret, redirectURI: redirectURIs.first ?? "")
  }

  /// Registers at the endpoint.
  func register(_ json: String, _ fields: [String: String] = [:]) async -> Answer {
    await post("/oauth/register", json: json, fields)
  }

  // MARK: The way to a token

  /// The cookie of a session of `sam`, or of somebody else.
  func cookie(of user: User? = nil) async throws -> String {
    let token = try await sessions.start(for: user ?? sam, address: .loopback, agent: "test")
    return (issuer.isSecure ? "__Host-" : "") + "gatehouse-session=" + token
  }

  /// The consent page of a request, for somebody who is signed in.
  func consentPage(_ client: TestClient, _ changes: [String: String?] = [:], cookie: String) async -> Answer {
    await get("/oauth/authorize?" + client.query(changes), ["cookie": cookie])
  }

  func decide(
    _ page: Answer, _ decision: String = "allow", scopes: [String]? = nil, cookie: String,
    _ more: [(String, String)] = []
  ) async -> Answer {
    var pairs = [("ticket", page.input("ticket") ?? ""), ("decision", decision)]
    pairs += (scopes ?? page.choices).map { ("scope", $0) }
    return await post(issuer.path + "/oauth/consent", pairs + more, ["cookie": cookie])
  }

  /// A code, by way of the consent page.
  func code(
    for client: TestClient, _ changes: [String: String?] = [:], as user: User? = nil
  ) async throws -> String {
    let cookie = try await cookie(of: user)
    let page = await consentPage(client, changes, cookie: cookie)
    let answer = await decide(page, cookie: cookie)
    guard let code = answer.callback?["code"] else { throw Unexpected(answer: "\(page.text) \(answer)") }
    return code
  }

  struct Unexpected: Error { let answer: String }

  /// Asks the token endpoint; the client authenticates by what it is.
  func token(_ client: TestClient, _ pairs: [(String, String)]) async -> Answer {
    await post("/oauth/token", pairs + client.credentials)
  }

  func exchange(
    _ code: String, _ client: TestClient, _ changes: [String: String?] = [:]
  ) async -> Answer {
    var pairs = [
      "grant_type": "authorization_code", "code": code, "redirect_uri": client.redirectURI,
      "code_verifier": PKCE.verifier,
    ]
    for (name, value) in changes { pairs[name] = value }
    return await token(client, pairs.map { ($0.key, $0.value) })
  }

  func refresh(_ token: String, _ client: TestClient, _ more: [(String, String)] = []) async -> Answer {
    await self.token(client, [("grant_type", "refresh_token"), ("refresh_token", token)] + more)
  }

  /// Tokens for `sam`, all the way.
  func tokens(
    _ client: TestClient, _ changes: [String: String?] = [:], as user: User? = nil
  ) async throws -> Tokens {
    try Tokens(await exchange(try await code(for: client, changes, as: user), client))
  }

  // MARK: The resource server

  /// `200`, or the status and error of the challenge.
  func verdict(of token: String, scheme: String = "Bearer") async -> String {
    await verdict(["authorization": "\(scheme) \(token)"])
  }

  func verdict(_ fields: [String: String], query: String = "") async -> String {
    let answer = await call(fields, query: query)
    return answer.status == 200 ? "200" : answer.verdict
  }

  /// A request to the protected resource.
  func call(_ fields: [String: String], query: String = "", peer: IPAddress = .loopback) async -> Answer {
    var all = Fields()
    for (name, value) in fields { all[name] = value }
    let request = Request(
      method: .post, path: issuer.resourcePaths[0], query: query, fields: all, peer: peer)
    do {
      let caller = try await authenticator.caller(of: request)
      return Answer(Response(status: 200, body: Array("\(caller.login) \(caller.scopes)".utf8)))
    } catch let failure as AuthenticationFailure {
      return Answer(challenge.response(failure, path: request.path))
    } catch {
      return Answer(Response(status: 503, body: Array("{\"error\":\"\(error)\"}".utf8)))
    }
  }

  func disable(_ user: User) async throws {
    let now = clock.now
    try await store.write { transaction in
      _ = try transaction.run("UPDATE account SET disabled_at = \(now) WHERE id = \(user.id)")
    }
  }

  func count(_ table: String) async throws -> Int64 {
    try await store.rows("SELECT count(*) FROM \(unsafeSQL: table)").first?.integer(0) ?? -1
  }
}

/// A client as the test knows it.
struct TestClient: Sendable {
  let id: String
  var secret: String?
  var redirectURI: String

  var credentials: [(String, String)] {
    [("client_id", id)] + (secret.map { [("client_secret", $0)] } ?? [])
  }

  /// A good authorization request with these changes; nil takes a parameter away.
  func query(_ changes: [String: String?] = [:]) -> String {
    var pairs: [String: String] = [
      "response_type": "code", "client_id": id, "redirect_uri": redirectURI, "state": "st4te",
      "code_challenge": PKCE.challenge, "code_challenge_method": "S256", "scope": "mcp:read",
      "resource": "https://gate.example/mcp",
    ]
    for (name, value) in changes { pairs[name] = value }
    return Form(pairs.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }).encoded
  }
}

/// The pair of RFC 7636 appendix B.
enum PKCE {
  static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
}

struct Tokens: Sendable {
  let access: String
  let refresh: String
  let scope: String

  init(_ answer: Answer) throws {
    guard answer.status == 200, let access = answer.json["access_token"]?.string else {
      throw House.Unexpected(answer: "\(answer)")
    }
    self.access = access
    refresh = answer.json["refresh_token"]?.string ?? ""
    scope = answer.json["scope"]?.string ?? ""
  }
}

/// What the audit log would have been told.
final class RecordedEvents: Sendable {
  private let kept = Mutex<[Event]>([])
  var all: [Event] { kept.withLock { $0 } }
  func add(_ event: Event) { kept.withLock { $0.append(event) } }
}

extension Keyring {
  /// Keys that live in memory alone: their directory is gone at once.
  static func temporary(_ algorithm: PublicKey.Algorithm = .es256) throws -> Keyring {
    var template = Array("/tmp/gatehouse-keys-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw House.Unusable() }
    let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      for file in ["signing.pem", "root.key", "lock"] { _ = unsafe unlink(directory + "/" + file) }
      _ = unsafe rmdir(directory)
    }
    return try Keyring(
      directory: directory, expecting: .nothing(algorithm),
      world: World(now: { TestWorld().now }, random: Random.bytes))
  }
}
