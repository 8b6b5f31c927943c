internal import Crypto
package import JSON
package import Storage
internal import Synchronization
package import World

/// Tasks: work that outlives the request that asked for it, and the process that began it.
///
///     submitted ─► queued ─► running ─┬─► completed, failed
///                    ▲  ▲             ├─► asking ─► (answers) ─► queued
///                    │  └─────────────┘             its process died: what only reads is run again
///                    └ or ─► approval ─► completed, cancelled     a person decides; `Approvals` has the call
///     from all of these ─► cancelled
///
/// Each arrow is one statement that names where it comes from, so that two can't take it, and what has ended stays so. A
/// task belongs to the connection that asked for it: to every other it does not exist. What changes is told to those who
/// listen, in this process.
package final class TaskStore: Sendable {
  private let store: Store
  private let world: World
  private let limits: Limits
  private let listeners = Mutex<[@Sendable (StoredTask) -> Void]>([])

  package struct Limits: Sendable {
    /// Tasks of a connection that have not ended.
    package var live = 50
    /// Tasks of a connection, ended ones included.
    package var kept = 500
    /// Bytes of arguments, answers and results that are kept for a connection.
    package var keptBytes = 64 * 1024 * 1024
    /// Bytes of one result.
    package var resultBytes = 4 * 1024 * 1024
    /// Bytes of all that a client answers in the middle of one task.
    package var answerBytes = 64 * 1024
    /// How long a result is kept, and a task that does not end.
    package var lifetime = Duration.hours(1)
    /// What a client may ask for in its place.
    package var lifetimes = Duration.seconds(1)...Duration.hours(24)
    /// How often one that only reads is begun again after its process died.
    package var attempts = 3

    package init() {}
  }

  package init(store: Store, world: World, limits: Limits = Limits()) {
    self.store = store
    self.world = world
    self.limits = limits
  }

  /// They stand behind those of the accounts.
  package static let migrations = [
    Migration(
      part: "tasks", version: 1,
      [
        """
        CREATE TABLE task (
          id TEXT PRIMARY KEY, account_id BIGINT NOT NULL REFERENCES account (id),
          connection_id TEXT NOT NULL REFERENCES connection (id), kind TEXT NOT NULL, name TEXT NOT NULL,
          arguments BLOB NOT NULL, revision TEXT NOT NULL, capabilities BLOB, answers BLOB, requests BLOB,
          phase TEXT NOT NULL, message TEXT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
          expires_at BIGINT NOT NULL, keeps_lifetime BIGINT NOT NULL, approval_id TEXT, runner TEXT,
          lease_until BIGINT, not_before BIGINT, attempts BIGINT NOT NULL DEFAULT 0, result BLOB, error BLOB,
          is_error BIGINT NOT NULL DEFAULT 0)
        """,
        "CREATE INDEX task_connection ON task (connection_id, created_at, id)",
        "CREATE INDEX task_phase ON task (phase, created_at)",
        "CREATE INDEX task_expiry ON task (expires_at)",
        // A connection that is revoked takes what it has going along, in the same transaction (product row A8).
        """
        CREATE TRIGGER task_ends_with_connection AFTER UPDATE OF revoked_at ON connection
        WHEN NEW.revoked_at IS NOT NULL
        BEGIN
          UPDATE task SET phase = 'cancelled', message = 'The connection was revoked.', updated_at = NEW.revoked_at,
            runner = NULL
          WHERE connection_id = NEW.id AND phase IN ('queued', 'running', 'asking', 'approval');
        END
        """,
      ])
  ]

  // MARK: Asking

  /// What is asked for.
  package struct Draft: Sendable {
    package let userID: Int64
    package let connectionID: String
    package let work: StoredTask.Work
    package let arguments: JSONObject
    package var revision = ""
    package var capabilities = JSONObject()
    /// What the client has answered before there was a task.
    package var answers = JSONObject()
    /// How long the client wants it to be kept, from its creation; nil for as long as we do.
    package var lifetime: Duration?
    /// The request of a call that waits for a person, and until when it does.
    package var approval: (id: String, until: Instant)?
    package var message: String?

    package init(
      userID: Int64, connectionID: String, _ work: StoredTask.Work, _ arguments: JSONObject
    ) {
      self.userID = userID
      self.connectionID = connectionID
      self.work = work
      self.arguments = arguments
    }
  }

  /// Why there is no task.
  package enum Refusal: Error, Sendable, Equatable {
    /// As many have not ended as may.
    case tooManyLive(Int)
    /// As many are kept, or as much, as may.
    case tooMuchKept
  }

  /// Puts work on record; once this returns, it will be done, whatever happens to this process.
  ///
  /// - Returns: the task; of a call that waits for a person the one that does already, where there is one.
  /// - Throws: `Refusal`, `StorageError`.
  package func submit(_ draft: Draft) async throws -> StoredTask {
    let now = world.now
    let id = "tsk_" + Base62.encode(world.random(18))
    let limits = limits
    let wanted = draft.lifetime.map { min(max($0, limits.lifetimes.lowerBound), limits.lifetimes.upperBound) }
    let ours = (draft.approval.map { max(.zero, $0.until - now) } ?? .zero) + limits.lifetime
    let expiry = now + (wanted ?? ours)
    let phase = draft.approval == nil ? StoredTask.Phase.queued : .approval
    let task = try await store.write { transaction -> StoredTask in
      if let approval = draft.approval {
        let present = try transaction.run(
          """
          SELECT \(StoredTask.columns) FROM task t WHERE t.connection_id = \(draft.connectionID)
            AND t.approval_id = \(approval.id) AND t.phase = 'approval' AND t.expires_at > \(now) LIMIT 1
          """
        ).first
        if let present { return try StoredTask(present) }
      }
      let counts = try transaction.run(
        """
        SELECT count(*), count(CASE WHEN phase IN \(Self.live) THEN 1 END),
          coalesce(sum(length(arguments) + length(capabilities) + length(answers) + coalesce(length(result), 0)), 0)
        FROM task WHERE connection_id = \(draft.connectionID) AND expires_at > \(now)
        """
      ).first
      guard let counts, counts.integer(1) < limits.live else { throw Refusal.tooManyLive(limits.live) }
      guard counts.integer(0) < limits.kept, counts.integer(2) < limits.keptBytes else {
        throw Refusal.tooMuchKept
      }
      _ = try transaction.run(
        """
        INSERT INTO task (id, account_id, connection_id, kind, name, arguments, revision, capabilities, answers, phase,
          message, created_at, updated_at, expires_at, keeps_lifetime, approval_id)
        VALUES (\(id), \(draft.userID), \(draft.connectionID), \(draft.work.kind), \(draft.work.name),
          \(Self.bytes(draft.arguments)), \(draft.revision), \(Self.bytes(draft.capabilities)),
          \(Self.bytes(draft.answers)), \(phase.rawValue), \(draft.message), \(now), \(now), \(expiry),
          \(wanted != nil), \(draft.approval?.id))
        """)
      return try Self.required(id, transaction)
    }
    tell(task)
    return task
  }

  // MARK: Looking

  /// The task of that id, if it is the connection's and its time is not over.
  package func task(_ id: String, of connectionID: String) async throws -> StoredTask? {
    try await store.rows(
      """
      SELECT \(StoredTask.columns) FROM task t
      WHERE t.id = \(id) AND t.connection_id = \(connectionID) AND t.expires_at > \(world.now)
      """
    ).first.map { row in try StoredTask(row) }
  }

  /// Tasks of a connection, the oldest first.
  ///
  /// - Parameter last: the id of the last one of the page before.
  /// - Returns: nil when there is no such task to go on from.
  package func list(
    of connectionID: String, after last: String? = nil, limit: Int
  ) async throws -> (tasks: [StoredTask], hasMore: Bool)? {
    var start: SQL = ""
    if let last {
      guard
        let row = try await store.rows(
          "SELECT created_at FROM task WHERE id = \(last) AND connection_id = \(connectionID)"
        ).first
      else { return nil }
      start = " AND (t.created_at, t.id) > (\(row.instant(0)), \(last))"
    }
    let rows = try await store.rows(
      """
      SELECT \(StoredTask.columnsOfLists) FROM task t
      WHERE t.connection_id = \(connectionID) AND t.expires_at > \(world.now)\(start)
      ORDER BY t.created_at, t.id LIMIT \(limit + 1)
      """)
    return (try rows.prefix(limit).map { row in try StoredTask(row) }, rows.count > limit)
  }

  // MARK: Ending, answering

  /// Ends a task before its time. What runs is told to stop; it may do so late, or not at all, but counts for nothing
  /// any more.
  ///
  /// - Returns: nil when it has ended already.
  package func cancel(_ id: String, of connectionID: String, message: String) async throws -> StoredTask? {
    try await change(
      """
      UPDATE task SET phase = 'cancelled', message = \(message), updated_at = \(world.now), runner = NULL
      WHERE id = \(id) AND connection_id = \(connectionID) AND phase IN \(Self.live) RETURNING id
      """, id)
  }

  /// Whether another task waits for the same person's word.
  package func othersFollow(_ task: StoredTask) async throws -> Bool {
    try await !store.rows(
      "SELECT 1 FROM task WHERE approval_id = \(task.approvalID) AND phase = 'approval' AND id <> \(task.id) LIMIT 1"
    ).isEmpty
  }

  /// Takes a client's answers. What nobody asked, or not any more, is left aside; once nothing is open, the work goes on.
  ///
  /// - Returns: false when the answers are too long to be kept.
  package func answer(_ id: String, of connectionID: String, _ given: JSONObject) async throws -> Bool {
    let (now, most) = (world.now, limits.answerBytes)
    let (isTaken, changed) = try await store.write { transaction -> (Bool, StoredTask?) in
      let row = try transaction.run(
        """
        SELECT \(StoredTask.columns) FROM task t
        WHERE t.id = \(id) AND t.connection_id = \(connectionID) AND t.phase = 'asking'
        """
      ).first
      guard let task = try row.map({ row in try StoredTask(row) }) else { return (true, nil) }
      var (answers, open) = (task.answers, task.requests)
      for (key, value) in given.members where open[key] != nil {
        answers[key] = value
        open[key] = nil
      }
      guard open.count < task.requests.count else { return (true, nil) }
      let bytes = Self.bytes(answers)
      guard bytes.count <= most else { return (false, nil) }
      let phase = open.isEmpty ? StoredTask.Phase.queued : .asking
      _ = try transaction.run(
        """
        UPDATE task SET answers = \(bytes), requests = \(Self.bytes(open)), phase = \(phase.rawValue), message = NULL,
          updated_at = \(now) WHERE id = \(id)
        """)
      return (true, try Self.required(id, transaction))
    }
    if let changed { tell(changed) }
    return isTaken
  }

  // MARK: Running, for the worker

  /// Takes the task that comes next, of the connection that has the fewest running. Nobody else gets it.
  func take(runner: String, lease: Duration) async throws -> StoredTask? {
    let now = world.now
    guard
      try await !store.rows(
        "SELECT 1 FROM task t WHERE \(Self.isDue(now)) LIMIT 1"
      ).isEmpty
    else { return nil }
    return try await store.write { transaction in
      let taken = try transaction.run(
        """
        UPDATE task SET phase = 'running', runner = \(runner), lease_until = \(now + lease), attempts = attempts + 1
        WHERE id = (
          SELECT t.id FROM task t WHERE \(Self.isDue(now))
          ORDER BY (SELECT count(*) FROM task r WHERE r.phase = 'running' AND r.connection_id = t.connection_id),
            t.created_at, t.id LIMIT 1)
        RETURNING id
        """)
      return try taken.first.map { row in try Self.required(row.text(0), transaction) }
    }
  }

  /// Says that a process still runs what it took.
  ///
  /// - Returns: the ids of what is still its own.
  func renew(runner: String, lease: Duration) async throws -> Set<String> {
    let until = world.now + lease
    return try await store.write { transaction in
      Set(
        try transaction.run(
          "UPDATE task SET lease_until = \(until) WHERE runner = \(runner) AND phase = 'running' RETURNING id"
        ).map { $0.text(0) })
    }
  }

  /// Notes what a running task is at.
  func progress(_ id: String, runner: String, _ message: String) async throws {
    _ = try await change(
      """
      UPDATE task SET message = \(message), updated_at = \(world.now)
      WHERE id = \(id) AND runner = \(runner) AND phase = 'running' RETURNING id
      """, id)
  }

  /// Keeps what a run came to, unless the task is no longer the runner's.
  func end(_ id: String, runner: String, _ ending: TaskEnding) async throws {
    try await settle(id, where: "runner = \(runner) AND phase = 'running'", ending)
  }

  /// Keeps what became of a call that a person had to agree to.
  func end(following task: StoredTask, _ ending: TaskEnding) async throws {
    try await settle(task.id, where: "phase = 'approval'", ending)
  }

  private func settle(_ id: String, where condition: SQL, _ ending: TaskEnding) async throws {
    let now = world.now
    let set: SQL
    switch ending {
    case .result(let bytes, let isError):
      let isTooLarge = bytes.count > limits.resultBytes
      let kept = isTooLarge ? Self.tooLarge(bytes.count) : bytes
      set =
        "phase = 'completed', message = NULL, result = \(kept), is_error = \(isError || isTooLarge)"
    case .error(let error):
      set =
        "phase = 'failed', message = \(error["message"]?.string), error = \(Self.bytes(error)), is_error = \(true)"
    case .asks(let requests):
      set = "phase = 'asking', message = NULL, requests = \(Self.bytes(requests))"
    case .waits(let approvalID, let until, let message):
      let expiry = until + limits.lifetime
      set =
        """
        phase = 'approval', message = \(message), approval_id = \(approvalID),
        expires_at = CASE WHEN keeps_lifetime = 0 AND expires_at < \(expiry) THEN \(expiry) ELSE expires_at END
        """
    case .later(let moment, let message):
      set = "phase = 'queued', message = \(message), not_before = \(moment), attempts = attempts - 1"
    case .cancelled(let message, let bytes):
      set = "phase = 'cancelled', message = \(message), result = \(bytes), is_error = \(bytes != nil)"
    }
    // A result is kept for its hour from when it is there; what a client has asked for, and was told, is kept to.
    let expiry = now + limits.lifetime
    _ = try await change(
      """
      UPDATE task SET \(set), updated_at = \(now), runner = NULL, lease_until = NULL
      WHERE id = \(id) AND \(condition) RETURNING id
      """, id,
      then: """
        UPDATE task SET expires_at = \(expiry)
        WHERE id = \(id) AND keeps_lifetime = 0 AND expires_at < \(expiry) AND phase IN ('completed', 'failed')
        """)
  }

  /// Those whose process has died: what may be run again waits for its turn, the rest is reported lost.
  ///
  /// - Parameter isRepeatable: whether the work only reads.
  /// - Returns: how many there were.
  func recover(isRepeatable: (StoredTask.Work) -> Bool) async throws -> Int {
    let now = world.now
    let rows = try await store.rows(
      "SELECT \(StoredTask.columns) FROM task t WHERE t.phase = 'running' AND t.lease_until < \(now) LIMIT 100"
    )
    for row in rows {
      let task = try StoredTask(row)
      let repeats = isRepeatable(task.work) && task.attempts < limits.attempts
      let set: SQL =
        repeats
        ? "phase = 'queued'"
        : """
        phase = 'failed', message = \(Self.lost), is_error = \(true),
        error = \(Self.bytes(["code": -32603, "message": .string(Self.lost)]))
        """
      _ = try await change(
        """
        UPDATE task SET \(set), updated_at = \(now), runner = NULL, lease_until = NULL
        WHERE id = \(task.id) AND phase = 'running' AND lease_until < \(now) RETURNING id
        """, task.id)
    }
    return rows.count
  }

  /// Gives back what a process has taken, of what may be done twice: it ends, and whoever is next begins anew at once.
  func handBack(runner: String, isRepeatable: (StoredTask.Work) -> Bool) async throws {
    let rows = try await store.rows(
      "SELECT \(StoredTask.columns) FROM task t WHERE t.phase = 'running' AND t.runner = \(runner)")
    for row in rows {
      let task = try StoredTask(row)
      guard isRepeatable(task.work) else { continue }
      try await store.write { transaction in
        _ = try transaction.run(
          """
          UPDATE task SET phase = 'queued', runner = NULL, lease_until = NULL, attempts = attempts - 1
          WHERE id = \(task.id) AND phase = 'running' AND runner = \(runner)
          """)
      }
    }
  }

  static let lost =
    "The server was stopped while this ran, and it is not known how far it came. Look whether it was done before you ask again."

  /// Those that wait for a person, the longest unseen first.
  func following(limit: Int) async throws -> [StoredTask] {
    try await store.rows(
      """
      SELECT \(StoredTask.columns) FROM task t WHERE t.phase = 'approval' AND t.expires_at > \(world.now)
      ORDER BY t.created_at LIMIT \(limit)
      """
    ).map { row in try StoredTask(row) }
  }

  /// Forgets what is over.
  ///
  /// - Returns: how many tasks.
  @discardableResult
  package func sweep(limit: Int = 1000) async throws -> Int {
    let now = world.now
    guard try await !store.rows("SELECT 1 FROM task WHERE expires_at <= \(now) LIMIT 1").isEmpty else {
      return 0
    }
    return try await store.write { transaction in
      try transaction.run(
        """
        DELETE FROM task WHERE id IN (SELECT id FROM task WHERE expires_at <= \(now) LIMIT \(limit)) RETURNING 1
        """
      ).count
    }
  }

  // MARK: Changes

  /// Calls back after every change that this process makes, as long as the store lives. Not to be kept waiting.
  package func onChange(_ listener: @escaping @Sendable (StoredTask) -> Void) {
    listeners.withLock { $0.append(listener) }
  }

  private func tell(_ task: StoredTask) {
    for listener in listeners.withLock({ $0 }) { listener(task) }
  }

  /// Runs a statement that returns a row if it changed one, and tells of it.
  private func change(_ statement: SQL, _ id: String, then more: SQL? = nil) async throws -> StoredTask? {
    let task = try await store.write { transaction -> StoredTask? in
      guard try !transaction.run(statement).isEmpty else { return nil }
      if let more { _ = try transaction.run(more) }
      return try Self.required(id, transaction)
    }
    if let task { tell(task) }
    return task
  }

  private static func required(_ id: String, _ transaction: Transaction) throws(StorageError) -> StoredTask {
    let rows = try transaction.run("SELECT \(StoredTask.columns) FROM task t WHERE t.id = \(id)")
    guard let row = rows.first else { throw StorageError(.other, "task \(id) is gone") }
    return try StoredTask(row)
  }

  private static func isDue(_ now: Instant) -> SQL {
    "t.phase = 'queued' AND t.expires_at > \(now) AND (t.not_before IS NULL OR t.not_before <= \(now))"
  }

  private static let live: SQL = "('queued', 'running', 'asking', 'approval')"

  private static func bytes(_ object: JSONObject) -> [UInt8] { JSONValue.object(object).serialized() }

  private static func tooLarge(_ size: Int) -> [UInt8] {
    let text =
      "The result has \(size) bytes, more than are kept. Ask for less: fewer fields, a narrower domain."
    return bytes([
      "content": [["type": "text", "text": .string(text)]],
      "structuredContent": ["code": "result_too_large", "message": .string(text)], "isError": true,
    ])
  }
}
