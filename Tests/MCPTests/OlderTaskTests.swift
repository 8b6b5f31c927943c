internal import Authentication
internal import HTTP
internal import JSON
internal import OAuth
internal import Tasks
internal import Testing
internal import World

@testable internal import Governance
@testable internal import MCP
@testable internal import Tools

@Suite("MCP 2025-11-25 Tasks")
struct OlderTaskTests {
  private static let task = #""task":{"ttl":60000}"#

  private func make(_ house: TaskHouse, _ tool: String = "job", _ task: String = task) async -> Answer {
    await house.older("tools/call", #""name":"\#(tool)","arguments":{},\#(task)"#)
  }

  private func id(_ answer: Answer) throws -> String {
    try #require(answer.result?["task"]?["taskId"]?.string)
  }

  @Test(arguments: [
    ("2025-03-26", false), ("2025-06-18", false), ("2025-11-25", true),
  ])
  func `Capabilities: list, cancel and tools/call, since 2025-11-25`(version: String, has: Bool) async throws
  {
    let house = try await TaskHouse()
    let answer = await house.older(
      "initialize",
      #""protocolVersion":"\#(version)","capabilities":{},"clientInfo":{"name":"t","version":"1"}"#, [:])
    #expect(
      answer.result?["capabilities"]?["tasks"]?.text
        == (has ? #"{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}}"# : nil))
    #expect(answer.result?["capabilities"]?["extensions"] == nil)
  }

  @Test func `Tool-Level Negotiation: execution.taskSupport in tools/list`() async throws {
    let house = try await TaskHouse(more: [
      Job("never", .forbidden), Job("may", .allowed), Job("likes", .preferred), Job("must", .required),
    ])
    func support(_ version: String) async -> [String: String] {
      let tools = await house.older("tools/list", "", ["mcp-protocol-version": version]).result?["tools"]?
        .array
      var found: [String: String] = [:]
      for tool in tools ?? [] {
        found[tool["name"]?.string ?? ""] = tool["execution"]?["taskSupport"]?.string
      }
      return found
    }
    let listed = await support("2025-11-25")
    #expect(listed["never"] == nil)
    #expect(listed["may"] == "optional")
    #expect(listed["likes"] == "optional")
    #expect(listed["must"] == "required")
    #expect(await support("2025-06-18").isEmpty)
  }

  @Test func `Creating Tasks: a call with 'task' is answered by one, its result comes by tasks/result`()
    async throws
  {
    let house = try await TaskHouse(more: [Job()])
    let made = await make(house)
    let id = try id(made)
    #expect(
      made.result?["task"]?.text
        == #"{"taskId":"\#(id)","status":"working","statusMessage":"Waits for its turn.","createdAt":"2026-11-18T11:06:40.000Z","lastUpdatedAt":"2026-11-18T11:06:40.000Z","ttl":60000,"pollInterval":2000}"#
    )
    #expect(made.result?["resultType"] == nil)
    #expect(made.result?["_meta"]?["io.modelcontextprotocol/model-immediate-response"]?.string != nil)
    await house.worker.idle()
    let got = try #require(await house.older("tasks/get", #""taskId":"\#(id)""#).result)
    #expect(got["status"] == "completed")
    #expect(got["result"] == nil)
    #expect(got["_meta"] == nil)
    #expect(
      await house.older("tasks/result", #""taskId":"\#(id)""#).result?.text
        == #"{"content":[{"type":"text","text":"done"}],"isError":false,"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"\#(id)"}}}"#
    )
  }

  @Test(arguments: [
    (ToolDefinition.TaskSupport.forbidden, true, Int64?(-32601)), (.forbidden, false, nil),
    (.allowed, true, nil), (.allowed, false, nil), (.preferred, true, nil), (.preferred, false, nil),
    (.required, true, nil), (.required, false, -32601),
  ])
  func `Tool-Level Negotiation: forbidden as a task, or required as one, is -32601`(
    support: ToolDefinition.TaskSupport, asTask: Bool, code: Int64?
  ) async throws {
    let house = try await TaskHouse(more: [Job("job", support)])
    let answer = await house.older(
      "tools/call", #""name":"job","arguments":{}\#(asTask ? ",\(Self.task)" : "")"#)
    #expect(answer.code == code)
    if code == nil {
      #expect((answer.result?["task"] != nil) == asTask)
      #expect((answer.result?["content"] != nil) == !asTask)
    }
    await house.worker.idle()
  }

  @Test(arguments: ["2025-03-26", "2025-06-18"])
  func `before 2025-11-25 'task' says nothing, and there are no methods about them`(
    version: String
  ) async throws {
    let house = try await TaskHouse(more: [Job()])
    let fields = ["mcp-protocol-version": version]
    let answer = await house.older("tools/call", #""name":"job","arguments":{},\#(Self.task)"#, fields)
    #expect(answer.result?["content"]?.array?.first?["text"] == "done")
    for method in ["tasks/get", "tasks/result", "tasks/list", "tasks/cancel", "tasks/update"] {
      #expect(await house.older(method, #""taskId":"tsk_x""#, fields).code == -32601)
    }
    #expect(await house.older("tasks/update", #""taskId":"tsk_x""#).code == -32601)
  }

  @Test(arguments: [
    (#""task":{}"#, 3_600_000), (#""task":{"ttl":null}"#, 3_600_000), (#""task":{"ttl":1}"#, 1000),
    (#""task":{"ttl":120000.0}"#, 120_000), (#""task":{"ttl":1e18}"#, 86_400_000),
  ])
  func `TTL: receivers MAY override the requested one, and tell the actual one`(
    task: String, ttl: Int64
  )
    async throws
  {
    let house = try await TaskHouse(more: [Job()])
    #expect(await make(house, "job", task).result?["task"]?["ttl"]?.integer == ttl)
    await house.worker.idle()
  }

  @Test(arguments: [
    #""task":7"#, #""task":{"ttl":"60"}"#, #""task":{"ttl":0}"#, #""task":{"ttl":-1}"#, #""task":[]"#,
  ])
  func `what is no task or no ttl is -32602`(task: String) async throws {
    #expect(await make(try TaskHouse(more: [Job()]), "job", task).code == -32602)
  }

  @Test func `TTL: after it a task is unknown`() async throws {
    let house = try await TaskHouse(more: [Job()])
    let id = try id(await make(house, "job", #""task":{"ttl":5000}"#))
    await house.worker.idle()
    house.house.clock.advance(.milliseconds(4999))
    #expect(await house.older("tasks/get", #""taskId":"\#(id)""#).result?["status"] == "completed")
    house.house.clock.advance(.milliseconds(1))
    for method in ["tasks/get", "tasks/result", "tasks/cancel"] {
      #expect(await house.older(method, #""taskId":"\#(id)""#).code == -32602)
    }
  }

  @Test func `failed includes a result with isError, which tasks/result gives`() async throws {
    let house = try await TaskHouse(more: [])
    let id = try id(await make(house, "fail"))
    await house.worker.idle()
    let got = await house.older("tasks/get", #""taskId":"\#(id)""#).result
    #expect(got?["status"] == "failed")
    #expect(got?["statusMessage"]?.string != nil)
    let result = await house.older("tasks/result", #""taskId":"\#(id)""#).result
    #expect(result?["isError"] == true)
    #expect(result?["structuredContent"]?["code"] == "unknown_model")
  }

  @Test func `Result Retrieval: tasks/result MUST block until the task has ended`() async throws {
    let (began, go) = (Gate(), Gate())
    let house = try await TaskHouse(more: [
      Job { _, _ in
        began.open()
        await go.wait()
        return .said("done")
      }
    ])
    let id = try id(await make(house))
    await began.wait()
    async let waiting = house.older("tasks/result", #""taskId":"\#(id)""#)
    #expect(await house.older("tasks/get", #""taskId":"\#(id)""#).result?["status"] == "working")
    go.open()
    #expect(await waiting.result?["content"]?.array?.first?["text"] == "done")
    await house.worker.idle()
  }

  @Test func `Task Cancellation: cancelled before the answer; what has ended MUST be -32602`() async throws {
    let (began, stopped) = (Gate(), Gate())
    let house = try await TaskHouse(more: [
      Job { _, _ in
        await withTaskCancellationHandler {
          began.open()
          await stopped.wait()
        } onCancel: {
          stopped.open()
        }
        return .said("late")
      }
    ])
    let id = try id(await make(house))
    await began.wait()
    let cancelled = try #require(await house.older("tasks/cancel", #""taskId":"\#(id)""#).result)
    #expect(cancelled["taskId"]?.string == id)
    #expect(cancelled["status"] == "cancelled")
    #expect(await house.older("tasks/cancel", #""taskId":"\#(id)""#).code == -32602)
    await house.worker.idle()
    let result = await house.older("tasks/result", #""taskId":"\#(id)""#).result
    #expect(result?["structuredContent"]?["code"] == "cancelled")
  }

  @Test func `Task Listing: own tasks alone, page by page; a cursor that is none is -32602`() async throws {
    let house = try await TaskHouse(more: [Job()], pageSize: 2)
    var ids: [String] = []
    for _ in 0..<3 {
      ids.append(try id(await make(house)))
      house.house.clock.advance(.milliseconds(5))
    }
    let other = makeCaller(connectionID: "con_2")
    let fields = ["mcp-protocol-version": "2025-11-25"]
    #expect(await house.older("tasks/list", "", fields, other).result?.text == #"{"tasks":[]}"#)
    let first = try #require(await house.older("tasks/list", "").result)
    #expect(first["tasks"]?.array?.compactMap { $0["taskId"]?.string } == Array(ids[..<2]))
    let cursor = try #require(first["nextCursor"]?.string)
    let second = try #require(await house.older("tasks/list", #""cursor":"\#(cursor)""#).result)
    #expect(second["tasks"]?.array?.compactMap { $0["taskId"]?.string } == [ids[2]])
    #expect(second["nextCursor"] == nil)
    #expect(await house.older("tasks/list", #""cursor":"\#(cursor)""#, fields, other).code == -32602)
    #expect(await house.older("tasks/list", #""cursor":"nowhere""#).code == -32602)
    #expect(await house.older("tasks/list", #""cursor":7"#).code == -32602)
    await house.worker.idle()
  }

  @Test func `Task Isolation: somebody else's task is one that never was`() async throws {
    let house = try await TaskHouse(more: [Job()])
    let id = try id(await make(house))
    let other = makeCaller(connectionID: "con_2")
    let fields = ["mcp-protocol-version": "2025-11-25"]
    for method in ["tasks/get", "tasks/result", "tasks/cancel"] {
      let theirs = await house.older(method, #""taskId":"\#(id)""#, fields, other)
      let never = await house.older(method, #""taskId":"tsk_never""#, fields, other)
      #expect(theirs.code == -32602)
      #expect(theirs.transcript == never.transcript)
    }
    await house.worker.idle()
  }

  @Test func `a refused task-augmented call is an error, since its client reads nothing else`() async throws {
    let house = try await TaskHouse(more: [Job()], live: 1)
    try await house.house.governor.rules.setActive(false, tool: "echo")
    let off = await house.older("tools/call", #""name":"echo","arguments":{"text":"x"},\#(Self.task)"#)
    #expect(off.code == -32000)
    #expect(off.json["error"]?["data"]?["code"] == "tool_inactive")
    let misfit = await house.older("tools/call", #""name":"job","arguments":{"n":1},\#(Self.task)"#)
    #expect(misfit.code == -32602)
    let asking = try await TaskHouse(
      more: [
        Job { _, talk throws(Interruption) in
          _ = try await talk.ask(.form("a", "?", ["type": "object"]))
          return .said("never")
        }
      ], live: 0)
    let full = await make(asking)
    #expect(full.code == -32000)
    #expect(full.json["error"]?["data"]?["code"] == "too_many_tasks")
  }

  @Test
  func `Input Required: tasks/result asks on its stream with the related task, and goes on to the result`()
    async throws
  {
    let house = try await TaskHouse(more: [
      Job { _, talk throws(Interruption) in
        let answer = try await talk.ask(
          .form("name", "Name?", ["type": "object", "properties": ["name": ["type": "string"]]]))
        return .said("hello \(answer.content["name"]?.string ?? "nobody")")
      }
    ])
    let session = try await house.house.session(capabilities: #"{"elicitation":{}}"#)
    let id = try id(
      await house.older("tools/call", #""name":"job","arguments":{},\#(Self.task)"#, session, makeCaller()))
    await house.worker.idle()
    #expect(
      await house.older("tasks/get", #""taskId":"\#(id)""#, session).result?["status"] == "input_required")
    let stream = Streaming(
      await house.house.send(
        .post, #"{"jsonrpc":"2.0","id":9,"method":"tasks/result","params":{"taskId":"\#(id)"}}"#, session))
    let question = try #require(await stream.reader.events(1).last { !$0.data.isEmpty })
    #expect(question.json["method"] == "elicitation/create")
    #expect(
      question.json["params"]?["_meta"]?["io.modelcontextprotocol/related-task"]?["taskId"]?.string == id)
    let number = try #require(question.json["id"]?.integer)
    let taken = await house.house.send(
      .post,
      #"{"jsonrpc":"2.0","id":\#(number),"result":{"action":"accept","content":{"name":"Ada"}}}"#, session)
    #expect(taken.status == 202)
    let last = try #require(await stream.reader.all().last)
    #expect(last.json["id"] == 9)
    #expect(last.json["result"]?["content"]?.array?.first?["text"] == "hello Ada")
    #expect(
      last.json["result"]?["_meta"]?["io.modelcontextprotocol/related-task"]?["taskId"]?.string == id)
    await house.worker.idle()
  }

  @Test func `Task Status Notification: to the sessions of its connection, without related-task`()
    async throws
  {
    let go = Gate()
    let house = try await TaskHouse(more: [
      Job { _, _ in
        await go.wait()
        return .said("done")
      }
    ])
    let session = try await house.house.session()
    let stream = Streaming(await house.house.send(.get, "", session))
    let id = try id(await house.older("tools/call", #""name":"job","arguments":{},\#(Self.task)"#, session))
    _ = await stream.reader.events(1)
    go.open()
    await house.worker.idle()
    let told = await stream.reader.events(2).filter { !$0.data.isEmpty }
    #expect(told.map(\.method) == ["notifications/tasks/status", "notifications/tasks/status"])
    #expect(told.compactMap { $0.json["params"]?["status"]?.string } == ["working", "completed"])
    #expect(
      told.allSatisfy { $0.json["params"]?["taskId"]?.string == id && $0.json["params"]?["_meta"] == nil })
    await stream.leave()
  }
}
