internal import Accounts
internal import Crypto
internal import Governance
internal import HTTP
internal import JSON
internal import MCP
internal import OAuth
internal import Storage
internal import Synchronization
internal import Tasks
internal import Telemetry
internal import Testing
internal import Tools
internal import World

@testable internal import Authentication

/// A clock that the test moves.
final class TestClock: Sendable {
  private let moment = Mutex(Instant(seconds: 1_795_000_000))
  var now: Instant { moment.withLock { $0 } }
  func advance(_ duration: Duration) { moment.withLock { $0 = $0 + duration } }
  private let drawn = Atomic<UInt8>(0)
  /// Whose chance never gives the same twice, for the first two hundred times.
  var world: World {
    World(
      now: { self.now },
      random: { [UInt8](repeating: self.drawn.add(1, ordering: .relaxed).newValue, count: $0) })
  }
}

func makeCaller(
  scopes: ScopeSet = [.read], allowedTools: Set<String>? = nil, perMinute: Int = 60,
  credential: Caller.Credential = .apiKey, signIn: Caller.SignIn? = nil, isBoundToKey: Bool = false,
  connectionID: String = "con_1"
) -> Caller {
  Caller(
    userID: 7, login: "sales", userName: "Sam Sales", companyID: 1, companyIDs: [1], groups: ["sales/user"],
    isAdministrator: false, connectionID: connectionID, connectionName: "Claude", clientID: nil,
    scopes: scopes,
    credential: credential, address: .loopback, allowedTools: allowedTools, perMinute: perMinute,
    signIn: signIn, isBoundToKey: isBoundToKey)
}

/// Gives back what it got.
struct Echo: Tool {
  let definition = ToolDefinition(
    name: "echo", title: "Echo", description: "Gives back a text.", category: .read, group: .read, risk: .low,
    effect: .reads, parameters: [.required("text", .string(length: 0...100), "What to give back")],
    results: [.required("text", .text, "")])

  func call(_ permit: consuming Permit) async -> ToolResult {
    ToolResult(["text": permit.call.arguments["text"] ?? .null], text: "echoed")
  }
}

/// Writes, and counts how often.
final class Note: Tool {
  private let counter = Atomic(0)
  var count: Int { counter.load(ordering: .relaxed) }
  let definition = ToolDefinition(
    name: "note", title: "Note", description: "Writes a note.", category: .write, group: .write,
    risk: .medium,
    effect: .adds, results: [.required("count", .integer(), "")])

  func call(_ permit: consuming Permit) async -> ToolResult {
    ToolResult(["count": .integer(Int64(counter.add(1, ordering: .relaxed).newValue))])
  }
}

/// Asks for a sign-in of the last five minutes, with two factors.
struct Vault: Tool {
  let definition = ToolDefinition(
    name: "vault", title: "Vault", description: "Opens the vault.", category: .read, group: .read,
    risk: .low, effect: .reads, results: [.required("open", .boolean, "")],
    requiredAuthentication: RequiredAuthentication(maximumAge: .minutes(5), context: .twoFactors))

  func call(_ permit: consuming Permit) async -> ToolResult { ToolResult(["open": true]) }
}

/// Fails in a way that a model can act on.
struct Fail: Tool {
  let definition = ToolDefinition(
    name: "fail", title: "Fail", description: "Always fails.", category: .read, group: .read, risk: .low,
    effect: .reads, results: [.required("never", .boolean, "")])

  func call(_ permit: consuming Permit) async -> ToolResult {
    .failure("unknown_model", "There is no model 'x'.", hint: "Use list_models.")
  }
}

/// The endpoint with its own store, in process.
struct House {
  let clock = TestClock()
  let store: Store
  let audit: AuditLog
  let governor: Governor
  let endpoint: MCPEndpoint
  let tasks: TaskStore?
  let note = Note()

  init(
    pageSize: Int = 100, migrated: Bool = true, more: [any Tool] = [], streamsPerConnection: Int = 256,
    mayFollow: (@Sendable (String, Caller) async -> Bool)? = nil,
    isConnected: (@Sendable (String) async -> Bool)? = nil, repertoire: Repertoire = Repertoire(),
    taskLimits: TaskStore.Limits? = nil
  ) async throws {
    let store = try Store(.temporary, log: .silent)
    self.store = store
    if migrated {
      try await store.migrate(
        Schema.migrations + AuditLog.migrations + Governor.migrations + TaskStore.migrations)
    }
    let world = clock.world
    tasks = taskLimits.map { TaskStore(store: store, world: world, limits: $0) }
    audit = AuditLog(store: store)
    governor = Governor(store: store, world: clock.world, log: .silent)
    var configuration = MCPEndpoint.Configuration(
      version: "1.0.0", resourceMetadata: { "https://gate.example/.well-known/oauth-protected-resource\($0)" }
    )
    configuration.pageSize = pageSize
    configuration.streamLimitPerConnection = streamsPerConnection
    configuration.mayFollow = mayFollow
    configuration.isConnected = isConnected
    configuration.instructions = "Ask whoami first."
    configuration.repertoire = repertoire
    configuration.tasks = tasks
    endpoint = MCPEndpoint(
      catalogue: try ToolCatalogue([Echo(), note, Fail(), WhoAmI()] + more), governor: governor, audit: audit,
      requestState: try RequestState(key: Secret([UInt8](repeating: 9, count: 32)), world: clock.world),
      world: clock.world, log: .silent, configuration: configuration)
  }

  /// Posts a body; `fields` replace the usual ones, an empty value takes one away.
  func post(
    _ body: String, _ fields: [String: String] = [:], _ caller: Caller = makeCaller(), twice: String? = nil
  ) async -> Answer {
    var all: Fields = ["content-type": "application/json", "accept": "application/json, text/event-stream"]
    for (name, value) in fields { all[name] = value.isEmpty ? nil : value }
    if let twice, let value = all[twice] { all.add(twice, value) }
    let request = Request(method: .post, path: "/mcp", fields: all, body: Array(body.utf8))
    return Answer(await endpoint.respond(to: request, caller: caller))
  }

  /// A request of 2026-07-28 as it should be, changed by `fields`.
  func modern(
    _ method: String, _ params: String = "", _ fields: [String: String] = [:],
    _ caller: Caller = makeCaller(),
    id: String = "1", twice: String? = nil
  ) async -> Answer {
    var all = ["mcp-protocol-version": "2026-07-28", "mcp-method": method]
    for (name, value) in fields { all[name] = value }
    let members = params.isEmpty ? "" : ",\(params)"
    return await post(
      #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":{\#(Self.meta)\#(members)}}"#, all,
      caller,
      twice: twice)
  }

  static let meta = """
    "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",\
    "io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"},\
    "io.modelcontextprotocol/clientCapabilities":{}}
    """

  func called(_ tool: String, _ arguments: String = "{}", _ caller: Caller = makeCaller()) async -> Answer {
    await modern("tools/call", #""name":"\#(tool)","arguments":\#(arguments)"#, ["mcp-name": tool], caller)
  }
}

/// A response in the form that tests look at.
struct Answer {
  let status: Int
  let fields: Fields
  let text: String
  let json: JSONValue

  init(_ response: Response) {
    status = response.status
    fields = response.fields
    if case .bytes(let bytes) = response.body {
      text = String(decoding: bytes, as: UTF8.self)
    } else {
      text = ""
    }
    do { json = try JSONValue(parsing: text) } catch { json = .null }
  }

  var code: Int64? { json["error"]?["code"]?.integer }
  var result: JSONValue? { json["result"] }
  /// Status, and the whole body.
  var transcript: String { text.isEmpty ? "\(status)" : "\(status) \(text)" }
  var tools: [String] { result?["tools"]?.array?.compactMap { $0["name"]?.string } ?? [] }
}

/// A tool that does what a test says, and talks while it does.
struct Talk: ConversingTool {
  let definition: ToolDefinition
  let work: @Sendable (any Conversation) async throws(Interruption) -> ToolResult

  init(
    _ name: String = "talk", parameters: [Parameter] = [],
    _ work: @escaping @Sendable (any Conversation) async throws(Interruption) -> ToolResult
  ) {
    definition = ToolDefinition(
      name: name, title: "Talk", description: "Talks.", category: .read, group: .read, risk: .low,
      effect: .reads, parameters: parameters, isContentOnly: true)
    self.work = work
  }

  func call(
    _ permit: consuming Permit, in conversation: any Conversation
  ) async throws(Interruption) -> ToolResult {
    try await work(conversation)
  }
}

extension ToolResult {
  static func said(_ text: String) -> ToolResult { .content([.text(text)]) }
}

/// Something that two tasks agree on: one waits until the other says so.
final class Gate: Sendable {
  private let state = Mutex((isOpen: false, waiting: [CheckedContinuation<Void, Never>]()))

  var isOpen: Bool { state.withLock { $0.isOpen } }

  func open() {
    let waiting = state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for waiter in waiting { waiter.resume() }
  }

  func wait() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state in
        if !state.isOpen { state.waiting.append(continuation) }
        return state.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }
}

extension House {
  func send(
    _ method: HTTP.Method = .post, _ body: String = "", _ fields: [String: String] = [:],
    _ caller: Caller = makeCaller()
  ) async -> Response {
    var all: Fields = ["content-type": "application/json", "accept": "application/json, text/event-stream"]
    for (name, value) in fields { all[name] = value.isEmpty ? nil : value }
    return await endpoint.respond(
      to: Request(method: method, path: "/mcp", fields: all, body: Array(body.utf8)), caller: caller)
  }

  /// A call of 2026-07-28.
  func call(
    _ tool: String, meta: String = "", capabilities: String = "{}", params: String = "",
    arguments: String = "{}",
    fields: [String: String] = [:], _ caller: Caller = makeCaller()
  ) async -> Response {
    await send(
      .post,
      """
      {"jsonrpc":"2.0","id":"c","method":"tools/call","params":{"name":"\(tool)","arguments":\(arguments),\
      "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",\
      "io.modelcontextprotocol/clientCapabilities":\(capabilities)\(meta.isEmpty ? "" : ",\(meta)")}\
      \(params.isEmpty ? "" : ",\(params)")}}
      """,
      ["mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": tool].merging(fields) {
        $1
      },
      caller)
  }

  /// Begins a session.
  func session(
    _ version: String = "2025-11-25", capabilities: String = "{}", _ caller: Caller = makeCaller()
  ) async throws -> [String: String] {
    let answer = await send(
      .post,
      """
      {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"\(version)",\
      "capabilities":\(capabilities),"clientInfo":{"name":"test","version":"1"}}}
      """, [:], caller)
    let id = try #require(answer.fields["mcp-session-id"])
    return ["mcp-session-id": id, "mcp-protocol-version": version]
  }

  /// A call of the handshake revisions.
  func call(
    _ tool: String, in session: [String: String], id: String = "1", meta: String = "{}"
  ) async -> Response {
    await send(
      .post,
      #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"\#(tool)","_meta":\#(meta)}}"#,
      session)
  }

  var entries: [AuditEntry] {
    get async throws { try await audit.list(limit: 1000).map(\.entry).reversed() }
  }
}
