internal import JSON
internal import Storage
internal import Testing
internal import World

@testable internal import Tasks

@Suite("Tasks, as they are kept")
struct TaskStoreTests {
  @Test func `a task begins as working, and belongs to its connection: to another it does not exist`()
    async throws
  {
    let board = try await Board()
    let task = try await board.submit()
    #expect(task.status == .working)
    #expect(task.phase == .queued)
    #expect(task.lifetime == .hours(1))
    #expect(task.createdAt == board.clock.now)
    #expect(task.id.hasPrefix("tsk_"))
    #expect(try await board.tasks.task(task.id, of: "con_1")?.arguments == ["text": "read"])
    #expect(try await board.tasks.task(task.id, of: "con_2") == nil)
    #expect(try await board.tasks.cancel(task.id, of: "con_2", message: "") == nil)
    #expect(try await board.phase(task) == .queued)
  }

  @Test(arguments: [
    (Duration?.none, Duration.hours(1)), (.milliseconds(1), .seconds(1)), (.minutes(5), .minutes(5)),
    (.days(9), .hours(24)),
  ])
  func `a client's ttl is bounded, without one it is an hour`(wanted: Duration?, kept: Duration) async throws
  {
    let board = try await Board()
    let task = try await board.submit(lifetime: wanted)
    #expect(task.lifetime == kept)
    board.clock.advance(kept - .milliseconds(1))
    #expect(try await board.phase(task) == .queued)
    board.clock.advance(.milliseconds(1))
    #expect(try await board.phase(task) == nil, "over is gone, swept or not")
    #expect(try await board.tasks.sweep() == 1)
    #expect(try await board.tasks.sweep() == 0)
  }

  @Test func `a result is kept for an hour from its end; a client's own ttl stays what it was`() async throws
  {
    let board = try await Board()
    let (ours, theirs) = (try await board.submit(), try await board.submit(lifetime: .minutes(50)))
    board.clock.advance(.minutes(40))
    for _ in 0..<2 {
      let taken = try #require(try await board.tasks.take(runner: "a", lease: .seconds(10)))
      try await board.tasks.end(taken.id, runner: "a", .said("done"))
    }
    #expect(try await board.tasks.task(ours.id, of: "con_1")?.lifetime == .minutes(100))
    #expect(try await board.tasks.task(theirs.id, of: "con_1")?.lifetime == .minutes(50))
  }

  @Test func `fifty live ones of a connection, and no more until one has ended`() async throws {
    let board = try await Board()
    var last: StoredTask?
    for _ in 0..<50 { last = try await board.submit() }
    await #expect(throws: TaskStore.Refusal.tooManyLive(50)) { try await board.submit() }
    try await board.submit(of: "con_2")
    let id = try #require(last).id
    #expect(try await board.tasks.cancel(id, of: "con_1", message: "no")?.status == .cancelled)
    try await board.submit()
    await #expect(throws: TaskStore.Refusal.tooManyLive(50)) { try await board.submit() }
  }

  @Test func `what is kept for a connection is bounded in number and in bytes`() async throws {
    var limits = TaskStore.Limits()
    limits.kept = 2
    limits.keptBytes = 130
    limits.resultBytes = 150
    let board = try await Board(limits)
    for text in ["a", String(repeating: "b", count: 120)] {
      let task = try await board.submit()
      _ = try await board.tasks.take(runner: "a", lease: .seconds(10))
      try await board.tasks.end(task.id, runner: "a", .said(text))
      if text == "a" { continue }
      await #expect(throws: TaskStore.Refusal.tooMuchKept) { try await board.submit() }
    }
    let more = try await Board(limits)
    let task = try await more.submit()
    _ = try await more.tasks.take(runner: "a", lease: .seconds(10))
    try await more.tasks.end(task.id, runner: "a", .said(String(repeating: "b", count: 151)))
    let ended = try #require(try await more.tasks.task(task.id, of: "con_1"))
    #expect(ended.isError)
    #expect(String(decoding: ended.result ?? [], as: UTF8.self).contains("result_too_large"))
  }

  @Test func `what has ended stays so`() async throws {
    let board = try await Board()
    let task = try await board.submit()
    _ = try await board.tasks.take(runner: "a", lease: .seconds(10))
    #expect(try await board.tasks.cancel(task.id, of: "con_1", message: "stop")?.message == "stop")
    try await board.tasks.end(task.id, runner: "a", .said("late"))
    #expect(try await board.phase(task) == .cancelled)
    #expect(try await board.tasks.cancel(task.id, of: "con_1", message: "again") == nil)
    #expect(try await board.tasks.answer(task.id, of: "con_1", ["a": [:]]))
    #expect(try await board.phase(task) == .cancelled)
  }

  @Test func `the oldest comes first, but for a connection that has one running`() async throws {
    let board = try await Board()
    let first = try await board.submit()
    board.clock.advance(.seconds(1))
    let second = try await board.submit()
    board.clock.advance(.seconds(1))
    let third = try await board.submit(of: "con_2")
    var order: [String] = []
    while let task = try await board.tasks.take(runner: "a", lease: .seconds(10)) { order.append(task.id) }
    #expect(order == [first.id, third.id, second.id])
  }

  @Test
  func `a lease that ran out: what only reads waits again, what writes is lost, and three times is enough`()
    async throws
  {
    let board = try await Board()
    let (read, write) = (try await board.submit("read"), try await board.submit("write"))
    for attempt in 1...3 {
      while try await board.tasks.take(runner: "dead", lease: .seconds(10)) != nil {}
      board.clock.advance(.seconds(10))
      #expect(try await board.tasks.recover { $0 == .call(tool: "read") } == 0, "it may still live")
      board.clock.advance(.seconds(1))
      #expect(try await board.tasks.recover { $0 == .call(tool: "read") } == (attempt == 1 ? 2 : 1))
      #expect(try await board.phase(read) == (attempt < 3 ? .queued : .failed))
      let lost = try #require(try await board.tasks.task(write.id, of: "con_1"))
      #expect(lost.phase == .failed)
      #expect(lost.error?["code"] == -32603)
      #expect(lost.message == TaskStore.lost)
    }
    // The dead one's word counts for nothing.
    try await board.tasks.end(read.id, runner: "dead", .said("late"))
    #expect(try await board.phase(read) == .failed)
  }

  @Test func `answers: what was asked is taken once, the rest is left aside, and then the work goes on`()
    async throws
  {
    let board = try await Board()
    let task = try await board.submit()
    _ = try await board.tasks.take(runner: "a", lease: .seconds(10))
    try await board.tasks.end(task.id, runner: "a", .asks(["one": ["method": "m"], "two": ["method": "m"]]))
    #expect(try await board.phase(task) == .asking)
    #expect(try await board.tasks.answer(task.id, of: "con_2", ["one": ["no": 1]]))
    #expect(try await board.tasks.answer(task.id, of: "con_1", ["one": ["a": 1], "never": ["b": 1]]))
    let half = try #require(try await board.tasks.task(task.id, of: "con_1"))
    #expect(half.status == .inputRequired)
    #expect(half.requests.members.map(\.name) == ["two"])
    #expect(half.answers == ["one": ["a": 1]])
    let long = JSONValue.string(String(repeating: "x", count: 65 * 1024))
    #expect(try await board.tasks.answer(task.id, of: "con_1", ["two": ["long": long]]) == false)
    #expect(try await board.tasks.answer(task.id, of: "con_1", ["one": ["a": 2], "two": ["c": 3]]))
    let whole = try #require(try await board.tasks.task(task.id, of: "con_1"))
    #expect(whole.phase == .queued)
    #expect(whole.answers == ["one": ["a": 1], "two": ["c": 3]])
  }

  @Test func `product row A8: a connection that is revoked ends its tasks, in the same transaction`()
    async throws
  {
    let board = try await Board()
    let (mine, other) = (try await board.submit(), try await board.submit(of: "con_2"))
    try await board.store.write { transaction in
      _ = try transaction.run("UPDATE connection SET revoked_at = 5 WHERE id = 'con_1'")
    }
    let ended = try #require(try await board.tasks.task(mine.id, of: "con_1"))
    #expect(ended.phase == .cancelled)
    #expect(ended.message == "The connection was revoked.")
    #expect(try await board.phase(other) == .queued)
  }

  @Test func `the list goes on after the last one, oldest first, without results`() async throws {
    let board = try await Board()
    var ids: [String] = []
    for _ in 0..<5 {
      ids.append(try await board.submit().id)
      board.clock.advance(.milliseconds(1))
    }
    try await board.submit(of: "con_2")
    let first = try #require(try await board.tasks.list(of: "con_1", limit: 3))
    #expect(first.tasks.map(\.id) == Array(ids[..<3]))
    #expect(first.hasMore)
    let second = try #require(try await board.tasks.list(of: "con_1", after: ids[2], limit: 3))
    #expect(second.tasks.map(\.id) == Array(ids[3...]))
    #expect(!second.hasMore)
    #expect(try await board.tasks.list(of: "con_2", after: ids[2], limit: 3) == nil)
    #expect(try await board.tasks.list(of: "con_1", after: "tsk_never", limit: 3) == nil)
  }

  @Test func `a call that waits for a person is one task, however often it is asked for`() async throws {
    let board = try await Board()
    let approval = (id: "apr_1", until: board.clock.now + .hours(24))
    let one = try await board.submit(approval: approval)
    #expect(one.status == .working)
    #expect(one.lifetime == .hours(25), "an hour more than somebody has to decide")
    #expect(try await board.submit(approval: approval).id == one.id)
    let other = try await board.submit(of: "con_2", approval: approval)
    #expect(other.id != one.id)
    #expect(try await board.tasks.othersFollow(one))
    try await board.tasks.end(following: one, .cancelled(message: "It was rejected.", result: nil))
    #expect(try await board.phase(one) == .cancelled)
    #expect(try await board.tasks.othersFollow(other) == false)
    #expect(try await board.submit(approval: approval).id != one.id)
  }
}
