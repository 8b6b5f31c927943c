internal import Storage
internal import World

/// For how long the audit log is kept.
package struct Retention: Sendable, Equatable {
  /// nil is for ever.
  package var entries: Duration?
  /// What is kept beside the entries; it never stays longer than they do.
  package var payloads: Duration?

  package init(entries: Duration?, payloads: Duration?) {
    self.entries = entries
    self.payloads = payloads
  }

  /// The database refuses to drop what is younger, whatever it is told.
  static let shortest: Duration = .days(1)
}

extension Notary {
  /// What one round of retention took away.
  package struct Dropped: Sendable, Equatable {
    package internal(set) var entries: Int = 0
    package internal(set) var payloads: Int = 0
    package var isNothing: Bool { entries == 0 && payloads == 0 }
  }

  /// Drops the sealed segments that are old enough, the oldest first, each in a transaction of its own that also puts it on
  /// record; their checkpoints stay. An end in the middle leaves whole segments.
  ///
  /// - Returns: how much was dropped.
  /// - Throws: `StorageError`; what was dropped before is gone.
  @discardableResult package func retain(_ retention: Retention) async throws -> Dropped {
    var dropped = Dropped()
    if let age = Self.shorter(retention.payloads, retention.entries) {
      dropped.payloads = try await drop(.payloads, olderThan: world.now - max(age, Retention.shortest))
    }
    if let age = retention.entries {
      dropped.entries = try await drop(.entries, olderThan: world.now - max(age, Retention.shortest))
    }
    return dropped
  }

  private static func shorter(_ a: Duration?, _ b: Duration?) -> Duration? {
    guard let a, let b else { return a ?? b }
    return min(a, b)
  }

  private func drop(_ part: DroppedSegments.Part, olderThan limit: Instant) async throws -> Int {
    var count = 0
    while let (start, end) = try await segments(part, olderThan: limit) {
      guard let gone = try await drop(part, after: start, through: end, olderThan: limit) else { break }
      count += gone
    }
    return count
  }

  /// The oldest segments that may go, as many as one transaction takes.
  private func segments(
    _ part: DroppedSegments.Part, olderThan limit: Instant
  ) async throws(StorageError) -> (start: Int64, end: Int64)? {
    let oldest = try await log.store.rows("SELECT min(sequence) FROM \(part.table)").first
    guard let oldest = oldest?.optionalInteger(0) else { return nil }
    let start = max(oldest - 1, try await log.dropped(part)?.sequence ?? 0)
    var end: Int64?
    // One that this house did not sign seals nothing.
    for checkpoint in try await log.checkpoints(after: start)
    where checkpoint.time < limit && checkpoint.isSigned(by: publicKey) {
      guard end == nil || checkpoint.sequence - start <= Self.segmentLimit else { break }
      end = checkpoint.sequence
    }
    guard let end else { return nil }
    // A clock that was wrong may have sealed young entries with an old time.
    let newest = try await log.store.rows(
      "SELECT max(time + 0) FROM audit WHERE sequence > \(start) AND sequence <= \(end)"
    ).first?.optionalInstant(0)
    return newest.map { $0 < limit } ?? true ? (start, end) : nil
  }

  /// - Returns: how many went; nil when another process was there first.
  private func drop(
    _ part: DroppedSegments.Part, after start: Int64, through end: Int64, olderThan limit: Instant
  ) async throws -> Int? {
    let now = world.now
    let record = try DroppedSegments(part, through: end, at: now, olderThan: limit, by: key)
    var entry = AuditEntry(
      time: now, kind: .administration, method: "audit.retain", address: "server")
    entry.rule = "\(part.rawValue) \(start + 1)–\(end)"
    return try await log.store.write { [entry] transaction in
      let last = try transaction.run(
        "SELECT max(sequence) FROM audit_dropped WHERE part = \(part.rawValue)"
      ).first?.optionalInteger(0)
      guard last ?? 0 <= start else { return nil }
      let count = try transaction.run("SELECT count(*) FROM \(part.table) WHERE sequence <= \(end)")
      try AuditLog.append(entry, in: transaction)
      _ = try transaction.run(
        """
        INSERT INTO audit_dropped (part, sequence, time, older_than, key, signature)
        VALUES (\(part.rawValue), \(end), \(now), \(limit), \(record.key), \(record.signature))
        """)
      _ = try transaction.run("DELETE FROM \(part.table) WHERE sequence <= \(end)")
      if part == .entries {
        _ = try transaction.run("DELETE FROM audit_zone WHERE zone < \(AuditZone.containing(end + 1))")
      }
      return Int(count.first?.integer(0) ?? 0)
    }
  }
}

extension DroppedSegments.Part {
  fileprivate var table: SQL { self == .entries ? "audit" : "audit_payload" }
}
