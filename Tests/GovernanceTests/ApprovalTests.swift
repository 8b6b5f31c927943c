internal import Accounts
internal import JSON
internal import Policies
internal import Storage
internal import Telemetry
internal import Testing
internal import World

@testable internal import Authentication
@testable internal import Governance

@Suite("Approvals (product row B7)")
struct ApprovalTests {
  let clock = TestClock()
  let store: Store
  let governor: Governor
  let tool = makeTool("pay", parameters: [.optional("amount", .number, ""), .optional("note", .text, "")])

  static let boss = user(1, "boss", isAdministrator: true)
  static let other = user(2, "other", isAdministrator: true)
  static let lead = user(3, "lead")
  static let sales = user(7, "sales")

  private static func user(_ id: Int64, _ login: String, isAdministrator: Bool = false) -> User {
    User(
      id: id, login: login, name: login, email: nil, groups: [], isAdministrator: isAdministrator,
      isDisabled: false,
      companyID: nil, companyIDs: [])
  }

  init() async throws {
    store = try Store(.temporary, log: .silent)
    governor = try await Governor(clock, store: store)
    try await store.write { transaction in
      for user in [Self.boss, Self.other, Self.lead, Self.sales] {
        _ = try transaction.run(
          """
          INSERT INTO account (id, login, name, groups, company_ids, is_administrator, created_at)
          VALUES (\(user.id), \(user.login), \(user.name), '[]', '[]', \(user.isAdministrator), 0)
          """)
      }
      for id in ["con_1", "con_2"] {
        _ = try transaction.run(
          """
          INSERT INTO connection (id, account_id, kind, name, scope, version, per_minute, created_at)
          VALUES (\(id), 7, 'browser', 'c', 'mcp:read', 1, 60, 0)
          """)
      }
    }
    try await governor.rules.set(
      Array(
        #"{"version":"1","default":"allow","tools":{"pay":{"require_approval":[{"path":"args.amount","op":"gt","value":10}]}}}"#
          .utf8),
      for: .everything)
  }

  private var approvals: Approvals { governor.approvals }

  /// The request of a call, or nil when it may run.
  private func ask(
    _ amount: Double = 11, _ caller: Caller = makeCaller(), note: String? = nil
  ) async -> ApprovalRequest? {
    var arguments: JSONObject = ["amount": .number(amount)]
    if let note { arguments["note"] = .string(note) }
    if case .waiting(let request) = await governor.admit(caller, tool, arguments) { return request }
    return nil
  }

  @Test func `a gated call waits and is not counted; what the condition does not meet runs`() async throws {
    let request = try #require(await ask())
    #expect(request.status == .pending && request.rule == "/tools/pay/require_approval")
    #expect(request.policy == "everything@1" && request.requesterID == 7 && request.connectionID == "con_1")
    #expect(request.arguments == ["amount": 11.0] && request.expiresAt == clock.now + .hours(24))
    #expect(request.summary == "Read by “Probe” (amount: 11.0)")
    #expect(await ask(10) == nil)
    #expect(try await store.rows("SELECT used FROM counter").map { $0.integer(0) } == [1_000_000])
  }

  @Test func `asking twice for the same gives the same request, and anything else another one`() async throws
  {
    let first = try #require(await ask())
    #expect(await ask()?.id == first.id)
    #expect(await ask(12)?.id != first.id)
    #expect(await ask(11, note: "x")?.id != first.id)
    #expect(await ask(11, makeCaller(connection: "con_2"))?.id != first.id)
    // Twenty at once are one.
    let ids = await withTaskGroup(of: String?.self) { group in
      for _ in 0..<20 { group.addTask { await ask(99)?.id } }
      return await group.reduce(into: Set<String?>()) { $0.insert($1) }
    }
    #expect(ids.count == 1 && ids.first != .some(nil))
  }

  @Test func `no more than fifty calls of a connection wait`() async throws {
    for amount in 0..<50 { #expect(await ask(Double(100 + amount)) != nil) }
    switch await governor.admit(makeCaller(), tool, ["amount": 99]) {
    case .denied(let denial): #expect(denial.code == "too_many_waiting")
    default: Issue.record("one too many")
    }
    #expect(await ask(100) != nil)
  }

  @Test func `approved it is taken once, and its outcome answers the same call once`() async throws {
    let request = try #require(await ask())
    #expect(try await approvals.take() == nil)
    let approved = try await approvals.decide(request.id, .approve, by: Self.boss)
    #expect(approved.status == .approved && approved.decidedBy == 1)
    #expect(await ask()?.status == .approved)
    let taken = await withTaskGroup(of: String?.self) { group in
      let approvals = approvals
      for _ in 0..<10 { group.addTask { (try? await approvals.take())?.id } }
      return await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
    }
    #expect(taken == [request.id])
    #expect(await ask()?.status == .running)
    try await approvals.finish(request.id, .done, content: ["paid": true], text: "Paid.", isError: false)
    let done = try #require(await ask())
    #expect(done.id == request.id && done.status == .done && done.outcome?.content == ["paid": true])
    // Told once; the next call is another wish.
    let again = try #require(await ask())
    #expect(again.id != request.id && again.status == .pending)
  }

  @Test func `everything else is asked again when it runs`() async throws {
    let request = try #require(await ask())
    _ = try await approvals.decide(request.id, .approve, by: Self.boss)
    let caller = makeCaller(perMinute: 1)
    switch await governor.admit(caller, tool, request.arguments, isApproved: true) {
    case .permitted: break
    default: Issue.record("not permitted")
    }
    switch await governor.admit(caller, tool, request.arguments, isApproved: true) {
    case .denied(let denial): #expect(denial.code == "rate_limited")
    default: Issue.record("beyond the limit")
    }
    try await governor.rules.set(Array(#"{"version":"1","default":"deny"}"#.utf8), for: .everything)
    switch await governor.admit(makeCaller(), tool, request.arguments, isApproved: true) {
    case .denied(let denial): #expect(denial.rule == "(default deny)")
    default: Issue.record("denied by a policy of now")
    }
  }

  @Test(
    arguments: [
      ("the administrator", 1, nil, true), ("the requester", 7, nil, false), ("somebody", 3, nil, false),
      ("the named approver", 3, 3, true), ("an administrator who is not named", 1, 3, false),
      ("the requester, named", 7, 7, false),
    ] as [(String, Int64, Int64?, Bool)])
  func `who may decide is the one who is named, or an administrator, and never who asked`(
    who: String, userID: Int64, approverID: Int64?, mayDecide: Bool
  ) async throws {
    let request = try #require(await ask(11, makeCaller(approverID: approverID)))
    let users: [Int64: User] = [1: Self.boss, 3: Self.lead, 7: Self.sales]
    let user = try #require(users[userID])
    do {
      _ = try await approvals.decide(request.id, .approve, by: user)
      #expect(mayDecide, "\(who)")
    } catch let error as Approvals.DecisionError {
      #expect(!mayDecide && error == .notAllowed, "\(who)")
    }
    let own = Approvals(store: store, world: clock.world, allowsOwn: true)
    #expect(own.mayDecide(Self.sales, request) == (approverID == 7))
  }

  @Test func `of two who decide at once one does, and the other is told`() async throws {
    for turn in 0..<10 {
      let request = try #require(await ask(Double(100 + turn)))
      let approvals = approvals
      let results = await withTaskGroup(of: String.self) { group in
        for user in [Self.boss, Self.other] {
          group.addTask {
            do {
              return try await approvals.decide(
                request.id, user.id == 1 ? .approve : .reject(reason: "no", proposal: nil), by: user
              ).status.rawValue
            } catch { return "\(error)" }
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      let decided = results.filter { $0 == "approved" || $0 == "rejected" }
      #expect(decided.count == 1 && results.contains { $0.hasPrefix("alreadyDecided") }, "\(results)")
    }
  }

  @Test func `rejected it tells why, with what would be agreed to, and is never run`() async throws {
    let request = try #require(await ask())
    _ = try await approvals.decide(
      request.id, .reject(reason: "too much", proposal: ["amount": 10]), by: Self.boss)
    let told = try #require(await ask())
    #expect(told.id == request.id && told.status == .rejected && told.reason == "too much")
    #expect(told.proposal == ["amount": 10])
    #expect(try await approvals.take() == nil)
    await #expect(throws: Approvals.DecisionError.alreadyDecided(.rejected)) {
      _ = try await approvals.decide(request.id, .approve, by: Self.other)
    }
  }

  @Test func `what nobody decides in time expires, at the look and at the sweep`() async throws {
    let request = try #require(await ask())
    clock.advance(.hours(24))
    await #expect(throws: Approvals.DecisionError.alreadyDecided(.expired)) {
      _ = try await approvals.decide(request.id, .approve, by: Self.boss)
    }
    #expect(try await approvals.request(request.id)?.status == .expired)
    let next = try #require(await ask(12))
    clock.advance(.hours(24))
    #expect(try await approvals.expire() == 1)
    #expect(try await approvals.list(.pending).isEmpty)
    #expect(try await approvals.list(.expired).map(\.id) == [next.id, request.id])
    #expect(try await approvals.take() == nil)
  }

  @Test func `A8 a revoked connection takes what waits on it along`() async throws {
    let (first, second) = (try #require(await ask()), try #require(await ask(12)))
    let elsewhere = try #require(await ask(11, makeCaller(connection: "con_2")))
    _ = try await approvals.decide(second.id, .approve, by: Self.boss)
    try await store.write { _ = try $0.run("UPDATE connection SET revoked_at = 5 WHERE id = 'con_1'") }
    #expect(try await approvals.request(first.id)?.status == .expired)
    #expect(try await approvals.request(second.id)?.status == .expired)
    #expect(try await approvals.request(elsewhere.id)?.status == .pending)
    #expect(try await approvals.take() == nil)
  }

  @Test func `what was cut off while it ran is never run again`() async throws {
    let request = try #require(await ask())
    _ = try await approvals.decide(request.id, .approve, by: Self.boss)
    _ = try await approvals.take()
    #expect(try await approvals.abandon() == 0)
    clock.advance(.minutes(11))
    #expect(try await approvals.abandon() == 1)
    #expect(try await approvals.request(request.id)?.status == .failed)
    #expect(try await approvals.take() == nil)
    // A late outcome changes nothing.
    try await approvals.finish(request.id, .done, content: [:], text: "", isError: false)
    #expect(try await approvals.request(request.id)?.status == .failed)
  }

  @Test(
    arguments: [
      (
        Governor.Configuration.HighRisk.browserLogins, Caller.Credential.accessToken,
        ToolDefinition.Risk.high, true
      ),
      (.browserLogins, .apiKey, .high, false), (.browserLogins, .accessToken, .medium, false),
      (.all, .apiKey, .high, true), (.all, .accessToken, .low, false), (.none, .accessToken, .high, false),
    ])
  func `a tool of high risk waits by default, unless a policy speaks of it`(
    setting: Governor.Configuration.HighRisk, credential: Caller.Credential, risk: ToolDefinition.Risk,
    waits: Bool
  ) async throws {
    var configuration = Governor.Configuration()
    configuration.approvesHighRisk = setting
    let governor = try await Governor(clock, store: store, configuration: configuration)
    let caller = makeCaller(credential: credential)
    let tool = makeTool("wipe", risk: risk)
    switch await governor.admit(caller, tool, [:]) {
    case .waiting(let request): #expect(waits && request.rule == "(high risk)")
    case .permitted: #expect(!waits)
    default: Issue.record("denied")
    }
    // To name it is not to say that nobody has to agree.
    try await governor.rules.set(
      Array(#"{"version":"1","default":"allow","tools":{"wipe":{"limits":[]}}}"#.utf8), for: .everything)
    if case .permitted = await governor.admit(caller, tool, [:]) { #expect(!waits) }
    try await governor.rules.set(
      Array(#"{"version":"1","default":"allow","tools":{"wipe":{"require_approval":false}}}"#.utf8),
      for: .everything)
    switch await governor.admit(caller, tool, [:]) {
    case .permitted: break
    default: Issue.record("a policy allows it")
    }
  }

  @Test func `people see what they filed or may decide, administrators all`() async throws {
    let filed = try #require(await ask())
    let named = try #require(await ask(12, makeCaller(approverID: 3)))
    #expect(try await approvals.list(for: Self.boss).map(\.id).sorted() == [filed.id, named.id].sorted())
    #expect(try await approvals.list(for: Self.lead).map(\.id) == [named.id])
    #expect(try await approvals.list(for: Self.sales).count == 2)
  }
}
