internal import JSON
internal import OAuth
internal import Policies
internal import Storage
internal import Telemetry
internal import Testing
internal import World

@testable internal import Authentication
@testable internal import Governance

@Suite("Policies in force (product rows B2, B4, D3)")
struct RulebookTests {
  let clock = TestClock()
  let store: Store
  let governor: Governor
  let probe = makeTool(parameters: [.optional("amount", .number, "", default: 1)])
  let refresh = makeTool("proxy_refresh")

  init() async throws {
    store = try Store(.temporary, log: .silent)
    governor = try await Governor(clock, store: store)
    clock.advance(.seconds(20))
  }

  private func set(_ document: String, for target: PolicyTarget = .connection("con_1")) async throws {
    try await governor.rules.set(Array(document.utf8), for: target)
  }

  private func verdict(
    _ tool: ToolDefinition, _ arguments: JSONObject = [:], _ caller: Caller = makeCaller()
  )
    async -> String
  {
    switch await governor.verdict(caller, tool, arguments) {
    case .permitted: "permitted"
    case .denied(let rule): rule
    case .misfit: "misfit"
    case .insufficientScope: "scope"
    case .insufficientAuthentication: "sign-in"
    }
  }

  @Test func `D3 ten calls in a minute pass, the eleventh is denied, every other tool is denied`()
    async throws
  {
    try await set(
      """
      { "version": "1", "default": "deny",
        "tools": { "proxy_refresh": { "limits": [
            { "counter": "proxy_refresh_rate", "window": "minute", "max": 10, "scope": "grant" } ] } } }
      """)
    for _ in 0..<10 { #expect(await verdict(refresh) == "permitted") }
    for _ in 0..<2 { #expect(await verdict(refresh) == "/tools/proxy_refresh/limits/proxy_refresh_rate") }
    #expect(await verdict(probe) == "(default deny)")
    #expect(governor.isVisible(refresh, to: makeCaller()) && !governor.isVisible(probe, to: makeCaller()))
    // Another grant has a policy of its own, or none.
    #expect(await verdict(probe, [:], makeCaller(connection: "con_2")) == "permitted")
    clock.advance(.minutes(1))
    #expect(await verdict(refresh) == "permitted")
  }

  @Test func `B4 an edit holds for the next call, an invalid one changes nothing, and counters persist`()
    async throws
  {
    let document = { (max: Int) in
      #"{"version":"1","default":"deny","tools":{"probe":{"limits":[{"counter":"c","window":"day","max":\#(max)}]}}}"#
    }
    try await set(document(2))
    for _ in 0..<2 { #expect(await verdict(probe) == "permitted") }
    #expect(await verdict(probe) == "/tools/probe/limits/c")
    await #expect(throws: PolicyError.self) { try await set(#"{"version":"1"}"#) }
    #expect(await verdict(probe) == "/tools/probe/limits/c")
    try await set(document(3))
    #expect(await verdict(probe) == "permitted")
    #expect(await verdict(probe) == "/tools/probe/limits/c")
    // Another process edits.
    try await Rulebook(store: store, world: clock.world).set(
      Array(document(4).utf8), for: .connection("con_1"))
    #expect(await verdict(probe) == "permitted")
    #expect(try await governor.rules.clear(.connection("con_1")))
    #expect(await verdict(probe) == "permitted")
    #expect(try await governor.rules.clear(.connection("con_1")) == false)
    #expect(try await governor.rules.versions(of: .connection("con_1")).map(\.version) == [4, 3, 2, 1])
  }

  @Test(arguments: [
    (PolicyTarget.everything, true), (.group("sales/user"), true), (.group("other"), false),
    (.client("client_1"), true), (.client("client_2"), false), (.connection("con_1"), true),
    (.connection("con_2"), false),
  ])
  func `a policy rules everybody, a group, a client or a connection`(
    target: PolicyTarget, isDenied: Bool
  ) async throws {
    try await set(#"{"version":"1","default":"deny"}"#, for: target)
    #expect(await verdict(probe) == (isDenied ? "(default deny)" : "permitted"))
    #expect(PolicyTarget(target.description) == target)
  }

  @Test func `all policies of a call have to allow it, and the widest is asked first`() async throws {
    try await set(#"{"version":"1","default":"allow","tools":{"probe":{"action":"deny"}}}"#, for: .everything)
    try await set(#"{"version":"1","default":"deny","tools":{"probe":{}}}"#)
    #expect(await verdict(probe) == "/tools/probe/action")
    #expect(await verdict(refresh) == "(default deny)")
    switch await governor.admit(makeCaller(), probe, [:]) {
    case .denied(let denial): #expect(denial.policy == "everything@1")
    default: Issue.record("not denied")
    }
    try await set(#"{"version":"1","default":"allow"}"#, for: .everything)
    switch await governor.admit(makeCaller(), probe, [:]) {
    case .permitted(let permit): #expect(permit.policy == "everything@2 connection:con_1@1")
    default: Issue.record("not permitted")
    }
  }

  @Test func `rules see the arguments as the tool will, with defaults`() async throws {
    try await set(
      #"{"version":"1","default":"allow","tools":{"probe":{"require":[{"path":"args.amount","op":"lte","value":5}]}}}"#
    )
    #expect(await verdict(probe) == "permitted")
    #expect(await verdict(probe, ["amount": 6]) == "/tools/probe/require/args.amount-lte")
    #expect(await verdict(probe, ["amount": "4"]) == "misfit")
  }

  @Test func `a denied call counts nothing, of any limit`() async throws {
    try await set(
      """
      {"version":"1","default":"allow","all_tools":{"limits":[{"counter":"all","window":"day","max":2,"scope":"global"}]},
       "tools":{"probe":{"deny_if":[{"path":"args.amount","op":"gt","value":5}],
         "limits":[{"counter":"one","window":"minute","max":1}]}}}
      """)
    #expect(await verdict(probe, ["amount": 6]) == "/tools/probe/deny_if/args.amount-gt")
    #expect(await verdict(probe) == "permitted")
    // The tool's own limit stops it, and what all tools have together stays.
    #expect(await verdict(probe) == "/tools/probe/limits/one")
    #expect(await verdict(refresh) == "permitted")
    #expect(await verdict(refresh) == "/all_tools/limits/all")
  }

  @Test(arguments: [("grant", true), ("user", false), ("client", false), ("global", false)])
  func `a counter belongs to a grant, a user, a client or everybody`(
    scope: String, isApart: Bool
  ) async throws {
    try await set(
      #"{"version":"1","default":"allow","all_tools":{"limits":[{"counter":"c","window":"day","max":1,"scope":"\#(scope)"}]}}"#,
      for: .everything)
    #expect(await verdict(probe) == "permitted")
    #expect(
      await verdict(probe, [:], makeCaller(connection: "con_2"))
        == (isApart ? "permitted" : "/all_tools/limits/c"))
  }

  @Test func `B5 the day and all connections together have limits too`() async throws {
    var configuration = Governor.Configuration()
    configuration.perMinute = 3
    let governor = try await Governor(clock, store: store, configuration: configuration)
    for connection in ["a", "b", "c"] {
      #expect(await governor.verdict(makeCaller(connection: connection), probe) == .permitted(remaining: 59))
    }
    #expect(
      await governor.verdict(makeCaller(connection: "d"), probe) == .denied("/global/limits/per_minute"))
    clock.advance(.minutes(1))
    let caller = makeCaller(connection: "e", perDay: 1)
    #expect(await governor.verdict(caller, probe) == .permitted(remaining: 59))
    #expect(await governor.verdict(caller, probe) == .denied("/connection/limits/per_day"))
  }

  @Test func `a counter for everybody is one, whichever policy names it`() async throws {
    let document =
      #"{"version":"1","default":"allow","all_tools":{"limits":[{"counter":"c","window":"day","max":1,"scope":"global"}]}}"#
    for connection in ["con_1", "con_2"] { try await set(document, for: .connection(connection)) }
    #expect(await verdict(probe) == "permitted")
    #expect(await verdict(probe, [:], makeCaller(connection: "con_2")) == "/all_tools/limits/c")
  }

  @Test func `a call that is beyond a limit by itself is not told to wait`() async throws {
    try await set(
      #"{"version":"1","default":"allow","tools":{"probe":{"limits":[{"counter":"c","window":"day","max":5,"increment_from":"args.amount"}]}}}"#
    )
    switch await governor.admit(makeCaller(), probe, ["amount": 6]) {
    case .denied(let denial):
      #expect(denial.retryAfter == nil && denial.reason.contains("Waiting does not help"))
    default: Issue.record("not denied")
    }
  }

  @Test func `a policy for a target that is not known is everybody's, and denies`() async throws {
    try await store.write { transaction in
      _ = try transaction.run(
        "INSERT INTO policy (target, version, document, made_at) VALUES ('planet:1', 1, '{}', 0)")
      _ = try transaction.run("UPDATE rulebook SET revision = revision + 1")
    }
    #expect(await verdict(probe) == "(unreadable policy)")
  }

  @Test func `where a policy is required, a grant without one may do nothing`() async throws {
    var configuration = Governor.Configuration()
    configuration.requiresPolicy = true
    let governor = try await Governor(clock, store: store, configuration: configuration)
    #expect(await governor.verdict(makeCaller(), probe) == .denied("(no policy)"))
    try await set(#"{"version":"1","default":"allow"}"#, for: .client("client_1"))
    #expect(await governor.verdict(makeCaller(), probe) == .permitted(remaining: 59))
  }

  @Test func `a policy that can't be read denies everything, and a store that can't answer too`() async throws
  {
    try await store.write { transaction in
      _ = try transaction.run(
        "INSERT INTO policy (target, version, document, made_at) VALUES ('everything', 1, 'nonsense', 0)")
      _ = try transaction.run("UPDATE rulebook SET revision = revision + 1")
    }
    #expect(await verdict(probe) == "(unreadable policy)")
    #expect(!governor.isVisible(probe, to: makeCaller()))
    try await store.write { transaction in
      _ = try transaction.run("DELETE FROM policy")
      _ = try transaction.run("UPDATE rulebook SET revision = revision + 1")
    }
    #expect(await verdict(probe) == "permitted")
    try await store.write { _ = try $0.run("DROP TABLE counter") }
    #expect(await verdict(probe) == "(undecided)")
    try await store.write { _ = try $0.run("DROP TABLE rulebook") }
    #expect(await verdict(probe) == "(undecided)")
    #expect(await governor.admit(makeCaller(), method: "tools/list")?.rule == "(undecided)")
  }

  @Test func `what was reserved is given back when the call never ran`() async throws {
    let caller = makeCaller(perMinute: 1)
    guard case .permitted(let permit) = await governor.admit(caller, probe, [:]) else { return }
    #expect(await governor.verdict(caller, probe) == .denied("/connection/limits/per_minute"))
    await governor.giveBack(permit.reservation)
    #expect(await governor.verdict(caller, probe) == .permitted(remaining: 0))
  }
}
