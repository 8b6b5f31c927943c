internal import Dispatch
internal import Foundation
internal import Glibc
internal import HTTP
internal import JSON
internal import Storage
internal import Support
internal import Synchronization
internal import Telemetry

/// The program itself as a child process, with a data directory and a clock of its own, spoken to through a socket.
///
/// It believes to stand behind a reverse proxy at `https://gate.example`, so that each test may come from an address of
/// its own, and limits of one address are not met by another test.
final class Program: Sendable {
  static let issuer = "https://gate.example"
  static let password = "correct-horse-battery-9"

  let directory: Directory
  let issuer: String
  private let settings: [String]
  /// What its files are told apart by from those of a node beside it.
  private let node: String
  private let state = Mutex(State())
  /// See `knownClient`.
  let cached = Mutex<Client?>(nil)

  private struct State {
    var process: pid_t?
    var port: UInt16 = 0
  }

  struct Failure: Error, CustomStringConvertible { let description: String }

  /// The program that tests share which need nothing of their own.
  static var shared: Program { get async throws { try await one.value } }
  private static let one = Task { try await Program() }

  /// Starts it on data of its own with the demo company.
  ///
  /// - Parameters:
  ///   - settings: flags, beside those that every test needs.
  ///   - first: another node, whose data, keys and clock this one shares.
  init(
    _ settings: [String] = [], issuer: String = Program.issuer, beside first: Program? = nil
  ) async throws {
    directory = try first?.directory ?? Directory()
    node = first == nil ? "" : "-2"
    self.issuer = issuer
    self.settings = settings
    if first == nil { try directory.write(Array("+0".utf8), to: "clock") }
    try await start()
  }

  deinit { end(SIGKILL) }

  private static let path: String = {
    var room = [CChar](repeating: 0, count: 4096)
    let length = unsafe readlink("/proc/self/exe", &room, room.count - 1)
    let own = String(decoding: room.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // The tests run inside of a bundle beside it, or of a helper of the toolchain's that loads that bundle.
    let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? own
    return bundle.prefix(upTo: bundle.lastIndex(of: "/") ?? bundle.startIndex) + "/gatehouse"
  }()

  var port: UInt16 { state.withLock { $0.port } }

  /// Starts it, again or for the first time, and waits until it answers; ten seconds at most.
  func start() async throws {
    let log = directory.absolute("log\(node)")
    let environment = [
      "GATEHOUSE_DEMO_PASSWORD": Self.password, "PATH": "/usr/bin:/bin",
      // The clock of the test, read anew each time; waiting is not a matter of it.
      "LD_PRELOAD": "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
      "FAKETIME_TIMESTAMP_FILE": directory.absolute("clock"), "FAKETIME_NO_CACHE": "1",
      "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    ]
    // Its own port, so that none is taken between a look and a start.
    let arguments =
      [
        "serve", "--listen", "127.0.0.1:0", "--data", directory.absolute("data"), "--issuer", issuer,
        "--demo",
        "--metrics-listen", "off", "--trusted-proxies", "127.0.0.1",
      ] + settings
    // The library that fakes the clock loses the arguments of the first program that it is loaded into.
    let child = try Child(
      "/usr/bin/env", [Self.path] + arguments, environment, output: directory.absolute("ready\(node)"),
      errors: log)
    Self.children.withLock { _ = $0.insert(child.id) }
    state.withLock { $0.process = child.id }
    for _ in 0..<1000 {
      let words = try String(decoding: directory.read("log\(node)"), as: UTF8.self)
      if let port = Self.port(in: words), try directory.holds("gatehouse: ready", in: "ready\(node)") {
        state.withLock { $0.port = port }
        return
      }
      guard child.isAlive else { break }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw Failure(
      description: "it does not start: \(String(decoding: try directory.read("log\(node)"), as: UTF8.self))")
  }

  /// From the line that says that it has started.
  private static func port(in log: String) -> UInt16? {
    guard let found = log.range(of: "listen=\"127.0.0.1:") ?? log.range(of: "listen=127.0.0.1:") else {
      return nil
    }
    return UInt16(log[found.upperBound...].prefix { $0.isNumber })
  }

  /// Ends it with a signal and waits for its end.
  func end(_ signal: Int32) {
    guard
      let process = state.withLock({ state in
        defer { state.process = nil }
        return state.process
      })
    else { return }
    _ = kill(process, signal)
    var status: Int32 = 0
    _ = unsafe waitpid(process, &status, 0)
    Self.children.withLock { _ = $0.remove(process) }
  }

  /// Those that are to end with the tests.
  private static let children: Mutex<Set<pid_t>> = {
    atexit { Program.endAll() }
    return Mutex([])
  }()

  private static func endAll() { for child in children.withLock({ $0 }) { _ = kill(child, SIGKILL) } }

  /// Moves its clock to so long after now.
  func move(_ duration: Duration) throws {
    try directory.write(Array("+\(duration.components.seconds)".utf8), to: "clock.new")
    // In one step: it reads the file at every look at the clock.
    try directory.replace("clock", by: "clock.new")
  }

  /// Runs a command of its on its data, and reads what it prints.
  func run(_ words: [String], input: String = "") throws -> JSONValue {
    try directory.write(Array(input.utf8), to: "input")
    let output = "output-\(words.hashValue)"
    let child = try Child(
      Self.path, words + ["--json", "--data", directory.absolute("data")], ["PATH": "/usr/bin:/bin"],
      input: directory.absolute("input"), output: directory.absolute(output),
      errors: directory.absolute("errors"))
    guard child.wait() == 0 else {
      throw Failure(description: "\(words): \(String(decoding: try directory.read("errors"), as: UTF8.self))")
    }
    return try JSONValue(parsing: directory.read(output))
  }

  /// Looks into its database, as another program.
  func rows(_ sql: SQL) async throws -> [Row] {
    let store = try Store(.file(directory.absolute("data/gatehouse.db")), log: .silent)
    return try await store.rows(sql)
  }

  /// Changes its database behind its back, where no command does what a test needs.
  func change(_ sql: SQL) async throws {
    let store = try Store(.file(directory.absolute("data/gatehouse.db")), log: .silent)
    try await store.write { _ = try $0.run(sql) }
  }

  func count(_ table: String, where condition: String = "1 = 1") async throws -> Int64 {
    try await rows("SELECT count(*) FROM \(unsafeSQL: table) WHERE \(unsafeSQL: condition)").first?.integer(0)
      ?? -1
  }

  /// The key that it signs tokens with, as a file of PEM.
  func signingKey() throws -> [UInt8] { try directory.read("data/keys/signing.pem") }

  // MARK: Requests

  /// Sends one request over a connection of its own.
  ///
  /// - Parameters:
  ///   - fields: beside `Host`, which is the issuer's unless it is given here.
  ///   - address: from where the proxy says that it comes.
  func send(
    _ method: String, _ target: String, _ fields: [(String, String)] = [], body: [UInt8] = [],
    from address: String = "198.51.100.7"
  ) async throws -> Answer {
    let host = String(issuer.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" })
    var all = fields
    func has(_ name: String) -> Bool { all.contains { $0.0.lowercased() == name } }
    if !has("host") { all.insert(("host", host), at: 0) }
    all.append(("x-forwarded-for", address))
    if !body.isEmpty || method == "POST" || method == "PUT" {
      all.append(("content-length", String(body.count)))
    }
    all.append(("connection", "close"))
    let head = all.map { "\($0.0): \($0.1)\r\n" }.joined()
    let bytes = try await Wire.exchange(
      Array("\(method) \(target) HTTP/1.1\r\n\(head)\r\n".utf8) + body, port: port)
    return try Wire.answer(bytes, toHead: method == "HEAD")
  }

  func get(
    _ target: String, _ fields: [(String, String)] = [], from address: String = "198.51.100.7"
  ) async throws
    -> Answer
  { try await send("GET", target, fields, from: address) }

  func post(
    _ target: String, _ pairs: [(String, String)], _ fields: [(String, String)] = [],
    from address: String = "198.51.100.7"
  ) async throws -> Answer {
    let form = Form(pairs.map { (name: $0.0, value: $0.1) }).encoded
    return try await post(target, text: form, "application/x-www-form-urlencoded", fields, from: address)
  }

  func post(
    _ target: String, text: String, _ type: String, _ fields: [(String, String)] = [],
    from address: String = "198.51.100.7"
  ) async throws -> Answer {
    try await send("POST", target, [("content-type", type)] + fields, body: Array(text.utf8), from: address)
  }

  /// One MCP request of 2026-07-28 with this `Authorization` field.
  func mcp(
    _ authorization: String?, method: String = "tools/list", _ params: JSONObject = [:],
    fields: [(String, String)] = [], path: String = "/mcp", from address: String = "198.51.100.7"
  ) async throws -> Answer {
    var params = params
    params["_meta"] = [
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": [:],
    ]
    let message: JSONObject = [
      "jsonrpc": "2.0", "id": 1, "method": .string(method), "params": .object(params),
    ]
    var all = [
      ("accept", "application/json, text/event-stream"), ("mcp-protocol-version", "2026-07-28"),
      ("mcp-method", method),
    ]
    if let authorization { all.append(("authorization", authorization)) }
    if let name = params["name"]?.string { all.append(("mcp-name", name)) }
    return try await post(
      path, text: JSONValue.object(message).text, "application/json", all + fields, from: address)
  }
}
