internal import Dispatch
internal import Synchronization
internal import Testing
internal import Threads

/// The queue between threads.
@Suite struct `Mailboxes` {
  /// Waits off Swift's pool, for ten seconds at most.
  private func wait(_ signal: DispatchSemaphore) async -> Bool {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(returning: signal.wait(timeout: .now() + 10) == .success)
      }
    }
  }

  @Test func `as many elements wait as the limit says, and one more is refused`() {
    let mailbox = Mailbox<Int>(limit: 3)
    #expect((1...5).map { mailbox.put($0) } == [true, true, true, false, false])
    mailbox.close()
    var read: [Int] = []
    mailbox.read(atMost: 10) { read += $0 }
    #expect(read == [1, 2, 3])
  }

  @Test func `what was read makes room`() {
    let mailbox = Mailbox<Int>(limit: 2)
    #expect(mailbox.put(1) && mailbox.put(2) && !mailbox.put(3))
    var (read, isRoom) = ([Int](), false)
    mailbox.read(atMost: 1) { group in
      read += group
      if group == [1] {
        isRoom = mailbox.put(3)
        mailbox.close()
      }
    }
    #expect(isRoom)
    #expect(read == [1, 2, 3])
  }

  @Test func `a mailbox without room takes nothing`() { #expect(!Mailbox<Int>(limit: 0).put(1)) }

  @Test(arguments: [(1, [1, 1, 1, 1, 1]), (2, [2, 2, 1]), (4, [4, 1]), (5, [5]), (9, [5])])
  func `elements come in their order, in groups of the asked size at most`(count: Int, sizes: [Int]) {
    let mailbox = Mailbox<Int>(limit: 9)
    for number in 1...5 { #expect(mailbox.put(number)) }
    mailbox.close()
    var groups: [[Int]] = []
    mailbox.read(atMost: count) { groups.append($0) }
    #expect(groups.map(\.count) == sizes)
    #expect(groups.flatMap { $0 } == [1, 2, 3, 4, 5])
  }

  @Test func `a closed mailbox takes nothing and gives what it has`() {
    let mailbox = Mailbox<Int>(limit: 3)
    #expect(mailbox.put(1))
    mailbox.close()
    #expect(!mailbox.put(2))
    var read: [Int] = []
    mailbox.read(atMost: 1) { read += $0 }
    #expect(read == [1])
    mailbox.close()
    mailbox.read(atMost: 1) { read += $0 }
    #expect(read == [1])
  }

  @Test func `draining waits until the reader has handled everything`() async throws {
    let mailbox = Mailbox<Int>(limit: 100)
    let (started, goOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let (drained, held) = (DispatchSemaphore(value: 0), Held())
    try Thread.start("reader") {
      mailbox.read(atMost: 1) { group in
        if group == [1] {
          started.signal()
          _ = goOn.wait(timeout: .now() + 10)
        }
        held.handled.withLock { $0 += group }
      }
    }
    for number in 1...100 { #expect(mailbox.put(number)) }
    #expect(await wait(started))
    try Thread.start("drainer") {
      mailbox.drain()
      drained.signal()
    }
    // The reader is held at its first element, so nothing can be drained yet.
    #expect(drained.wait(timeout: .now()) == .timedOut)
    goOn.signal()
    #expect(await wait(drained))
    #expect(held.handled.withLock { $0 } == Array(1...100))
  }

  @Test func `of many writers each one's elements keep their order`() async throws {
    let mailbox = Mailbox<(writer: Int, number: Int)>(limit: 10_000)
    let (done, held) = (DispatchSemaphore(value: 0), Held())
    try Thread.start("reader") {
      mailbox.read(atMost: 7) { group in
        held.handled.withLock { $0 += group.map { $0.writer * 1000 + $0.number } }
      }
      done.signal()
    }
    await withTaskGroup { tasks in
      for writer in 0..<8 {
        tasks.addTask { for number in 0..<500 { #expect(mailbox.put((writer, number))) } }
      }
    }
    mailbox.close()
    #expect(await wait(done))
    let numbers = held.handled.withLock { $0 }
    #expect(numbers.count == 4000)
    for writer in 0..<8 {
      #expect(numbers.filter { $0 / 1000 == writer } == (0..<500).map { writer * 1000 + $0 })
    }
  }

  /// What a thread and its test share.
  final class Held: Sendable {
    let handled = Mutex<[Int]>([])
  }
}
