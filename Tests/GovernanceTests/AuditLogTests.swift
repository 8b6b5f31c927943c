internal import Crypto
internal import JSON
internal import Storage
internal import Telemetry
internal import Testing
internal import World

@testable internal import Governance

@Suite("Audit log")
struct AuditLogTests {
  let store: Store
  let audit: AuditLog
  let clock = TestClock()

  init() async throws {
    store = try Store(.temporary, log: .silent)
    try await store.migrate(AuditLog.migrations)
    audit = AuditLog(store: store)
  }

  private func entry(_ method: String = "tools/call", connection: String = "con_1") -> AuditEntry {
    var entry = AuditEntry(
      time: clock.now, kind: .response, method: method, caller: makeCaller(connection: connection))
    entry.tool = "whoami"
    entry.status = 200
    entry.duration = .microseconds(312)
    return entry
  }

  @Test func `what was appended is read back as it was, newest first`() async throws {
    var refusal = AuditEntry(time: clock.now, kind: .refusal, method: "tools/call", address: "10.0.0.1")
    refusal.code = "rate_limited"
    refusal.rule = "/tools/x"
    try await audit.append(entry())
    try await audit.append(refusal)
    let records = try await audit.list(limit: 10)
    #expect(records.map(\.entry) == [refusal, entry()])
    #expect(records.map(\.sequence) == [2, 1])
    #expect(try await audit.list(limit: 1, before: 2).map(\.sequence) == [1])
    #expect(
      try await audit.list(limit: 10, matching: AuditFilter(connectionID: "con_1")).map(\.sequence) == [1])
    #expect(try await audit.list(limit: 10, matching: AuditFilter(userID: 8)).isEmpty)
  }

  @Test func `each hash is SHA-256 of the one before and the canonical entry (RFC 8785)`() async throws {
    try await audit.append(contentsOf: [entry("a"), entry("b")])
    let records = try await audit.list(limit: 2).reversed().map { $0 }
    let text =
      #"{"address":"127.0.0.1","client_id":"client_1","connection_id":"con_1","duration_us":312,"kind":"response","login":"sales","method":"a","status":200,"time":1795000000000000,"tool":"whoami","user_id":7}"#
    #expect(records[0].hash == SHA256.hash([UInt8](repeating: 0, count: 32) + Array(text.utf8)))
    #expect(records[1].hash == SHA256.hash(records[0].hash + entry("b").canonical()))
  }

  @Test func `a thousand appends at once make one chain without a gap`() async throws {
    let audit = audit
    let entry = entry()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<1000 { group.addTask { try await audit.append(entry) } }
      try await group.waitForAll()
    }
    let verification = try await audit.verify()
    #expect(verification.entries == 1000)
    #expect(verification.firstBad == nil)
    #expect(try await audit.list(limit: 1).first?.hash == verification.head)
  }

  @Test(
    arguments: [
      ("UPDATE audit SET login = 'mallory' WHERE sequence = 3", 3),
      ("DELETE FROM audit WHERE sequence = 3", 4),
      ("UPDATE audit SET tool = NULL WHERE sequence = 5", 5),
      ("UPDATE audit SET sequence = 9 WHERE sequence = 5", 9),
      ("UPDATE audit SET hash = zeroblob(32) WHERE sequence = 1", 1),
      ("UPDATE audit SET kind = 'none' WHERE sequence = 2", 2),
    ] as [(SQL, Int64)])
  func `verify names the first entry that is not as it was written`(forgery: SQL, first: Int64) async throws {
    for _ in 0..<5 { try await audit.append(entry()) }
    try await store.write { transaction in
      _ = try transaction.run("DROP TRIGGER audit_is_not_changed")
      _ = try transaction.run("DROP TRIGGER audit_is_not_deleted")
      _ = try transaction.run(forgery)
    }
    let verification = try await audit.verify()
    #expect(verification.firstBad?.sequence == first)
    #expect(verification.entries < 5)
  }

  @Test(
    arguments: [
      "UPDATE audit SET login = 'mallory'", "DELETE FROM audit",
      // To replace a row is to delete it, of which a trigger for deletions is not told.
      """
      INSERT OR REPLACE INTO audit (sequence, time, kind, method, address, hash)
      VALUES (1, 0, 'response', 'x', '', zeroblob(32))
      """,
      """
      INSERT INTO audit (sequence, time, kind, method, address, hash) VALUES (1, 0, 'response', 'x', '', zeroblob(32))
      ON CONFLICT (sequence) DO UPDATE SET login = 'mallory'
      """,
    ] as [SQL])
  func `the database itself refuses to change, replace or delete an entry`(forgery: SQL) async throws {
    try await audit.append(entry())
    await #expect(throws: StorageError.self) {
      try await store.write { transaction in _ = try transaction.run(forgery) }
    }
    #expect(try await audit.verify().entries == 1)
  }

  @Test func `an entry in a transaction that is undone leaves no trace and no gap`() async throws {
    struct Undone: Error {}
    let entry = entry()
    await #expect(throws: Undone.self) {
      try await store.write { transaction in
        try AuditLog.append(entry, in: transaction)
        throw Undone()
      }
    }
    try await audit.append(entry)
    let verification = try await audit.verify()
    #expect(verification.entries == 1)
    #expect(verification.firstBad == nil)
  }

  @Test func `the text that is hashed is the canonical form of RFC 8785, whatever is in it`() {
    var full = entry("a\"b\\c\n\u{1}é")
    full.clientID = "c"
    full.model = "sale.order"
    full.code = "x"
    full.rule = "/a~1b"
    let bare = AuditEntry(time: clock.now, kind: .authorization, method: "", address: "::1")
    for entry in [full, bare] {
      var object = entry.object
      object["time"] = .integer(entry.time.microseconds)
      #expect(entry.canonical() == object.canonical())
      #expect(entry.canonical(behind: [1, 2]) == [1, 2] + object.canonical())
    }
    #expect(full.object.count == 14)
  }

  @Test func `an empty log verifies`() async throws {
    let verification = try await audit.verify()
    #expect(verification == Verification())
    #expect(verification.head == AuditLog.root)
  }

  @Test func `words from a request are cut`() {
    #expect(AuditEntry.bounded(String(repeating: "é", count: 100_000)).count == 65)
    #expect(AuditEntry.bounded("tools/call") == "tools/call")
  }
}
