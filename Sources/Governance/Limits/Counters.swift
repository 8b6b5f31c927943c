internal import Policies
package import Storage
package import World

/// What was used of each limit in its present window, kept over restarts and shared by every process on the database.
///
/// A use is counted before the call runs, all of its counters or none, in one transaction of the one writer; on
/// PostgreSQL the same statements take the rows' locks in the order of their keys. A window that is over begins anew
/// with its next use; what is given back goes into the window that it came from, never into a later one.
package struct Counters: Sendable {
  private let store: Store

  package init(store: Store) { self.store = store }

  package static let migrations = [
    Migration(
      part: "counters", version: 1,
      [
        """
        CREATE TABLE counter (
          key TEXT PRIMARY KEY, starts BIGINT NOT NULL, ends BIGINT NOT NULL, used BIGINT NOT NULL)
        """,
        "CREATE INDEX counter_end ON counter (ends)",
      ])
  ]

  /// One count that a call adds to.
  package struct Use: Sendable {
    /// Whose and what: the same for all that share it.
    let key: String
    let window: Window
    let amount: Amount
    /// nil is counted without a limit.
    let maximum: Amount?
  }

  /// What was reserved for a call, until the call has ended.
  package struct Reservation: Sendable {
    fileprivate let uses: [(key: String, starts: Instant, amount: Amount)]
    static let nothing = Reservation(uses: [])
  }

  /// What became of a reservation: the amounts used of each, or the first one that has no room.
  enum Outcome: Sendable {
    case reserved(Reservation, used: [Amount])
    case full(index: Int)
  }

  /// Counts every use, or none if one of them has no room.
  ///
  /// - Throws: `StorageError`: then nothing is counted, and nothing may run.
  func reserve(_ uses: [Use], at now: Instant) async throws -> Outcome {
    guard !uses.isEmpty else { return .reserved(.nothing, used: []) }
    do {
      let used = try await store.write { transaction in
        var used: [Amount] = []
        for (index, use) in uses.enumerated() {
          // A call that names one counter twice counts once.
          if let earlier = uses[..<index].firstIndex(where: { $0.key == use.key }) {
            guard use.maximum.map({ used[earlier] <= $0 }) ?? true else { throw Full(index: index) }
            used.append(used[earlier])
            continue
          }
          guard let total = try Self.count(use, at: now, transaction) else { throw Full(index: index) }
          used.append(total)
        }
        return used
      }
      let kept = uses.map { ($0.key, $0.window.start(at: now), $0.amount) }
      return .reserved(Reservation(uses: kept), used: used)
    } catch let full as Full {
      try await mend(uses[full.index], at: now)
      return .full(index: full.index)
    }
  }

  /// A clock that was set back leaves a window of the future behind, which nobody could use until that time has come
  /// again: from now on it is the present one.
  private func mend(_ use: Use, at now: Instant) async throws {
    let (key, starts, ends) = (use.key, use.window.start(at: now), use.window.end(at: now))
    guard try await !store.rows("SELECT 1 FROM counter WHERE key = \(key) AND starts > \(starts)").isEmpty
    else {
      return
    }
    try await store.write { transaction in
      _ = try transaction.run(
        "UPDATE counter SET starts = \(starts), ends = \(ends) WHERE key = \(key) AND starts > \(starts)")
    }
  }

  private struct Full: Error { let index: Int }

  /// - Returns: what is used then; nil when there is no room.
  private static func count(
    _ use: Use, at now: Instant, _ transaction: Transaction
  ) throws(StorageError) -> Amount? {
    let maximum = use.maximum?.millionths ?? .max
    guard use.amount.millionths <= maximum else { return nil }
    let (starts, ends, amount) = (
      use.window.start(at: now), use.window.end(at: now), use.amount.millionths
    )
    // A window of the future counts for the present one, so that a clock that is set back gives no second allowance.
    return try transaction.run(
      """
      INSERT INTO counter (key, starts, ends, used) VALUES (\(use.key), \(starts), \(ends), \(amount))
      ON CONFLICT (key) DO UPDATE SET
        used = CASE WHEN counter.starts < excluded.starts THEN excluded.used ELSE counter.used + excluded.used END,
        starts = excluded.starts, ends = excluded.ends
      WHERE CASE WHEN counter.starts < excluded.starts THEN 0 ELSE counter.used END <= \(maximum - amount)
      RETURNING used
      """
    ).first.map { Amount(millionths: $0.integer(0)) }
  }

  /// Gives back what a call did not use after all.
  ///
  /// - Throws: `StorageError`: then it stays counted.
  package func giveBack(_ reservation: Reservation) async throws {
    guard !reservation.uses.isEmpty else { return }
    try await store.write { transaction in
      var seen: Set<String> = []
      for (key, starts, amount) in reservation.uses where seen.insert(key).inserted {
        _ = try transaction.run(
          """
          UPDATE counter SET used = CASE WHEN used < \(amount.millionths) THEN 0 ELSE used - \(amount.millionths) END
          WHERE key = \(key) AND starts = \(starts)
          """)
      }
    }
  }

  /// What is used of a counter now.
  func used(_ key: String, _ window: Window, at now: Instant) async throws(StorageError) -> Amount {
    let starts = window.start(at: now)
    return Amount(
      millionths: try await store.rows("SELECT used FROM counter WHERE key = \(key) AND starts >= \(starts)")
        .first?
        .integer(0) ?? 0)
  }

  /// Takes away the windows that were over a day ago.
  ///
  /// - Returns: how many went.
  package static func sweep(
    at now: Instant, limit: Int, _ transaction: Transaction
  ) throws(StorageError) -> Int {
    try transaction.run(
      """
      DELETE FROM counter WHERE key IN (SELECT key FROM counter WHERE ends < \(now - .days(1)) LIMIT \(limit)) RETURNING 1
      """
    ).count
  }
}
