internal import Crypto
internal import Glibc
internal import Governance
internal import Storage
internal import Telemetry
internal import World

/// What the audit log does with no entries and with many: `audit-rate DIRECTORY [ENTRIES]`, a million unless told.
///
/// Prints how many entries a second a hundred writers make durable in a new log and in a long one, in turns, since a
/// disk has good and bad moments; how long a filtered page takes at its worst; and how many entries a second are sealed
/// and verified.
@main
struct AuditRate {
  static let writers = 100
  static let turns = 7
  static let turn: Duration = .seconds(1)

  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 2, let count = arguments.count > 2 ? Int64(arguments[2]) : 1_000_000 else {
      print("usage: audit-rate DIRECTORY [ENTRIES]")
      exit(64)
    }
    let (short, long) = (
      try await open(arguments[1] + "/short.db"), try await open(arguments[1] + "/long.db")
    )
    try await fill(long, to: count)
    var (shorts, longs): ([Int64], [Int64]) = ([], [])
    for _ in 0..<turns {
      shorts.append(try await appendRate(short))
      longs.append(try await appendRate(long))
    }
    let (few, many) = (shorts.sorted()[turns / 2], longs.sorted()[turns / 2])
    print("append: \(few) entries/s to a new log, \(many) to one of \(count), \(many * 100 / few) %")
    for (name, filter) in filters { print("page by \(name): \(try await slowest(long, filter)) µs") }
    let world = World(now: { Instant.systemNow() }, random: { Random.bytes($0) })
    let key = try SigningKey(ed25519: Secret([UInt8](repeating: 1, count: 32)))
    let notary = Notary(long, key: key, world: world)
    let sealing = ContinuousClock.now
    let before = try await long.newestCheckpoint()?.sequence ?? 0
    let sealed = try await notary.checkpoint()?.sequence ?? before
    print("seal: \(rate(sealed - before, since: sealing)) entries/s")
    let verifying = ContinuousClock.now
    let found = try await long.verify(by: notary.publicKey)
    guard found.firstBad == nil else {
      print("the log does not verify")
      exit(1)
    }
    print("verify: \(rate(found.entries, since: verifying)) entries/s, \(found.checkpoints) checkpoints")
    let later = World(now: { Instant.systemNow() + .days(100) }, random: { Random.bytes($0) })
    let retaining = ContinuousClock.now
    let gone = try await Notary(long, key: key, world: later).retain(
      Retention(entries: .days(90), payloads: nil))
    print("drop: \(rate(Int64(gone.entries), since: retaining)) entries/s")
  }

  private static func open(_ path: String) async throws -> AuditLog {
    let store = try Store(.file(path), log: .silent)
    try await store.migrate(AuditLog.migrations)
    return AuditLog(store: store)
  }

  /// Entries of a company: few people, some connections each, mostly answers that are fine.
  private static func entry(_ number: Int64) -> AuditEntry {
    var entry = AuditEntry(
      time: .systemNow(), kind: number % 20 == 0 ? .refusal : .response, method: "tools/call",
      address: "10.1.\(number % 7).\(number % 200)")
    entry.userID = number % 200
    entry.login = "person.\(number % 200)@example.com"
    entry.connectionID = "con_7hTb2mQx9LwVd3Rk\(number % 700)"
    entry.clientID = "c_2mQx9LwVd3Rk7hTb"
    entry.tool = tools[Int(number) % tools.count]
    entry.model = "sale.order"
    entry.status = number % 50 == 0 ? 403 : 200
    entry.duration = .microseconds(500 + number % 1000)
    entry.policy = "group:sales/user@12"
    if entry.kind == .refusal {
      entry.code = "rate_limited"
      entry.rule = "/connection/limits/per_minute"
    }
    return entry
  }

  private static let tools = ["search_read", "get_record", "read_group", "whoami", "update_records"]

  private static var filters: [(String, AuditFilter)] {
    var tool = AuditFilter()
    tool.tool = "update_records"
    var refusals = AuditFilter()
    refusals.kind = .refusal
    var status = AuditFilter()
    status.ending = .status(403)
    var failed = AuditFilter()
    failed.ending = .failed
    var absent = AuditFilter(userID: 7)
    absent.ending = .status(500)
    return [
      ("nothing", AuditFilter()), ("user", AuditFilter(userID: 7)),
      ("connection", AuditFilter(connectionID: "con_7hTb2mQx9LwVd3Rk77")), ("tool", tool), ("kind", refusals),
      ("status", status), ("failure", failed), ("user and a status that none has", absent),
    ]
  }

  /// The slowest of a first page, one from the middle, and one of an hour that is long past.
  private static func slowest(_ log: AuditLog, _ filter: AuditFilter) async throws -> Int64 {
    let middle = try await log.list(limit: 1).first.map { $0.sequence / 2 }
    var past = filter
    past.from = .systemNow() - .hours(24)
    past.to = try await log.page(after: (middle ?? 0) / 2)?.records.first?.entry.time
    var slowest: Int64 = 0
    for (filter, before) in [(filter, nil), (filter, middle), (past, nil)] {
      let began = ContinuousClock.now
      _ = try await log.list(limit: 50, before: before, matching: filter)
      slowest = max(slowest, (ContinuousClock.now - began).wholeMicroseconds)
    }
    return slowest
  }

  private static func appendRate(_ log: AuditLog) async throws -> Int64 {
    let began = ContinuousClock.now
    let count = try await withThrowingTaskGroup(of: Int64.self) { group in
      for writer in 0..<writers {
        group.addTask {
          var count: Int64 = 0
          while ContinuousClock.now - began < turn {
            try await log.append(entry(Int64(writer) + count * 100))
            count += 1
          }
          return count
        }
      }
      return try await group.reduce(0, +)
    }
    return rate(count, since: began)
  }

  private static func fill(_ log: AuditLog, to count: Int64) async throws {
    var next = try await log.list(limit: 1).first?.sequence ?? 0
    while next < count {
      let end = min(next + 1000, count)
      try await log.append(contentsOf: (next..<end).map(entry))
      next = end
    }
  }

  private static func rate(_ count: Int64, since began: ContinuousClock.Instant) -> Int64 {
    Int64(Double(count) / Double((ContinuousClock.now - began).wholeMicroseconds) * 1_000_000)
  }
}
