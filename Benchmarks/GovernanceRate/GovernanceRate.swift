internal import Accounts
internal import Authentication
internal import Crypto
internal import Glibc
internal import Governance
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Telemetry
internal import World

/// What governance costs a call: `governance-rate DIRECTORY SECONDS`.
///
/// A decision is the way through `Governor.admit` with a policy of a hundred rules: switches, allowed tools, scope, arguments
/// and conditions. With limits it also counts the call, durably, and with the audit log the call is on record too: these two
/// wait for a commit, so sixty-four callers share each.
@main
struct GovernanceRate {
  static func main() async throws {
    guard CommandLine.arguments.count == 3, let seconds = Int64(CommandLine.arguments[2]), seconds > 0 else {
      print("usage: governance-rate DIRECTORY SECONDS")
      exit(64)
    }
    let house = try await BareHouse(CommandLine.arguments[1])
    let unlimited = try await house.caller(perMinute: 0, perDay: 0)
    let limited = try await house.caller(perMinute: 1_000_000_000, perDay: 1_000_000_000)

    // Of the processor, so that it says the same on a machine that does other things as well.
    var decisions: [Double] = []
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      let began = processorTime()
      for _ in 0..<1000 { try await house.decide(unlimited) }
      decisions.append((processorTime() - began) / 1000)
    }
    decisions.sort()
    print("decision, 100 rules: \(decisions[decisions.count / 2]) µs of processor time at the median")
    print(
      "decision, 100 rules, counted against 2 limits: \(try await rate(seconds) { try await house.decide(limited) })/s"
    )
    print(
      "decision, counted, and its answer on record: "
        + "\(try await rate(seconds) { try await house.decide(limited); try await house.note(limited) })/s")
  }

  /// Microseconds that this process has had so far.
  private static func processorTime() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1_000_000 + Double(time.tv_nsec) / 1000
  }

  /// How often sixty-four callers together do it in a second.
  private static func rate(
    _ seconds: Int64, _ work: @escaping @Sendable () async throws -> Void
  ) async throws -> Int {
    let end = ContinuousClock.now + .seconds(seconds)
    let count = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<64 {
        group.addTask {
          var count = 0
          while ContinuousClock.now < end {
            try await work()
            count += 1
          }
          return count
        }
      }
      return try await group.reduce(0, +)
    }
    return count / Int(seconds)
  }
}

/// Governance with a person who calls, and nothing else.
struct BareHouse: Sendable {
  private let store: Store
  private let audit: AuditLog
  private let governor: Governor
  private let keys: APIKeys
  private let userID: Int64
  private let authenticator: Authenticator
  private let tool = ToolDefinition(
    name: "note", title: "Note", description: "Takes a note.", category: .read, group: .read, risk: .low,
    effect: .reads, parameters: [.required("text", .string(length: 0...100), "What to note")],
    results: [.required("done", .boolean, "")])

  init(_ directory: String) async throws {
    guard let issuer = Issuer("http://127.0.0.1:8080") else { throw Refused() }
    let world = World(now: Instant.systemNow, random: Random.bytes)
    store = try Store(.file(directory + "/governance.db"), log: .silent)
    try await store.migrate(Accounts.Schema.migrations + AuditLog.migrations + Governor.migrations)
    audit = AuditLog(store: store)
    governor = Governor(store: store, world: world, log: .silent)
    let hasher = try PasswordHasher(parameters: Argon2Parameters(kibibytes: 64, passes: 1), concurrency: 1)
    let keyring = try Keyring(directory: directory + "/keys", world: world)
    keys = APIKeys(
      store: store, hasher: hasher, pepper: HMACKey(keyring.key(for: "API keys")), world: world)
    userID = try await Users(store: store, hasher: hasher, world: world).add(Users.Draft(login: "bench")).id
    authenticator = Authenticator(
      issuer: issuer, keys: keyring.signing, connections: Connections(store: store, world: world),
      apiKeys: keys,
      world: world)
    let rules = (0..<100).map { #"{"path":"args.text","op":"eq","value":"forbidden \#($0)"}"# }
    try await Rulebook(store: store, world: world).set(
      Array(
        #"{"version":"1","default":"deny","tools":{"note":{"deny_if":[\#(rules.joined(separator: ","))]}}}"#
          .utf8),
      for: .everything)
  }

  func caller(perMinute: Int, perDay: Int) async throws -> Caller {
    let made = try await keys.create(
      for: userID, name: "bench", scopes: [.read], perMinute: perMinute, perDay: perDay)
    return try await authenticator.caller(
      of: Request(method: .post, path: "/mcp", fields: ["authorization": "Bearer \(made.key)"]))
  }

  func decide(_ caller: Caller) async throws {
    guard case .permitted = await governor.admit(caller, tool, ["text": "something else"]) else {
      throw Refused()
    }
  }

  func note(_ caller: Caller) async throws {
    var entry = AuditEntry(time: Instant.systemNow(), kind: .response, method: "tools/call", caller: caller)
    entry.tool = tool.name
    entry.status = 200
    try await audit.append(entry)
  }

  private struct Refused: Error {}
}
