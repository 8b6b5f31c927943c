internal import Accounts
internal import JSON
internal import Policies
internal import Storage
internal import Telemetry
internal import Testing
internal import World

@testable internal import Authentication
@testable internal import Governance

/// Clocks that jump lock no approval up, and let none through.
@Suite("Approvals and clocks") struct ApprovalClockTests {
  let clock = TestClock()
  let store: Store
  let governor: Governor
  let tool = makeTool("pay", parameters: [.optional("amount", .number, "")])
  let boss = User(
    id: 1, login: "boss", name: "Boss", email: nil, groups: [], isAdministrator: true, isDisabled: false,
    companyID: nil, companyIDs: [])

  init() async throws {
    store = try Store(.temporary, log: .silent)
    governor = try await Governor(clock, store: store)
    try await store.write { transaction in
      for id in [1, 7] as [Int64] {
        _ = try transaction.run(
          """
          INSERT INTO account (id, login, name, groups, company_ids, is_administrator, created_at)
          VALUES (\(id), \("u\(id)"), 'U', '[]', '[]', \(id == 1), 0)
          """)
      }
      _ = try transaction.run(
        """
        INSERT INTO connection (id, account_id, kind, name, scope, version, per_minute, created_at)
        VALUES ('con_1', 7, 'browser', 'c', 'mcp:read', 1, 60, 0)
        """)
    }
    try await governor.rules.set(
      Array(#"{"version":"1","default":"allow","tools":{"pay":{"require_approval":true}}}"#.utf8),
      for: .everything)
  }

  private func ask(_ amount: Double = 1) async -> ApprovalRequest? {
    if case .waiting(let request) = await governor.admit(makeCaller(), tool, ["amount": .number(amount)]) {
      return request
    }
    return nil
  }

  @Test func `a request that a fast clock filed can be decided, or is asked for anew`() async throws {
    clock.advance(.days(30))
    let early = try #require(await ask())
    clock.advance(.days(-30))
    // It would wait for a month: it is over, as the same call is told once, and then it is a new request.
    #expect(await ask()?.status == .expired)
    let request = try #require(await ask())
    #expect(request.id != early.id && request.status == .pending)
    #expect(try await governor.approvals.request(early.id)?.status == .expired)
    #expect(try await governor.approvals.decide(request.id, .approve, by: boss).status == .approved)
  }

  @Test func `a clock that is an hour ahead is no more than another clock's view`() async throws {
    clock.advance(.hours(1))
    let request = try #require(await ask())
    clock.advance(.hours(-1))
    #expect(await ask()?.id == request.id)
    #expect(try await governor.approvals.expire() == 0)
  }

  @Test func `requests of a fast clock don't use up how many may wait`() async throws {
    clock.advance(.days(400))
    for amount in 1...50 { #expect(await ask(Double(amount)) != nil) }
    clock.advance(.days(-400))
    #expect(await ask(51)?.status == .pending)
  }

  @Test func `what a fast clock took and was cut off is given up, and never run again`() async throws {
    clock.advance(.days(30))
    let request = try #require(await ask())
    _ = try await governor.approvals.decide(request.id, .approve, by: boss)
    #expect(try await governor.approvals.take()?.id == request.id)
    clock.advance(.days(-30))
    #expect(try await governor.approvals.abandon() == 1)
    #expect(try await governor.approvals.request(request.id)?.status == .failed)
    #expect(try await governor.approvals.take() == nil)
    // The call is free to be asked for again, once its failure was told.
    #expect(await ask()?.status == .failed)
    #expect(await ask()?.status == .pending)
  }

  @Test(arguments: [1, 2, 400] as [Int64])
  func `a clock that jumps ahead by days expires what waits, and lets nothing through`(
    days: Int64
  ) async throws {
    let request = try #require(await ask())
    clock.advance(.days(days))
    await #expect(throws: Approvals.DecisionError.alreadyDecided(.expired)) {
      _ = try await governor.approvals.decide(request.id, .approve, by: boss)
    }
    clock.advance(.days(-days))
    // What is over stays over, also when the clock comes back.
    #expect(try await governor.approvals.request(request.id)?.status == .expired)
    await #expect(throws: Approvals.DecisionError.alreadyDecided(.expired)) {
      _ = try await governor.approvals.decide(request.id, .approve, by: boss)
    }
    #expect(try await governor.approvals.take() == nil)
  }
}
