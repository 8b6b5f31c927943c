internal import Testing

@testable internal import MCP

@Suite("Streams of events")
struct EventStreamTests {
  private static let kilobyte = [UInt8](repeating: UInt8(ascii: "x"), count: 1024)

  @Test func `what is kept for those who come back is taken from a budget, and given back`() async {
    let budget = Budget(10 * 1024)
    do {
      let stream = EventStream(name: "1", budget: budget)
      for _ in 0..<5 { stream.offer(Self.kilobyte) }
      #expect(!budget.take(6 * 1024))
    }
    #expect(budget.take(10 * 1024))
  }

  @Test func `a stream that finds the budget used up tells its reader everything, and keeps nothing`() async {
    let budget = Budget(2 * 1024)
    let stream = EventStream(name: "1", budget: budget)
    for _ in 0..<8 { stream.offer(Self.kilobyte) }
    #expect(budget.take(2 * 1024), "it gave back what it had")
    stream.finish()
    let reader = Reader()
    await stream.serve(reader)
    reader.finished()
    #expect(await reader.all().count == 8)
    #expect(!stream.knows(3))
  }

  @Test func `one event may be larger than all that is kept`() async {
    let stream = EventStream(name: "1", budget: Budget(8 * 1024 * 1024))
    stream.offer(Self.kilobyte)
    stream.finish([UInt8](repeating: UInt8(ascii: "y"), count: 2 * EventStream.mostBytes))
    let reader = Reader()
    await stream.serve(reader)
    #expect(reader.text.utf8.count > 2 * EventStream.mostBytes)
  }

  @Test func `a sender that can wait does, until there is room`() async {
    let stream = EventStream()
    let reader = Reader(reads: false)
    let serving = Task { await stream.serve(reader) }
    let sent = Gate()
    let sending = Task {
      // The first piece is with the reader; the second is more than is comfortable; the third waits.
      _ = await stream.send(Self.kilobyte)
      _ = await reader.events(1)
      _ = await stream.send([UInt8](repeating: UInt8(ascii: "z"), count: EventStream.comfortable + 1))
      _ = await stream.send(Self.kilobyte)
      sent.open()
    }
    _ = await reader.events(1)
    #expect(!sent.isOpen)
    reader.unstick()
    await sent.wait()
    stream.finish()
    await serving.value
    await sending.value
    #expect(await reader.events(3).count == 3)
  }

  @Test func `a sender whose reader leaves learns of it`() async {
    let stream = EventStream()
    let reader = Reader()
    let serving = Task { await stream.serve(reader) }
    #expect(await stream.send(Self.kilobyte))
    _ = await reader.events(1)
    serving.cancel()
    await serving.value
    #expect(await !stream.send(Self.kilobyte))
    #expect(!stream.offer(Self.kilobyte))
  }
}
