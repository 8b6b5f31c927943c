internal import Authentication
internal import Governance
internal import HTTP
internal import JSON
internal import MCP
internal import OAuth
internal import Storage
internal import Synchronization
internal import Tasks
internal import Telemetry
internal import Tools
internal import World

/// The endpoint with a store of tasks and a worker that the test lets look.
struct TaskHouse {
  let house: House
  let tasks: TaskStore
  let worker: TaskWorker
  /// Connections that have no standing any more.
  let ended: Ended

  final class Ended: Sendable {
    private let ids = Mutex<Set<String>>([])
    func insert(_ id: String) { ids.withLock { _ = $0.insert(id) } }
    func contains(_ id: String) -> Bool { ids.withLock { $0.contains(id) } }
  }

  init(more: [any Tool] = [], pageSize: Int = 100, live: Int = 50) async throws {
    var limits = TaskStore.Limits()
    limits.live = live
    house = try await House(pageSize: pageSize, more: more, taskLimits: limits)
    guard let tasks = house.tasks else { throw StorageError(.other, "no tasks") }
    self.tasks = tasks
    let (endpoint, ended) = (house.endpoint, Ended())
    self.ended = ended
    let calls = TaskCalls(
      governor: house.governor, catalogue: { endpoint.catalogue }, operations: OperationCatalogue([]),
      audit: house.audit,
      callers: { id in ended.contains(id) ? nil : makeCaller(scopes: [.read, .write], connectionID: id) },
      world: house.clock.world, log: .silent)
    worker = TaskWorker(tasks, world: house.clock.world, log: .silent, trade: calls.trade)
    try await house.store.write { transaction in
      for (id, login, isAdministrator) in [(7, "sales", false), (1, "boss", true)] {
        _ = try transaction.run(
          """
          INSERT INTO account (id, login, name, groups, company_ids, is_administrator, created_at)
          VALUES (\(id), \(login), \(login), '[]', '[]', \(isAdministrator), 0)
          """)
      }
      for id in ["con_1", "con_2"] {
        _ = try transaction.run(
          """
          INSERT INTO connection (id, account_id, kind, name, scope, version, per_minute, created_at)
          VALUES (\(id), 7, 'key', 'c', 'mcp:read', 1, 60, 0)
          """)
      }
    }
  }

  // MARK: 2026-07-28

  static let declared = #"{"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}}"#

  func modern(
    _ method: String, _ params: String, capabilities: String = declared, name: String? = nil,
    _ caller: Caller = makeCaller(scopes: [.read, .write])
  ) async -> Answer {
    var fields = ["mcp-protocol-version": "2026-07-28", "mcp-method": method]
    if let name { fields["mcp-name"] = name }
    return Answer(
      await house.send(
        .post,
        """
        {"jsonrpc":"2.0","id":1,"method":"\(method)","params":{\
        "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",\
        "io.modelcontextprotocol/clientCapabilities":\(capabilities)}\(params.isEmpty ? "" : ",\(params)")}}
        """, fields, caller))
  }

  func call(
    _ tool: String, _ arguments: String = "{}", capabilities: String = declared, more: String = "",
    as caller: Caller = makeCaller(scopes: [.read, .write])
  ) async -> Answer {
    await modern(
      "tools/call", #""name":"\#(tool)","arguments":\#(arguments)\#(more.isEmpty ? "" : ",\(more)")"#,
      capabilities: capabilities, name: tool, caller)
  }

  func about(
    _ method: String, _ id: String, _ params: String = "", capabilities: String = declared,
    as caller: Caller = makeCaller(scopes: [.read, .write])
  ) async -> Answer {
    await modern(
      method, #""taskId":"\#(id)"\#(params.isEmpty ? "" : ",\(params)")"#, capabilities: capabilities,
      name: id, caller)
  }

  // MARK: 2025-11-25

  func older(
    _ method: String, _ params: String, _ fields: [String: String] = ["mcp-protocol-version": "2025-11-25"],
    _ caller: Caller = makeCaller(scopes: [.read, .write])
  ) async -> Answer {
    Answer(
      await house.send(
        .post, #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":{\#(params)}}"#, fields, caller))
  }
}

/// A tool that takes long, as the test wants it.
struct Job: ConversingTool {
  let definition: ToolDefinition
  let first: [Question]
  let work: @Sendable (JSONObject, any Conversation) async throws(Interruption) -> ToolResult

  init(
    _ name: String = "job", _ support: ToolDefinition.TaskSupport = .preferred, writes: Bool = false,
    parameters: [Parameter] = [], first: [Question] = [],
    _ work: @escaping @Sendable (JSONObject, any Conversation) async throws(Interruption) -> ToolResult = {
      _, _ in .said("done")
    }
  ) {
    definition = ToolDefinition(
      name: name, title: "Job", description: "Takes long.", category: writes ? .write : .read, group: .read,
      risk: .low, effect: writes ? .adds : .reads, parameters: parameters, isContentOnly: true,
      taskSupport: support)
    self.first = first
    self.work = work
  }

  func questions(before arguments: JSONObject) -> [Question] { first }

  func call(
    _ permit: consuming Permit, in conversation: any Conversation
  ) async throws(Interruption) -> ToolResult {
    try await work(permit.call.arguments, conversation)
  }
}
