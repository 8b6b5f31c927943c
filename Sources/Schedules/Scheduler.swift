internal import JSON
package import Storage
package import Telemetry
package import World

/// Runs the house's jobs when they are due (product row B10).
///
///     due ─► leased ─► works, and renews its lease ─► result kept, next moment set
///
/// Each job is one row of the database. Of all processes on it, the one whose statement takes the row runs the job;
/// what was missed while none ran is caught up with one run. A run that fails is tried again soon, and then less and
/// less often, but no less often than it would run anyhow.
package struct Scheduler: Sendable {
  private let jobs: [Job]
  private let store: Store
  private let world: World
  private let log: Log

  /// How often is looked whether a job is due.
  package static let interval: Duration = .seconds(15)
  /// How soon after a failure a job runs again; doubled with each further one.
  static let retry: Duration = .minutes(1)

  package init(_ jobs: [Job], store: Store, world: World, log: Log) {
    self.jobs = jobs
    self.store = store
    self.world = world
    self.log = log
  }

  package static let migrations = [
    Migration(
      part: "schedules", version: 1,
      [
        """
        CREATE TABLE schedule (
          name TEXT PRIMARY KEY, owner BIGINT, leased_until BIGINT, running_since BIGINT, started_at BIGINT,
          ended_at BIGINT, result BLOB, error TEXT, failures BIGINT NOT NULL DEFAULT 0, next_at BIGINT NOT NULL)
        """
      ])
  ]

  // MARK: Running

  /// Runs every job whenever it is due, until the task is cancelled. A long one holds up no other.
  package func run() async {
    await withDiscardingTaskGroup { group in
      for job in jobs { group.addTask { await keepRunning(job) } }
    }
  }

  private func keepRunning(_ job: Job) async {
    while !Task.isCancelled {
      do { try await runIfDue(job) } catch {
        log.error("a job could not be looked at", ["job": .string(job.name), "reason": .string("\(error)")])
      }
      do { try await Task.sleep(for: Self.interval) } catch { return }
    }
  }

  /// Runs what is due now, one job after the other.
  ///
  /// - Returns: the names of those that ran here.
  /// - Throws: `StorageError`.
  package func runDue() async throws -> [String] {
    var ran: [String] = []
    for job in jobs where try await runIfDue(job) { ran.append(job.name) }
    return ran
  }

  @discardableResult
  private func runIfDue(_ job: Job) async throws -> Bool {
    guard try await isDue(job), let lease = try await take(job, isAsked: false) else { return false }
    try await work(job, lease)
    return true
  }

  /// Why a job does not run by hand.
  package enum Refusal: Error, Sendable, Equatable {
    case unknown
    /// Another process runs it since then.
    case running(since: Instant)
  }

  /// Runs a job now, due or not.
  ///
  /// - Returns: how it stands then, also where it failed.
  /// - Throws: `Refusal`, `StorageError`.
  package func run(_ name: String) async throws -> JobRecord {
    guard let job = jobs.first(where: { $0.name == name }) else { throw Refusal.unknown }
    guard let lease = try await take(job, isAsked: true) else {
      throw Refusal.running(since: try await record(of: job).runningSince ?? world.now)
    }
    try await work(job, lease)
    return try await record(of: job)
  }

  /// One process's hold of a job.
  private struct Hold: Sendable {
    let owner: Int64
    let startedAt: Instant
    /// How many runs failed before this one.
    let failures: Int64
  }

  /// Asked first, so that what is not due costs a look-up and no write.
  private func isDue(_ job: Job) async throws(StorageError) -> Bool {
    let record = try await record(of: job)
    guard record.state != .running, let next = record.nextAt else { return record.state != .running }
    return next <= world.now || next > Self.horizon(of: job, at: world.now)
  }

  /// A moment to run at that lies behind this one was set by a clock that was ahead: it must not keep the job from
  /// running until that time has come again.
  private static func horizon(of job: Job, at now: Instant) -> Instant { now + job.interval + Lease.length }

  /// Takes a job, if nobody has it and, unless somebody asks for it, it is due.
  private func take(_ job: Job, isAsked: Bool) async throws -> Hold? {
    let owner = world.random(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
    let world = world
    let (hold, isLeftBehind) = try await store.write { transaction -> (Hold?, Bool) in
      let now = world.now
      let present = try transaction.run(
        "SELECT owner, leased_until FROM schedule WHERE name = \(job.name)"
      ).first
      let taken = try transaction.run(
        """
        INSERT INTO schedule (name, owner, leased_until, running_since, next_at)
        VALUES (\(job.name), \(owner), \(now + Lease.length), \(now), \(now))
        ON CONFLICT (name) DO UPDATE SET
          owner = excluded.owner, leased_until = excluded.leased_until, running_since = excluded.running_since
        WHERE (schedule.owner IS NULL OR schedule.leased_until <= \(now)
            OR schedule.leased_until > \(now + Lease.length * 2))
          AND (\(isAsked) = 1 OR schedule.next_at <= \(now)
            OR schedule.next_at > \(Self.horizon(of: job, at: now)))
        RETURNING failures
        """)
      return (
        taken.first.map { Hold(owner: owner, startedAt: now, failures: $0.integer(0)) },
        present?.optionalInteger(0) != nil
      )
    }
    if hold != nil, isLeftBehind {
      log.warning("a job was interrupted, and runs anew", ["job": .string(job.name)])
    }
    return hold
  }

  /// Does the work under the lease, and keeps what came of it.
  private func work(_ job: Job, _ hold: Hold) async throws {
    let outcome: Result<JSONObject, any Error> = await withTaskGroup { group in
      group.addTask { () -> Result<JSONObject, any Error>? in
        do { return .success(try await job.work()) } catch { return .failure(error) }
      }
      group.addTask {
        await renew(job, hold)
        return nil
      }
      var outcome: Result<JSONObject, any Error>?
      // Whichever ends first ends the other: without the lease there is nothing left to do here.
      for await ended in group {
        group.cancelAll()
        outcome = outcome ?? ended
      }
      return outcome ?? .failure(CancellationError())
    }
    try await finish(job, hold, outcome)
  }

  /// Renews the lease until the task is cancelled or somebody else has it.
  private func renew(_ job: Job, _ hold: Hold) async {
    let world = world
    while true {
      do { try await Task.sleep(for: Lease.renewal) } catch { return }
      do {
        let isOurs = try await store.write { transaction in
          try !transaction.run(
            """
            UPDATE schedule SET leased_until = \(world.now + Lease.length)
            WHERE name = \(job.name) AND owner = \(hold.owner) RETURNING 1
            """
          ).isEmpty
        }
        guard isOurs else { return }
      } catch {
        log.warning(
          "a job's lease was not renewed", ["job": .string(job.name), "reason": .string("\(error)")])
      }
    }
  }

  private func finish(_ job: Job, _ hold: Hold, _ outcome: Result<JSONObject, any Error>) async throws {
    let (world, started) = (world, hold.startedAt)
    let set: @Sendable (Instant) -> SQL
    switch outcome {
    case .success(let result):
      let bytes = JSONValue.object(result).serialized()
      log.debug("a job ran", ["job": .string(job.name), "result": .string(JSONValue.object(result).text)])
      set = { now in
        """
        started_at = \(started), ended_at = \(now), result = \(bytes), error = NULL, failures = 0,
        next_at = \(started + job.interval)
        """
      }
    case .failure(is CancellationError):
      // The process ends: whoever comes next goes on.
      set = { now in "next_at = \(now)" }
    case .failure(let error):
      let reason = "\(error)"
      log.error("a job failed", ["job": .string(job.name), "reason": .string(reason)])
      let pause = min(job.interval, Self.retry * (1 << min(hold.failures, 20)))
      set = { now in
        """
        started_at = \(started), ended_at = \(now), error = \(reason), failures = failures + 1,
        next_at = \(now + pause)
        """
      }
    }
    try await store.write { transaction in
      let now = world.now
      _ = try transaction.run(
        """
        UPDATE schedule SET owner = NULL, leased_until = NULL, running_since = NULL, \(set(now))
        WHERE name = \(job.name) AND owner = \(hold.owner)
        """)
    }
  }

  // MARK: Looking

  /// Every job with how it stands.
  package func list() async throws(StorageError) -> [(job: Job, record: JobRecord)] {
    var list: [(job: Job, record: JobRecord)] = []
    for job in jobs { list.append((job, try await record(of: job))) }
    return list
  }

  private func record(of job: Job) async throws(StorageError) -> JobRecord {
    try await store.rows("SELECT \(JobRecord.columns) FROM schedule WHERE name = \(job.name)").first.map {
      JobRecord($0, at: world.now)
    } ?? JobRecord(job.name)
  }
}
