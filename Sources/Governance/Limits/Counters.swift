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
  private let world: World

  package init(store: Store, world: World) {
    self.store = store
    self.world = world
  }

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
    case reserved(Reservation, used: [Amount], at: Instant)
    case full(index: Int, at: Instant)
  }

  /// Counts every use, or none if one of them has no room.
  ///
  /// The moment is that of the transaction, not of the question: what waited in the queue while a window ended counts
  /// in the next one.
  ///
  /// - Throws: `StorageError`: then nothing is counted, and nothing may run.
  func reserve(_ uses: [Use]) async throws -> Outcome {
    guard !uses.isEmpty else { return .reserved(.nothing, used: [], at: world.now) }
    // A call that names one counter twice counts once, by the greater amount, against each of the limits.
    var amounts: [String: Amount] = [:]
    for use in uses { amounts[use.key] = max(use.amount, amounts[use.key] ?? use.amount) }
    let (wanted, world) = (amounts, world)
    do {
      return try await store.write { transaction in
        let now = world.now
        var counted: [String: (used: Amount, starts: Instant)] = [:]
        var used: [Amount] = []
        for (index, use) in uses.enumerated() {
          if let earlier = counted[use.key] {
            guard use.maximum.map({ earlier.used <= $0 }) ?? true else { throw Full(index: index, at: now) }
            used.append(earlier.used)
            continue
          }
          guard let row = try Self.count(use, wanted[use.key] ?? use.amount, at: now, transaction) else {
            throw Full(index: index, at: now)
          }
          counted[use.key] = row
          used.append(row.used)
        }
        let kept = counted.map { ($0.key, $0.value.starts, wanted[$0.key] ?? Amount(0)) }
        return .reserved(Reservation(uses: kept), used: used, at: now)
      }
    } catch let full as Full {
      try await mend(uses[full.index], at: full.at)
      return .full(index: full.index, at: full.at)
    }
  }

  private struct Full: Error {
    let index: Int
    let at: Instant
  }

  /// - Returns: what is used then, and of which window; nil when there is no room.
  private static func count(
    _ use: Use, _ amount: Amount, at now: Instant, _ transaction: Transaction
  ) throws(StorageError) -> (used: Amount, starts: Instant)? {
    let (maximum, amount) = (use.maximum?.millionths ?? .max, amount.millionths)
    guard amount <= maximum else { return nil }
    let (starts, ends) = (use.window.start(at: now), use.window.end(at: now))
    // A window never goes back: where another process's clock is ahead, or this one's was set back, the later window
    // counts for both, so that nobody has a second allowance.
    return try transaction.run(
      """
      INSERT INTO counter (key, starts, ends, used) VALUES (\(use.key), \(starts), \(ends), \(amount))
      ON CONFLICT (key) DO UPDATE SET
        used = CASE WHEN counter.starts < excluded.starts THEN excluded.used ELSE counter.used + excluded.used END,
        starts = CASE WHEN counter.starts < excluded.starts THEN excluded.starts ELSE counter.starts END,
        ends = CASE WHEN counter.starts < excluded.starts THEN excluded.ends ELSE counter.ends END
      WHERE CASE WHEN counter.starts < excluded.starts THEN 0 ELSE counter.used END <= \(maximum - amount)
      RETURNING used, starts
      """
    ).first.map { (Amount(millionths: $0.integer(0)), $0.instant(1)) }
  }

  /// A clock that was set back by far leaves a full window of the future behind, which would stay full until that time
  /// has come again: it becomes the present one. One window ahead is no more than another clock's view.
  private func mend(_ use: Use, at now: Instant) async throws {
    let (key, starts, ends) = (use.key, use.window.start(at: now), use.window.end(at: now))
    let far = ends + .seconds(use.window.seconds)
    guard try await !store.rows("SELECT 1 FROM counter WHERE key = \(key) AND starts >= \(far)").isEmpty
    else {
      return
    }
    try await store.write { transaction in
      _ = try transaction.run(
        "UPDATE counter SET starts = \(starts), ends = \(ends) WHERE key = \(key) AND starts >= \(far)")
    }
  }

  /// Gives back what a call did not use after all.
  ///
  /// - Throws: `StorageError`: then it stays counted.
  package func giveBack(_ reservation: Reservation) async throws {
    guard !reservation.uses.isEmpty else { return }
    try await store.write { transaction in
      for (key, starts, amount) in reservation.uses {
        _ = try transaction.run(
          """
          UPDATE counter SET used = CASE WHEN used < \(amount.millionths) THEN 0 ELSE used - \(amount.millionths) END
          WHERE key = \(key) AND starts = \(starts)
          """)
      }
    }
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
