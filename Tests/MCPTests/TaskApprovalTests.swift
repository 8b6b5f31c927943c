internal import Accounts
internal import Authentication
internal import JSON
internal import OAuth
internal import Tasks
internal import Testing
internal import World

@testable internal import Governance
@testable internal import MCP
@testable internal import Tools

@Suite("Approvals as tasks (product row B7)")
struct TaskApprovalTests {
  private static let boss = User(
    id: 1, login: "boss", name: "boss", email: nil, groups: [], isAdministrator: true, isDisabled: false,
    companyID: nil, companyIDs: [])

  private func gated() async throws -> TaskHouse {
    let house = try await TaskHouse()
    try await house.house.governor.rules.set(
      Array(#"{"version":"1","default":"allow","tools":{"echo":{"require_approval":true}}}"#.utf8),
      for: .everything)
    return house
  }

  private func ask(_ house: TaskHouse, capabilities: String = TaskHouse.declared) async -> JSONValue? {
    await house.call("echo", #"{"text":"x"}"#, capabilities: capabilities).result
  }

  private func decide(_ house: TaskHouse, _ verdict: Approvals.Verdict) async throws {
    let approvals = house.house.governor.approvals
    let request = try #require(try await approvals.list(.pending).first)
    _ = try await approvals.decide(request.id, verdict, by: Self.boss)
    guard case .approve = verdict else { return }
    let taken = try #require(try await approvals.take())
    try await approvals.finish(taken.id, .done, content: ["text": "x"], text: "echoed", isError: false)
  }

  @Test func `without the capability it stays pending_approval`() async throws {
    let house = try await gated()
    let result = await ask(house, capabilities: "{}")
    #expect(result?["isError"] == true)
    #expect(result?["structuredContent"]?["code"] == "pending_approval")
  }

  @Test func `with it, the call is a task that works until somebody agrees, and then has the outcome`()
    async throws
  {
    let house = try await gated()
    let made = try #require(await ask(house))
    #expect(made["resultType"] == "task")
    #expect(made["status"] == "working")
    #expect(made["statusMessage"]?.string?.hasPrefix("Waits for a person to agree: Read by “Echo”") == true)
    #expect(made["ttlMs"] == 90_000_000, "an hour more than somebody has to decide")
    let id = try #require(made["taskId"]?.string)
    #expect(await ask(house)?["taskId"]?.string == id, "asking twice gives the same")
    await house.worker.look()
    #expect(await house.about("tasks/get", id).result?["status"] == "working")
    try await decide(house, .approve)
    await house.worker.look()
    let done = try #require(await house.about("tasks/get", id).result)
    #expect(done["status"] == "completed")
    #expect(done["result"]?["structuredContent"]?["text"] == "x")
    #expect(await ask(house)?["taskId"]?.string != id, "the same call is another wish then")
  }

  @Test func `no room for a task: the call waits all the same, and says by which id`() async throws {
    let house = try await TaskHouse(live: 0)
    try await house.house.governor.rules.set(
      Array(#"{"version":"1","default":"allow","tools":{"echo":{"require_approval":true}}}"#.utf8),
      for: .everything)
    let result = await ask(house)
    #expect(result?["resultType"] == "complete")
    #expect(result?["structuredContent"]?["code"] == "pending_approval")
    let older = await house.older("tools/call", #""name":"echo","arguments":{"text":"x"},"task":{}"#)
    #expect(older.code == -32000)
    #expect(
      older.json["error"]?["data"]?["request_id"] == result?["structuredContent"]?["request_id"])
  }

  @Test func `rejected: the task is cancelled, with the reason and what would be agreed to`() async throws {
    let house = try await gated()
    let id = try #require(await ask(house)?["taskId"]?.string)
    try await decide(house, .reject(reason: "not today", proposal: ["text": "y"]))
    await house.worker.look()
    let ended = try #require(await house.about("tasks/get", id).result)
    #expect(ended["status"] == "cancelled")
    #expect(
      ended["statusMessage"]
        == #"It was rejected: not today Nothing was done. The approver would agree to: {"text":"y"}"#)
  }

  @Test func `nobody decided in time: the task is cancelled`() async throws {
    let house = try await gated()
    let id = try #require(await ask(house)?["taskId"]?.string)
    house.house.clock.advance(.hours(24))
    await house.worker.look()
    #expect(await house.about("tasks/get", id).result?["status"] == "cancelled")
  }

  @Test func `cancelled: the request is taken back, and nobody can agree to it any more`() async throws {
    let house = try await gated()
    let id = try #require(await ask(house)?["taskId"]?.string)
    let approvals = house.house.governor.approvals
    let request = try #require(try await approvals.list(.pending).first)
    #expect(await house.about("tasks/cancel", id).status == 200)
    await #expect(throws: Approvals.DecisionError.alreadyDecided(.expired)) {
      try await approvals.decide(request.id, .approve, by: Self.boss)
    }
    #expect(await house.about("tasks/get", id).result?["status"] == "cancelled")
  }

  @Test func `2025-11-25: a call with 'task' that waits is a task, one without is pending_approval`()
    async throws
  {
    let house = try await gated()
    let plain = await house.older("tools/call", #""name":"echo","arguments":{"text":"x"}"#)
    #expect(plain.result?["structuredContent"]?["code"] == "pending_approval")
    let made = await house.older("tools/call", #""name":"echo","arguments":{"text":"x"},"task":{}"#)
    let id = try #require(made.result?["task"]?["taskId"]?.string)
    #expect(made.result?["task"]?["status"] == "working")
    try await decide(house, .approve)
    await house.worker.look()
    let result = await house.older("tasks/result", #""taskId":"\#(id)""#).result
    #expect(result?["structuredContent"]?["text"] == "x")
  }

  @Test func `a policy that comes to ask for a person while the task waits its turn: then it follows them`()
    async throws
  {
    let house = try await TaskHouse(more: [Job("job")])
    try await house.house.governor.rules.set(
      Array(#"{"version":"1","default":"allow","tools":{"job":{"require_approval":true}}}"#.utf8),
      for: .everything)
    var draft = TaskStore.Draft(userID: 7, connectionID: "con_1", .call(tool: "job"), [:])
    draft.revision = "2026-07-28"
    let task = try await house.tasks.submit(draft)
    await house.worker.idle()
    let waiting = try #require(await house.about("tasks/get", task.id).result)
    #expect(waiting["status"] == "working")
    #expect(waiting["statusMessage"]?.string?.hasPrefix("Waits for a person") == true)
    try await decide(house, .reject(reason: nil, proposal: nil))
    await house.worker.look()
    #expect(await house.about("tasks/get", task.id).result?["status"] == "cancelled")
  }
}
