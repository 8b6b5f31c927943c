internal import HTTP
internal import JSON
internal import Synchronization
internal import Testing
internal import World

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

  /// Leaves after some events, as a client whose connection breaks: what was written last may never have arrived.
  private final class Fickle: ResponseStream {
    private let state: Mutex<(left: Int, text: String)>
    init(_ writes: Int) { state = Mutex((writes, "")) }

    var isOpen: Bool { state.withLock { $0.left > 0 } }
    func write(_ bytes: [UInt8]) async -> Bool {
      await Task.yield()
      return state.withLock { state in
        state.left -= 1
        guard state.left >= 0 else { return false }
        state.text += String(decoding: bytes, as: UTF8.self)
        return true
      }
    }
    var events: [Event] { Event.all(in: state.withLock { $0.text }) }
  }

  @Test(arguments: 1...8)
  func `nothing is lost, doubled or out of order, whoever writes and however often the reader comes back`(
    round: Int
  ) async throws {
    let stream = EventStream(name: "7", budget: Budget(64 * 1024 * 1024))
    let writers = 4
    let each = 50
    let writing = Task {
      await withTaskGroup { group in
        for writer in 0..<writers {
          group.addTask {
            for number in 0..<each {
              let text = Array(#"{"writer":\#(writer),"number":\#(number)}"#.utf8)
              if number.isMultiple(of: 3) { stream.offer(text) } else { _ = await stream.send(text) }
              if number.isMultiple(of: 7) { stream.tick() }
              await Task.yield()
            }
          }
        }
      }
      stream.finish()
    }
    var heard: [JSONValue] = []
    var last: Int?
    while heard.count < writers * each {
      let reader = Fickle(1 + (heard.count + round) % 5)
      let serving = Task { [last] in await stream.serve(reader, after: last) }
      if heard.count.isMultiple(of: 2) {
        await serving.value
      } else {
        await Task.yield()
        serving.cancel()
        await serving.value
      }
      for event in reader.events where !event.data.isEmpty {
        let number = try #require(event.id?.split(separator: "-").last.flatMap { Int($0) })
        #expect(number == (last ?? -1) + 1)
        last = number
        heard.append(event.json)
      }
      // A reader that had nothing so far begins again from the start.
      if last == nil { last = -1 }
    }
    await writing.value
    for writer in 0..<writers {
      let numbers = heard.filter { $0["writer"]?.integer == Int64(writer) }.compactMap {
        $0["number"]?.integer
      }
      #expect(numbers == Array(0..<Int64(each)))
    }
  }

  @Test func `answers to questions find those who asked, whichever is first`() async {
    for number in 0..<200 {
      let session = Session(
        id: "s", connectionID: "c", revision: .november2025, capabilities: [:], budget: Budget(1 << 20),
        now: Instant(seconds: 0))
      guard let id = session.expect(until: Instant(seconds: 10)) else {
        Issue.record("no room")
        return
      }
      let answer: JSONObject = ["id": .integer(id), "result": ["number": .integer(Int64(number))]]
      async let reply = session.reply(to: id)
      switch number % 4 {
      case 0: session.receive(answer)
      case 1:
        await Task.yield()
        session.receive(answer)
      case 2: session.tick(Instant(seconds: 11))
      default: session.end()
      }
      let expected: Session.Reply =
        switch number % 4 {
        case 0, 1: .result(["number": .integer(Int64(number))])
        case 2: .none
        default: .cancelled
        }
      #expect(await reply == expected)
    }
  }
}
