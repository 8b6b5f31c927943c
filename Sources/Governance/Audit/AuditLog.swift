internal import Crypto
package import Storage
package import World

/// The audit log: append-only, tamper-evident, and durable before the answer that it tells of leaves.
///
///     entry ─► canonical JSON ─► hash(hash before ‖ text) ─► row          append: in the transaction of what it tells of
///     rows ─► Notary: recomputes, signs ─► checkpoint                     seals a segment, so that it may be dropped
///     rows, checkpoints ─► Verification                                   the first entry that is not as it was written
///
/// Entries are chained: each one's hash is SHA-256(hash of the one before ‖ its canonical JSON, RFC 8785), so that
/// nobody changes, removes or inserts one in the middle unseen. Triggers refuse changes inside the database too.
///
/// The head is read inside the writing transaction, never kept beside it: another process (the command line) may
/// have appended, and a commit may have failed.
package final class AuditLog: Sendable {
  let store: Store
  /// Where payloads get their salt from; nil where none are kept.
  private let payloads: World?

  /// - Parameter payloads: with which payloads are kept; nil keeps none, whatever an entry brings.
  package init(store: Store, keepingPayloadsWith payloads: World? = nil) {
    self.store = store
    self.payloads = payloads
  }

  /// What the first entry is chained to.
  static let root = [UInt8](repeating: 0, count: 32)

  // MARK: Writing

  /// Appends an entry; it is durable when this returns.
  ///
  /// - Throws: when it could not be committed. Then what it tells of must not be answered as done.
  package func append(_ entry: AuditEntry) async throws { try await append(contentsOf: [entry]) }

  /// Appends entries in their order, all or none.
  package func append(contentsOf entries: [AuditEntry]) async throws {
    guard !entries.isEmpty else { return }
    // Written out here, so that the one writer has the least to do.
    let lines = entries.map { Line($0, payloads) }
    try await store.write { transaction in
      for line in lines { try Self.append(line, in: transaction) }
    }
  }

  /// Appends an entry within somebody's transaction: both are stored, or neither. It has no payload.
  package static func append(_ entry: AuditEntry, in transaction: Transaction) throws {
    try append(Line(entry, nil), in: transaction)
  }

  /// An entry that is ready to be written.
  private struct Line: Sendable {
    let entry: AuditEntry
    let text: [UInt8]
    let payload: [UInt8]?

    init(_ entry: AuditEntry, _ world: World?) {
      var entry = entry
      payload = world.flatMap { world in entry.payload?.kept(salt: world.random(16)) }
      entry.payloadDigest = payload.map(SHA256.hash)
      self.entry = entry
      text = entry.canonical()
    }
  }

  private static func append(_ line: Line, in transaction: Transaction) throws {
    let head = try transaction.run("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1").first
    let sequence = (head?.integer(0) ?? 0) + 1
    let hash = SHA256.hash((head?.bytes(1) ?? root) + line.text)
    let entry = line.entry
    _ = try transaction.run(
      """
      INSERT INTO audit (sequence, time, kind, method, tool, model, user_id, login, connection_id, client_id,
        address, status, duration, code, rule, actor, policy, payload, hash)
      VALUES (\(sequence), \(entry.time), \(entry.kind.rawValue), \(entry.method), \(entry.tool), \(entry.model),
        \(entry.userID), \(entry.login), \(entry.connectionID), \(entry.clientID), \(entry.address),
        \(entry.status.map(Int64.init)), \(entry.duration?.wholeMicroseconds), \(entry.code), \(entry.rule),
        \(entry.actor), \(entry.policy), \(entry.payloadDigest), \(hash))
      """)
    if AuditZone.isFull(with: sequence) { try AuditZone.measure(around: sequence, in: transaction) }
    if let payload = line.payload {
      _ = try transaction.run(
        "INSERT INTO audit_payload (sequence, body) VALUES (\(sequence), \(payload))")
    }
  }

  // MARK: Reading

  /// A part of the log in the order of its chain.
  package struct Page: Sendable {
    package let records: [AuditRecord]
    /// The number up to which it was looked: where the next page begins.
    package let end: Int64
  }

  /// The next part of the log, in the order of its chain: of so many entries those that are meant.
  ///
  /// - Parameter sequence: where the page before it ended; 0 for the first one.
  /// - Returns: nil when there are none behind it.
  package func page(
    after sequence: Int64, matching filter: AuditFilter = AuditFilter()
  ) async throws(StorageError) -> Page? {
    let ends = try await store.rows(
      "SELECT min(sequence), (SELECT max(sequence) FROM audit) FROM audit WHERE sequence > \(sequence)"
    ).first
    guard let first = ends?.optionalInteger(0), let last = ends?.optionalInteger(1) else { return nil }
    // Never beyond what there is: what comes while this is read belongs to the next page.
    let end = min(first + Self.pageSize - 1, last)
    let conditions = ["sequence BETWEEN \(first) AND \(end)"] + filter.conditions
    let rows = try await store.rows(
      "\(AuditRecord.columns) WHERE \(conditions.joined(separator: " AND ")) ORDER BY sequence")
    return Page(records: try AuditRecord.all(rows), end: end)
  }

  /// Entries that are read at once: they take a few milliseconds.
  static let pageSize: Int64 = 2000

  /// What was kept with those entries, as JSON, by their numbers. What retention has dropped is not in it.
  package func payloads(of records: [AuditRecord]) async throws(StorageError) -> [Int64: [UInt8]] {
    let kept = records.filter { $0.entry.payloadDigest != nil }.map { SQLValue.integer($0.sequence) }
    guard !kept.isEmpty else { return [:] }
    let rows = try await store.rows(
      "SELECT sequence, body FROM audit_payload WHERE sequence IN \(list: kept)")
    return Dictionary(rows.map { ($0.integer(0), $0.bytes(1)) }) { first, _ in first }
  }
}
