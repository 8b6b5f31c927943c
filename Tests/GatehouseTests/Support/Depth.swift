internal import Demo
internal import HTTP
internal import HTTPServer
internal import OAuth
internal import Support
internal import Telemetry
internal import World

@testable internal import Gatehouse

/// How deep a test goes: the same body runs on the handler alone and through a socket.
enum Depth: String, CaseIterable, Sendable {
  /// The house answers a request value.
  case inProcess
  /// A server on a free port of the loopback address, and HTTP/1.1 to it.
  case socket
}

/// Runs `body` with a house of its own that holds the demo company.
///
/// - Parameters:
///   - settings: as flags would give them.
///   - patience: how long writes wait for another program's lock.
func withHouse(
  _ depth: Depth, issuer url: String = "http://127.0.0.1:8080", _ settings: [String: String] = [:],
  patience: Duration = .seconds(5), _ body: (Client) async throws -> Void
) async throws {
  let directory = try await Company.copy()
  let settings = try Settings(
    flags: ["data": directory.absolute("data")].merging(settings) { $1 }, environment: [:], file: "")
  let clock = TestWorld()
  let log = RecordedLog(world: clock.world)
  let house = try await House(
    settings, world: clock.world, log: log.log, argon2: Company.cheap, patience: patience)
  guard let issuer = Issuer(url), let listening = ListenAddress("127.0.0.1:8080") else { throw Unusable() }
  let app = try App(
    house, issuer: issuer, settings: settings, catalogue: Demo.catalogue(), listening: listening)
  func client(_ way: Client.Way) -> Client {
    Client(
      house: house, app: app, issuer: issuer, clock: clock, log: log, directory: directory, way: way)
  }
  guard depth == .socket else { return try await body(client(.inProcess)) }
  var configuration = Server.Configuration(port: 0)
  configuration.loops = 2
  configuration.grace = .seconds(5)
  configuration.bodyLimit = try settings.number(.bodyLimit)
  configuration.observe = app.observe
  configuration.dress = app.dress
  let server = try Server.start(configuration, handler: app.respond)
  do {
    try await body(client(.socket(server.port)))
  } catch {
    await server.shutdown()
    throw error
  }
  await server.shutdown()
}

struct Unusable: Error {}

/// A test's way into one house.
struct Client: Sendable {
  enum Way: Sendable { case inProcess, socket(UInt16) }

  let house: House
  let app: App
  let issuer: Issuer
  let clock: TestWorld
  let log: RecordedLog
  let directory: Directory
  let way: Way

  /// Sends one request.
  ///
  /// - Parameters:
  ///   - target: path and query.
  ///   - fields: beside `Host`, which is the issuer's unless it is given here.
  func send(
    _ method: HTTP.Method, _ target: String, _ fields: [String: String] = [:], body: [UInt8] = []
  ) async throws -> Answer {
    var all = Fields()
    all["host"] = String(issuer.origin.drop { $0 != "/" }.dropFirst(2))
    for (name, value) in fields { all[name] = value }
    switch way {
    case .inProcess:
      let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
      let response = await app.respond(
        to: Request(
          method: method, path: String(parts[0]), query: parts.count == 2 ? String(parts[1]) : "",
          fields: all, body: body))
      guard case .bytes(let bytes) = response.body else { throw Unusable() }
      return Answer(status: response.status, fields: response.fields, bytes: method == .head ? [] : bytes)
    case .socket(let port):
      all["connection"] = "close"
      if !body.isEmpty || method == .post { all["content-length"] = String(body.count) }
      let head = all.lines.map { "\($0.name): \($0.value)\r\n" }.joined()
      let bytes = try await Wire.exchange(
        Array("\(method.name) \(target) HTTP/1.1\r\n\(head)\r\n".utf8) + body, port: port)
      return try Wire.answer(bytes, toHead: method == .head)
    }
  }

  func get(_ target: String, _ fields: [String: String] = [:]) async throws -> Answer {
    try await send(.get, target, fields)
  }

  func post(
    _ target: String, _ pairs: [(String, String)], _ fields: [String: String] = [:]
  ) async throws -> Answer {
    let form = Form(pairs.map { (name: $0.0, value: $0.1) })
    let all = ["content-type": "application/x-www-form-urlencoded"].merging(fields) { $1 }
    return try await send(.post, target, all, body: Array(form.encoded.utf8))
  }

  func post(_ target: String, json: String, _ fields: [String: String] = [:]) async throws -> Answer {
    let all = ["content-type": "application/json"].merging(fields) { $1 }
    return try await send(.post, target, all, body: Array(json.utf8))
  }
}
