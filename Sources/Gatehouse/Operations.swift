internal import Authentication
internal import Governance
internal import HTTP
internal import HTTPServer
internal import OAuth
internal import Storage
internal import Synchronization
internal import Telemetry
internal import World

/// What those who run the house see of it: counts, health, a line for each request.
final class Operations: Sendable {
  private let world: World
  private let log: Log
  private let metrics: Metrics
  private let requests: Counter
  private let durations: Histogram
  private let refusals: Counter
  private let connections: Gauge
  private let recorded = Mutex((minute: Int64(0), counts: [String: Int]()))

  /// Refusals of one kind a minute that go on record one by one. Beyond them they are logged, so that nobody without a
  /// credential fills the disk, and none of one kind keeps those of another off the record.
  static let recordedRefusals = 600

  init(world: World, log: Log) {
    self.world = world
    self.log = log
    metrics = Metrics(world: world)
    requests = metrics.counter(
      "gatehouse_http_requests_total", "Requests answered, by route and status.", labels: ["route", "status"])
    durations = metrics.histogram(
      "gatehouse_http_request_duration_seconds", "From a request's arrival to its answer, by route.",
      labels: ["route"])
    refusals = metrics.counter(
      "gatehouse_credentials_refused_total", "Requests with a credential that proves nothing.")
    connections = metrics.gauge("gatehouse_http_connections", "Connections that are open.")
  }

  /// Counts an answer, and at debug writes its line.
  func answered(_ request: Request, _ response: Response, route: String, in duration: Duration) {
    requests.add(labels: [route, String(response.status)])
    durations.observe(duration, labels: [route])
    log.debug(
      "request",
      [
        "method": .string(request.method.name), "route": .string(route), "status": .integer(response.status),
        "microseconds": .integer(duration.wholeMicroseconds), "peer": .string(request.peer.description),
      ])
  }

  /// Notes a request that came under a name, or from a page, that is not let in. It takes no row of the audit log, as
  /// nothing is known of who sent it; the counts by route and status have it too.
  func turnedAway(_ request: Request) {
    log.info(
      "origin refused",
      [
        "origin": .string(String((request.fields["origin"] ?? "").prefix(200))),
        "host": .string(String((request.fields["host"] ?? "").prefix(200))),
        "peer": .string(request.peer.description),
      ])
  }

  /// Puts a refused credential on record.
  func refused(_ failure: AuthenticationFailure, _ request: Request, _ audit: AuditLog) async {
    var entry = AuditEntry(
      time: world.now, kind: .refusal, method: "authentication", address: request.peer.description)
    let reason: String
    switch failure {
    case .missing: return
    case .invalid(_, let because):
      reason = because
      entry.status = 401
      entry.code = "invalid_token"
    case .unproven(let proof):
      // To be told of a nonce is no refusal, but the manner of asking.
      guard proof.code != .useDPoPNonce else { return }
      reason = proof.because
      entry.status = 401
      entry.code = proof.code.rawValue
    case .elsewhere(let connectionID, let userID):
      reason = "connection \(connectionID) may not be used from there"
      entry.status = 403
      entry.code = "address"
      entry.connectionID = connectionID
      entry.userID = userID
    }
    refusals.add()
    log.info("credential refused", ["because": .string(reason), "peer": .string(request.peer.description)])
    guard mayRecord("authentication") else { return }
    do {
      try await audit.append(entry)
    } catch {
      // The answer is a refusal already; there is nothing left to withhold.
      log.error("refusal not recorded", ["reason": .string("\(error)")])
    }
  }

  /// Whether one more refusal that anybody can cause may take a row of the audit log.
  ///
  /// - Parameter kind: one of a few words of ours.
  func mayRecord(_ kind: String) -> Bool {
    let minute = world.now.seconds / 60
    return recorded.withLock { state in
      if state.minute != minute { state = (minute, [:]) }
      state.counts[kind, default: 0] += 1
      return state.counts[kind, default: 0] <= Self.recordedRefusals
    }
  }

  func observe(_ event: ServerEvent) {
    switch event {
    case .connectionOpened: connections.add(1)
    case .connectionClosed: connections.add(-1)
    case .refused(let status, let reason, let peer):
      requests.add(labels: ["edge", String(status)])
      log.debug(
        "request refused at the edge",
        ["status": .integer(status), "reason": .string(reason), "peer": .string(peer.description)])
    case .uncleanResponse(let method, let path):
      log.error("a response could not be written", ["method": .string(method.name), "path": .string(path)])
    case .trouble(let reason): log.warning("trouble at the edge", ["reason": .string(reason)])
    }
  }

  /// `/healthz`: the process answers. `/readyz`: it can reach its database too.
  func health(_ store: Store) -> [Route] {
    let fine = Response(
      status: 200, fields: ["content-type": "text/plain; charset=utf-8", "cache-control": "no-store"],
      body: Array("ok\n".utf8))
    return [
      Route(.get, "/healthz") { _ in fine },
      Route(.get, "/readyz") { [log] _ in
        do {
          _ = try await store.rows("SELECT 1 FROM setting LIMIT 1")
          return fine
        } catch {
          log.error("not ready", ["reason": .string("\(error)")])
          return Response.error(503, "not_ready")
        }
      },
    ]
  }

  /// What the metrics listener answers with: `/metrics`, to be read and nothing else.
  var metricsRoute: Route { Route(.get, "/metrics") { [self] _ in metricsPage() } }

  private func metricsPage() -> Response {
    Response(
      status: 200,
      fields: ["content-type": "text/plain; version=0.0.4; charset=utf-8", "cache-control": "no-store"],
      body: metrics.rendered())
  }
}
