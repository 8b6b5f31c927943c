internal import Crypto
internal import JSON
internal import Storage
internal import Telemetry
internal import Testing
internal import World

@testable internal import Governance

/// A log with a clock, a notary, and ways to do it harm.
struct SealedLog {
  let store: Store
  let audit: AuditLog
  let notary: Notary
  let clock = TestClock()

  static let key = Secret([UInt8](repeating: 7, count: 32))

  init(_ store: Store? = nil, keepsPayloads: Bool = false) async throws {
    self.store = try store ?? Store(.temporary, log: .silent)
    try await self.store.migrate(AuditLog.migrations)
    audit = AuditLog(store: self.store, keepingPayloadsWith: keepsPayloads ? clock.world : nil)
    notary = Notary(audit, key: try SigningKey(ed25519: Self.key), world: clock.world)
  }

  /// Entries of one caller, a second apart.
  func append(_ count: Int, payload: AuditPayload? = nil) async throws {
    for _ in 0..<count {
      var entry = AuditEntry(
        time: clock.now, kind: .response, method: "tools/call", caller: makeCaller(connection: "con_1"))
      entry.tool = "whoami"
      entry.status = 200
      entry.payload = payload
      try await audit.append(entry)
      clock.advance(.seconds(1))
    }
  }

  func verify(_ evidence: Evidence = Evidence()) async throws -> Verification {
    try await audit.verify(by: notary.publicKey, against: evidence)
  }

  /// What somebody with a shell on the database does.
  func tamper(_ statements: SQL...) async throws {
    try await store.write { transaction in
      for table in ["audit", "audit_checkpoint", "audit_payload", "audit_dropped"] {
        for trigger in try transaction.run(
          "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = \(table)")
        { _ = try transaction.run("DROP TRIGGER \(unsafeSQL: trigger.text(0))") }
      }
      for statement in statements { _ = try transaction.run(statement) }
    }
  }
}

@Suite struct `Checkpoints of the audit log` {
  @Test func `a checkpoint seals what came since the last, and carries its signature`() async throws {
    let log = try await SealedLog()
    #expect(try await log.notary.checkpoint() == nil)
    try await log.append(3)
    let first = try #require(try await log.notary.checkpoint())
    #expect(try await log.notary.checkpoint() == nil)
    try await log.append(2)
    let second = try #require(try await log.notary.checkpoint())
    #expect([first.sequence, second.sequence] == [3, 5])
    #expect(first.previous == nil && second.previous == first.signature)
    #expect(second.hash == (try await log.audit.list(limit: 1).first?.hash))
    #expect(first.isSigned(by: log.notary.publicKey) && second.isSigned(by: log.notary.publicKey))
    let found = try await log.verify()
    #expect(found.checkpoints == 2 && found.entries == 5 && found.firstBad == nil)
    #expect(try await log.audit.newestCheckpoint() == second)
  }

  @Test
  func `RFC 8032 the key is the same at every start, and its signature is checked without this program`()
    async throws
  {
    // RFC 8032 §7.1, test 1.
    let secret = try #require(
      [UInt8](hexadecimal: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    let key = try SigningKey(ed25519: Secret(secret))
    #expect(
      key.publicKey["x"].hexadecimal == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    #expect(throws: CryptoError.self) { try SigningKey(ed25519: Secret(Array(secret.dropLast()))) }
    // What is signed, written out by hand.
    let checkpoint = try Checkpoint(
      sequence: 3, time: Instant(microseconds: 1_795_000_000_000_001), hash: [0xab, 0x01], previous: [1],
      by: key)
    let text =
      #"{"hash":"ab01","key":"\#(key.publicKey.thumbprint)","previous":"AQ","sequence":3,"time":1795000000000001,"type":"checkpoint"}"#
    #expect(key.publicKey.isValid(checkpoint.signature, for: Array(text.utf8)))
    #expect(Checkpoint(checkpoint.object) == checkpoint)
  }

  @Test func `one is due after an hour, or after so many entries, and not before`() async throws {
    let log = try await SealedLog()
    #expect(try await log.notary.look() == nil)
    try await log.append(1)
    #expect(try await log.notary.look() == nil)
    log.clock.advance(.minutes(59))
    #expect(try await log.notary.look() == nil)
    log.clock.advance(.minutes(1))
    #expect(try await log.notary.look()?.sequence == 1)
    #expect(try await log.notary.look() == nil)
    // A clock that is set back puts nothing off.
    try await log.append(1)
    log.clock.advance(.hours(-5))
    #expect(try await log.notary.look()?.sequence == 2)
    let entry = AuditEntry(time: log.clock.now, kind: .response, method: "x", address: "")
    try await log.audit.append(
      contentsOf: [AuditEntry](repeating: entry, count: Int(Notary.segmentLimit) - 1))
    #expect(try await log.notary.look() == nil)
    try await log.audit.append(contentsOf: [entry, entry])
    #expect(try await log.notary.look()?.sequence == Notary.segmentLimit + 3)
    // No segment is longer than the limit, since one is dropped at once.
    let ends = try await log.audit.checkpoints().map(\.sequence)
    #expect(ends == [1, 2, Notary.segmentLimit + 2, Notary.segmentLimit + 3])
  }

  @Test func `two processes that seal at once make one chain of checkpoints`() async throws {
    let log = try await SealedLog()
    try await log.append(5)
    let notary = log.notary
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { _ = try await notary.checkpoint() } }
      try await group.waitForAll()
    }
    let found = try await log.verify()
    #expect(found.checkpoints == 1 && found.firstBad == nil)
  }

  @Test func `what was changed before it was sealed is found by the notary, which signs nothing then`()
    async throws
  {
    let log = try await SealedLog()
    try await log.append(4)
    try await log.tamper("UPDATE audit SET login = 'mallory' WHERE sequence = 2")
    let damage = await #expect(throws: Notary.Damage.self) { try await log.notary.checkpoint() }
    #expect(damage?.sequence == 2)
    #expect(try await log.audit.newestCheckpoint() == nil)
  }

  /// Ways to do harm to a log of six entries with checkpoints at 2 and 4, and where it shows first.
  static let harm: [(harm: SQL, first: Int64)] =
    [
      "time = time + 1", "kind = 'refusal'", "method = 'x'", "tool = 'x'", "model = 'x'", "user_id = 8",
      "login = 'x'", "connection_id = 'x'", "client_id = 'x'", "address = 'x'", "status = 500",
      "duration = 1",
      "code = 'x'", "rule = 'x'", "actor = 'x'", "policy = 'x'", "payload = x'00'", "hash = zeroblob(32)",
      "tool = NULL", "status = NULL", "user_id = NULL", "login = ''",
    ].map { ("UPDATE audit SET \(unsafeSQL: $0) WHERE sequence = 3", 3) }
    + [
      // Newest entries cut off, down to and beyond the last checkpoint.
      ("DELETE FROM audit WHERE sequence > 3", 4),
      ("DELETE FROM audit WHERE sequence > 1", 2),
      ("DELETE FROM audit", 1),
      // Oldest entries cut off, as if retention had been.
      ("DELETE FROM audit WHERE sequence <= 2", 3),
      // Two swapped, one put in between, one sent to the end.
      (
        """
        UPDATE audit SET sequence = CASE sequence WHEN 2 THEN -3 ELSE -2 END WHERE sequence IN (2, 3)
        """, -3
      ),
      ("UPDATE audit SET sequence = 7 WHERE sequence = 3", 4),
      ("UPDATE audit SET sequence = 0 WHERE sequence = 1", 0),
      // Checkpoints: changed, taken out, invented.
      ("UPDATE audit_checkpoint SET signature = zeroblob(64) WHERE sequence = 2", 2),
      ("UPDATE audit_checkpoint SET time = time + 1 WHERE sequence = 4", 4),
      ("UPDATE audit_checkpoint SET hash = zeroblob(32) WHERE sequence = 4", 4),
      ("UPDATE audit_checkpoint SET key = 'x' WHERE sequence = 4", 4),
      ("UPDATE audit_checkpoint SET previous = NULL WHERE sequence = 4", 4),
      ("UPDATE audit_checkpoint SET sequence = 3 WHERE sequence = 2", 3),
      ("DELETE FROM audit_checkpoint WHERE sequence = 2", 4),
      (
        """
        INSERT INTO audit_checkpoint (sequence, time, hash, key, previous, signature)
        SELECT 6, time, (SELECT hash FROM audit WHERE sequence = 6), key, signature, signature
        FROM audit_checkpoint WHERE sequence = 4
        """, 6
      ),
      // A dropping that nobody signed.
      (
        """
        INSERT INTO audit_dropped (part, sequence, time, older_than, key, signature)
        VALUES ('entries', 2, 0, 0, '', zeroblob(64))
        """, 2
      ),
      (
        """
        INSERT INTO audit_dropped (part, sequence, time, older_than, key, signature)
        VALUES ('payloads', 2, 0, 0, '', zeroblob(64))
        """, 2
      ),
      // Something kept beside an entry that had nothing.
      ("INSERT INTO audit_payload (sequence, body) VALUES (3, x'7b7d')", 3),
    ]

  @Test(arguments: harm)
  func `whatever is done to the log, verify names the first entry that is not as it was written`(
    harm: SQL, first: Int64
  ) async throws {
    let log = try await SealedLog()
    try await log.append(2)
    try await log.notary.checkpoint()
    try await log.append(2)
    try await log.notary.checkpoint()
    try await log.append(2)
    #expect(try await log.verify().firstBad == nil)
    try await log.tamper(harm)
    let found = try await log.verify()
    #expect(found.firstBad?.sequence == first, "\(found)")
  }

  @Test func `a log that was written anew from some entry on is found at the next checkpoint`() async throws {
    let log = try await SealedLog()
    try await log.append(6)
    try await log.notary.checkpoint()
    try await log.append(1)
    // A chain needs no secret: whoever can write can make one that holds by itself.
    let records = try await log.audit.list(limit: 10).reversed().map { $0 }
    try await log.tamper("DELETE FROM audit WHERE sequence > 2")
    for record in records.dropFirst(2) {
      var entry = record.entry
      entry.login = "mallory"
      try await log.audit.append(entry)
    }
    #expect(try await log.audit.page(after: 0)?.records.count == 7)
    let found = try await log.verify()
    #expect(found.firstBad?.sequence == 6)
    #expect(found.firstBad?.reason.contains("written anew") == true)
  }

  @Test func `what is kept elsewhere shows a log that was cut with its checkpoints`() async throws {
    let log = try await SealedLog()
    try await log.append(2)
    let first = try #require(try await log.notary.checkpoint())
    try await log.append(2)
    let second = try #require(try await log.notary.checkpoint())
    var (head, bare, kept) = (Evidence(), Evidence(), Evidence())
    head.head = (4, second.hash)
    bare.head = (nil, second.hash)
    kept.checkpoints = [first, second]
    for evidence in [head, bare, kept] { #expect(try await log.verify(evidence).firstBad == nil) }
    try await log.tamper(
      "DELETE FROM audit WHERE sequence > 2", "DELETE FROM audit_checkpoint WHERE sequence > 2")
    // By itself it is whole.
    #expect(try await log.verify().firstBad == nil)
    for evidence in [head, bare, kept] {
      #expect(try await log.verify(evidence).firstBad?.sequence == 3)
    }
    // Nor does it help to fill it up, and to have it sealed.
    try await log.append(2)
    try await log.notary.checkpoint()
    #expect(try await log.verify().firstBad == nil)
    #expect(try await log.verify(head).firstBad?.sequence == 4)
    #expect(try await log.verify(kept).firstBad?.sequence == 4)
    #expect(try await log.verify(bare).firstBad?.sequence == 5)
  }

  @Test func `a kept checkpoint of another house is none`() async throws {
    let (log, other) = (try await SealedLog(), try await SealedLog())
    try await log.append(1)
    try await other.append(1)
    let stranger = Notary(other.audit, key: try .generate(.edDSA), world: other.clock.world)
    var evidence = Evidence()
    evidence.checkpoints = [try #require(try await stranger.checkpoint())]
    #expect(try await log.verify(evidence).firstBad?.sequence == 1)
    // Nor does a notary go on behind one that is not its own.
    await #expect(throws: Notary.Damage.self) { try await other.notary.checkpoint() }
  }

  @Test(
    arguments: [
      "UPDATE audit_checkpoint SET time = 0", "DELETE FROM audit_checkpoint",
      """
      INSERT OR REPLACE INTO audit_checkpoint (sequence, time, hash, key, signature)
      VALUES (2, 0, x'00', '', x'00')
      """,
    ] as [SQL])
  func `the database itself keeps checkpoints as they are`(forgery: SQL) async throws {
    let log = try await SealedLog()
    try await log.append(2)
    try await log.notary.checkpoint()
    await #expect(throws: StorageError.self) {
      try await log.store.write { transaction in _ = try transaction.run(forgery) }
    }
    #expect(try await log.verify().checkpoints == 1)
  }

  @Test func `a log from before there were checkpoints is taken over as it is`() async throws {
    let store = try Store(.temporary, log: .silent)
    try await store.migrate(AuditLog.migrations.filter { $0.version < 4 })
    // As it was written then: by the hash of the canonical text.
    var head = AuditLog.root
    for number in 1...3 {
      var entry = AuditEntry(
        time: Instant(seconds: Int64(number)), kind: .response, method: "a", address: "::1")
      entry.policy = "everything@\(number)"
      head = SHA256.hash(head + entry.canonical())
      try await store.write { [entry, head] transaction in
        _ = try transaction.run(
          """
          INSERT INTO audit (sequence, time, kind, method, address, policy, hash)
          VALUES (\(number), \(entry.time), 'response', 'a', '::1', \(entry.policy), \(head))
          """)
      }
    }
    let log = try await SealedLog(store)
    #expect(try await log.verify().entries == 3)
    try await log.append(1)
    try await log.notary.checkpoint()
    let found = try await log.verify()
    #expect(found.entries == 4 && found.firstBad == nil)
  }
}
