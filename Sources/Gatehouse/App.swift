internal import Accounts
internal import Authentication
internal import AuthorizationServer
internal import Console
internal import Crypto
internal import Governance
internal import HTTP
internal import HTTPClient
internal import HTTPServer
internal import JSON
internal import MCP
internal import Mail
internal import Notifications
internal import OAuth
internal import Policies
internal import Records
internal import Schedules
internal import Storage
internal import Tasks
internal import Telemetry
internal import Tools
internal import World

/// The whole house on one page: every part, every route, and the one way through it.
///
///     HTTPServer ═► OriginRule ─► Authentication ═► Governance ═► Tools ═► Records
///        Request        │            Caller           Permit       Outcome
///                       └ 403          └ 401            └ refusal, on record
struct App: Sendable {
  private let router: Router
  private let metrics: Router
  private let operations: Operations
  private let house: House
  private let isSecure: Bool
  private let scheduler: Scheduler
  private let proxies: TrustedProxies
  private let outbox: Outbox
  private let postman: Postman?
  private let notices: ApprovalNotices
  private let webhooks: Webhooks?
  private let endpoint: MCPEndpoint
  private let approved: ApprovedCalls
  private let worker: TaskWorker

  init(
    _ house: House, issuer: Issuer, settings: Settings, catalogue: ModelCatalogue, listening: ListenAddress
  ) throws {
    let (world, log, audit) = (house.world, house.log, house.audit)
    let operations = Operations(world: world, log: log)
    self.house = house
    self.operations = operations
    self.isSecure = issuer.isSecure
    self.proxies = try settings.proxies()

    // Who may get a token.
    let sessionKey = HMACKey(house.keyring.key(for: "browser sessions"))
    let sessions = BrowserSessions(store: house.store, key: sessionKey, world: world)
    scheduler = try Jobs(house, settings).scheduler
    let events = Events(inside: { event, transaction in
      try AuditLog.append(AuditEntry(event, at: world.now), in: transaction)
    }) { event in
      guard !event.kind.needsNoCredential || operations.mayRecord(event.kind.rawValue) else { return }
      try await audit.append(AuditEntry(event, at: world.now))
    }
    let outside = try HTTPClient(
      door: settings.outboundDoor(), authorities: settings[.outboundAuthorities])
    let outbox = try Outbox(store: house.store, keyring: house.keyring, world: world, log: log)
    self.outbox = outbox
    postman = try settings.mailAccount().map { try Postman($0, world: world) }
    var parts = AuthorizationServer.Parts(
      issuer: issuer, store: house.store, keyring: house.keyring, users: house.users,
      sessions: sessions,
      connections: house.connections, apiKeys: house.apiKeys,
      events: events, registration: try settings.registration(),
      fetch: { url, limits throws(HTTPClientError) in try await outside.get(url, limits: limits) },
      documentTrust: try settings.documentTrust(), isNonceRequired: try settings.isNonceRequired(), log: log,
      world: world)
    // Threads of their own: strangers who name slow documents must not hold up the company's own login.
    let providers = try HTTPClient(
      door: settings.outboundDoor(), authorities: settings[.outboundAuthorities], concurrency: 8)
    parts.fetchFromProviders = { url, limits throws(HTTPClientError) in
      try await providers.get(url, limits: limits)
    }
    parts.send = { request, limits throws(HTTPClientError) in
      try await providers.send(request, limits: limits)
    }
    parts.localLogin = try settings.localLogin()
    parts.credentialPolicy = try settings.credentialPolicy()
    parts.consentMemory = try settings.consentLifetime()
    if postman != nil { parts.mailing = outbox.mailing }
    let server = try AuthorizationServer(parts)
    let pages = AccountPages(
      server: server, users: house.users, connections: house.connections, keys: house.apiKeys, events: events,
      audit: house.audit,
      issuer: issuer, version: Gatehouse.version, world: world)
    let security = SecurityPages(
      server: server, users: house.users, sessions: sessions, events: events, issuer: issuer, world: world)

    // Whose token it is.
    let authenticator = Authenticator(
      issuer: issuer, keys: house.keyring.signing, connections: house.connections,
      apiKeys: house.apiKeys,
      proofs: DPoPCheck(
        issuer: issuer, nonces: DPoPNonces(keyring: house.keyring),
        isNonceRequired: try settings.isNonceRequired(), world: world),
      world: world)
    let metadata = ProtectedResourceMetadata(issuer: issuer)
    let challenge = Challenge(metadata: metadata, scope: [.read])

    // What they may do, and what they came for.
    let records = SQLRecords(store: house.store, catalogue: catalogue, now: { world.now }) { error in
      log.error("a query on records failed", ["reason": .string(error.reason ?? error.sentence)])
    }
    let governor = Governor(
      store: house.store, world: world, log: log, configuration: try settings.governance())
    // Whom they tell of calls that wait for a person.
    let webhook = try settings.approvalWebhook()
    notices = ApprovalNotices(
      store: house.store, world: world, log: log, outbox: outbox,
      to: postman == nil ? [] : try settings.approvalAddressees(), hasWebhook: webhook != nil,
      pages: issuer.url + ApprovalPages.path, allowsOwn: try settings.isOn(.ownApproval))
    webhooks = try webhook.map { endpoint in
      // Threads of its own: a slow receiver holds up nobody else.
      let client = try HTTPClient(
        door: settings.outboundDoor(), authorities: settings[.outboundAuthorities], concurrency: 1)
      return Webhooks(to: endpoint, store: house.store, world: world, log: log) {
        request, limits throws(HTTPClientError) in try await client.send(request, limits: limits)
      }
    }
    let tasks = TaskStore(store: house.store, world: world)
    let longWork = OperationCatalogue.all(on: records, governor, world: world)
    let tools = try ToolCatalogue(Self.tools(on: records, governor, tasks, longWork))
    let repertoire = Repertoire(
      resources: ResourceCatalogue([
        ModelResources(records: records), RecordResources(records: records),
        AttachmentResources(records: records, files: records),
        AppViews.chart(for: ReadGroup(records: records).definition),
        AppViews.approval(for: GetApprovalStatus(governor.approvals).definition),
      ]),
      prompts: PromptCatalogue(CompanyPrompts.all(on: records)),
      completions: RecordCompletions(records: records), changes: true)
    var protocolConfiguration = MCPEndpoint.Configuration(
      version: Gatehouse.version, resourceMetadata: metadata.url)
    // Whatever a connection has open ends soon after the connection does.
    protocolConfiguration.isConnected = { [connections = house.connections] id in
      do { return try await connections.standing(id)?.isGood ?? false } catch { return false }
    }
    protocolConfiguration.repertoire = repertoire
    protocolConfiguration.tasks = tasks
    protocolConfiguration.mayFollow = { [resources = repertoire.resources, governor] uri, caller in
      await resources.mayRead(uri, caller, governor)
    }
    let endpoint = MCPEndpoint(
      catalogue: tools, governor: governor, audit: audit,
      requestState: try RequestState(key: house.keyring.key(for: "MCP request state"), world: world),
      world: world, log: log, configuration: protocolConfiguration)
    self.endpoint = endpoint
    records.changes.follow { keys in
      for key in keys { endpoint.announce(.resource(uri: RecordResources.uri(of: key))) }
    }
    approved = ApprovedCalls(
      governor: governor, catalogue: tools, audit: audit, callers: authenticator, world: world, log: log)
    let taskCalls = TaskCalls(
      governor: governor, catalogue: { endpoint.catalogue }, operations: longWork, audit: audit,
      callers: { id in try await authenticator.caller(approvedOn: id) }, world: world, log: log)
    worker = TaskWorker(tasks, world: world, log: log, trade: taskCalls.trade)
    let door = OriginRule(
      origins: [issuer.origin] + settings.list(.allowedOrigins),
      hosts: issuer.hosts)

    /// `Request → Caller → Permit → Outcome`; the last two arrows are `MCPEndpoint`'s.
    @Sendable func mcp(
      _ request: Request, _ answer: (Request, Caller) async -> Response
    ) async -> Response {
      if let refusal = door.refusal(of: request) {
        operations.turnedAway(request)
        return refusal
      }
      do {
        let caller = try await authenticator.caller(of: request)
        var response = await answer(request, caller)
        if caller.isBoundToKey { authenticator.offerNonce(in: &response) }
        return response
      } catch let failure as AuthenticationFailure {
        await operations.refused(failure, request, audit)
        return challenge.response(failure, path: request.path)
      } catch {
        log.error("authentication failed", ["reason": .string("\(error)")])
        return Response.error(503, "temporarily_unavailable")
      }
    }

    let endpointRoutes = issuer.resourcePaths.filter { $0 != issuer.eventsPath }.flatMap { path in
      [Method.post, .get, .delete].map { method in
        Route(method, path, name: "mcp") { await mcp($0, endpoint.respond) }
      }
    }
    let eventRoutes = issuer.eventsPath.map { path in
      let messages = issuer.path + "/messages"
      let events = HTTPSSE(endpoint, messages: messages)
      return [
        Route(.get, path, name: "mcp") { await mcp($0, events.open) },
        Route(.post, messages, name: "mcp") { await mcp($0, events.take) },
      ]
    }

    metrics = Router([operations.metricsRoute])
    router = Router(
      server.routes + pages.routes + security.routes
        + ApprovalPages(pages, approvals: governor.approvals).routes + CrossOrigin.open(metadata.routes)
        + CrossOrigin.open(endpointRoutes + (eventRoutes ?? []))
        + CrossOrigin.open([policyFormat(issuer)]) + operations.health(house.store))
  }

  /// Every tool there is.
  static func tools(
    on records: any WritableRecords, _ governor: Governor, _ tasks: TaskStore,
    _ operations: OperationCatalogue
  ) -> [any Tool] {
    RecordTools.all(on: records) + WriteTools.all(on: records)
      + [WhoAmI(), GetApprovalStatus(governor.approvals)]
      + TaskTools.all(tasks, governor, operations)
  }

  /// Answers a request of the public listener.
  @Sendable func respond(to received: Request) async -> Response {
    let arrived = house.world.now
    var request = received
    request.peer = proxies.client(of: received)
    let match = router.match(request.method, request.path)
    var response = await router.respond(to: request, as: match)
    secure(&response)
    operations.answered(request, response, route: match.name, in: house.world.now - arrived)
    return response
  }

  /// Answers a request of the metrics listener.
  @Sendable func respondMetrics(to request: Request) async -> Response { await metrics.respond(to: request) }

  /// Adds what every answer has, to those that the server gives itself too.
  @Sendable func dress(_ response: inout Response, path: String?) {
    if let path { router.open(&response, for: path) }
    secure(&response)
  }

  private func secure(_ response: inout Response) {
    if response.fields["x-content-type-options"] == nil {
      response.fields.append(lowercase: "x-content-type-options", "nosniff")
    }
    if isSecure { response.fields["strict-transport-security"] = "max-age=31536000; includeSubDomains" }
  }

  /// Runs the jobs of the house when they are due, until the task is cancelled.
  func runJobs() async { await scheduler.run() }

  /// Runs what people approve, until the task is cancelled.
  func runApproved() async {
    while !Task.isCancelled {
      do { _ = try await approved.runAll() } catch {
        house.log.error("an approved call was not run", ["reason": .string("\(error)")])
      }
      do { try await Task.sleep(for: ApprovedCalls.interval) } catch { return }
    }
  }

  /// Runs tasks, until the task that calls it is cancelled.
  func runTasks() async { await worker.run() }

  /// Sends the letters that wait, until the task is cancelled.
  func deliver() async {
    guard let postman else { return }
    while !Task.isCancelled {
      do {
        _ = try await outbox.deliver { letter throws(Postman.Failure) in try await postman.send(letter) }
      } catch { house.log.error("sending letters failed", ["reason": .string("\(error)")]) }
      do { try await Task.sleep(for: Outbox.interval) } catch { return }
    }
  }

  /// Writes letters and messages about calls that wait for a person, until the task is cancelled.
  func tell() async {
    while !Task.isCancelled {
      do { _ = try await notices.pass() } catch {
        house.log.error("nobody was told of approvals", ["reason": .string("\(error)")])
      }
      do { try await Task.sleep(for: ApprovalNotices.interval) } catch { return }
    }
  }

  /// Delivers webhook messages, until the task is cancelled.
  func callWebhooks() async {
    guard let webhooks else { return }
    while !Task.isCancelled {
      do { _ = try await webhooks.deliver() } catch {
        house.log.error("webhook messages were not delivered", ["reason": .string("\(error)")])
      }
      do { try await Task.sleep(for: Webhooks.interval) } catch { return }
    }
  }

  /// Looks after the streams and sessions of the MCP endpoint, until the task is cancelled.
  func converse() async { await endpoint.run() }

  /// Tells those who listen that the server ends.
  func farewell() { endpoint.farewell() }

  /// Hears of what happens at the edge.
  @Sendable func observe(_ event: ServerEvent) { operations.observe(event) }
}

/// The format of policy documents, for editors.
private func policyFormat(_ issuer: Issuer) -> Route {
  let body = Array(PolicyFormat.text.utf8)
  return Route(.get, issuer.path + PolicyFormat.path) { _ in
    Response(
      status: 200,
      fields: [
        "content-type": "application/schema+json", "cache-control": "public, max-age=3600",
        "x-content-type-options": "nosniff",
      ], body: body)
  }
}

extension Outbox {
  /// Takes letters whose recipient is an address.
  var mailing: Mailing {
    { recipient, subject, text in
      guard let letter = Letter(to: recipient, subject: subject, text: text) else { return }
      try await put(letter)
    }
  }
}

extension AuditEntry {
  /// An event of the authorization server as the log keeps it.
  init(_ event: Event, at time: Instant) {
    self.init(
      time: time, kind: .authorization, method: "oauth/\(event.kind.rawValue)",
      address: event.address.description)
    userID = event.userID
    clientID = event.clientID
    connectionID = event.connectionID
    code = event.detail
  }
}

extension Issuer {
  /// Whether it names this very machine.
  var isLoopback: Bool {
    Self.loopbackNames.contains { hostAndPort == $0 || hostAndPort.hasPrefix($0 + ":") }
  }

  /// The `Host` values under which it is reached: the loopback names are one host.
  var hosts: [String] {
    guard isLoopback, let name = Self.loopbackNames.first(where: hostAndPort.hasPrefix) else {
      return [hostAndPort]
    }
    return Self.loopbackNames.map { $0 + hostAndPort.dropFirst(name.count) }
  }

  private var hostAndPort: String { String(origin.drop { $0 != "/" }.dropFirst(2)) }

  private static let loopbackNames = ["127.0.0.1", "localhost", "[::1]"]
}
