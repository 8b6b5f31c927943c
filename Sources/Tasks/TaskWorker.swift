internal import Crypto
internal import JSON
internal import Synchronization
package import Telemetry
package import World

/// Runs tasks, a few at once: those of this process, and those of one that died.
///
///     submitted, answered ─► fill ─► taken ─► perform ─► its ending kept
///     every second ─► leases renewed, lost ones found, approvals looked up, what is over forgotten, fill
///
/// What it runs is its own for as long as it renews its lease; whoever finds a lease that ran out takes the task over.
package final class TaskWorker: Sendable {
  /// What tasks are, to those who know: tools, permits, people.
  package struct Trade: Sendable {
    /// Does the work. It is cancelled when the task is.
    package let perform: @Sendable (StoredTask, TaskProgress) async -> TaskEnding
    /// What became of the approval that a task follows; nil while nothing did.
    package let outcome: @Sendable (StoredTask) async throws -> TaskEnding?
    /// Whether the work only reads, so that it may be done twice.
    package let isRepeatable: @Sendable (StoredTask.Work) -> Bool

    package init(
      perform: @escaping @Sendable (StoredTask, TaskProgress) async -> TaskEnding,
      outcome: @escaping @Sendable (StoredTask) async throws -> TaskEnding?,
      isRepeatable: @escaping @Sendable (StoredTask.Work) -> Bool
    ) {
      self.perform = perform
      self.outcome = outcome
      self.isRepeatable = isRepeatable
    }
  }

  private struct State {
    var running: [String: (task: Task<Void, Never>, began: Instant)] = [:]
    /// How many are being taken, or run.
    var busy = 0
    var isStopped = false
    var isFilling = false
    var fillsAgain = false
    var nextRenewal: Instant
    var nextSweep: Instant
    var waiting: [CheckedContinuation<Void, Never>] = []
  }
  private let state: Mutex<State>
  private let store: TaskStore
  private let trade: Trade
  private let concurrency: Int
  private let world: World
  private let log: Log
  /// What this process calls itself in leases.
  private let name: String

  /// Between two looks.
  package static let interval: Duration = .seconds(1)
  /// How long after its last word a process counts as dead.
  package static let lease: Duration = .seconds(10)
  private static let renewal: Duration = .seconds(3)
  private static let sweepInterval: Duration = .seconds(60)
  /// How long one run may take.
  package static let longestRun: Duration = .minutes(30)

  /// - Parameter concurrency: how many tasks run at once in this process.
  package init(_ store: TaskStore, concurrency: Int = 2, world: World, log: Log, trade: Trade) {
    self.store = store
    self.concurrency = concurrency
    self.world = world
    self.log = log
    self.trade = trade
    name = Base62.encode(world.random(12))
    state = Mutex(State(nextRenewal: world.now, nextSweep: world.now))
    store.onChange { [weak self] task in
      if task.phase == .queued { self?.wake() }
      if task.phase == .cancelled { self?.stop(task.id) }
    }
  }

  /// Works until the task that calls it is cancelled. What runs then and may be done twice waits for the next process;
  /// what may not has as long as this process still lives.
  package func run() async {
    while !Task.isCancelled {
      await look()
      do { try await Task.sleep(for: Self.interval) } catch { break }
    }
    await handBack()
  }

  private func handBack() async {
    state.withLock { $0.isStopped = true }
    do { try await store.handBack(runner: name, isRepeatable: trade.isRepeatable) } catch {
      log.error("tasks were not handed back", ["reason": .string("\(error)")])
    }
  }

  /// One look at all that time brings.
  package func look() async {
    do {
      try await renew()
      let lost = try await store.recover(isRepeatable: trade.isRepeatable)
      if lost > 0 { log.warning("tasks were cut off", ["count": .integer(lost)]) }
      for task in try await store.following(limit: 500) { await follow(task) }
      if isTime(\.nextSweep, Self.sweepInterval) { try await store.sweep() }
    } catch { log.error("tasks were not looked at", ["reason": .string("\(error)")]) }
    await fill()
  }

  private func follow(_ task: StoredTask) async {
    do {
      if let ending = try await trade.outcome(task) { try await store.end(following: task, ending) }
    } catch {
      log.error(
        "a task's approval was not looked up", ["task": .string(task.id), "reason": .string("\(error)")])
    }
  }

  /// Waits until nothing runs and nothing waits for its turn.
  package func idle() async {
    await fill()
    await withCheckedContinuation { continuation in
      let isIdle = state.withLock { state in
        guard state.busy > 0 || state.isFilling else { return true }
        state.waiting.append(continuation)
        return false
      }
      if isIdle { continuation.resume() }
    }
  }

  // MARK: Taking

  private func wake() { Task { [self] in await fill() } }

  /// Takes tasks while there is room for them.
  private func fill() async {
    let isMine = state.withLock { state in
      guard !state.isFilling else {
        state.fillsAgain = true
        return false
      }
      state.isFilling = true
      state.fillsAgain = false
      return true
    }
    guard isMine else { return }
    while true {
      while await takeOne() {}
      let (isDone, waiting) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
        guard !state.fillsAgain else {
          state.fillsAgain = false
          return (false, [])
        }
        state.isFilling = false
        return (true, Self.idlers(&state))
      }
      for waiter in waiting { waiter.resume() }
      if isDone { return }
    }
  }

  /// - Returns: false when there is no room or nothing to do.
  private func takeOne() async -> Bool {
    let hasRoom = state.withLock { state in
      guard state.busy < concurrency, !state.isStopped else { return false }
      state.busy += 1
      return true
    }
    guard hasRoom else { return false }
    do {
      if let task = try await store.take(runner: name, lease: Self.lease) {
        begin(task)
        return true
      }
    } catch { log.error("no task can be taken", ["reason": .string("\(error)")]) }
    state.withLock { $0.busy -= 1 }
    return false
  }

  private func begin(_ task: StoredTask) {
    let began = world.now
    state.withLock { state in
      state.running[task.id] = (Task { [self] in await perform(task) }, began)
    }
  }

  private func perform(_ task: StoredTask) async {
    let ending = await trade.perform(task, TaskProgress(task.id, name, store, world, log))
    do { try await store.end(task.id, runner: name, ending) } catch {
      // Its lease runs out, and it is found again.
      log.error("a task's end was not kept", ["task": .string(task.id), "reason": .string("\(error)")])
    }
    state.withLock { state in
      state.running[task.id] = nil
      state.busy -= 1
    }
    await fill()
    // Whoever fills at this moment looks at the room that there is now.
    let waiting = state.withLock { Self.idlers(&$0) }
    for waiter in waiting { waiter.resume() }
  }

  private static func idlers(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
    guard state.busy == 0, !state.isFilling else { return [] }
    defer { state.waiting = [] }
    return state.waiting
  }

  // MARK: Looking after what runs

  private func stop(_ id: String) { state.withLock { $0.running[id]?.task }?.cancel() }

  private func renew() async throws {
    let running = state.withLock { $0.running }
    guard !running.isEmpty else { return }
    let late = running.filter { world.now - $0.value.began > Self.longestRun }.keys
    for id in late {
      try await store.end(
        id, runner: name, .error(["code": -32603, "message": "It took too long and was stopped."]))
      stop(id)
    }
    guard isTime(\.nextRenewal, Self.renewal) else { return }
    let mine = try await store.renew(runner: name, lease: Self.lease)
    // Cancelled or taken over by another process, or its time is over.
    for id in running.keys where !mine.contains(id) { stop(id) }
  }

  private func isTime(_ next: WritableKeyPath<State, Instant>, _ interval: Duration) -> Bool {
    let now = world.now
    return state.withLock { state in
      guard now >= state[keyPath: next] else { return false }
      state[keyPath: next] = now + interval
      return true
    }
  }
}

/// How a running task says what it is at.
package final class TaskProgress: Sendable {
  private let id: String
  private let runner: String
  private let store: TaskStore
  private let world: World
  private let log: Log
  private let next: Mutex<Instant>

  /// More often nobody looks, and each is a write.
  private static let interval: Duration = .milliseconds(500)

  init(_ id: String, _ runner: String, _ store: TaskStore, _ world: World, _ log: Log) {
    self.id = id
    self.log = log
    self.runner = runner
    self.store = store
    self.world = world
    next = Mutex(world.now)
  }

  /// Notes it, if the last note was long enough ago.
  package func say(_ message: String) async {
    let now = world.now
    let isTime = next.withLock { next in
      guard now >= next else { return false }
      next = now + Self.interval
      return true
    }
    guard isTime else { return }
    do { try await store.progress(id, runner: runner, String(message.unicodeScalars.prefix(200))) } catch {
      log.debug("a task's progress was not kept", ["reason": .string("\(error)")])
    }
  }
}
