internal import Authentication
internal import JSON
internal import OAuth
internal import Testing
internal import World

@testable internal import Governance

@Suite("Governor")
struct GovernorTests {
  let clock = TestClock()
  let tool = makeTool(parameters: [.optional("model", .text, "")])

  @Test func `a caller with the scope gets a permit and sees the tool`() async throws {
    let governor = try await Governor(clock)
    #expect(await governor.verdict(makeCaller(), tool) == .permitted(remaining: 59))
    #expect(governor.isVisible(tool, to: makeCaller()))
  }

  @Test(
    arguments: [
      (.read, .read, nil), (.write, .read, nil), (.admin, .execute, nil), (.execute, .write, nil),
      (.read, .write, "mcp:read mcp:write"), (.read, .execute, "mcp:read mcp:execute"),
      (.write, .execute, "mcp:write mcp:execute"), (.offlineAccess, .read, "mcp:read"),
    ] as [(Scope, Scope, String?)])
  func `a missing scope is asked for together with those that were granted, and hides the tool`(
    granted: Scope, required: Scope, needed: String?
  ) async throws {
    let governor = try await Governor(clock)
    let tool =
      switch required {
      case .read: makeTool()
      case .write: makeTool(category: .write, effect: .adds)
      default: makeTool(category: .execute, effect: .runs)
      }
    let caller = makeCaller(scopes: [granted])
    let expected: Verdict = needed.map { .insufficientScope($0) } ?? .permitted(remaining: 59)
    #expect(await governor.verdict(caller, tool) == expected)
    #expect(governor.isVisible(tool, to: caller) == (needed == nil))
  }

  @Test func `an allowed list admits its tools alone, before the scope is asked`() async throws {
    let governor = try await Governor(clock)
    let caller = makeCaller(scopes: [], allowedTools: ["other"])
    #expect(await governor.verdict(caller, tool) == .denied("(allowed tools)"))
    #expect(!governor.isVisible(tool, to: caller))
    #expect(await governor.verdict(makeCaller(allowedTools: ["probe"]), tool) == .permitted(remaining: 59))
    #expect(await governor.verdict(makeCaller(allowedTools: []), tool) == .denied("(allowed tools)"))
  }

  @Test func `an allowed list of models refuses any other by name`() async throws {
    let governor = try await Governor(clock)
    let caller = makeCaller(allowedModels: ["res.partner"])
    #expect(await governor.verdict(caller, tool, ["model": "sale.order"]) == .denied("(allowed models)"))
    #expect(await governor.verdict(caller, tool, ["model": "res.partner"]) == .permitted(remaining: 59))
  }

  @Test func `the master switch refuses everything, and nothing is lost when it is on again`() async throws {
    let governor = try await Governor(clock)
    try await governor.rules.setOpen(false)
    #expect(await governor.verdict(makeCaller(), tool) == .denied("(master switch)"))
    #expect(await governor.admit(makeCaller(), method: "ping")?.rule == "(master switch)")
    #expect(!governor.isVisible(tool, to: makeCaller()))
    try await governor.rules.setOpen(true)
    #expect(await governor.verdict(makeCaller(), tool) == .permitted(remaining: 59))
  }

  @Test func `a tool that is switched off is neither seen nor run`() async throws {
    let governor = try await Governor(clock)
    try await governor.rules.setActive(false, tool: "probe")
    #expect(await governor.verdict(makeCaller(), tool) == .denied("(tool switched off)"))
    #expect(!governor.isVisible(tool, to: makeCaller()))
  }

  @Test func `arguments that do not fit use nothing of the limit`() async throws {
    let governor = try await Governor(clock)
    let verdict = await governor.verdict(makeCaller(), tool, ["foo": 1])
    #expect(verdict == .misfit("/foo is not known (known: model)"))
    #expect(await governor.verdict(makeCaller(), tool) == .permitted(remaining: 59))
  }

  @Test(arguments: [1, 7, 60, 500])
  func `of 2N calls at once exactly N are admitted`(limit: Int) async throws {
    let governor = try await Governor(clock)
    let tool = tool
    let caller = makeCaller(perMinute: limit)
    let admitted = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<(2 * limit) {
        group.addTask { if case .permitted = await governor.verdict(caller, tool) { true } else { false } }
      }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(admitted == limit)
  }

  @Test func `the limit names its wait, a refused call is not counted, and the next minute admits again`()
    async throws
  {
    let governor = try await Governor(clock)
    let caller = makeCaller(perMinute: 2)
    // To the beginning of a minute: windows are aligned.
    clock.advance(.seconds(20))
    for remaining in [1, 0] {
      #expect(await governor.verdict(caller, tool) == .permitted(remaining: remaining))
    }
    clock.advance(.milliseconds(59_500))
    for _ in 0..<5 {
      switch await governor.admit(caller, tool, [:]) {
      case .denied(let denial):
        #expect(denial.rule == "/connection/limits/per_minute")
        #expect(denial.code == "rate_limited")
        #expect(denial.retryAfter == .seconds(1))
      default: Issue.record("the third call was admitted")
      }
    }
    clock.advance(.milliseconds(500))
    for remaining in [1, 0] {
      #expect(await governor.verdict(caller, tool) == .permitted(remaining: remaining))
    }
    #expect(await governor.verdict(caller, tool) == .denied("/connection/limits/per_minute"))
  }

  @Test func `each connection has a limit of its own`() async throws {
    let governor = try await Governor(clock)
    #expect(
      await governor.verdict(makeCaller(connection: "a", perMinute: 1), tool) == .permitted(remaining: 0))
    #expect(
      await governor.verdict(makeCaller(connection: "b", perMinute: 1), tool) == .permitted(remaining: 0))
    #expect(
      await governor.verdict(makeCaller(connection: "a", perMinute: 1), tool)
        == .denied("/connection/limits/per_minute"))
  }

  @Test func `a clock that is set back gives no second allowance and locks nobody out`() async throws {
    let governor = try await Governor(clock)
    let caller = makeCaller(perMinute: 1)
    #expect(await governor.verdict(caller, tool) == .permitted(remaining: 0))
    clock.advance(.seconds(-86_400))
    #expect(await governor.verdict(caller, tool) == .denied("/connection/limits/per_minute"))
    clock.advance(.seconds(60))
    #expect(await governor.verdict(caller, tool) == .permitted(remaining: 0))
  }

  @Test func `other requests have their own count, which admits at least sixty`() async throws {
    let governor = try await Governor(clock)
    let caller = makeCaller(perMinute: 1)
    for _ in 0..<60 { #expect(await governor.admit(caller, method: "tools/list") == nil) }
    #expect(await governor.admit(caller, method: "tools/list")?.code == "rate_limited")
    #expect(await governor.verdict(caller, tool) == .permitted(remaining: 0))
  }

  @Test func `windows that are over are cleared away`() {
    let limiter = RateLimiter()
    for index in 0..<100_000 {
      #expect(limiter.take("c\(index)", limit: 1, now: clock.now).isAdmitted)
      if index % 1000 == 999 { clock.advance(.seconds(61)) }
    }
    #expect(limiter.count <= 2048)
  }

  @Test func `windows that are open are kept however many there are`() {
    let limiter = RateLimiter()
    for index in 0..<5000 { #expect(limiter.take("c\(index)", limit: 1, now: clock.now).isAdmitted) }
    for index in 0..<5000 { #expect(!limiter.take("c\(index)", limit: 1, now: clock.now).isAdmitted) }
  }
}
