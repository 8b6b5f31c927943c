internal import Storage
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

  @Test func `a page behind an entry that is gone is empty`() async throws {
    let log = try await log()
    #expect(try await log.audit.list(limit: 10, before: 99).isEmpty)
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
      (AuditFilter(), "audit_by_time"), (with { $0.from = start }, "audit_by_time"),
    ])
  func `each filter has an index, and needs no sorting`(filter: AuditFilter, index: String) async throws {
    let log = try await log()
    for more: SQL in ["", " AND time >= 1 AND time < 9", " AND (time, sequence) < (5, 5)"] {
      let conditions: SQL = filter.conditions.reduce("1 = 1") { $0 + " AND " + $1 }
      let plan = try await log.store.rows(
        "EXPLAIN QUERY PLAN \(AuditRecord.columns) WHERE \(conditions)\(more) ORDER BY time DESC, sequence DESC LIMIT 50"
      ).map { $0.text(3) }
      #expect(plan.count == 1 && plan[0].contains(" \(index)"), "\(plan)")
    }
  }
}
