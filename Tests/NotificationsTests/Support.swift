internal import Accounts
internal import Crypto
internal import Governance
internal import Mail
internal import Storage
internal import Support
internal import Synchronization
internal import Telemetry
internal import Testing
internal import World

@testable internal import Notifications

/// A clock that the test moves, and chance that gives zeros where a pause would be made longer.
final class Clock: Sendable {
  private let moment = Mutex(Instant(seconds: 1_795_000_000))
  var now: Instant { moment.withLock { $0 } }
  func advance(_ duration: Duration) { moment.withLock { $0 = $0 + duration } }
  var world: World {
    World(now: { self.now }, random: { count in count == 1 ? [0] : Random.bytes(count) })
  }
}

/// A database with people, connections and calls that wait for a person.
struct Office: Sendable {
  let clock = Clock()
  let directory: Directory
  let store: Store
  let outbox: Outbox
  let log: RecordedLog

  init() async throws {
    directory = try Directory()
    log = RecordedLog(world: clock.world)
    store = try Store(.temporary, log: log.log)
    try await store.migrate(
      Accounts.Schema.migrations + Governor.migrations + ApprovalNotices.migrations)
    let keyring = try Keyring(directory: directory.absolute("keys"), world: clock.world)
    outbox = try Outbox(store: store, keyring: keyring, world: clock.world, log: log.log)
    try await store.write { transaction in
      for (id, login, email, isAdministrator, isDisabled) in [
        (1, "boss", "boss@example.com", true, false), (2, "chief", "chief@example.com", true, false),
        (3, "mute", nil, true, false), (4, "gone", "gone@example.com", true, true),
        (5, "lead", "lead@example.com", false, false), (7, "sales", "sales@example.com", false, false),
      ] as [(Int64, String, String?, Bool, Bool)] {
        _ = try transaction.run(
          """
          INSERT INTO account (id, login, name, email, groups, company_ids, is_administrator, disabled_at, created_at)
          VALUES (\(id), \(login), \(login + " by name"), \(email), '[]', '[]', \(isAdministrator),
            \(isDisabled ? 1 : nil as Int64?), 0)
          """)
      }
      for id in ["con_1", "con_2"] {
        _ = try transaction.run(
          """
          INSERT INTO connection (id, account_id, kind, name, scope, version, per_minute, created_at)
          VALUES (\(id), 7, 'browser', 'Claude', 'mcp:read', 1, 60, 0)
          """)
      }
    }
  }

  func notices(
    to addressees: Set<ApprovalNotices.Addressee> = [.approver, .requester], hasWebhook: Bool = false,
    allowsOwn: Bool = false
  ) -> ApprovalNotices {
    ApprovalNotices(
      store: store, world: clock.world, log: log.log, outbox: outbox, to: addressees, hasWebhook: hasWebhook,
      pages: "https://gate.example/account/approvals", allowsOwn: allowsOwn)
  }

  /// Files a request, as governance does.
  func file(
    _ id: String, by requesterID: Int64 = 7, approver: Int64? = nil, connection: String = "con_1",
    summary: String = "Permanently delete by “Delete record” (id: 4)"
  ) async throws {
    let now = clock.now
    try await store.write { transaction in
      _ = try transaction.run(
        """
        INSERT INTO approval_request (id, summary, tool, arguments, digest, connection_id, requester_id, approver_id,
          rule, status, created_at, expires_at)
        VALUES (\(id), \(summary), 'delete_record', \(Array(#"{"secret":"xyzzy"}"#.utf8)), \(Array(id.utf8)),
          \(connection), \(requesterID), \(approver), '/r', 'pending', \(now), \(now + .hours(24)))
        """)
    }
  }

  func decide(_ id: String, _ status: String, reason: String? = nil) async throws {
    let now = clock.now
    try await store.write { transaction in
      _ = try transaction.run(
        """
        UPDATE approval_request SET status = \(status), decided_at = \(now), decided_by = 1, reason = \(reason)
        WHERE id = \(id)
        """)
    }
  }

  /// The letters that wait, as they would be sent.
  func letters() async throws -> [Letter] {
    var letters: [Letter] = []
    _ = try await outbox.deliver { letter throws(Postman.Failure) in letters.append(letter) }
    return letters.sorted { $0.recipient < $1.recipient }
  }

  func count(_ table: String) async throws -> Int64 {
    try await store.rows("SELECT count(*) FROM \(SQL(unsafeSQL: table))").first?.integer(0) ?? -1
  }
}
