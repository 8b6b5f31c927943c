internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import Governance
internal import JSON
internal import Schedules
internal import Storage
internal import Telemetry
internal import World

/// What the house does by itself (product row B10), each a line: the scheduler runs it, `gatehouse schedule` shows it.
///
/// A job that takes long works in steps and asks between them whether its task was cancelled: the server waits for it
/// when it stops.
struct Jobs {
  private let house: House
  private let janitor: Janitor
  private let retention: Retention

  /// - Throws: `CommandError` for settings that can't be meant.
  init(_ house: House, _ settings: Settings) throws(CommandError) {
    self.house = house
    retention = try settings.retention()
    let key = HMACKey(house.keyring.key(for: "browser sessions"))
    janitor = Janitor(
      store: house.store, sessions: BrowserSessions(store: house.store, key: key, world: house.world),
      world: house.world)
  }

  private var all: [Job] {
    let (house, janitor, retention) = (house, janitor, retention)
    return [
      Job("audit-cleanup", every: .days(1), "drops of the audit log what is old enough") {
        try await shortenAudit(house, retention)
      },
      Job("audit-seal", every: Notary.interval, "signs where the audit log stands, when it is due") {
        try await sealAudit(house)
      },
      Job("session-cleanup", every: .days(1), "takes away browser sessions that are over") {
        ["sessions": .integer(Int64(try await janitor.sweepSessions()))]
      },
      Job(
        "grant-cleanup", every: .hours(1),
        "takes away codes, tokens, links and registrations that are worth nothing any more"
      ) { ["rows": .integer(Int64(try await janitor.sweepGrants()))] },
      Job("limit-cleanup", every: .days(1), "takes away counts of windows that are over") {
        ["counts": .integer(Int64(try await sweepCounters(house)))]
      },
      Job("approval-expiry", every: .minutes(30), "ends requests that nobody decided in time") {
        let approvals = Approvals(store: house.store, world: house.world)
        return ["requests": .integer(Int64(try await approvals.expire()))]
      },
    ]
  }

  var scheduler: Scheduler { Scheduler(all, store: house.store, world: house.world, log: house.log) }
}

/// In batches, so that nobody waits for it; what one run does not reach, the next one does.
private func sweepCounters(_ house: House) async throws -> Int {
  let (now, batch) = (house.world.now, 1000)
  var count = 0
  for _ in 0..<100 {
    try Task.checkCancellation()
    let removed = try await house.store.write { try Counters.sweep(at: now, limit: batch, $0) }
    count += removed
    if removed < batch { break }
  }
  return count
}

private func shortenAudit(_ house: House, _ retention: Retention) async throws -> JSONObject {
  let dropped = try await house.notary.retain(retention)
  if !dropped.isNothing {
    house.log.notice(
      "audit log shortened",
      ["entries": .integer(dropped.entries), "payloads": .integer(dropped.payloads)])
  }
  return ["entries": .integer(Int64(dropped.entries)), "payloads": .integer(Int64(dropped.payloads))]
}

private func sealAudit(_ house: House) async throws -> JSONObject {
  guard let checkpoint = try await house.notary.look() else { return ["sequence": .null] }
  // Whoever collects these lines elsewhere can tell later whether the log was cut or written anew.
  house.log.notice(
    "audit log sealed",
    [
      "sequence": .integer(checkpoint.sequence), "hash": .string(checkpoint.hash.hexadecimal),
      "signature": .string(Base64URL.encode(checkpoint.signature)),
    ])
  return ["sequence": .integer(checkpoint.sequence)]
}
