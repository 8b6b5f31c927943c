internal import Accounts
internal import JSON
internal import Storage
internal import Synchronization
internal import Tasks
internal import Telemetry
internal import World

/// A clock that the test moves, and chance that never gives the same twice.
final class TestClock: Sendable {
  private let moment = Mutex(Instant(seconds: 1_795_000_000))
  private let drawn = Mutex<UInt64>(0)
  var now: Instant { moment.withLock { $0 } }
  func advance(_ duration: Duration) { moment.withLock { $0 = $0 + duration } }

  private func bytes(_ count: Int) -> [UInt8] {
    let number = drawn.withLock { drawn in
      drawn += 1
      return drawn
    }
    return (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) : 0 }
  }

  var world: World { World(now: { self.now }, random: { self.bytes($0) }) }
}

/// A store of tasks with two connections of one person.
struct Board {
  let clock = TestClock()
  let store: Store
  let tasks: TaskStore

  init(_ limits: TaskStore.Limits = TaskStore.Limits()) async throws {
    store = try Store(.temporary, log: .silent)
    try await store.migrate(Schema.migrations + TaskStore.migrations)
    try await store.write { transaction in
      _ = try transaction.run(
        """
        INSERT INTO account (id, login, name, groups, company_ids, is_administrator, created_at)
        VALUES (7, 'sales', 'Sales', '[]', '[]', 0, 0)
        """)
      for id in ["con_1", "con_2"] {
        _ = try transaction.run(
          """
          INSERT INTO connection (id, account_id, kind, name, scope, version, per_minute, created_at)
          VALUES (\(id), 7, 'key', 'c', 'mcp:read', 1, 60, 0)
          """)
      }
    }
    tasks = TaskStore(store: store, world: clock.world, limits: limits)
  }

  @discardableResult
  func submit(
    _ tool: String = "read", of connection: String = "con_1", lifetime: Duration? = nil,
    approval: (id: String, until: Instant)? = nil
  ) async throws -> StoredTask {
    var draft = TaskStore.Draft(
      userID: 7, connectionID: connection, .call(tool: tool), ["text": .string(tool)])
    draft.lifetime = lifetime
    draft.approval = approval
    return try await tasks.submit(draft)
  }

  func worker(
    _ concurrency: Int = 2,
    outcome: @escaping @Sendable (StoredTask) async throws -> TaskEnding? = { _ in nil },
    _ perform: @escaping @Sendable (StoredTask, TaskProgress) async -> TaskEnding
  ) -> TaskWorker {
    TaskWorker(
      tasks, concurrency: concurrency, world: clock.world, log: .silent,
      trade: TaskWorker.Trade(
        perform: perform, outcome: outcome, isRepeatable: { $0 == .call(tool: "read") }))
  }

  func phase(_ task: StoredTask) async throws -> StoredTask.Phase? {
    try await tasks.task(task.id, of: task.connectionID)?.phase
  }
}

extension TaskEnding {
  static func said(_ text: String, isError: Bool = false) -> TaskEnding {
    .result(JSONValue.object(["text": .string(text)]).serialized(), isError: isError)
  }
}

/// Something that two tasks agree on: one waits until the other says so.
final class Gate: Sendable {
  private let state = Mutex((isOpen: false, waiting: [CheckedContinuation<Void, Never>]()))

  func open() {
    let waiting = state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for waiter in waiting { waiter.resume() }
  }

  func wait() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state in
        if !state.isOpen { state.waiting.append(continuation) }
        return state.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }
}
