package import JSON
internal import Storage
package import World

/// How a job stands: what runs, what ran last, what comes next.
package struct JobRecord: Sendable, Equatable {
  package enum State: String, Sendable {
    /// It has not run yet.
    case never
    case running
    case done
    case failed
    /// The process that ran it has ended meanwhile, or has lost the database.
    case interrupted
  }

  package let name: String
  package let state: State
  /// When the run began that goes on, or that was interrupted.
  package var runningSince: Instant?
  /// When the last whole run began, and how long it took.
  package var lastStartedAt: Instant?
  package var lastDuration: Duration?
  /// What the last run that succeeded came to.
  package var result: JSONObject?
  /// Why the last run failed.
  package var error: String?
  /// How many runs failed since one succeeded.
  package var failures: Int64 = 0
  /// From when on it runs again; nil is at once.
  package var nextAt: Instant?

  static let columns: SQL =
    "name, owner, leased_until, running_since, started_at, ended_at, result, error, failures, next_at"

  /// A job that has not run yet.
  init(_ name: String) {
    self.name = name
    state = .never
  }

  init(_ row: Row, at now: Instant) {
    name = row.text(0)
    runningSince = row.optionalInstant(3)
    lastStartedAt = row.optionalInstant(4)
    error = row.optionalText(7)
    failures = row.integer(8)
    nextAt = row.instant(9)
    if let start = lastStartedAt, let end = row.optionalInstant(5) { lastDuration = max(.zero, end - start) }
    // A result that can't be read is none: it is shown, and nothing hangs on it.
    if let bytes = row.optionalBytes(6) {
      do { result = try JSONValue(parsing: bytes).object } catch { result = nil }
    }
    state =
      if row.optionalInteger(1) != nil {
        Lease.holds(until: row.instant(2), at: now) ? .running : .interrupted
      } else if error != nil {
        .failed
      } else {
        lastStartedAt == nil ? .never : .done
      }
  }
}
