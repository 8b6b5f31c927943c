internal import Accounts
internal import Authentication
internal import Crypto
internal import Governance
internal import HTTP
internal import MCP
internal import OAuth
internal import Storage
internal import Support
internal import Synchronization
internal import Tasks
internal import Telemetry
internal import Tools
internal import World

/// A house with one user, one key, and fixtures for tools, whose database is gone with it.
struct TestHouse: Sendable {
  let endpoint: MCPEndpoint
  let worker: TaskWorker
  let key: String
  private let router: Router

  /// - Parameters:
  ///   - isOpen: whether a request without a credential is the user's.
  ///   - streams: how many may be open at once.
  init(port: UInt16, isOpen: Bool, streams: Int) async throws {
    guard let issuer = Issuer("http://127.0.0.1:\(port)") else { throw Unusable() }
    let world = World(now: Instant.systemNow, random: Random.bytes)
    let log = Log.standardError(level: .warning, format: .text, world: world)
    let store = try Store(.temporary, log: log)
    try await store.migrate(
      Accounts.Schema.migrations + AuditLog.migrations + Governor.migrations + TaskStore.migrations)
    let audit = AuditLog(store: store)
    let hasher = try PasswordHasher(parameters: Argon2Parameters(kibibytes: 64, passes: 1), concurrency: 1)
    let users = try await Users(store: store, hasher: hasher, world: world)
    let directory = try Directory()
    let keyring = try Keyring(directory: directory.path + "/keys", world: world)
    let pepper = HMACKey(keyring.key(for: "API keys"))
    let keys = APIKeys(store: store, hasher: hasher, pepper: pepper, world: world)
    let user = try await users.add(Users.Draft(login: "tester"))
    let made = try await keys.create(
      for: user.id, name: "tests", scopes: [.read, .write, .execute], perMinute: 0)
    key = made.key

    let connections = Connections(store: store, world: world)
    let authenticator = Authenticator(
      issuer: issuer, keys: keyring.signing, connections: connections, apiKeys: keys, world: world)
    let metadata = ProtectedResourceMetadata(issuer: issuer)
    let challenge = Challenge(metadata: metadata, scope: [.read])
    let workshop = Workshop()
    var configuration = MCPEndpoint.Configuration(version: "0.1.0", resourceMetadata: metadata.url)
    configuration.title = "Conformance"
    configuration.streamLimit = streams
    configuration.streamLimitPerConnection = streams
    configuration.isConnected = { id in
      do { return try await connections.standing(id)?.isGood ?? false } catch { return false }
    }
    let governor = Governor(store: store, world: world, log: log)
    let resources = ResourceCatalogue([FixedResources.fixtures])
    configuration.repertoire = Repertoire(resources: resources, prompts: workshop.prompts, changes: true)
    configuration.mayFollow = { uri, caller in await resources.mayRead(uri, caller, governor) }
    let tasks = TaskStore(store: store, world: world)
    configuration.tasks = tasks
    let endpoint = MCPEndpoint(
      catalogue: try ToolCatalogue(Fixture.all(workshop)), governor: governor, audit: audit,
      requestState: try RequestState(key: keyring.key(for: "MCP request state"), world: world), world: world,
      log: log,
      configuration: configuration)
    workshop.open(endpoint)
    self.endpoint = endpoint
    let calls = TaskCalls(
      governor: governor, catalogue: { endpoint.catalogue }, operations: OperationCatalogue([]), audit: audit,
      callers: { id in try await authenticator.caller(approvedOn: id) }, world: world, log: log)
    // Test suites begin several at once and expect none to wait for another.
    worker = TaskWorker(tasks, concurrency: 16, world: world, log: log, trade: calls.trade)

    let door = OriginRule(
      origins: [issuer.origin, "http://localhost:\(port)"], hosts: ["127.0.0.1:\(port)", "localhost:\(port)"])
    let bearer = "Bearer " + key
    @Sendable func mcp(_ received: Request) async -> Response {
      if let refusal = door.refusal(of: received) { return refusal }
      var request = received
      if isOpen, request.fields["authorization"] == nil { request.fields["authorization"] = bearer }
      do {
        return await endpoint.respond(to: request, caller: try await authenticator.caller(of: request))
      } catch let failure as AuthenticationFailure {
        return challenge.response(failure, path: request.path)
      } catch {
        return Response.error(503, "temporarily_unavailable")
      }
    }
    router = Router(
      metadata.routes + [Method.post, .get, .delete].map { Route($0, "/mcp", name: "mcp", handle: mcp) })
  }

  @Sendable func respond(to request: Request) async -> Response { await router.respond(to: request) }

  private struct Unusable: Error {}
}

/// The endpoint, for tools that change it; it is there after them.
final class Workshop: Sendable {
  private let endpoint = Mutex<MCPEndpoint?>(nil)

  func open(_ endpoint: MCPEndpoint) { self.endpoint.withLock { $0 = endpoint } }

  /// Adds a tool, and takes it away again.
  func changeTools() throws(CatalogueError) {
    guard let endpoint = endpoint.withLock({ $0 }) else { return }
    let catalogue = endpoint.catalogue
    endpoint.offer(
      try ToolCatalogue(
        catalogue.tools + [
          Fixture("test_temporary", "Is there for a moment.") { _, _ in .content([.text("here")]) }
        ]))
    endpoint.offer(catalogue)
  }

  let prompts = PromptCatalogue(FixturePrompt.all)

  /// Adds a prompt, and takes it away again.
  func changePrompts() {
    guard let endpoint = endpoint.withLock({ $0 }) else { return }
    prompts.add(FixturePrompt.temporary)
    endpoint.announce(.prompts)
    prompts.remove(FixturePrompt.temporary.definition.name)
    endpoint.announce(.prompts)
  }

  /// Says that the watched resource has changed.
  func touch() { endpoint.withLock { $0 }?.announce(.resource(uri: "test://watched-resource")) }
}
