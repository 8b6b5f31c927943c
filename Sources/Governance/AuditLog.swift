internal import Crypto
internal import JSON
package import Storage
internal import World

/// The audit log: append-only, tamper-evident, and durable before the answer that it tells of leaves.
///
/// Entries are chained: each one's hash is SHA-256(hash of the one before ‖ its canonical JSON, RFC 8785), so that
/// nobody changes, removes or inserts one in the middle unseen. Triggers refuse changes inside the database too.
///
/// The head is read inside the writing transaction, never kept beside it: another process (the command line) may
/// have appended, and a commit may have failed.
package final class AuditLog: Sendable {
  private let store: Store

  package init(store: Store) { self.store = store }

  package static let migrations = [
    Migration(
      part: "audit", version: 1,
      [
        """
        CREATE TABLE audit (
          sequence BIGINT PRIMARY KEY,
          time BIGINT NOT NULL,
          kind TEXT NOT NULL,
          method TEXT NOT NULL,
          tool TEXT,
          model TEXT,
          user_id BIGINT,
          login TEXT,
          connection_id TEXT,
          client_id TEXT,
          address TEXT NOT NULL,
          status BIGINT,
          duration BIGINT,
          code TEXT,
          rule TEXT,
          hash BLOB NOT NULL
        )
        """,
        """
        CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
        """,
        """
        CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
        """,
      ]),
    Migration(part: "audit", version: 2, ["ALTER TABLE audit ADD COLUMN actor TEXT"]),
    Migration(part: "audit", version: 3, ["ALTER TABLE audit ADD COLUMN policy TEXT"]),
  ]

  /// What the first entry is chained to.
  static let root = [UInt8](repeating: 0, count: 32)

  /// Appends an entry; it is durable when this returns.
  ///
  /// - Throws: when it could not be committed. Then what it tells of must not be answered as done.
  package func append(_ entry: AuditEntry) async throws { try await append(contentsOf: [entry]) }

  /// Appends entries in their order, all or none.
  package func append(contentsOf entries: [AuditEntry]) async throws {
    guard !entries.isEmpty else { return }
    // Written out here, so that the one writer has the least to do.
    let texts = entries.map { $0.canonical }
    try await store.write { transaction in
      for (entry, text) in zip(entries, texts) { try Self.append(entry, text, in: transaction) }
    }
  }

  /// Appends an entry within somebody's transaction: both are stored, or neither.
  package static func append(_ entry: AuditEntry, in transaction: Transaction) throws {
    try append(entry, entry.canonical, in: transaction)
  }

  private static func append(_ entry: AuditEntry, _ text: [UInt8], in transaction: Transaction) throws {
    let head = try transaction.run("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1").first
    let sequence = (head?.integer(0) ?? 0) + 1
    let hash = SHA256.hash((head?.bytes(1) ?? root) + text)
    _ = try transaction.run(
      """
      INSERT INTO audit (sequence, time, kind, method, tool, model, user_id, login, connection_id, client_id,
        address, status, duration, code, rule, actor, policy, hash)
      VALUES (\(sequence), \(entry.time), \(entry.kind.rawValue), \(entry.method), \(entry.tool), \(entry.model),
        \(entry.userID), \(entry.login), \(entry.connectionID), \(entry.clientID), \(entry.address),
        \(entry.status.map(Int64.init)), \(entry.duration?.wholeMicroseconds), \(entry.code), \(entry.rule),
        \(entry.actor), \(entry.policy), \(hash))
      """)
  }

  /// The newest entries, newest first.
  ///
  /// - Parameters:
  ///   - limit: at most 1,000.
  ///   - before: only entries with a smaller sequence number: the next page.
  ///   - connectionID: only those of one connection.
  ///   - userID: only those of one person.
  package func list(
    limit: Int, before: Int64? = nil, connectionID: String? = nil, userID: Int64? = nil
  ) async throws(StorageError) -> [AuditRecord] {
    var conditions: [SQL] = ["1 = 1"]
    if let before { conditions.append("sequence < \(before)") }
    if let connectionID { conditions.append("connection_id = \(connectionID)") }
    if let userID { conditions.append("user_id = \(userID)") }
    let rows = try await store.rows(
      "\(Self.columns) WHERE \(conditions.joined(separator: " AND ")) ORDER BY sequence DESC LIMIT \(min(max(0, limit), 1000))"
    )
    return try Self.records(rows)
  }

  /// What a check of the whole chain found.
  package struct Verification: Sendable, Equatable {
    /// How many entries are right.
    package let entries: Int64
    /// The first entry that is not, and what is wrong with it; nil when the chain holds.
    package let firstBad: (sequence: Int64, reason: String)?
    /// The hash of the last right entry: the head to compare with one that was written down elsewhere.
    package let head: [UInt8]

    package static func == (a: Verification, b: Verification) -> Bool {
      a.entries == b.entries && a.firstBad?.sequence == b.firstBad?.sequence && a.head == b.head
    }
  }

  /// Recomputes the chain from its first entry.
  ///
  /// Newest entries that were cut off can't be seen by this alone: compare `entries` and `head` with a note of them.
  package func verify() async throws(StorageError) -> Verification {
    var head = Self.root
    var last: Int64 = 0
    while true {
      let rows = try await store.rows(
        "\(Self.columns) WHERE sequence > \(last) ORDER BY sequence LIMIT 1000")
      guard !rows.isEmpty else { return Verification(entries: last, firstBad: nil, head: head) }
      for row in rows {
        let sequence = row.integer(0)
        let bad = { (reason: String) in
          Verification(entries: last, firstBad: (sequence, reason), head: head)
        }
        guard sequence == last + 1 else { return bad("entry \(last + 1) is missing") }
        guard let record = Self.record(row) else { return bad("it is no entry") }
        guard SHA256.hash(head + record.entry.canonical) == record.hash else {
          return bad("it, or the one before it, was changed")
        }
        head = record.hash
        last = sequence
      }
    }
  }

  private static let columns: SQL = """
    SELECT sequence, time, kind, method, tool, model, user_id, login, connection_id, client_id, address, status,
      duration, code, rule, hash, actor, policy
    FROM audit
    """

  private static func records(_ rows: [Row]) throws(StorageError) -> [AuditRecord] {
    var records: [AuditRecord] = []
    records.reserveCapacity(rows.count)
    for row in rows {
      guard let record = record(row) else {
        throw StorageError(.damaged, "audit entry \(row.integer(0)) is of an unknown kind")
      }
      records.append(record)
    }
    return records
  }

  private static func record(_ row: Row) -> AuditRecord? {
    guard let kind = AuditEntry.Kind(rawValue: row.text(2)) else { return nil }
    var entry = AuditEntry(time: row.instant(1), kind: kind, method: "", address: row.text(10))
    entry.method = row.text(3)
    entry.tool = row.optionalText(4)
    entry.model = row.optionalText(5)
    entry.userID = row.optionalInteger(6)
    entry.login = row.optionalText(7)
    entry.connectionID = row.optionalText(8)
    entry.clientID = row.optionalText(9)
    entry.status = row.optionalInteger(11).flatMap(Int.init(exactly:))
    entry.duration = row.optionalInteger(12).map { .microseconds($0) }
    entry.code = row.optionalText(13)
    entry.rule = row.optionalText(14)
    entry.actor = row.optionalText(16)
    entry.policy = row.optionalText(17)
    return AuditRecord(sequence: row.integer(0), entry: entry, hash: row.bytes(15))
  }
}
