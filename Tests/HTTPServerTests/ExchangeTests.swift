import Glibc
import HTTP
import HTTPServer
import Synchronization
import Testing
import World

@Suite("RFC 9110 Requests and answers")
struct ExchangeTests {
  @Test func `a request arrives as it was sent`() async throws {
    let seen = Mutex<Request?>(nil)
    try await withServer({ request in
      seen.withLock { $0 = request }
      return Response(status: 200)
    }) { server in
      let client = try Client(server.port)
      try await client.send(
        "POST /a%20b/c?d=e%26f HTTP/1.1\r\nHOST: example.com:8080\r\nX-Twice: 1\r\nx-twice:   2  \r\nContent-Length: 4\r\n\r\na\0\u{7f}b"
      )
      #expect(try await client.answer().status == 200)
    }
    let request = try #require(seen.withLock { $0 })
    #expect(request.method == .post)
    #expect(request.path == "/a%20b/c")
    #expect(request.query == "d=e%26f")
    #expect(request.fields["host"] == "example.com:8080")
    #expect(request.fields.all("x-twice") == ["1", "2"])
    #expect(request.body == [0x61, 0, 0x7f, 0x62])
    #expect(request.peer == .loopback)
  }

  @Test func `RFC 9112 §3.2.2 the absolute form overrules Host`() async throws {
    try await withServer({
      Response(status: 200, body: Array("\($0.fields["host"] ?? "") \($0.path)?\($0.query)".utf8))
    }) {
      server in
      let client = try Client(server.port)
      try await client.send("GET HTTP://b:80?x HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.answer().body == "b:80 /?x")
    }
  }

  @Test func `the peer of an IPv6 connection is its address`() async throws {
    let any = try #require(IPAddress("::"))
    let loopback = try #require(IPAddress("::1"))
    try await withServer(
      { Response(status: 200, body: Array($0.peer.description.utf8)) }, { $0.address = any }
    ) {
      server in
      let six = try Client(server.port, to: loopback)
      try await six.send(Probe.get())
      #expect(try await six.answer().body == "::1")
      // Listening on :: takes IPv4 in, and shows it as what it is.
      let four = try Client(server.port)
      try await four.send(Probe.get())
      #expect(try await four.answer().body == "127.0.0.1")
    }
  }

  @Test func `RFC 9110 §9.3.2 HEAD is answered like GET, without the content`() async throws {
    try await withServer { server in
      let client = try Client(server.port)
      try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
      let get = try await client.answer()
      try await client.send("HEAD /xy HTTP/1.1\r\nHost: a\r\n\r\n")
      let head = try await client.answer(isHead: true)
      #expect(
        head.fields["content-length"] == get.fields["content-length"].map { String((Int($0) ?? 0) + 2) })
      #expect(head.fields["content-type"] == "text/plain")
      // What would come next if the content had been sent.
      try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.answer().body == get.body)
    }
  }

  @Test func `RFC 9110 §6.6.1 every answer has the date, also one that no handler made`() async throws {
    try await withServer(echo, { $0.now = { Instant(seconds: 784_111_777) } }) { server in
      for request in [Probe.get(), "nonsense\r\n\r\n"] {
        let client = try Client(server.port)
        try await client.send(request)
        let answer = try await client.answer()
        #expect(answer.fields["date"] == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(answer.fields["server"] == nil)
      }
    }
  }

  @Test(arguments: [204, 304])
  func `RFC 9110 §15 an answer without content has no length where it must not`(status: Int) async throws {
    try await withServer({ _ in Response(status: status, body: Array("hidden".utf8)) }) { server in
      let client = try Client(server.port)
      try await client.send(Probe.get() + Probe.get())
      for _ in 0..<2 {
        let answer = try await client.answer()
        #expect(answer.status == status)
        #expect(answer.fields["content-length"] == nil)
      }
    }
  }

  @Test func `RFC 9112 §9.3 connections stay open as version and Connection say`() async throws {
    try await withServer { server in
      for (head, stays, says) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n", true, nil),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n", false, "close"),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n", false, "close"),
        ("GET / HTTP/1.0\r\n", false, "close"),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n", true, "keep-alive"),
      ] as [(String, Bool, String?)] {
        let client = try Client(server.port)
        try await client.send(head + "\r\n")
        #expect(try await client.answer().fields["connection"] == says)
        if stays {
          try await client.send(head + "\r\n")
          #expect(try await client.answer().status == 200)
        } else {
          #expect(try await client.receiveAll() == "")
        }
      }
    }
  }

  @Test func `RFC 9112 §9.3.2 pipelined requests are answered in their order`() async throws {
    try await withServer { server in
      let client = try Client(server.port)
      let count = 200
      try await client.send(
        (0..<count).map { "POST /\($0) HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" }.joined())
      for index in 0..<count { #expect(try await client.answer().body == "POST /\(index)? 3\nabc") }
    }
  }

  @Test(arguments: [0, 1, 15, 16, 4096, 65_535, 1_048_576])
  func `a body of any size up to the limit arrives whole, by length and in chunks`(size: Int) async throws {
    let body = String(repeating: "0123456789abcdef", count: size / 16 + 1).prefix(size)
    try await withServer { server in
      let client = try Client(server.port)
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n\(body)")
      #expect(try await client.answer().body == "POST /? \(size)\n\(body)")
      var chunks = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      var rest = body
      while !rest.isEmpty {
        let chunk = rest.prefix(10_007)
        chunks += String(chunk.count, radix: 16) + "\r\n" + chunk + "\r\n"
        rest = rest.dropFirst(chunk.count)
      }
      try await client.send(chunks + "0\r\n\r\n")
      #expect(try await client.answer().body == "POST /? \(size)\n\(body)")
    }
  }

  @Test
  func `RFC 9110 §15.5.14 a body over the limit is answered 413, and the answer survives the rest of it`()
    async throws
  {
    try await withServer(echo, { $0.bodyLimit = 1000 }) { server in
      let client = try Client(server.port)
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n")
      try await client.send([UInt8](repeating: 0x61, count: 4_000_000))
      let answer = try await client.answer()
      #expect(answer.status == 413)
      #expect(answer.body == #"{"error":"content_too_large"}"#)
      client.finishSending()
      #expect(try await client.receiveAll() == "")
    }
  }

  @Test func `a client that sends on without end after its refusal is cut off`() async throws {
    try await withServer(
      echo,
      {
        $0.bodyLimit = 1000
        $0.lingerLimit = 100_000
      }
    ) { server in
      let client = try Client(server.port)
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000000\r\n\r\n")
      await #expect(throws: Client.Failure.self) {
        while true { try await client.send([UInt8](repeating: 0x61, count: 65536)) }
      }
    }
  }

  @Test func `RFC 9110 §10.1.1 a client that waits for 100 is told to go on, or not`() async throws {
    try await withServer(echo, { $0.bodyLimit = 1000 }) { server in
      let client = try Client(server.port)
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n")
      #expect(try await client.line() == "HTTP/1.1 100 Continue\r\n")
      #expect(try await client.line() == "\r\n")
      try await client.send("hello")
      #expect(try await client.answer().body == "POST /? 5\nhello")

      try await client.send(
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
      #expect(try await client.answer().body == "POST /? 5\nhello")

      try await client.send(
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n")
      #expect(try await client.answer().status == 413)
    }
  }

  @Test func `a client that closes its sending half gets its answer`() async throws {
    try await withServer { server in
      let client = try Client(server.port)
      try await client.send(Probe.get())
      client.finishSending()
      #expect(try await client.answer().status == 200)
      #expect(try await client.receiveAll() == "")
    }
  }

  @Test func `a client that leaves while its handler works harms nobody`() async throws {
    let gate = AsyncStream<Void>.makeStream()
    try await withServer({ request in
      guard request.path == "/wait" else { return await echo(request) }
      for await _ in gate.stream { break }
      return await echo(request)
    }) { server in
      do {
        let client = try Client(server.port)
        try await client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
        client.reset()
      }
      gate.continuation.yield()
      let client = try Client(server.port)
      try await client.send(Probe.get())
      #expect(try await client.answer().status == 200)
    }
  }

  @Test(
    arguments: [
      ["x": "a\r\nSet-Cookie: b=c"], ["x": "a\nb"], ["x": "a\rb"], ["x": "a\0b"], ["x": "a\u{7f}"],
      ["x y": "a"],
      ["x:": "a"], ["": "a"], ["x\r\ny": "a"], ["é": "a"],
    ] as [[String: String]])
  func `RFC 9112 §11.1 an unclean field splits no answer, it is one of 500`(
    unclean: [String: String]
  ) async throws {
    let events = Mutex<[String]>([])
    try await withServer(
      { request in
        guard request.path == "/" else { return await echo(request) }
        var fields = Fields()
        for (name, value) in unclean { fields.add(name, value) }
        return Response(status: 200, fields: fields, body: Array("secret".utf8))
      },
      {
        $0.observe = {
          if case .uncleanResponse(let method, let path) = $0 {
            events.withLock { $0.append("\(method) \(path)") }
          }
        }
      }
    ) { server in
      let client = try Client(server.port)
      try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n")
      let answer = try await client.answer()
      #expect(answer.status == 500)
      #expect(answer.body == #"{"error":"internal_error"}"#)
      #expect(
        answer.fields.keys.sorted() == [
          "cache-control", "content-length", "content-type", "date", "x-content-type-options",
        ])
      #expect(try await client.answer().body == "GET /next? 0\n")
      #expect(events.withLock { $0 } == ["GET /"])
    }
  }

  @Test(arguments: [0, 99, 100, 101, 199, 600, 1000, -1])
  func `RFC 9110 §15 a status that no final answer has is answered 500`(status: Int) async throws {
    try await withServer({ _ in Response(status: status) }) { server in
      let client = try Client(server.port)
      try await client.send(Probe.get())
      #expect(try await client.answer().status == 500)
    }
  }

  @Test func `what the server decides, a handler can't contradict`() async throws {
    try await withServer({ request in
      var fields: Fields = [
        "Content-Length": "999", "Transfer-Encoding": "chunked", "Date": "never", "X": "y",
      ]
      if request.path == "/close" { fields.add("Connection", "close") }
      return Response(status: 200, fields: fields, body: Array("body".utf8))
    }) { server in
      let client = try Client(server.port)
      try await client.send(Probe.get())
      let answer = try await client.answer()
      #expect(answer.body == "body")
      #expect(answer.fields["transfer-encoding"] == nil)
      #expect(answer.fields["date"]?.hasSuffix("GMT") == true)
      #expect(answer.fields["x"] == "y")
      try await client.send("GET /close HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.answer().fields["connection"] == "close")
      #expect(try await client.receiveAll() == "")
    }
  }

  @Test func `a handler runs on the loop that read its request, before and after it waits`() async throws {
    try await withServer({ _ in
      let before = pthread_self()
      let elsewhere = await Task.detached { pthread_self() }.value
      await Task.yield()
      let after = pthread_self()
      return Response(
        status: before == after && before != elsewhere ? 200 : 500, body: Array("\(before)".utf8))
    }) { server in
      var threads: Set<String> = []
      // The kernel spreads connections by their ports: 64 of them leave no loop out, but for one time in 2⁶³.
      for _ in 0..<64 {
        let client = try Client(server.port)
        try await client.send(Probe.get())
        let first = try await client.answer()
        try await client.send(Probe.get())
        #expect(try await client.answer().body == first.body)
        #expect(first.status == 200)
        threads.insert(first.body)
      }
      #expect(threads.count == 2)
    }
  }
}
