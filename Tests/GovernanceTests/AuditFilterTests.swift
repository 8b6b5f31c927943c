internal import Storage
internal import Telemetry
internal import Testing
internal import World

@testable internal import Governance

@Suite struct `Filters of the audit log` {
  /// Eight entries a second apart: two people with a connection each, one of them refused now and then.
  private func log() async throws -> SealedLog {
    let log = try await SealedLog()
    for number in 0..<8 {
      var entry = AuditEntry(
        time: log.clock.now, kind: number == 5 ? .refusal : .response, method: "tools/call", address: "::1")
      entry.userID = Int64(number % 2)
      entry.connectionID = "con_\(number % 2)"
      entry.tool = number < 4 ? "whoami" : "search_read"
      entry.status = number == 6 ? 403 : 200
      if number == 5 || number == 7 { entry.code = "x" }
      try await log.audit.append(entry)
      log.clock.advance(.seconds(1))
    }
    return log
  }

  private static let start = TestClock().now

  private static func with(_ set: (inout AuditFilter) -> Void) -> AuditFilter {
    var filter = AuditFilter()
    set(&filter)
    return filter
  }

  static let cases: [(AuditFilter, [Int64])] = [
    (AuditFilter(), [1, 2, 3, 4, 5, 6, 7, 8]),
    (AuditFilter(userID: 1), [2, 4, 6, 8]),
    (AuditFilter(connectionID: "con_0"), [1, 3, 5, 7]),
    (AuditFilter(userID: 1, connectionID: "con_0"), []),
    (with { $0.tool = "whoami" }, [1, 2, 3, 4]),
    (with { $0.kind = .refusal }, [6]),
    (with { $0.kind = .response }, [1, 2, 3, 4, 5, 7, 8]),
    (with { $0.kind = .administration }, []),
    (with { $0.ending = .status(403) }, [7]),
    (with { $0.ending = .status(200) }, [1, 2, 3, 4, 5, 6, 8]),
    (with { $0.ending = .failed }, [6, 8]),
    (with { $0.ending = .fine }, [1, 2, 3, 4, 5, 7]),
    (with { $0.from = start + .seconds(6) }, [7, 8]),
    (with { $0.to = start + .seconds(2) }, [1, 2]),
    (with { ($0.from, $0.to) = (start + .seconds(2), start + .seconds(3)) }, [3]),
    (with { ($0.from, $0.tool, $0.ending) = (start + .seconds(2), "search_read", .failed) }, [6, 8]),
  ]

  @Test(arguments: cases)
  func `a list and an export hold the same entries, the one from behind`(
    filter: AuditFilter, sequences: [Int64]
  ) async throws {
    let log = try await log()
    #expect(try await log.audit.list(limit: 100, matching: filter).map(\.sequence) == sequences.reversed())
    var (pages, before): ([Int64], Int64?) = ([], nil)
    for _ in 0...sequences.count {
      guard let record = try await log.audit.list(limit: 1, before: before, matching: filter).first else {
        break
      }
      pages.append(record.sequence)
      before = record.sequence
    }
    #expect(pages == sequences.reversed())
    #expect(try await log.audit.page(after: 0, matching: filter)?.records.map(\.sequence) == sequences)
  }

  @Test func `behind the oldest there is nothing`() async throws {
    let log = try await log()
    #expect(try await log.audit.list(limit: 10, before: 1, matching: AuditFilter(userID: 0)).isEmpty)
    #expect(try await log.audit.list(limit: 0, matching: AuditFilter(userID: 0)).isEmpty)
    #expect(try await log.audit.page(after: 8) == nil)
  }

  @Test func `what comes while an export is read is in its next page, not lost between two`() async throws {
    let log = try await log()
    let first = try #require(try await log.audit.page(after: 0))
    #expect(first.end == 8)
    try await log.append(1)
    #expect(try await log.audit.page(after: first.end)?.records.map(\.sequence) == [9])
  }

  @Test(
    arguments: [
      (AuditFilter(userID: 1), "audit_by_user"), (AuditFilter(connectionID: "c"), "audit_by_connection"),
      (with { $0.tool = "t" }, "audit_by_tool"), (with { $0.kind = .refusal }, "audit_by_kind"),
      (with { $0.ending = .status(403) }, "audit_by_status"), (with { $0.ending = .failed }, "audit_failed"),
      (with { $0.from = start }, "INTEGER PRIMARY KEY"), (with { $0.ending = .fine }, "INTEGER PRIMARY KEY"),
      (with { ($0.from, $0.userID) = (start, 1) }, "audit_by_user"),
    ])
  func `each filter has an index, and needs no sorting`(filter: AuditFilter, index: String) async throws {
    let log = try await log()
    let plan = try await log.store.rows(
      "EXPLAIN QUERY PLAN \(AuditLog.search([0], through: 100, 50, filter))"
    ).map { $0.text(3) }
    #expect(plan.contains { $0.contains(" \(index)") }, "\(plan)")
    #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
  }

  /// A log of five zones, in which the one person has an entry in a hundred, and another one a single one.
  private func manyZones() async throws -> (log: SealedLog, sequences: [Int64]) {
    let log = try await SealedLog()
    let count = AuditZone.size * 5 - 100
    var (entries, sequences): ([AuditEntry], [Int64]) = ([], [])
    for number in 1...count {
      var entry = AuditEntry(time: log.clock.now, kind: .response, method: "tools/call", address: "::1")
      entry.userID = number == 3 ? 9 : number % 100 == 0 ? 1 : 2
      if number % 100 == 0 { sequences.append(number) }
      log.clock.advance(.seconds(1))
      // Every tenth was long under way: it stands behind younger ones.
      if number % 10 == 0 { entry.time = entry.time - .seconds(3000) }
      entries.append(entry)
    }
    try await log.audit.append(contentsOf: entries)
    return (log, sequences)
  }

  @Test func `a search goes through as many zones as it takes`() async throws {
    let (log, sequences) = try await manyZones()
    let filter = AuditFilter(userID: 1)
    for limit in [1, 30, 1000] {
      #expect(
        try await log.audit.list(limit: limit, matching: filter).map(\.sequence)
          == sequences.reversed().prefix(limit).map { $0 })
      #expect(
        try await log.audit.list(limit: limit, before: 5000, matching: filter).map(\.sequence)
          == sequences.filter { $0 < 5000 }.reversed().prefix(limit).map { $0 })
    }
    #expect(try await log.audit.list(limit: 10, matching: AuditFilter(userID: 9)).map(\.sequence) == [3])
    #expect(try await log.audit.list(limit: 10, matching: AuditFilter(userID: 8)).isEmpty)
  }

  @Test func `zones of another time are passed over, and none that has something of it`() async throws {
    let (log, _) = try await manyZones()
    var zones = try await log.store.rows("SELECT zone FROM audit_zone ORDER BY zone").map { $0.integer(0) }
    #expect(zones == [0, 1, 2, 3])
    let all = try #require(try await log.audit.list(limit: 1000, before: 6000).last)
    for (from, to) in [(0, 1000), (2000, 2100), (4000, 4001), (9000, 20_000)] as [(Int64, Int64)] {
      let filter = Self.with {
        ($0.from, $0.to, $0.userID) = (Self.start + .seconds(from), Self.start + .seconds(to), 2)
      }
      let expected = try await log.store.rows(
        """
        SELECT sequence FROM audit WHERE user_id = 2 AND time >= \(Self.start + .seconds(from))
          AND time < \(Self.start + .seconds(to)) ORDER BY sequence DESC LIMIT 1000
        """
      ).map { $0.integer(0) }
      #expect(try await log.audit.list(limit: 1000, matching: filter).map(\.sequence) == expected)
      #expect(!expected.isEmpty)
    }
    #expect(all.sequence == 5000)
    // What retention takes away leaves no zone behind.
    try await log.notary.checkpoint()
    log.clock.advance(.days(40))
    try await log.notary.retain(Retention(entries: .days(30), payloads: nil))
    zones = try await log.store.rows("SELECT zone FROM audit_zone").map { $0.integer(0) }
    #expect(zones == [])
  }

  @Test func `a log from before there were zones has them after the migration`() async throws {
    let store = try Store(.temporary, log: .silent)
    try await store.migrate(AuditLog.migrations.filter { $0.version < 4 })
    let count = AuditZone.size * 2 + 5
    try await store.write { transaction in
      for number in 1...count {
        _ = try transaction.run(
          """
          INSERT INTO audit (sequence, time, kind, method, address, user_id, hash)
          VALUES (\(number), \(number), 'response', 'a', '::1', \(number % 1000), x'00')
          """)
      }
    }
    try await store.migrate(AuditLog.migrations)
    let rows = try await store.rows("SELECT zone, first, last FROM audit_zone ORDER BY zone")
    #expect(
      rows.map { $0.values.map { $0 } } == [[0, 1, 2047], [1, 2048, 4095]].map { $0.map { .integer($0) } })
    let listed = try await AuditLog(store: store).list(limit: 10, matching: AuditFilter(userID: 7))
    #expect(listed.map(\.sequence) == [4007, 3007, 2007, 1007, 7])
  }
}
