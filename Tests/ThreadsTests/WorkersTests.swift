internal import Dispatch
internal import Synchronization
internal import Testing
internal import Threads

/// Threads for calls that block.
@Suite struct `Workers that block` {
  /// Holds the one thread of some workers until it is told to go on.
  private final class Plug: Sendable {
    let started = DispatchSemaphore(value: 0)
    let goOn = DispatchSemaphore(value: 0)

    func block() -> Bool {
      started.signal()
      return goOn.wait(timeout: .now() + 10) == .success
    }

    func isIn() async -> Bool {
      await withCheckedContinuation { continuation in
        DispatchQueue.global().async { [started] in
          continuation.resume(returning: started.wait(timeout: .now() + 10) == .success)
        }
      }
    }
  }

  @Test func `a job's result comes back`() async throws {
    let workers = try Workers("test", count: 2, limit: 10)
    let results = try await withThrowingTaskGroup { tasks in
      for number in 0..<10 { tasks.addTask { try await workers.run { number * number } } }
      return try await tasks.reduce(into: Set<Int>()) { $0.insert($1) }
    }
    #expect(results == Set((0..<10).map { $0 * $0 }))
  }

  @Test func `one job more than may wait is refused, and the others are done`() async throws {
    let workers = try Workers("test", count: 1, limit: 2)
    let plug = Plug()
    let first = Task { try await workers.run { plug.block() } }
    #expect(await plug.isIn())
    // The thread is busy: two jobs wait, in whatever order they came, and of three one is refused.
    let rest = (0..<3).map { number in Task { try await workers.run { number } } }
    var refused = 0
    let outcomes = await withTaskGroup { tasks in
      for task in rest { tasks.addTask { await task.result } }
      // The first outcome is the refusal: nothing else can end before the plug is pulled.
      var all = [await tasks.next()]
      plug.goOn.signal()
      for await outcome in tasks { all.append(outcome) }
      return all.compactMap { $0 }
    }
    #expect(outcomes.count == 3)
    for (index, outcome) in outcomes.enumerated() {
      do { _ = try outcome.get() } catch {
        refused += 1
        #expect(index == 0)
        #expect(error as? WorkersError == .full)
      }
    }
    #expect(refused == 1)
    #expect(try await first.value)
    // Room again.
    #expect(try await workers.run { 7 } == 7)
  }

  @Test func `workers that are let go still end what they took`() async throws {
    let plug = Plug()
    var workers: Workers? = try Workers("test", count: 1, limit: 2)
    let taken = try #require(workers)
    let job = Task { [taken] in try await taken.run { plug.block() } }
    #expect(await plug.isIn())
    workers = nil
    plug.goOn.signal()
    #expect(try await job.value)
  }
}
