import Glibc
import HTTP
import Synchronization
import Testing

@testable import HTTPServer

@Suite("The life of a server")
struct LifeTests {
  @Test func `a request that runs is finished, new ones are not taken, and the port is free afterwards`()
    async throws
  {
    let isRunning = Latch()
    let mayFinish = Latch()
    var configuration = Server.Configuration(port: 0)
    configuration.loops = 2
    let server = try Server.start(configuration) { request in
      isRunning.open()
      await mayFinish.opened()
      return await echo(request)
    }
    let idle = try Client(server.port)
    let busy = try Client(server.port)
    try await busy.send("GET /busy HTTP/1.1\r\nHost: a\r\n\r\n")
    await isRunning.opened()
    let shutdown = Task { await server.shutdown() }
    #expect(try await idle.seesClose())
    mayFinish.open()
    let answer = try await busy.answer()
    #expect(answer.body == "GET /busy? 0\n")
    #expect(answer.fields["connection"] == "close")
    #expect(try await busy.receiveAll() == "")
    await shutdown.value
    #expect(throws: Client.Failure.self) { try Client(server.port) }
    #expect(server.connectionCount == 0)

    configuration.port = server.port
    let next = try Server.start(configuration, handler: echo)
    let client = try Client(next.port)
    try await client.send(Probe.get())
    #expect(try await client.answer().status == 200)
    await next.shutdown()
  }

  @Test func `streams end in order when the server stops`() async throws {
    let over = Latch()
    let server = try Server.start(Server.Configuration(port: 0)) { _ in
      StreamTests.response { stream in
        #expect(await stream.write(Array("hello".utf8)))
        for await _ in AsyncStream<Void>.makeStream().stream {}
        #expect(!stream.isOpen)
        over.open()
      }
    }
    let client = try Client(server.port)
    try await client.send(Probe.get())
    while try await client.line() != "\r\n" {}
    #expect(try await client.chunk() == "hello")
    await server.shutdown()
    #expect(try await client.chunk() == nil)
    #expect(try await client.receiveAll() == "")
    await over.opened()
  }

  @Test func `many streams end at once when the server stops`() async throws {
    var configuration = Server.Configuration(port: 0)
    configuration.loops = 1
    let server = try Server.start(configuration) { _ in
      StreamTests.response { stream in
        #expect(await stream.write(Array("hello".utf8)))
        for await _ in AsyncStream<Void>.makeStream().stream {}
      }
    }
    // More than a loop does in one turn.
    var clients: [Client] = []
    for _ in 0..<300 {
      let client = try Client(server.port)
      try await client.send(Probe.get())
      while try await client.line() != "\r\n" {}
      #expect(try await client.chunk() == "hello")
      clients.append(client)
    }
    await server.shutdown()
    for client in clients { #expect(try await client.chunk() == nil) }
  }

  @Test func `a stream that finishes by itself is not cut off when the server stops`() async throws {
    let isStarted = Latch()
    let mayFinish = Latch()
    let server = try Server.start(Server.Configuration(port: 0)) { _ in
      var response = StreamTests.response { stream in
        #expect(await stream.write(Array("hello".utf8)))
        isStarted.open()
        await mayFinish.opened()
        #expect(!Task.isCancelled)
        #expect(await stream.write(Array("result".utf8)))
      }
      response.finishesByItself = true
      return response
    }
    let idle = try Client(server.port)
    let client = try Client(server.port)
    try await client.send(Probe.get())
    await isStarted.opened()
    let shutdown = Task { await server.shutdown() }
    #expect(try await idle.seesClose())
    mayFinish.open()
    #expect(try await client.answer().body == "helloresult")
    #expect(try await client.receiveAll() == "")
    await shutdown.value
  }

  @Test func `who writes to a stream after the end of its server gets an answer`() async throws {
    let server = try Server.start(Server.Configuration(port: 0), handler: echo)
    await server.shutdown()
    let answers = await withTaskGroup(returning: [Bool].self) { group in
      for index in 0..<100 {
        for worker in server.workers { group.addTask { await worker.write([1], to: UInt64(index)) } }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers == [Bool](repeating: false, count: 100 * server.workers.count))
  }

  @Test func `shutdown waits no longer than its grace, and cancels what runs then`() async throws {
    let isRunning = Latch()
    let isCancelled = Latch()
    var configuration = Server.Configuration(port: 0)
    configuration.grace = .milliseconds(150)
    let server = try Server.start(configuration) { request in
      isRunning.open()
      for await _ in AsyncStream<Void>.makeStream().stream {}
      isCancelled.open()
      return await echo(request)
    }
    let client = try Client(server.port)
    try await client.send(Probe.get())
    await isRunning.opened()
    try await DeadlineTests.takes(configuration.grace) { await server.shutdown() }
    await isCancelled.opened()
    #expect(try await client.seesClose())
  }

  @Test func `shutdown may be asked for twice, also at once`() async throws {
    let server = try Server.start(Server.Configuration(port: 0), handler: echo)
    await withTaskGroup { group in
      for _ in 0..<4 { group.addTask { await server.shutdown() } }
    }
    await server.shutdown()
    #expect(throws: Client.Failure.self) { try Client(server.port) }
  }

  @Test func `two servers live side by side, but not on one port`() async throws {
    try await withServer { first in
      try await withServer({ _ in Response(status: 204) }) { second in
        #expect(first.port != second.port)
        for (server, status) in [(first, 200), (second, 204)] {
          let client = try Client(server.port)
          try await client.send(Probe.get())
          #expect(try await client.answer().status == status)
        }
        let error = #expect(throws: ServerError.self) {
          try Server.start(Server.Configuration(port: first.port), handler: echo)
        }
        #expect(error?.description == "127.0.0.1:\(first.port) is taken by another program")
      }
      // The attempt took nothing away from the first.
      let client = try Client(first.port)
      try await client.send(Probe.get())
      #expect(try await client.answer().status == 200)
    }
  }

  @Test func `an address that the machine does not have is an error that says so`() throws {
    let address = try #require(IPAddress("192.0.2.1"))  // RFC 5737: an example, nobody has it
    let error = #expect(throws: ServerError.self) {
      try Server.start(Server.Configuration(address: address, port: 0), handler: echo)
    }
    #expect(error?.description == "192.0.2.1:0 is no address of this machine")
  }

  @Test(arguments: [true, false])
  func `one connection too many is answered 503, and there is room again when another goes`(
    perAddress: Bool
  ) async throws {
    let refusals = Mutex<[String]>([])
    let closed = Latch()
    try await withServer(
      echo,
      {
        if perAddress { $0.connectionLimitPerAddress = 3 } else { $0.connectionLimit = 3 }
        $0.observe = { event in
          switch event {
          case .refused(let status, let reason, let peer):
            refusals.withLock { $0.append("\(status) \(reason) \(peer)") }
          case .connectionClosed: closed.open()
          default: break
          }
        }
      }
    ) { server in
      var clients: [Client] = []
      for _ in 0..<3 {
        let client = try Client(server.port)
        try await client.send(Probe.get())
        #expect(try await client.answer().status == 200)
        clients.append(client)
      }
      #expect(server.connectionCount == 3)
      let late = try Client(server.port)
      try await late.send(Probe.get())
      let answer = try await late.answer()
      #expect(answer.status == 503)
      #expect(answer.body == #"{"error":"too_many_connections"}"#)
      late.finishSending()
      #expect(try await late.receiveAll() == "")
      #expect(refusals.withLock { $0 } == ["503 too many connections 127.0.0.1"])

      clients.removeLast()
      await closed.opened()
      let next = try Client(server.port)
      try await next.send(Probe.get())
      #expect(try await next.answer().status == 200)
    }
  }

  @Test func `an address that is not counted has no limit of its own`() async throws {
    try await withServer(
      echo,
      {
        $0.connectionLimitPerAddress = 1
        $0.uncountedAddresses = [.loopback]
      }
    ) { server in
      var clients: [Client] = []
      for _ in 0..<3 {
        let client = try Client(server.port)
        try await client.send(Probe.get())
        #expect(try await client.answer().status == 200)
        clients.append(client)
      }
      #expect(clients.count == 3)
    }
  }

  @Test func `when no descriptor is left the server waits, tells it once, and goes on when there is one`()
    async
  {
    // In a process of its own, whose descriptors run out for everybody.
    await #expect(processExitsWith: .exitCode(42)) {
      let troubles = Counter()
      let isTold = Latch()
      var configuration = Server.Configuration(port: 0)
      configuration.loops = 1
      configuration.observe = { event in
        if case .trouble(let what) = event, what.contains("descriptor") {
          troubles.add()
          isTold.open()
        }
      }
      let server = try Server.start(configuration, handler: echo)
      var limit = rlimit(rlim_cur: 64, rlim_max: 64)
      _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      var clients: [Client] = []
      while let client = try? Client(server.port) { clients.append(client) }
      await isTold.opened()
      clients = []
      // As many as wait in the queue of the kernel have to be accepted before this one.
      let client = try Client(server.port)
      try await client.send(Probe.get())
      let status = try await client.answer().status
      await server.shutdown()
      exit(status == 200 && troubles.count == 1 ? 42 : 1)
    }
  }

  @Test func `addresses of one IPv6 network count as one`() throws {
    let census = Census(limit: 10, limitPerAddress: 2, exempt: [])
    let (a, b, c) = (
      try #require(IPAddress("2001:db8::1")), try #require(IPAddress("2001:db8::ffff:0:0:2")),
      try #require(IPAddress("2001:db8:0:1::1"))
    )
    #expect(census.admit(a))
    #expect(census.admit(b))
    #expect(!census.admit(b))
    #expect(census.admit(c))
    census.release(a)
    #expect(census.admit(b))
    #expect(census.count == 3)
  }

  @Test func `what is answered is forgotten`() async throws {
    let isStreaming = Latch()
    var configuration = Server.Configuration(port: 0)
    configuration.loops = 1
    let server = try Server.start(configuration) { request in
      guard request.path == "/stream" else { return await echo(request) }
      return StreamTests.response { stream in
        isStreaming.open()
        for await _ in AsyncStream<Void>.makeStream().stream {}
      }
    }
    let client = try Client(server.port)
    for _ in 0..<10 {
      try await client.send(Probe.get())
      #expect(try await client.answer().status == 200)
    }
    try await client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
    await isStreaming.opened()
    #expect(server.requestCount == 1)
    await server.shutdown()
    #expect(server.requestCount == 0)
  }

  @Test func `every connection that opens is seen to close`() async throws {
    let open = Mutex((now: 0, ever: 0))
    try await withServer(
      echo,
      {
        $0.observe = { event in
          open.withLock {
            switch event {
            case .connectionOpened: $0 = ($0.now + 1, $0.ever + 1)
            case .connectionClosed: $0.now -= 1
            default: break
            }
          }
        }
      }
    ) { server in
      for text in [Probe.get(), "nonsense\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "GET"] {
        let client = try Client(server.port)
        try await client.send(text)
        if text != "GET" { _ = try await client.answer() }
      }
    }
    #expect(open.withLock { $0.ever } == 4)
    #expect(open.withLock { $0.now } == 0)
  }
}
