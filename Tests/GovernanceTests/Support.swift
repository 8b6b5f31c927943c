internal import Accounts
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Synchronization
internal import Telemetry
internal import World

@testable internal import Authentication
@testable internal import Governance

/// A clock that the test moves.
final class TestClock: Sendable {
  private let moment = Mutex(Instant(seconds: 1_795_000_000))
  var now: Instant { moment.withLock { $0 } }
  func advance(_ duration: Duration) { moment.withLock { $0 = $0 + duration } }
  private let drawn = Mutex<UInt64>(0)

  /// The next number, little-endian, and zeros behind it.
  private func bytes(_ count: Int) -> [UInt8] {
    let number = drawn.withLock { drawn in
      drawn += 1
      return drawn
    }
    return (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) : 0 }
  }

  var world: World { World(now: { self.now }, random: { self.bytes($0) }) }
}

func makeCaller(
  connection: String = "con_1", scopes: ScopeSet = [.read], allowedTools: Set<String>? = nil,
  allowedModels: Set<String>? = nil, perMinute: Int? = 60, perDay: Int? = nil, approverID: Int64? = nil,
  credential: Caller.Credential = .accessToken,
  signIn: Caller.SignIn? = nil
) -> Caller {
  Caller(
    userID: 7, login: "sales", userName: "Sam Sales", companyID: 1, companyIDs: [1, 2],
    groups: ["sales/user"],
    isAdministrator: false, connectionID: connection, connectionName: "Claude", clientID: "client_1",
    scopes: scopes,
    credential: credential, address: .loopback, allowedTools: allowedTools, allowedModels: allowedModels,
    perMinute: perMinute, perDay: perDay, signIn: signIn, approverID: approverID)
}

func makeTool(
  _ name: String = "probe", category: ToolDefinition.Category = .read, effect: ToolDefinition.Effect = .reads,
  risk: ToolDefinition.Risk = .low, parameters: [Parameter] = [],
  requiredAuthentication: RequiredAuthentication? = nil
) -> ToolDefinition {
  ToolDefinition(
    name: name, title: "Probe", description: "A tool of the tests.", category: category, group: .read,
    risk: risk,
    effect: effect, parameters: parameters, results: [.required("done", .boolean, "")],
    requiredAuthentication: requiredAuthentication)
}

/// An admission as a value that can be compared.
enum Verdict: Equatable {
  case permitted(remaining: Int?)
  case denied(String)
  case misfit(String)
  case insufficientScope(String)
  case insufficientAuthentication(RequiredAuthentication)

  init(_ admission: consuming Admission) {
    switch admission {
    case .permitted(let permit):
      self = .permitted(remaining: permit.allowances.first { $0.name == "per_minute" }?.remaining)
    case .denied(let denial): self = .denied(denial.rule)
    case .waiting(let request): self = .denied("waiting \(request.rule)")
    case .misfit(let error): self = .misfit(error.description)
    case .insufficientScope(let needed): self = .insufficientScope(needed.description)
    case .insufficientAuthentication(let needed): self = .insufficientAuthentication(needed)
    }
  }
}

extension Governor {
  func verdict(_ caller: Caller, _ tool: ToolDefinition, _ arguments: JSONObject = [:]) async -> Verdict {
    Verdict(await admit(caller, tool, arguments))
  }
}

extension Governor {
  /// A governor with a database of its own.
  convenience init(
    _ clock: TestClock, store: Store? = nil, configuration: Configuration = Configuration()
  ) async throws {
    let database = try store ?? Store(.temporary, log: .silent)
    try await database.migrate(Accounts.Schema.migrations + Self.migrations)
    self.init(store: database, world: clock.world, log: .silent, configuration: configuration)
  }
}
