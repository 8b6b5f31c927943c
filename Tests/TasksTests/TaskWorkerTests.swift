internal import JSON
internal import Storage
internal import Synchronization
internal import Tasks
internal import Telemetry
internal import Testing
internal import World

@Suite("Tasks, as they are run")
struct TaskWorkerTests {
  @Test func `what is submitted is run, and its result kept`() async throws {
    let board = try await Board()
    let worker = board.worker { task, _ in .said("hello \(task.work.name)") }
    let task = try await board.submit()
    await worker.idle()
    let done = try #require(try await board.tasks.task(task.id, of: "con_1"))
    #expect(done.status == .completed)
    #expect(done.result == Array(#"{"text":"hello read"}"#.utf8))
    #expect(done.attempts == 1)
  }

  @Test func `at most two run at once`() async throws {
    let board = try await Board()
    let (two, go) = (Gate(), Gate())
    let counts = Mutex((now: 0, most: 0))
    let worker = board.worker { _, _ in
      let now = counts.withLock { counts in
        counts.now += 1
        counts.most = max(counts.most, counts.now)
        return counts.now
      }
      if now == 2 { two.open() }
      await go.wait()
      counts.withLock { $0.now -= 1 }
      return .said("done")
    }
    var all: [StoredTask] = []
    for _ in 0..<6 { all.append(try await board.submit()) }
    await two.wait()
    go.open()
    await worker.idle()
    #expect(counts.withLock { $0.most } == 2)
    for task in all { #expect(try await board.phase(task) == .completed) }
  }

  @Test func `cancelled while it runs: the work is told, and counts for nothing`() async throws {
    let board = try await Board()
    let (began, stopped) = (Gate(), Gate())
    let worker = board.worker { _, _ in
      await withTaskCancellationHandler {
        began.open()
        await stopped.wait()
      } onCancel: {
        stopped.open()
      }
      return .said("nobody reads this")
    }
    let task = try await board.submit()
    await began.wait()
    #expect(try await board.tasks.cancel(task.id, of: "con_1", message: "stop") != nil)
    await worker.idle()
    let ended = try #require(try await board.tasks.task(task.id, of: "con_1"))
    #expect(ended.phase == .cancelled)
    #expect(ended.result == nil)
  }

  @Test func `revoked while it runs: the work is told at the next look`() async throws {
    let board = try await Board()
    let (began, stopped) = (Gate(), Gate())
    let worker = board.worker { _, _ in
      await withTaskCancellationHandler {
        began.open()
        await stopped.wait()
      } onCancel: {
        stopped.open()
      }
      return .said("nobody reads this")
    }
    let task = try await board.submit()
    await began.wait()
    try await board.store.write { transaction in
      _ = try transaction.run("UPDATE connection SET revoked_at = 5 WHERE id = 'con_1'")
    }
    await worker.look()
    await worker.idle()
    #expect(try await board.phase(task) == .cancelled)
  }

  @Test func `a run that takes too long is stopped and has failed`() async throws {
    let board = try await Board()
    let (began, stopped) = (Gate(), Gate())
    let worker = board.worker { _, _ in
      await withTaskCancellationHandler {
        began.open()
        await stopped.wait()
      } onCancel: {
        stopped.open()
      }
      return .said("late")
    }
    let task = try await board.submit(lifetime: .hours(2))
    await began.wait()
    board.clock.advance(TaskWorker.longestRun + .seconds(1))
    await worker.look()
    await worker.idle()
    #expect(try await board.phase(task) == .failed)
  }

  @Test func `what the client has to answer ends the run; with the answers it is run from its start`()
    async throws
  {
    let board = try await Board()
    let runs = Atomic(0)
    let worker = board.worker { task, _ in
      runs.add(1, ordering: .relaxed)
      guard let name = task.answers["name"]?["text"]?.string else {
        return .asks(["name": ["method": "ask"]])
      }
      return .said("hello \(name)")
    }
    let task = try await board.submit()
    await worker.idle()
    #expect(try await board.phase(task) == .asking)
    _ = try await board.tasks.answer(task.id, of: "con_1", ["name": ["text": "Ada"]])
    await worker.idle()
    #expect(try await board.tasks.task(task.id, of: "con_1")?.result == Array(#"{"text":"hello Ada"}"#.utf8))
    #expect(runs.load(ordering: .relaxed) == 2)
  }

  @Test func `what another process left is taken over once its lease ran out`() async throws {
    let board = try await Board()
    let (began, never) = (Gate(), Gate())
    let dead = board.worker { _, _ in
      began.open()
      await never.wait()
      return .said("late")
    }
    let task = try await board.submit()
    await began.wait()
    let store = TaskStore(store: board.store, world: board.clock.world)
    let worker = TaskWorker(
      store, world: board.clock.world, log: .silent,
      trade: TaskWorker.Trade(
        perform: { task, _ in .said("attempt \(task.attempts)") }, outcome: { _ in nil },
        isRepeatable: { _ in true }))
    await worker.look()
    await worker.idle()
    #expect(try await board.phase(task) == .running)
    board.clock.advance(TaskWorker.lease + .seconds(1))
    await worker.look()
    await worker.idle()
    #expect(try await board.tasks.task(task.id, of: "con_1")?.result == Array(#"{"text":"attempt 2"}"#.utf8))
    never.open()
    await dead.idle()
    #expect(try await board.tasks.task(task.id, of: "con_1")?.result == Array(#"{"text":"attempt 2"}"#.utf8))
  }

  @Test func `a process that ends hands back what may be done twice, and the next begins with it at once`()
    async throws
  {
    let board = try await Board()
    let (began, never) = (Gate(), Gate())
    let ending = board.worker { task, _ in
      if task.work == .call(tool: "write") { began.open() }
      await never.wait()
      return .said("late")
    }
    let (read, write) = (try await board.submit("read"), try await board.submit("write"))
    let waiting = try await board.submit("read")
    await began.wait()
    let running = Task { await ending.run() }
    running.cancel()
    await running.value
    #expect(try await board.phase(read) == .queued)
    #expect(try await board.tasks.task(read.id, of: "con_1")?.attempts == 0)
    #expect(try await board.phase(write) == .running)
    never.open()
    await ending.idle()
    #expect(try await board.phase(write) == .completed)
    #expect(try await board.phase(read) == .queued, "it takes nothing more")
    #expect(try await board.phase(waiting) == .queued)
  }

  @Test func `a person's word is looked up, and ends the task`() async throws {
    let board = try await Board()
    let isDecided = Mutex(false)
    let worker = board.worker(outcome: { _ in isDecided.withLock { $0 } ? .said("agreed") : nil }) { _, _ in
      .waits(approvalID: "apr_9", until: board.clock.now + .hours(24), message: "Waits for a person.")
    }
    let task = try await board.submit()
    await worker.idle()
    let waiting = try #require(try await board.tasks.task(task.id, of: "con_1"))
    #expect(waiting.phase == .approval)
    #expect(waiting.status == .working)
    #expect(waiting.message == "Waits for a person.")
    #expect(waiting.lifetime == .hours(25))
    await worker.look()
    #expect(try await board.phase(task) == .approval)
    isDecided.withLock { $0 = true }
    await worker.look()
    #expect(try await board.phase(task) == .completed)
  }

  @Test func `every change is told to those who listen, progress not more often than is read`() async throws {
    let board = try await Board()
    let told = Mutex<[String]>([])
    board.tasks.onChange { task in told.withLock { $0.append("\(task.phase) \(task.message ?? "-")") } }
    let clock = board.clock
    let worker = board.worker { _, note in
      await note.say("first")
      await note.say("too soon")
      clock.advance(.seconds(1))
      await note.say("second")
      return .said("done")
    }
    try await board.submit()
    await worker.idle()
    #expect(told.withLock { $0 } == ["queued -", "running first", "running second", "completed -"])
  }
}
