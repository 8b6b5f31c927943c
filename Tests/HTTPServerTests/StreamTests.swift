import HTTP
import HTTPServer
import Synchronization
import Testing

/// One event that a test waits for.
final class Latch: Sendable {
  private let stream = AsyncStream<Void>.makeStream()
  func open() { stream.continuation.yield() }
  func opened() async { for await _ in stream.stream { break } }
}

/// How often something happened.
final class Counter: Sendable {
  private let state = Mutex(0)
  var count: Int { state.withLock { $0 } }
  func add() { state.withLock { $0 += 1 } }
}

@Suite("Answers that are written piece by piece")
struct StreamTests {
  static func response(_ write: @escaping @Sendable (any ResponseStream) async -> Void) -> Response {
    Response(status: 200, fields: ["content-type": "text/event-stream"], stream: write)
  }

  @Test func `RFC 9112 §7.1 pieces come as chunks, and the connection goes on`() async throws {
    try await withServer({ request in
      guard request.path == "/stream" else { return await echo(request) }
      return Self.response { stream in
        for piece in ["a", "", "bc", String(repeating: "d", count: 100_000)] {
          #expect(await stream.write(Array(piece.utf8)))
        }
        #expect(stream.isOpen)
      }
    }) { server in
      let client = try Client(server.port)
      for _ in 0..<3 {
        try await client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        let answer = try await client.answer()
        #expect(answer.fields["transfer-encoding"] == "chunked")
        #expect(answer.fields["content-length"] == nil)
        #expect(answer.body == "abc" + String(repeating: "d", count: 100_000))
      }
      try await client.send(Probe.get())
      #expect(try await client.answer().body == "GET /? 0\n")
    }
  }

  @Test func `a piece arrives before the next one is written`() async throws {
    let next = Latch()
    try await withServer({ _ in
      Self.response { stream in
        for piece in ["one", "two", "three"] {
          #expect(await stream.write(Array(piece.utf8)))
          await next.opened()
        }
      }
    }) { server in
      let client = try Client(server.port)
      try await client.send(Probe.get())
      while try await client.line() != "\r\n" {}
      for piece in ["one", "two", "three"] {
        #expect(try await client.chunk() == piece)
        next.open()
      }
      #expect(try await client.chunk() == nil)
    }
  }

  @Test func `RFC 9112 §6.1 an HTTP/1.0 client gets no chunks; the end of the connection ends the body`()
    async throws
  {
    try await withServer({ _ in
      Self.response { stream in for piece in ["a", "bc"] { #expect(await stream.write(Array(piece.utf8))) } }
    }) { server in
      let client = try Client(server.port)
      try await client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      let all = try await client.receiveAll()
      #expect(all.hasSuffix("\r\n\r\nabc"))
      #expect(all.contains("Connection: close\r\n"))
      #expect(!all.lowercased().contains("transfer-encoding"))
    }
  }

  @Test func `RFC 9110 §9.3.2 HEAD of a stream has its head and starts nothing`() async throws {
    let isStarted = Mutex(false)
    try await withServer({ request in
      guard request.path == "/stream" else { return await echo(request) }
      return Self.response { _ in isStarted.withLock { $0 = true } }
    }) { server in
      let client = try Client(server.port)
      try await client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n" + Probe.get())
      let head = try await client.answer(isHead: true)
      #expect(head.fields["content-type"] == "text/event-stream")
      #expect(head.fields["content-length"] == nil)
      #expect(try await client.answer().body == "GET /? 0\n")
    }
    #expect(!isStarted.withLock { $0 })
  }

  @Test func `a request that is sent behind a stream waits for its end`() async throws {
    let sent = Latch()
    try await withServer({ request in
      guard request.path == "/stream" else { return await echo(request) }
      return Self.response { stream in
        #expect(await stream.write(Array("a".utf8)))
        await sent.opened()
        #expect(await stream.write(Array("b".utf8)))
      }
    }) { server in
      let client = try Client(server.port)
      try await client.send(
        "GET /stream HTTP/1.1\r\nHost: a\r\n\r\nGET /one HTTP/1.1\r\nHost: a\r\n\r\nGET /t")
      while try await client.line() != "\r\n" {}
      #expect(try await client.chunk() == "a")
      try await client.send("wo HTTP/1.1\r\nHost: a\r\n\r\n")
      sent.open()
      #expect(try await client.chunk() == "b")
      #expect(try await client.chunk() == nil)
      #expect(try await client.answer().body == "GET /one? 0\n")
      #expect(try await client.answer().body == "GET /two? 0\n")
    }
  }

  @Test(arguments: [false, true])
  func `a reader that leaves is noticed while nothing is written, and the task is cancelled`(
    byReset: Bool
  ) async throws {
    let over = Latch()
    try await withServer({ _ in
      Self.response { stream in
        #expect(await stream.write(Array("hello".utf8)))
        // Waits for what never comes: only cancellation ends it.
        for await _ in AsyncStream<Void>.makeStream().stream {}
        #expect(!stream.isOpen)
        #expect(await stream.write(Array("more".utf8)) == false)
        over.open()
      }
    }) { server in
      do {
        let client = try Client(server.port)
        try await client.send(Probe.get())
        while try await client.line() != "\r\n" {}
        #expect(try await client.chunk() == "hello")
        if byReset { client.reset() }
      }
      await over.opened()
    }
  }

  @Test func `a write that waits for a reader ends with false when the reader leaves`() async throws {
    let over = Latch()
    let waits = Latch()
    try await withServer({ _ in
      Self.response { stream in
        let piece = [UInt8](repeating: 0x61, count: 1 << 20)
        var count = 0
        while await stream.write(piece) {
          count += 1
          if count == 2 { waits.open() }
        }
        #expect(!stream.isOpen)
        over.open()
      }
    }) { server in
      do {
        let client = try Client(server.port, receiveBuffer: 4096)
        try await client.send(Probe.get())
        await waits.opened()
      }
      await over.opened()
    }
  }

  @Test func `a reader that does not read is dropped when the time of a piece is over`() async throws {
    let over = Latch()
    try await withServer(
      { _ in
        Self.response { stream in
          while await stream.write([UInt8](repeating: 0x61, count: 1 << 20)) {}
          over.open()
        }
      }, { $0.writeTime = .milliseconds(150) }
    ) { server in
      let client = try Client(server.port, receiveBuffer: 4096)
      try await client.send(Probe.get())
      await over.opened()
      #expect(try await client.seesClose())
    }
  }

  @Test func `a reader for whom too much piles up is dropped, however many write`() async throws {
    let refused = Counter()
    let over = Latch()
    try await withServer(
      { _ in
        Self.response { stream in
          await withTaskGroup { group in
            for _ in 0..<64 {
              group.addTask {
                while await stream.write([UInt8](repeating: 0x61, count: 1 << 18)) {}
                refused.add()
              }
            }
          }
          over.open()
        }
      },
      {
        $0.streamLimit = 1 << 20
        $0.writeTime = .seconds(60)
      }
    ) { server in
      let client = try Client(server.port, receiveBuffer: 4096)
      try await client.send(Probe.get())
      await over.opened()
      #expect(refused.count == 64)
      #expect(try await client.receiveCount() < 64 << 18)
    }
  }

  @Test func `a stream may be written from anywhere`() async throws {
    try await withServer({ _ in
      Self.response { stream in
        await withTaskGroup { group in
          for _ in 0..<10 {
            group.addTask { for _ in 0..<10 { _ = await stream.write(Array("0123456789".utf8)) } }
          }
        }
      }
    }) { server in
      let client = try Client(server.port)
      try await client.send(Probe.get())
      #expect(try await client.answer().body == String(repeating: "0123456789", count: 100))
    }
  }

  @Test func `an unclean field of a stream is answered 500, and nothing is streamed`() async throws {
    try await withServer({ _ in
      Response(status: 200, fields: ["x": "a\r\nb"], stream: { _ in Issue.record("the stream was started") })
    }) { server in
      let client = try Client(server.port)
      try await client.send(Probe.get())
      #expect(try await client.answer().status == 500)
    }
  }
}
