internal import Crypto
internal import JSON
internal import Storage
internal import Telemetry
internal import Testing
internal import World

@testable internal import Governance

@Suite struct `Retention of the audit log` {
  private static let month = Retention(entries: .days(30), payloads: .days(30))

  /// Segments of three entries each, ten days apart; the last of them a day old.
  private func segments(_ count: Int, _ log: SealedLog, payload: AuditPayload? = nil) async throws {
    for _ in 0..<count {
      try await log.append(3, payload: payload)
      try await log.notary.checkpoint()
      log.clock.advance(.days(10))
    }
  }

  @Test
  func `whole sealed segments go when they are old enough, their checkpoints stay, and the rest verifies`()
    async throws
  {
    let log = try await SealedLog()
    try await segments(5, log)
    let before = try await log.audit.checkpoints()
    // 50, 40, 30, 20 and 10 days old; the third by seconds less than it says.
    #expect(try await log.notary.retain(Self.month).entries == 9)
    #expect(try await log.audit.list(limit: 100).map(\.sequence).last == 10)
    #expect(try await log.audit.checkpoints() == before)
    let found = try await log.verify()
    #expect(found.firstBad == nil && found.start == 10 && found.sequence == 16 && found.checkpoints == 5)
    // It is on record, and signed.
    let entry = try #require(try await log.audit.list(limit: 1).first?.entry)
    #expect(entry.kind == .administration && entry.method == "audit.retain" && entry.rule == "entries 1–9")
    let dropped = try #require(try await log.audit.dropped(.entries))
    #expect(dropped.sequence == 9 && dropped.isSigned(by: log.notary.publicKey))
    // Nothing more to do now.
    #expect(try await log.notary.retain(Self.month).isNothing)
    #expect(try await log.audit.list(limit: 100).count == 7)
  }

  @Test func `what has no seal stays, however old it is`() async throws {
    let log = try await SealedLog()
    try await log.append(3)
    log.clock.advance(.days(400))
    #expect(try await log.notary.retain(Self.month).isNothing)
    try await log.notary.checkpoint()
    #expect(try await log.notary.retain(Self.month).isNothing)
    log.clock.advance(.days(31))
    #expect(try await log.notary.retain(Self.month).entries == 3)
    #expect(try await log.verify().firstBad == nil)
  }

  @Test func `for ever is for ever, and nothing younger than a day goes`() async throws {
    let log = try await SealedLog()
    try await segments(2, log)
    log.clock.advance(.days(4000))
    #expect(try await log.notary.retain(Retention(entries: nil, payloads: nil)).isNothing)
    try await log.append(3)
    try await log.notary.checkpoint()
    log.clock.advance(.hours(23))
    #expect(try await log.notary.retain(Retention(entries: .zero, payloads: nil)).entries == 6)
    #expect(try await log.audit.list(limit: 10).count == 4)
  }

  @Test func `a clock that was wrong drops nothing that is young`() async throws {
    let log = try await SealedLog()
    try await log.append(3)
    // The seal says that it is old; the entries know better.
    log.clock.advance(.days(-100))
    try await log.notary.checkpoint()
    log.clock.advance(.days(100))
    try await log.append(1)
    #expect(try await log.notary.retain(Self.month).isNothing)
    #expect(try await log.audit.list(limit: 10).count == 4)
  }

  @Test func `a log that everything was dropped from goes on where it was`() async throws {
    let log = try await SealedLog()
    try await segments(1, log)
    log.clock.advance(.days(100))
    #expect(try await log.notary.retain(Self.month).entries == 3)
    #expect(try await log.audit.list(limit: 10).map(\.sequence) == [4])
    try await log.append(1)
    try await log.notary.checkpoint()
    log.clock.advance(.days(100))
    #expect(try await log.notary.retain(Self.month).entries == 2)
    let found = try await log.verify()
    #expect(found.firstBad == nil && found.start == 6 && found.entries == 1)
  }

  @Test func `after a dropping, what is kept elsewhere is still compared`() async throws {
    let log = try await SealedLog()
    try await segments(5, log)
    var evidence = Evidence()
    evidence.checkpoints = try await log.audit.checkpoints()
    var head = Evidence()
    head.head = (6, try #require(evidence.checkpoints.first { $0.sequence == 6 }).hash)
    try await log.notary.retain(Self.month)
    #expect(try await log.verify(evidence).firstBad == nil)
    #expect(try await log.verify(head).firstBad == nil)
    // A hash that no checkpoint has can't be found again.
    head.head = (5, [UInt8](repeating: 1, count: 32))
    #expect(try await log.verify(head).firstBad?.sequence == 5)
  }

  @Test(
    arguments: [
      // The checkpoint of the beginning taken away, or forged.
      ("DELETE FROM audit_checkpoint WHERE sequence = 9", 9),
      ("DELETE FROM audit_checkpoint WHERE sequence = 3", 6),
      ("UPDATE audit_checkpoint SET hash = zeroblob(32) WHERE sequence = 9", 9),
      // More taken away than retention took.
      ("DELETE FROM audit WHERE sequence = 10", 11),
      ("DELETE FROM audit WHERE sequence BETWEEN 10 AND 12", 13),
      ("DELETE FROM audit_dropped", 10),
      ("UPDATE audit_dropped SET sequence = 12", 12),
      ("UPDATE audit_dropped SET older_than = older_than + 1", 9),
    ] as [(SQL, Int64)])
  func `harm to a shortened log is named as well`(harm: SQL, first: Int64) async throws {
    let log = try await SealedLog()
    try await segments(5, log)
    try await log.notary.retain(Self.month)
    try await log.tamper(harm)
    #expect(try await log.verify().firstBad?.sequence == first)
  }

  /// A row that would open the log for deletions, with its part, its end and how many days old what it takes is.
  private static func permit(_ part: String, _ end: Int64, days: Int64) -> SQL {
    """
    INSERT INTO audit_dropped (part, sequence, time, older_than, key, signature)
    SELECT \(part), \(end), time, time - \(days * 86_400_000_000), '', x'' FROM audit ORDER BY sequence DESC LIMIT 1
    """
  }

  @Test(
    arguments: [
      // Not sealed there.
      permit("entries", 4, days: 5),
      // Not old enough: the seal is 10 days old; nothing younger than a day goes at all.
      permit("entries", 9, days: 15), permit("entries", 9, days: 0),
      // Not of this kind.
      permit("checkpoints", 3, days: 5),
      "DELETE FROM audit", "DELETE FROM audit WHERE sequence = 4", "DELETE FROM audit_payload",
      "DELETE FROM audit_dropped", "UPDATE audit_dropped SET sequence = 0",
      "UPDATE audit_payload SET body = x''",
      "INSERT OR REPLACE INTO audit_payload (sequence, body) VALUES (1, x'')",
    ] as [SQL])
  func `the database itself refuses every deletion that is no retention`(forgery: SQL) async throws {
    let log = try await SealedLog(keepsPayloads: true)
    try await segments(3, log, payload: AuditPayload(arguments: ["a": 1]))
    try await log.append(1, payload: AuditPayload(arguments: ["a": 1]))
    await #expect(throws: StorageError.self) {
      try await log.store.write { transaction in
        // A sealed segment may be let go, and only that one.
        _ = try transaction.run(Self.permit("entries", 3, days: 15))
        _ = try transaction.run("DELETE FROM audit WHERE sequence <= 3")
        _ = try transaction.run(forgery)
      }
    }
    #expect(try await log.verify().entries == 10)
  }

  @Test func `an end between any two of its steps leaves a log that verifies`() async throws {
    struct Killed: Error {}
    for steps in 0..<3 {
      let log = try await SealedLog()
      try await segments(2, log)
      log.clock.advance(.days(100))
      let (key, now) = (log.notary.key, log.clock.now)
      // What `retain` does in one transaction, cut off after so many of its statements.
      await #expect(throws: Killed.self) {
        try await log.store.write { transaction in
          let record = try DroppedSegments(.entries, through: 6, at: now, olderThan: now - .days(30), by: key)
          let statements: [(Transaction) throws -> Void] = [
            {
              try AuditLog.append(
                AuditEntry(time: now, kind: .administration, method: "audit.retain", address: ""), in: $0)
            },
            {
              _ = try $0.run(
                """
                INSERT INTO audit_dropped (part, sequence, time, older_than, key, signature)
                VALUES ('entries', 6, \(now), \(record.olderThan), \(record.key), \(record.signature))
                """)
            },
            { _ = try $0.run("DELETE FROM audit WHERE sequence <= 6") },
          ]
          for statement in statements.prefix(steps + 1) { try statement(transaction) }
          throw Killed()
        }
      }
      let found = try await log.verify()
      #expect(found.firstBad == nil && found.entries == 6)
      #expect(try await log.notary.retain(Self.month).entries == 6)
    }
  }

  @Test func `two processes that shorten at once do it once`() async throws {
    let log = try await SealedLog()
    try await segments(5, log)
    let notary = log.notary
    let counts = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<4 { group.addTask { try await notary.retain(Self.month).entries } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(counts.reduce(0, +) == 9)
    #expect(try await log.verify().firstBad == nil)
  }

  @Test func `payloads may go before their entries, which still verify`() async throws {
    let log = try await SealedLog(keepsPayloads: true)
    try await segments(5, log, payload: AuditPayload(arguments: ["a": 1]))
    let dropped = try await log.notary.retain(Retention(entries: .days(45), payloads: .days(15)))
    #expect(dropped.payloads == 12 && dropped.entries == 3)
    let records = try await log.audit.list(limit: 100)
    #expect(try await log.audit.payloads(of: records).keys.sorted() == [13, 14, 15])
    #expect(try await log.verify().firstBad == nil)
    // One that should be there still is missed.
    try await log.tamper("DELETE FROM audit_payload WHERE sequence = 14")
    #expect(try await log.verify().firstBad?.sequence == 14)
  }

  @Test func `payloads never stay longer than their entries`() async throws {
    let log = try await SealedLog(keepsPayloads: true)
    try await segments(5, log, payload: AuditPayload(arguments: ["a": 1]))
    #expect(try await log.notary.retain(Retention(entries: .days(30), payloads: nil)).payloads == 9)
    #expect(try await log.verify().firstBad == nil)
  }
}
