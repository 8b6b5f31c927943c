internal import JSON
internal import Storage
internal import Synchronization
internal import Telemetry
internal import Testing
internal import World

@testable internal import Schedules

/// A clock that the test moves.
final class Clock: Sendable {
  private let moment = Mutex(Instant(seconds: 1_795_000_000))
  private let drawn = Mutex<UInt8>(0)
  var now: Instant { moment.withLock { $0 } }
  func advance(_ duration: Duration) { moment.withLock { $0 = $0 + duration } }

  var world: World {
    World(
      now: { self.now },
      random: { count in
        let number = self.drawn.withLock { drawn in
          drawn += 1
          return drawn
        }
        return Array(repeating: number, count: count)
      })
  }
}

/// Counts the runs of a job, and fails when it is told to.
final class Work: Sendable {
  struct Failure: Error {}
  private let state = Mutex((runs: 0, fails: false))
  var runs: Int { state.withLock { $0.runs } }
  func fail(_ fails: Bool) { state.withLock { $0.fails = fails } }

  func run() throws -> JSONObject {
    let (runs, fails) = state.withLock { state in
      state.runs += 1
      return state
    }
    if fails { throw Failure() }
    return ["rows": .integer(Int64(runs))]
  }
}

@Suite("Schedules (product row B10)")
struct SchedulerTests {
  let clock = Clock()
  let work = Work()
  let store: Store

  init() async throws {
    store = try Store(.temporary, log: .silent)
    try await store.migrate(Scheduler.migrations)
  }

  /// One process's scheduler.
  private func scheduler(
    every interval: Duration = .hours(24), _ body: (@Sendable () async throws -> JSONObject)? = nil
  ) -> Scheduler {
    let work = work
    return Scheduler(
      [Job("sweep", every: interval, "sweeps", work: body ?? { try work.run() })], store: store,
      world: clock.world, log: .silent)
  }

  private func record() async throws -> JobRecord {
    try #require(try await scheduler().list().first).record
  }

  @Test func `a job runs at once, and then when its interval is over`() async throws {
    let scheduler = scheduler()
    let unborn = try await record()
    #expect(unborn.state == .never && unborn.nextAt == nil)
    #expect(try await scheduler.runDue() == ["sweep"])
    #expect(try await scheduler.runDue().isEmpty)
    clock.advance(.hours(24) - .microseconds(1))
    #expect(try await scheduler.runDue().isEmpty)
    clock.advance(.microseconds(1))
    #expect(try await scheduler.runDue() == ["sweep"])
    #expect(work.runs == 2)
  }

  @Test func `missed runs are caught up with one, also by a process that starts anew`() async throws {
    _ = try await scheduler().runDue()
    clock.advance(.days(10))
    let restarted = scheduler()
    #expect(try await restarted.runDue() == ["sweep"])
    #expect(try await restarted.runDue().isEmpty)
    #expect(work.runs == 2)
  }

  @Test func `the last run, how long it took and what it came to are seen`() async throws {
    let began = clock.now
    let (clock, work) = (clock, work)
    _ = try await scheduler {
      clock.advance(.milliseconds(1500))
      return try work.run()
    }.runDue()
    let record = try await record()
    #expect(record.state == .done && record.result == ["rows": 1] && record.error == nil)
    #expect(record.lastStartedAt == began && record.lastDuration == .milliseconds(1500))
    #expect(record.nextAt == began + .hours(24) && record.runningSince == nil && record.failures == 0)
  }

  @Test(arguments: [2, 8]) func `of several processes on one database one runs a job`(count: Int) async throws
  {
    let schedulers = (0..<count).map { _ in scheduler() }
    let ran = try await withThrowingTaskGroup(of: [String].self) { group in
      for scheduler in schedulers { group.addTask { try await scheduler.runDue() } }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(ran == ["sweep"] && work.runs == 1)
  }

  @Test func `what runs here runs nowhere else, and by hand one is told so`() async throws {
    let other = scheduler()
    let began = clock.now
    _ = try await scheduler { () async throws -> JSONObject in
      #expect(try await other.list().first?.record.state == .running)
      #expect(try await other.runDue().isEmpty)
      await #expect(throws: Scheduler.Refusal.running(since: began)) { try await other.run("sweep") }
      return [:]
    }.runDue()
    #expect(work.runs == 0)
    #expect(try await record().state == .done)
  }

  @Test func `a lease that nobody renews ends, and another process runs the job`() async throws {
    // A process took it and was killed.
    try await take(until: clock.now + Lease.length)
    #expect(try await record().state == .running)
    #expect(try await scheduler().runDue().isEmpty)
    clock.advance(Lease.length)
    #expect(try await record().state == .interrupted)
    #expect(try await scheduler().runDue() == ["sweep"])
    #expect(try await record().state == .done)
  }

  @Test func `who lost the lease says nothing of the run any more`() async throws {
    let (clock, other) = (clock, scheduler())
    _ = try await scheduler { () async throws -> JSONObject in
      clock.advance(Lease.length)
      #expect(try await other.runDue() == ["sweep"])
      return ["mine": true]
    }.runDue()
    #expect(try await record().result == ["rows": 1])
  }

  @Test func `a run that fails says why, and is tried again soon, then less often`() async throws {
    let scheduler = scheduler(every: .minutes(10))
    work.fail(true)
    _ = try await scheduler.runDue()
    var record = try await record()
    #expect(record.state == .failed && record.error == "Failure()" && record.failures == 1)
    for minutes in [1, 2, 4, 8, 10, 10] as [Int64] {
      clock.advance(.minutes(minutes) - .microseconds(1))
      #expect(try await scheduler.runDue().isEmpty, "\(minutes)")
      clock.advance(.microseconds(1))
      #expect(try await scheduler.runDue() == ["sweep"], "\(minutes)")
    }
    work.fail(false)
    clock.advance(.minutes(10))
    _ = try await scheduler.runDue()
    record = try await self.record()
    #expect(record.state == .done && record.error == nil && record.failures == 0)
  }

  @Test func `by hand a job runs at any time, and its next run is an interval later`() async throws {
    let scheduler = scheduler()
    _ = try await scheduler.runDue()
    clock.advance(.hours(5))
    #expect(try await scheduler.run("sweep").result == ["rows": 2])
    #expect(try await record().nextAt == clock.now + .hours(24))
    await #expect(throws: Scheduler.Refusal.unknown) { try await scheduler.run("swep") }
    work.fail(true)
    #expect(try await scheduler.run("sweep").state == .failed)
  }

  @Test(arguments: [-400, -2, 2, 400] as [Int64])
  func `a clock that jumps by days keeps no job from running`(days: Int64) async throws {
    let scheduler = scheduler()
    _ = try await scheduler.runDue()
    clock.advance(.days(days))
    #expect(try await scheduler.runDue() == ["sweep"])
    #expect(try await scheduler.runDue().isEmpty)
    // Nor does a lease that was taken before the jump.
    try await take(until: clock.now + .days(400))
    #expect(try await scheduler.run("sweep").state == .done)
  }

  @Test func `a server that ends in the middle leaves the job to the next one at once`() async throws {
    let store = store
    let scheduler = scheduler { throw CancellationError() }
    _ = try await scheduler.runDue()
    #expect(try await store.rows("SELECT owner FROM schedule").first?.optionalInteger(0) == nil)
    #expect(try await self.scheduler().runDue() == ["sweep"])
  }

  @Test func `a store that can't answer runs nothing`() async throws {
    try await store.write { _ = try $0.run("DROP TABLE schedule") }
    let scheduler = scheduler()
    await #expect(throws: StorageError.self) { try await scheduler.runDue() }
    await #expect(throws: StorageError.self) { try await scheduler.run("sweep") }
    #expect(work.runs == 0)
  }

  private func take(until end: Instant) async throws {
    let now = clock.now
    try await store.write { transaction in
      _ = try transaction.run(
        """
        INSERT INTO schedule (name, owner, leased_until, running_since, next_at)
        VALUES ('sweep', 99, \(end), \(now), \(now))
        ON CONFLICT (name) DO UPDATE SET owner = 99, leased_until = excluded.leased_until
        """)
    }
  }
}
