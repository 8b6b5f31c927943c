package import Crypto
internal import Storage
package import World

/// Seals the audit log: recomputes what came since the last checkpoint, and signs where it stands now.
///
/// It signs nothing that it has not recomputed: what somebody changed before it was sealed is found then and there, and
/// the log gets no further checkpoint until somebody has looked at it.
package struct Notary: Sendable {
  let log: AuditLog
  let key: SigningKey
  let world: World

  /// How many entries a segment has at most: those are dropped at once, while nobody else writes.
  static let segmentLimit: Int64 = 10_000
  /// How long an entry waits for its seal at most, as long as somebody looks.
  package static let patience: Duration = .hours(1)
  /// How often somebody should look.
  package static let interval: Duration = .minutes(1)

  /// - Parameter key: of this house, and for nothing else.
  package init(_ log: AuditLog, key: SigningKey, world: World) {
    self.log = log
    self.key = key
    self.world = world
  }

  /// With the key that these keys give for the purpose: always the same one, on Ed25519.
  package init(_ log: AuditLog, keyring: Keyring, world: World) throws(CryptoError) {
    self.init(log, key: try SigningKey(ed25519: keyring.key(for: "audit checkpoints")), world: world)
  }

  /// What checkpoints are checked with, here or elsewhere.
  package var publicKey: PublicKey { key.publicKey }

  /// Why there is no checkpoint: the log is not as it was written.
  package struct Damage: Error, Sendable, Equatable, CustomStringConvertible {
    package let sequence: Int64
    package let reason: String
    package var description: String { "audit entry \(sequence) does not fit: \(reason)" }
  }

  /// Makes a checkpoint if enough came, or waits for long enough.
  ///
  /// - Returns: the newest that was made; nil where none was due.
  /// - Throws: `Damage`, `StorageError`.
  @discardableResult package func look() async throws -> Checkpoint? {
    let last = try await log.newestCheckpoint()
    let rows = try await log.store.rows(
      """
      SELECT (SELECT max(sequence) FROM audit), time FROM audit WHERE sequence > \(last?.sequence ?? 0)
      ORDER BY sequence LIMIT 1
      """)
    // The first entry that has no seal.
    guard let row = rows.first else { return nil }
    let count = row.integer(0) - (last?.sequence ?? 0)
    let (waiting, now) = (row.instant(1), world.now)
    // A clock that was set back must not put it off for ever.
    guard count >= Self.segmentLimit || now - waiting >= Self.patience || now < waiting else { return nil }
    return try await checkpoint()
  }

  /// Seals everything that has no seal yet, in segments of a bounded length.
  ///
  /// - Returns: the newest checkpoint that was made; nil when there is nothing to seal.
  /// - Throws: `Damage`, `StorageError`.
  @discardableResult package func checkpoint() async throws -> Checkpoint? {
    var last = try await log.newestCheckpoint()
    if let last, !last.isSigned(by: publicKey) {
      throw Damage(sequence: last.sequence, reason: "its checkpoint is not signed by this house")
    }
    var made: Checkpoint?
    while let head = try await head(behind: last) {
      let next = try Checkpoint(
        sequence: head.sequence, time: world.now, hash: head.hash, previous: last?.signature, by: key)
      guard try await keep(next) else { return made }
      (last, made) = (next, next)
    }
    return made
  }

  /// Recomputes the chain behind a checkpoint, as far as one segment goes.
  ///
  /// - Returns: where it ends; nil when there is nothing behind the checkpoint.
  private func head(behind last: Checkpoint?) async throws -> (sequence: Int64, hash: [UInt8])? {
    let start = last?.sequence ?? 0
    var link = ChainLink(sequence: start, hash: last?.hash ?? AuditLog.root)
    while link.sequence < start + Self.segmentLimit {
      let rows = try await log.store.rows(
        "\(AuditRecord.columns) WHERE sequence > \(link.sequence) ORDER BY sequence LIMIT 1000")
      guard !rows.isEmpty else { break }
      for row in rows {
        if let reason = link.follow(row) { throw Damage(sequence: row.integer(0), reason: reason) }
        if link.sequence == start + Self.segmentLimit { break }
      }
      // A moment for those who wait for an answer.
      await Task.yield()
    }
    return link.sequence == start ? nil : (link.sequence, link.hash)
  }

  /// - Returns: false when another process has made one in the meantime.
  private func keep(_ checkpoint: Checkpoint) async throws -> Bool {
    try await log.store.write { transaction in
      let last = try transaction.run(
        "SELECT signature FROM audit_checkpoint ORDER BY sequence DESC LIMIT 1"
      ).first?.bytes(0)
      guard last == checkpoint.previous else { return false }
      _ = try transaction.run(
        """
        INSERT INTO audit_checkpoint (sequence, time, hash, key, previous, signature)
        VALUES (\(checkpoint.sequence), \(checkpoint.time), \(checkpoint.hash), \(checkpoint.key),
          \(checkpoint.previous), \(checkpoint.signature))
        """)
      return true
    }
  }
}

/// One place in the chain, from which the next entry is checked.
struct ChainLink {
  /// Of the last entry that fits.
  private(set) var sequence: Int64
  private(set) var hash: [UInt8]

  init(sequence: Int64, hash: [UInt8]) {
    self.sequence = sequence
    self.hash = hash
  }

  /// Goes on to the next entry if it fits.
  ///
  /// - Returns: what is wrong with it.
  mutating func follow(_ row: Row) -> String? {
    let number = row.integer(0)
    guard number == sequence + 1 else { return "entry \(sequence + 1) is missing" }
    guard let record = AuditRecord(row) else { return "it is no entry" }
    guard SHA256.hash(record.entry.canonical(behind: hash)) == record.hash else {
      return "it, or the one before it, was changed"
    }
    (sequence, hash) = (number, record.hash)
    return nil
  }
}
