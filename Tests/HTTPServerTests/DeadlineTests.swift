import HTTP
import HTTPServer
import Testing

@Suite("A client that takes its time is not waited for")
struct DeadlineTests {
  static let instant = Duration.milliseconds(150)

  /// Whether `body`, which has to begin before the deadline does, takes as long as that, and not for ever.
  static func takes(_ limit: Duration, _ body: () async throws -> Void) async throws {
    let start = ContinuousClock.now
    try await body()
    let passed = ContinuousClock.now - start
    // The loop's clock may be a few milliseconds behind.
    #expect(passed >= limit - .milliseconds(20))
    #expect(passed < .seconds(8))
  }

  @Test(arguments: ["G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: y"])
  func `RFC 9110 §15.5.9 half a head is answered 408 when its time is over`(half: String) async throws {
    try await withServer(echo, { $0.headTime = Self.instant }) { server in
      try await Self.takes(Self.instant) {
        let client = try Client(server.port)
        try await client.send(half)
        let answer = try await client.answer()
        #expect(answer.status == 408)
        #expect(answer.body == #"{"error":"request_timeout"}"#)
        #expect(try await client.seesClose())
      }
    }
  }

  @Test func `a head that grows byte by byte has no more time than any other`() async throws {
    try await withServer(echo, { $0.headTime = Self.instant }) { server in
      try await Self.takes(Self.instant) {
        let client = try Client(server.port)
        try await client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ")
        // A byte for every connection that comes and is closed in its time.
        let sender = Task {
          while try await Client(server.port).seesClose() { try await client.send("y") }
        }
        #expect(try await client.answer().status == 408)
        #expect(try await client.seesClose())
        sender.cancel()
      }
    }
  }

  @Test func `half a body is answered 408 when its time is over`() async throws {
    try await withServer(echo, { $0.bodyTime = Self.instant }) { server in
      try await Self.takes(Self.instant) {
        let client = try Client(server.port)
        try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
        #expect(try await client.answer().status == 408)
        #expect(try await client.seesClose())
      }
    }
  }

  @Test func `a connection that asks nothing is closed without a word`() async throws {
    try await withServer(echo, { $0.headTime = Self.instant }) { server in
      try await Self.takes(Self.instant) {
        let all = try await Client(server.port).receiveAll()
        #expect(all == "")
      }
    }
  }

  @Test func `a connection that is idle after an answer is closed without a word`() async throws {
    try await withServer(echo, { $0.idleTime = Self.instant }) { server in
      try await Self.takes(Self.instant) {
        let client = try Client(server.port)
        try await client.send(Probe.get())
        #expect(try await client.answer().status == 200)
        #expect(try await client.receiveAll() == "")
      }
    }
  }

  @Test func `the time of a head starts with its first byte, not with the connection's idle time`()
    async throws
  {
    try await withServer(
      echo,
      {
        $0.headTime = Self.instant
        $0.idleTime = .seconds(30)
      }
    ) { server in
      let client = try Client(server.port)
      try await client.send(Probe.get())
      #expect(try await client.answer().status == 200)
      try await Self.takes(Self.instant) {
        try await client.send("GET")
        #expect(try await client.answer().status == 408)
      }
    }
  }

  @Test func `a reader that does not take its answer is dropped`() async throws {
    let closed = AsyncStream<Void>.makeStream()
    let large = [UInt8](repeating: 0x61, count: 32 << 20)
    try await withServer(
      { _ in Response(status: 200, body: large) },
      {
        $0.writeTime = Self.instant
        $0.observe = { if case .connectionClosed = $0 { closed.continuation.yield() } }
      }
    ) { server in
      let client = try Client(server.port, receiveBuffer: 4096)
      try await Self.takes(Self.instant) {
        try await client.send(Probe.get())
        for await _ in closed.stream { break }
      }
      #expect(try await client.receiveCount() < large.count)
    }
  }

  @Test func `a handler has as long as it needs`() async throws {
    let gate = AsyncStream<Void>.makeStream()
    try await withServer(
      { request in
        for await _ in gate.stream { break }
        return await echo(request)
      },
      {
        $0.headTime = Self.instant
        $0.bodyTime = Self.instant
        $0.idleTime = Self.instant
        $0.writeTime = Self.instant
      }
    ) { server in
      let client = try Client(server.port)
      try await client.send(Probe.get())
      // Whoever came later and said nothing is gone: so much time has passed.
      for _ in 0..<2 { #expect(try await Client(server.port).seesClose()) }
      gate.continuation.yield()
      #expect(try await client.answer().status == 200)
    }
  }
}
