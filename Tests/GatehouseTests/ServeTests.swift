internal import Accounts
internal import Crypto
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Support
internal import Synchronization
internal import Testing

@testable internal import Gatehouse

/// `gatehouse serve` from its start to its end, in this process.
@Suite(.timeLimit(.minutes(1))) struct `The server's life` {
  /// What a command that goes on prints.
  private final class Lines: Sendable {
    private let kept = Mutex<[String]>([])
    let stream: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func add(_ line: String) {
      kept.withLock { $0.append(line) }
      continuation.yield(line)
    }
    func end() { continuation.finish() }
    var all: [String] { kept.withLock { $0 } }
  }

  /// Serves on a copy of the demo company while `body` runs.
  ///
  /// - Returns: the exit code, and all that was printed as data and said beside it.
  private func serving(
    _ words: [String], _ body: (_ port: UInt16, _ data: String) async throws -> Void
  ) async throws -> (code: Int32, out: [String], err: [String]) {
    let directory = try await Company.copy()
    let (out, err) = (Lines(), Lines())
    let data = directory.absolute("data")
    let task = Task {
      let code = await Gatehouse.run(
        ["serve", "--data", data, "--listen", "127.0.0.1:0"] + words,
        Terminal(print: { out.add($0) }, say: { err.add($0) }, read: { nil }), environment: [:],
        file: directory.absolute("gatehouse.json"))
      out.end()
      return code
    }
    defer { task.cancel() }
    // Ends with the program too, so nothing waits for a line that never comes.
    for await line in out.stream where line.hasPrefix("gatehouse: ready ") {
      let port = line.split(separator: ":").last?.prefix { $0 != "/" }
      try await body(try #require(port.flatMap { UInt16($0) }), data)
      break
    }
    task.cancel()
    return (await task.value, out.all, err.all)
  }

  private func get(_ path: String, port: UInt16, host: UInt16? = nil) async throws -> Answer {
    let head = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(host ?? port)\r\nConnection: close\r\n\r\n"
    return try Wire.answer(try await Wire.exchange(Array(head.utf8), port: port), toHead: false)
  }

  @Test func `it says one line when it answers, and ends with 0`() async throws {
    let (code, out, err) = try await serving(["--metrics-listen", "off", "--log-level", "error"]) { port, _ in
      #expect(try await get("/healthz", port: port).status == 200)
      #expect(try await get("/readyz", port: port).status == 200)
      // The port that was chosen is the one in its name.
      let metadata = try await get("/.well-known/oauth-protected-resource", port: port)
      #expect(metadata.json["resource"]?.string == "http://127.0.0.1:\(port)/mcp")
    }
    #expect(code == 0)
    #expect(out.count == 1)
    #expect(err.contains { $0.contains("MCP endpoint") } && err.contains { $0.contains("/account") })
    // Not a first start: nothing was made up, so nothing is shown.
    #expect(!err.contains { $0.contains("Demo users") })
  }

  @Test func `metrics are read at a door of their own`() async throws {
    var probe = try #require(ListenAddress("127.0.0.1:0"))
    try probe.choosePort()
    let metrics = probe.port
    let (code, _, _) = try await serving(["--metrics-listen", "\(probe)", "--log-level", "error"]) {
      port, _ in
      #expect(try await get("/healthz", port: port).status == 200)
      #expect(try await get("/metrics", port: port).status == 404)
      let page = try await get("/metrics", port: metrics)
      #expect(page.status == 200)
      #expect(page.text.contains(#"gatehouse_http_requests_total{route="/healthz",status="200"} 1"#))
      #expect(page.text.contains("gatehouse_http_connections"))
      #expect(try await get("/healthz", port: metrics).status == 404)
      #expect(try await get("/mcp", port: metrics).status == 404)
    }
    #expect(code == 0)
  }

  @Test func `commands work on the data of a server that runs`() async throws {
    let (code, _, _) = try await serving(["--metrics-listen", "off", "--log-level", "error"]) { port, data in
      let out = Lines()
      let made = await Gatehouse.run(
        ["key", "create", "--user", "sales", "--name", "K", "--json", "--data", data],
        Terminal(print: { out.add($0) }, say: { _ in }, read: { nil }), environment: [:], file: "")
      #expect(made == 0)
      let row = try JSONValue(parsing: Array((out.all.first ?? "").utf8))
      let (id, key) = (
        try #require(row["connection_id"]?.string), try #require(row["key"]?.string)
      )
      #expect(try await status(of: key, port: port) == 200)
      let revoked = await Gatehouse.run(
        ["connection", "revoke", id, "--data", data],
        Terminal(print: { _ in }, say: { _ in }, read: { nil }), environment: [:], file: "")
      #expect(revoked == 0)
      #expect(try await status(of: key, port: port) == 401)
    }
    #expect(code == 0)
  }

  private func status(of key: String, port: UInt16) async throws -> Int {
    let body = #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{}}}"#
    let head = """
      POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\nContent-Type: application/json\r
      Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2025-11-25\r
      Authorization: Bearer \(key)\r\nContent-Length: \(body.utf8.count)\r\n\r\n
      """
    return try Wire.answer(try await Wire.exchange(Array((head + body).utf8), port: port), toHead: false)
      .status
  }

  @Test func `a port that is taken is 78, and the passwords of a first start are told all the same`()
    async throws
  {
    let other = try Server.start(.init(port: 0)) { _ in Response(status: 204) }
    let shell = try await Shell(isEmpty: true)
    let words = ["serve", "--demo", "--data", shell.data, "--listen", "127.0.0.1:\(other.port)"]
    let first = try await shell.bare(words)
    #expect(first.code == 78)
    #expect(first.out.isEmpty)
    #expect(first.hint?.contains("--listen") == true)
    let shown = first.err.filter { $0.hasPrefix("    ") }.map { $0.split(separator: " ") }
    #expect(shown.map(\.first) == ["admin", "sales", "sales-manager", "accountant", "portal"])
    let house = try await shell.house()
    for line in shown {
      let user = try await house.users.authenticate(
        login: String(line[0]), password: .init(String(line[1])))
      #expect(user != nil)
    }
    // Once.
    #expect(try await !shell.bare(words).err.contains { $0.contains("Demo users") })
    await other.shutdown()
  }

  @Test func `a demo password that is too short is 78`() async throws {
    let shell = try await Shell(isEmpty: true)
    let outcome = try await shell.bare(
      ["serve", "--demo", "--data", shell.data, "--listen", "127.0.0.1:0"],
      environment: ["GATEHOUSE_DEMO_PASSWORD": "short"])
    #expect(outcome.code == 78)
    #expect(outcome.error?.contains("GATEHOUSE_DEMO_PASSWORD") == true)
    #expect(outcome.error?.contains("'short'") == false)
  }

  @Test func `a certificate that is not there is 78`() async throws {
    let shell = try await Shell()
    let outcome = try await shell.bare([
      "serve", "--data", shell.data, "--listen", "127.0.0.1:0", "--tls-certificate", "/nothing.pem",
      "--tls-key",
      "/nothing.pem",
    ])
    #expect(outcome.code == 78)
    #expect(outcome.error != nil)
  }
}
