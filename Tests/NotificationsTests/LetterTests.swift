internal import Accounts
internal import Crypto
internal import Governance
internal import Mail
internal import Storage
internal import Telemetry
internal import Testing
internal import World

@testable internal import Notifications

@Suite("Letters about approvals (product row B7)")
struct ApprovalLetterTests {
  @Test func `administrators who can decide and have an address get a letter, others do not`() async throws {
    let office = try await Office()
    try await office.file("apr_1")
    #expect(try await office.notices().pass() == 1)
    let letters = try await office.letters()
    #expect(letters.map(\.recipient) == ["boss@example.com", "chief@example.com"])
    let letter = try #require(letters.first)
    #expect(letter.subject == "A call waits for your decision")
    #expect(letter.text.contains("Permanently delete by “Delete record” (id: 4)"))
    #expect(letter.text.contains("https://gate.example/account/approvals/apr_1\n"))
    #expect(letter.text.contains("sales by name") && letter.text.contains("“Claude”"))
    #expect(letter.text.contains("until \((office.clock.now + .hours(24)).rfc3339)"))
    // What the call brings is seen on the page, by who may see it.
    #expect(!letter.text.contains("xyzzy"))
    #expect(try await office.notices().pass() == 0)
  }

  @Test(
    arguments: [
      (5, 7, false, ["lead@example.com"]), (7, 7, false, ["boss@example.com", "chief@example.com"]),
      (7, 7, true, ["sales@example.com"]),
      (nil, 1, false, ["chief@example.com"]), (nil, 1, true, ["boss@example.com", "chief@example.com"]),
      (3, 7, false, []), (4, 7, false, ["boss@example.com", "chief@example.com"]),
    ] as [(Int64?, Int64, Bool, [String])])
  func `a named approver alone, and nobody about what they asked for unless they may approve it`(
    approver: Int64?, requester: Int64, allowsOwn: Bool, expected: [String]
  ) async throws {
    let office = try await Office()
    try await office.file("apr_1", by: requester, approver: approver)
    _ = try await office.notices(allowsOwn: allowsOwn).pass()
    #expect(try await office.letters().map(\.recipient) == expected)
    // They are those who may decide.
    let approvals = Approvals(store: office.store, world: office.clock.world, allowsOwn: allowsOwn)
    let request = try #require(try await approvals.request("apr_1"))
    let users = try await Users(
      store: office.store,
      hasher: PasswordHasher(parameters: Argon2Parameters(kibibytes: 64, passes: 1), concurrency: 1),
      world: office.clock.world
    ).all()
    #expect(
      users.filter { approvals.mayDecide($0, request) }.compactMap(\.email).sorted() == expected)
  }

  @Test func `no more than ten administrators get one`() async throws {
    let office = try await Office()
    try await office.store.write { transaction in
      for id in 100..<130 as Range<Int64> {
        _ = try transaction.run(
          """
          INSERT INTO account (id, login, name, email, groups, company_ids, is_administrator, created_at)
          VALUES (\(id), \("a\(id)"), 'A', \("a\(id)@example.com"), '[]', '[]', 1, 0)
          """)
      }
    }
    try await office.file("apr_1")
    _ = try await office.notices().pass()
    #expect(try await office.letters().count == 10)
  }

  @Test func `requests that come together are one letter to each`() async throws {
    let office = try await Office()
    for index in 0..<25 { try await office.file("apr_\(index)", approver: 5) }
    #expect(try await office.notices().pass() == 25)
    let letters = try await office.letters()
    #expect(letters.count == 1 && letters.first?.subject == "25 calls wait for your decision")
    #expect(letters.first?.text.contains("And 5 more: https://gate.example/account/approvals\n") == true)
  }

  @Test(
    arguments: [
      ("approved", nil, "approved"), ("rejected", "too much", "rejected: too much"),
      ("rejected", nil, "rejected"),
      ("expired", "nobody decided in time", "not done: nobody decided in time"),
      ("failed", "no standing", "approved, but not done: no standing"),
    ] as [(String, String?, String)])
  func `who asked is told what became of it`(status: String, reason: String?, words: String) async throws {
    let office = try await Office()
    try await office.file("apr_1")
    _ = try await office.notices(to: [.requester]).pass()
    #expect(try await office.letters().isEmpty)
    try await office.decide("apr_1", status, reason: reason)
    _ = try await office.notices(to: [.requester]).pass()
    let letters = try await office.letters()
    #expect(letters.map(\.recipient) == ["sales@example.com"])
    #expect(letters.first?.subject == "What became of your call")
    #expect(letters.first?.text.contains("\n  \(words) (“Claude”)\n") == true)
  }

  @Test func `that it ran is not told by a letter too`() async throws {
    let office = try await Office()
    try await office.file("apr_1")
    for status in ["approved", "running", "done"] { try await office.decide("apr_1", status) }
    // Decided before anybody was told that it waits: then nobody is asked to.
    #expect(try await office.notices().pass() == 3)
    #expect(try await office.letters().map(\.recipient) == ["sales@example.com"])
  }

  @Test func `A8 a revoked connection's requests are told of, all in one letter`() async throws {
    let office = try await Office()
    try await office.file("apr_1")
    try await office.file("apr_2")
    try await office.file("apr_3", connection: "con_2")
    _ = try await office.notices(to: []).pass()
    try await office.store.write { _ = try $0.run("UPDATE connection SET revoked_at = 5 WHERE id = 'con_1'") }
    #expect(try await office.notices().pass() == 2)
    let letters = try await office.letters()
    #expect(letters.count == 1 && letters.first?.subject == "What became of 2 of your calls")
    #expect(letters.first?.text.contains("not done: the connection was revoked") == true)
  }

  @Test func `nobody is written to unless the settings say so`() async throws {
    let office = try await Office()
    try await office.file("apr_1")
    #expect(try await office.notices(to: []).pass() == 1)
    #expect(try await office.letters().isEmpty)
    for table in ["approval_notice", "webhook_message"] { #expect(try await office.count(table) == 0) }
  }

  @Test func `what a model wrote has no lines of its own in a letter`() async throws {
    let office = try await Office()
    try await office.file(
      "apr_1", approver: 5, summary: "Read\n\nhttps://evil.example/log-in\u{202E}\u{0}" + "x".repeated(5000))
    _ = try await office.notices().pass()
    let text = try #require(try await office.letters().first).text
    #expect(!text.contains("\nhttps://evil") && !text.contains("\u{202E}") && !text.contains("\u{0}"))
    #expect(text.utf8.count < 2000)
  }

  @Test func `a change and its notice are written together, or neither is`() async throws {
    struct Undone: Error {}
    let office = try await Office()
    let store = office.store
    await #expect(throws: Undone.self) {
      try await store.write { transaction in
        _ = try transaction.run("UPDATE connection SET name = 'x'")
        _ = try transaction.run(
          """
          INSERT INTO approval_request (id, summary, tool, arguments, digest, connection_id, requester_id, rule, status,
            created_at, expires_at)
          VALUES ('apr_1', 's', 't', '{}', 'd', 'con_1', 7, '/r', 'pending', 0, 1)
          """)
        throw Undone()
      }
    }
    #expect(try await office.count("approval_notice") == 0)
  }

  @Test func `an outbox that is nearly full is left to other letters, and the log says so`() async throws {
    let office = try await Office()
    try await office.store.write { transaction in
      for index in 0..<800 {
        _ = try transaction.run(
          """
          INSERT INTO outbox (id, message, made_at, next_try_at, tries)
          VALUES (\("l\(index)"), \([UInt8(0)]), 0, 9000000000000000000, 0)
          """)
      }
    }
    try await office.file("apr_1", approver: 5)
    #expect(try await office.notices().pass() == 1)
    #expect(try await office.count("outbox") == 800)
    #expect(office.log.lines.contains { $0.contains("somebody was not told") })
    try await office.outbox.put(
      try #require(Letter(to: "eve@example.com", subject: "Invitation", text: "…")))
  }
}

extension String {
  func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
