package import Storage
internal import World

/// So many entries in a row: what indexes are made of, and what a search goes through from the newest to the oldest.
enum AuditZone {
  /// Small enough that new entries share few pages of an index; great enough that a million entries have but 500.
  static let size: Int64 = 1 << bits
  private static let bits: Int64 = 11
  /// The zone of an entry, as the indexes have it.
  static let column: SQL = "(sequence >> \(unsafeSQL: String(bits)))"

  static func containing(_ sequence: Int64) -> Int64 { sequence >> bits }
  static func first(of zone: Int64) -> Int64 { zone << bits }
  static func last(of zone: Int64) -> Int64 { (zone + 1) << bits - 1 }

  /// Whether that entry is the last of its zone.
  static func isFull(with sequence: Int64) -> Bool { sequence == last(of: containing(sequence)) }

  /// Notes between which times the entries of a zone are: not one after the other, since a call is on record when it ends
  /// under the time at which it began.
  static func measure(around sequence: Int64, in transaction: Transaction) throws(StorageError) {
    let zone = containing(sequence)
    _ = try transaction.run(
      """
      INSERT INTO audit_zone (zone, first, last)
      SELECT \(zone), min(time), max(time) FROM audit WHERE sequence BETWEEN \(first(of: zone)) AND \(sequence)
      """)
  }
}

extension AuditLog {
  /// The newest entries, newest first.
  ///
  /// - Parameters:
  ///   - limit: at most 1,000.
  ///   - before: only entries with a smaller number: the next page.
  package func list(
    limit: Int, before: Int64? = nil, matching filter: AuditFilter = AuditFilter()
  ) async throws(StorageError) -> [AuditRecord] {
    let limit = min(max(0, limit), 1000)
    guard !filter.isEmpty else {
      return try AuditRecord.all(
        try await store.rows(
          "\(AuditRecord.columns) WHERE sequence < \(before ?? .max) ORDER BY sequence DESC LIMIT \(limit)"))
    }
    let ends = try await store.rows(
      "SELECT (SELECT min(sequence) FROM audit), (SELECT max(sequence) FROM audit)")
    guard limit > 0, let first = ends.first?.optionalInteger(0), let last = ends.first?.optionalInteger(1)
    else { return [] }
    let end = min(last, (before ?? .max) - 1)
    var zone = AuditZone.containing(end)
    var (found, looked): ([AuditRecord], Int) = ([], 0)
    while zone >= AuditZone.containing(max(first, 0)), found.count < limit {
      // As many zones as the ones before let expect to be enough.
      let enough = found.isEmpty ? looked * 8 : (limit - found.count) * looked / found.count
      let count = Self.zonesAtOnce.last { $0 <= enough } ?? 1
      let zones = try await zones(from: zone, count, filter)
      let rows = try await store.rows(Self.search(zones.found, through: end, limit, filter))
      found += try AuditRecord.all(rows.sorted { $0.integer(0) > $1.integer(0) })
      (zone, looked) = (zones.next, looked + count)
    }
    return Array(found.prefix(limit))
  }

  /// Few numbers, so that there are few statements.
  private static let zonesAtOnce = [1, 4, 16, 64]

  /// The next zones, from newer to older, in which there may be something of the time that is meant.
  ///
  /// - Returns: exactly so many, filled up with one that is nowhere; and where to go on.
  private func zones(
    from newest: Int64, _ count: Int, _ filter: AuditFilter
  ) async throws(StorageError) -> (found: [Int64], next: Int64) {
    let nowhere: Int64 = -1
    let wanted = Int64(count)
    guard filter.from != nil || filter.to != nil else {
      let found = (0..<wanted).map { newest - $0 }
      return (found.map { max($0, nowhere) }, newest - wanted)
    }
    // A few hundred are looked through in the time of one search.
    let oldest = max(0, newest - 511)
    let apart = try await store.rows(
      """
      SELECT zone FROM audit_zone WHERE zone BETWEEN \(oldest) AND \(newest)
        AND (last < \(filter.from?.microseconds ?? .min) OR first >= \(filter.to?.microseconds ?? .max))
      """
    ).map { $0.integer(0) }
    let others = Set(apart)
    var (found, next): ([Int64], Int64) = ([], newest)
    while next >= oldest, found.count < count {
      if !others.contains(next) { found.append(next) }
      next -= 1
    }
    return (found + [Int64](repeating: nowhere, count: count - found.count), next)
  }

  /// The newest entries of each of some zones.
  static func search(_ zones: [Int64], through end: Int64, _ limit: Int, _ filter: AuditFilter) -> SQL {
    zones.map { zone -> SQL in
      let conditions: [SQL] =
        [
          "\(AuditZone.column) = \(zone)",
          "sequence BETWEEN \(AuditZone.first(of: zone)) AND \(min(AuditZone.last(of: zone), end))",
        ] + filter.conditions
      return
        "SELECT * FROM (\(AuditRecord.columns) WHERE \(conditions.joined(separator: " AND ")) ORDER BY sequence DESC LIMIT \(limit))"
    }.joined(separator: " UNION ALL ")
  }
}
