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

@Suite("MCP 2026-07-28, the extension io.modelcontextprotocol/tasks")
struct TaskExtensionTests {
  private static let missing =
    #"{"requiredCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}}"#

  @Test func `Capability Negotiation: declared in server/discover, and no tasks of the older form`()
    async throws
  {
    let house = try await TaskHouse()
    let capabilities = await house.modern("server/discover", "").result?["capabilities"]
    #expect(capabilities?["extensions"]?["io.modelcontextprotocol/tasks"]?.object == [:])
    #expect(capabilities?["tasks"] == nil)
    let without = await (try House()).modern("server/discover")
    #expect(without.result?["capabilities"]?["extensions"] == nil)
  }

  @Test func `Task Creation: the call is answered as a flat task, and tasks/get finds it at once`()
    async throws
  {
    let house = try await TaskHouse(more: [Job()])
    let made = await house.call("job")
    #expect(made.status == 200)
    let result = try #require(made.result?.object)
    let id = try #require(result["taskId"]?.string)
    #expect(
      result.text
        == #"{"resultType":"task","taskId":"\#(id)","status":"working","statusMessage":"Waits for its turn.","createdAt":"2026-11-18T11:06:40.000Z","lastUpdatedAt":"2026-11-18T11:06:40.000Z","ttlMs":3600000,"pollIntervalMs":2000,"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"gatehouse","title":"Gatehouse","version":"1.0.0"}}}"#
    )
    #expect(await house.about("tasks/get", id).result?["taskId"]?.string == id)
    await house.worker.idle()
    let done = try #require(await house.about("tasks/get", id).result)
    #expect(done["resultType"] == "complete")
    #expect(done["status"] == "completed")
    #expect(
      done["result"]?.text
        == #"{"resultType":"complete","content":[{"type":"text","text":"done"}],"isError":false}"#)
    #expect(done["error"] == nil)
    #expect(done["inputRequests"] == nil)
    #expect(done["requestState"] == nil)
  }

  @Test(arguments: [
    (ToolDefinition.TaskSupport.forbidden, true, "complete"), (.allowed, true, "complete"),
    (.preferred, true, "task"), (.required, true, "task"), (.forbidden, false, "complete"),
    (.allowed, false, "complete"), (.preferred, false, "complete"),
  ])
  func `the server decides; a task only for a client that declares the capability on its request`(
    support: ToolDefinition.TaskSupport, declares: Bool, type: String
  ) async throws {
    let house = try await TaskHouse(more: [Job("job", support)])
    let answer = await house.call(
      "job", capabilities: declares ? TaskHouse.declared : "{}", more: #""task":{"ttl":60000}"#)
    #expect(answer.result?["resultType"]?.string == type)
    #expect((answer.result?["taskId"] != nil) == (type == "task"))
    await house.worker.idle()
  }

  @Test func `a tool that is a task or nothing is -32021 to a client that does not know them`() async throws {
    let house = try await TaskHouse(more: [Job("job", .required)])
    let answer = await house.call("job", capabilities: #"{"elicitation":{}}"#)
    #expect(answer.status == 400)
    #expect(answer.code == -32021)
    #expect(answer.json["error"]?["data"]?.text == Self.missing)
  }

  @Test(arguments: ["tasks/get", "tasks/update", "tasks/cancel"])
  func `Protocol Errors: without the capability MUST be -32021, an unknown id is -32602`(
    method: String
  )
    async throws
  {
    let house = try await TaskHouse()
    let undeclared = await house.about(method, "tsk_x", #""inputResponses":{}"#, capabilities: "{}")
    #expect(undeclared.code == -32021)
    #expect(undeclared.json["error"]?["data"]?.text == Self.missing)
    let unknown = await house.about(method, "tsk_x", #""inputResponses":{}"#)
    #expect(unknown.code == -32602)
    #expect(unknown.status == 400)
    #expect(await house.modern(method, #""taskId":7"#, name: nil).code == -32020)
    #expect(await house.modern(method, "").code == -32602)
  }

  @Test(arguments: ["tasks/result", "tasks/list", "tasks/make"])
  func `methods of the older form, and others, are not there`(method: String) async throws {
    let house = try await TaskHouse()
    let answer = await house.modern(method, #""taskId":"tsk_x""#)
    #expect(answer.status == 404)
    #expect(answer.code == -32601)
  }

  @Test func `Routing Headers: Mcp-Name is the task's id, or -32020`() async throws {
    let house = try await TaskHouse(more: [Job()])
    let id = try #require(await house.call("job").result?["taskId"]?.string)
    for name in [nil, "another"] {
      let answer = await house.modern("tasks/get", #""taskId":"\#(id)""#, name: name)
      #expect(answer.code == -32020)
      #expect(answer.status == 400)
    }
    await house.worker.idle()
  }

  @Test func `Auth binding: somebody else's task is one that never was`() async throws {
    let house = try await TaskHouse(more: [Job()])
    let other = makeCaller(scopes: [.read], connectionID: "con_2")
    let id = try #require(await house.call("job").result?["taskId"]?.string)
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
      let theirs = await house.about(method, id, #""inputResponses":{}"#, as: other)
      let never = await house.about(method, "tsk_never", #""inputResponses":{}"#, as: other)
      #expect(theirs.transcript == never.transcript)
    }
    await house.worker.idle()
    #expect(await house.about("tasks/get", id).result?["status"] == "completed")
  }

  @Test
  func `Task Execution Errors: isError is completed; an error of the protocol is failed, with the error`()
    async throws
  {
    let house = try await TaskHouse(more: [
      Job("bad") { _, _ in .content([.text("no")], isError: true) },
      Job("worse") { _, _ throws(Interruption) in throw .unsupported([.sampling]) },
    ])
    let bad = try #require(await house.call("bad").result?["taskId"]?.string)
    let worse = try #require(await house.call("worse").result?["taskId"]?.string)
    await house.worker.idle()
    let completed = try #require(await house.about("tasks/get", bad).result)
    #expect(completed["status"] == "completed")
    #expect(completed["result"]?["isError"] == true)
    let failed = try #require(await house.about("tasks/get", worse).result)
    #expect(failed["status"] == "failed")
    #expect(failed["result"] == nil)
    #expect(
      failed["error"]?.text
        == #"{"code":-32021,"message":"Missing required client capability","data":{"requiredCapabilities":{"sampling":{}}}}"#
    )
    #expect(failed["statusMessage"] == "Missing required client capability")
  }

  @Test func `Task Update Requests: what it asks is in tasks/get, answers resume it, in parts too`()
    async throws
  {
    let form: JSONObject = ["type": "object", "properties": ["x": ["type": "string"]]]
    let house = try await TaskHouse(more: [
      Job { _, talk throws(Interruption) in
        let answers = try await talk.ask([.form("a", "A?", form), .form("b", "B?", form)])
        return .said(
          "\(answers["a"]?.content["x"]?.string ?? "-") \(answers["b"]?.content["x"]?.string ?? "-")")
      }
    ])
    let id = try #require(await house.call("job").result?["taskId"]?.string)
    await house.worker.idle()
    let asking = try #require(await house.about("tasks/get", id).result)
    #expect(asking["status"] == "input_required")
    #expect(asking["inputRequests"]?.object?.members.map(\.name) == ["a", "b"])
    #expect(asking["inputRequests"]?["a"]?["method"] == "elicitation/create")
    #expect(asking["inputRequests"]?["a"]?["params"]?["message"] == "A?")
    func update(_ responses: String) async -> String? {
      await house.about("tasks/update", id, #""inputResponses":\#(responses)"#).result?.text
    }
    let ack =
      #"{"resultType":"complete","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"gatehouse","title":"Gatehouse","version":"1.0.0"}}}"#
    #expect(await update(#"{"never":{"action":"accept"}}"#) == ack, "keys that nobody asked are ignored")
    #expect(await update(#"{"a":{"action":"accept","content":{"x":"1"}}}"#) == ack)
    await house.worker.idle()
    let half = try #require(await house.about("tasks/get", id).result)
    #expect(half["status"] == "input_required")
    #expect(half["inputRequests"]?.object?.members.map(\.name) == ["b"])
    #expect(await house.about("tasks/update", id, #""inputResponses":{"b":7}"#).code == -32602)
    #expect(await house.about("tasks/update", id, #""inputResponses":[]"#).code == -32602)
    #expect(await update(#"{"a":{"content":{"x":"9"}},"b":{"action":"accept","content":{"x":"2"}}}"#) == ack)
    await house.worker.idle()
    let done = try #require(await house.about("tasks/get", id).result)
    #expect(done["result"]?["content"]?.array?.first?["text"] == "1 2")
    #expect(await update(#"{"b":{"content":{"x":"3"}}}"#) == ack, "an answer too late is acknowledged")
  }

  @Test func `Task Creation: rounds of questions come first, and the task has their answers`() async throws {
    let question = Question.form("user_name", "Name?", ["type": "object", "properties": [:]])
    let house = try await TaskHouse(more: [
      Job("job", .required, first: [question]) { _, talk throws(Interruption) in
        .said("hello \(try await talk.ask(question).content["name"]?.string ?? "nobody")")
      }
    ])
    let round = try #require(await house.call("job").result)
    #expect(round["resultType"] == "input_required")
    #expect(round["taskId"] == nil)
    let state = try #require(round["requestState"]?.string)
    let made = try #require(
      await house.call(
        "job",
        more:
          #""requestState":"\#(state)","inputResponses":{"user_name":{"action":"accept","content":{"name":"Ada"}}}"#
      ).result)
    #expect(made["resultType"] == "task")
    #expect(made["requestState"] == nil)
    let id = try #require(made["taskId"]?.string)
    await house.worker.idle()
    let done = await house.about("tasks/get", id).result
    #expect(done?["result"]?["content"]?.array?.first?["text"] == "hello Ada")
    // Who can't be asked is told so, and there is no task.
    let deaf = await house.call("job", capabilities: #"{"extensions":{"io.modelcontextprotocol/tasks":{}}}"#)
    #expect(deaf.code == -32021)
    #expect(try await house.tasks.list(of: "con_1", limit: 10)?.tasks.count == 1)
  }

  @Test func `Task Cancellation: an empty acknowledgment, of what has ended too`() async throws {
    let (began, stopped) = (Gate(), Gate())
    let house = try await TaskHouse(more: [
      Job { _, talk throws(Interruption) in
        await withTaskCancellationHandler {
          began.open()
          await stopped.wait()
        } onCancel: {
          stopped.open()
        }
        throw .cancelled
      }
    ])
    let id = try #require(await house.call("job").result?["taskId"]?.string)
    await began.wait()
    for _ in 0..<2 {
      let ack = await house.about("tasks/cancel", id)
      #expect(ack.result?["resultType"] == "complete")
      #expect(ack.result?.object?.members.map(\.name) == ["resultType", "_meta"])
    }
    await house.worker.idle()
    let ended = try #require(await house.about("tasks/get", id).result)
    #expect(ended["status"] == "cancelled")
    #expect(ended["statusMessage"] == "It was cancelled by request.")
    #expect(ended["result"] == nil)
  }

  @Test func `progress is the task's message`() async throws {
    let (said, go) = (Gate(), Gate())
    let house = try await TaskHouse(more: [
      Job { _, talk in
        await talk.progress(3, of: 10)
        said.open()
        await go.wait()
        return .said("done")
      }
    ])
    let id = try #require(await house.call("job").result?["taskId"]?.string)
    await said.wait()
    #expect(await house.about("tasks/get", id).result?["statusMessage"] == "3 of 10")
    go.open()
    await house.worker.idle()
  }

  @Test func `the 51st that has not ended is refused, in words for a model`() async throws {
    let house = try await TaskHouse(
      more: [
        Job("job") { _, talk throws(Interruption) in
          _ = try await talk.ask(.form("a", "?", ["type": "object"]))
          return .said("never")
        }
      ], live: 3)
    for _ in 0..<3 { #expect(await house.call("job").result?["resultType"] == "task") }
    let refused = await house.call("job")
    #expect(refused.result?["resultType"] == "complete")
    #expect(refused.result?["isError"] == true)
    #expect(refused.result?["structuredContent"]?["code"] == "too_many_tasks")
    await house.worker.idle()
  }

  // MARK: Governance

  @Test func `what governance refuses becomes no task`() async throws {
    let house = try await TaskHouse(more: [
      Job("job", parameters: [.required("n", .integer(1...5), "")]), Job("save", writes: true),
    ])
    let misfit = await house.call("job", #"{"n":6}"#)
    #expect(misfit.result?["structuredContent"]?["code"] == "invalid_arguments")
    let scope = await house.call("save", as: makeCaller(scopes: [.read]))
    #expect(scope.status == 403)
    try await house.house.governor.rules.setActive(false, tool: "job")
    let off = await house.call("job", #"{"n":1}"#)
    #expect(off.result?["structuredContent"]?["code"] == "tool_inactive")
    #expect(try await house.tasks.list(of: "con_1", limit: 10)?.tasks.isEmpty == true)
  }

  @Test func `who asked is looked up anew when it runs, and so are the rules`() async throws {
    let house = try await TaskHouse(more: [Job("job"), Job("other")])
    let began = Gate()
    let blocking = try await TaskHouse(more: [
      Job("job") { _, _ in
        await began.wait()
        return .said("done")
      }, Job("other"),
    ])
    let one = try #require(await blocking.call("job").result?["taskId"]?.string)
    let two = try #require(await blocking.call("job").result?["taskId"]?.string)
    let late = try #require(await blocking.call("other").result?["taskId"]?.string)
    try await blocking.house.governor.rules.setActive(false, tool: "other")
    began.open()
    await blocking.worker.idle()
    for id in [one, two] { #expect(await blocking.about("tasks/get", id).result?["status"] == "completed") }
    let refused = try #require(await blocking.about("tasks/get", late).result)
    #expect(refused["status"] == "completed")
    #expect(refused["result"]?["isError"] == true)
    #expect(refused["result"]?["structuredContent"]?["code"] == "tool_inactive")

    house.ended.insert("con_1")
    let gone = try #require(await house.call("job").result?["taskId"]?.string)
    await house.worker.idle()
    #expect(await house.about("tasks/get", gone).result?["status"] == "cancelled")
  }

  @Test func `audit: asked for, about to be done, done, fetched, each with the task's id`() async throws {
    let house = try await TaskHouse(more: [Job("save", writes: true)])
    let id = try #require(await house.call("save").result?["taskId"]?.string)
    await house.worker.idle()
    _ = await house.about("tasks/get", id)
    let entries = try await house.house.entries
    // It may be run before its request's own answer is on record.
    #expect(entries.first { $0.method == "tools/call" }?.kind == .response)
    #expect(entries.filter { $0.method == "task/run" }.map(\.kind) == [.request, .response])
    #expect(entries.last?.method == "tasks/get")
    #expect(entries.count == 4)
    #expect(entries.allSatisfy { $0.rule == id && $0.tool == "save" && $0.connectionID == "con_1" })
  }

  private func limit(_ house: TaskHouse, _ window: String) async throws {
    try await house.house.governor.rules.set(
      Array(
        #"{"version":"1","default":"allow","tools":{"job":{"limits":[{"counter":"c","window":"\#(window)","max":1,"scope":"grant"}]}}}"#
          .utf8), for: .everything)
  }

  @Test func `a run is counted as a call; one over a limit says so where waiting would take too long`()
    async throws
  {
    let house = try await TaskHouse(more: [Job()])
    try await limit(house, "day")
    var ids: [String] = []
    for _ in 0..<2 { ids.append(try #require(await house.call("job").result?["taskId"]?.string)) }
    await house.worker.idle()
    var codes: [String] = []
    for id in ids {
      let result = await house.about("tasks/get", id).result?["result"]
      codes.append(result?["structuredContent"]?["code"]?.string ?? "none")
    }
    #expect(codes.sorted() == ["none", "rate_limited"])
  }

  @Test func `one over the limit of a minute waits for the next, and is told so`() async throws {
    let house = try await TaskHouse(more: [Job()])
    try await limit(house, "minute")
    var ids: [String] = []
    for _ in 0..<2 { ids.append(try #require(await house.call("job").result?["taskId"]?.string)) }
    await house.worker.idle()
    var words: [String] = []
    for id in ids {
      let task = try #require(await house.about("tasks/get", id).result)
      words.append("\(task["status"]?.string ?? "") \(task["statusMessage"]?.string?.prefix(6) ?? "-")")
    }
    #expect(words.sorted() == ["completed -", "working Waits:"])
    house.house.clock.advance(.minutes(1))
    await house.worker.look()
    await house.worker.idle()
    for id in ids { #expect(await house.about("tasks/get", id).result?["status"] == "completed") }
  }

  @Test func `product row A2: while the master switch is off tasks wait, and nothing is lost`() async throws {
    let go = Gate()
    let house = try await TaskHouse(more: [
      Job("slow") { _, _ in
        await go.wait()
        return .said("done")
      }, Job(),
    ])
    for _ in 0..<2 { _ = await house.call("slow") }
    let id = try #require(await house.call("job").result?["taskId"]?.string)
    try await house.house.governor.rules.setOpen(false)
    go.open()
    await house.worker.idle()
    try await house.house.governor.rules.setOpen(true)
    #expect(await house.about("tasks/get", id).result?["status"] == "working")
    house.house.clock.advance(.seconds(30))
    await house.worker.look()
    await house.worker.idle()
    #expect(await house.about("tasks/get", id).result?["status"] == "completed")
  }

  // MARK: Notifications

  private func listen(_ house: TaskHouse, _ ids: [String], _ caller: Caller = makeCaller()) async -> Streaming
  {
    let list = ids.map { "\"\($0)\"" }.joined(separator: ",")
    return Streaming(
      await house.house.send(
        .post,
        """
        {"jsonrpc":"2.0","id":5,"method":"subscriptions/listen","params":{\
        "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",\
        "io.modelcontextprotocol/clientCapabilities":\(TaskHouse.declared)},"notifications":{"taskIds":[\(list)]}}}
        """, ["mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen"], caller))
  }

  @Test
  func `Task Status Notifications: own tasks are agreed to, and each notification is what tasks/get says`()
    async throws
  {
    let go = Gate()
    let house = try await TaskHouse(more: [
      Job { _, _ in
        await go.wait()
        return .said("done")
      }
    ])
    let id = try #require(await house.call("job").result?["taskId"]?.string)
    let other = try #require(
      await house.call("job", as: makeCaller(connectionID: "con_2")).result?["taskId"]?.string)
    let stream = await listen(house, [id, other, "tsk_never"])
    let events = await stream.reader.events(2)
    #expect(
      events[0].data
        == #"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":5},"notifications":{"taskIds":["\#(id)"]}}}"#
    )
    #expect(events[1].method == "notifications/tasks", "where it is when the stream begins")
    #expect(events[1].json["params"]?["status"] == "working")
    go.open()
    let last = try #require(await stream.reader.events(3).last)
    #expect(last.json["params"]?["_meta"]?["io.modelcontextprotocol/subscriptionId"] == 5)
    #expect(last.json["params"]?["taskId"]?.string == id)
    #expect(last.json["params"]?["status"] == "completed")
    #expect(last.json["params"]?["result"]?["content"]?.array?.first?["text"] == "done")
    await house.worker.idle()
    await stream.leave()
    let late = await listen(house, [id])
    #expect(await late.reader.events(2).last?.json["params"]?["status"] == "completed")
    await late.leave()
  }

  @Test func `task ids without the capability are -32021, and a filter that is none is -32602`() async throws
  {
    let house = try await TaskHouse()
    func code(_ capabilities: String, _ ids: String) async -> Int64? {
      await house.modern(
        "subscriptions/listen", #""notifications":{"taskIds":\#(ids)}"#, capabilities: capabilities
      ).code
    }
    #expect(await code("{}", #"["tsk_x"]"#) == -32021)
    #expect(await code(TaskHouse.declared, "7") == -32602)
    #expect(await code(TaskHouse.declared, "[7]") == -32602)
  }
}
