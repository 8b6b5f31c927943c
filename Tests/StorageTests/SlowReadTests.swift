import Storage
import Telemetry
import Testing

@Suite struct `Slow reads` {
  /// Counts for ever.
  static let endless: SQL =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

  @Test(.timeLimit(.minutes(1)))
  func `a read that does not end is given up, and the next one is answered`() async throws {
    let store = try Store(.temporary, readTime: .milliseconds(50), log: .silent)
    let error = await #expect(throws: StorageError.self) { try await store.rows(Self.endless) }
    #expect(error?.kind == .tooSlow)
    #expect(try await store.rows("SELECT 1").first?.integer(0) == 1)
  }

  @Test(.timeLimit(.minutes(1)))
  func `a read that is slow is answered all the same`() async throws {
    let store = try Store(.temporary, readTime: .seconds(60), log: .silent)
    let rows = try await store.rows(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000000) SELECT count(*) FROM n")
    #expect(rows.first?.integer(0) == 2_000_000)
  }

  @Test(.timeLimit(.minutes(1)))
  func `slow reads that are too many are refused, not queued for ever`() async throws {
    let store = try Store(.temporary, readTime: .milliseconds(100), log: .silent)
    let kinds = await withTaskGroup(of: StorageError.Kind?.self) { group in
      for _ in 0..<40 {
        group.addTask {
          do throws(StorageError) {
            _ = try await store.rows(Self.endless)
            return nil
          } catch {
            return error.kind
          }
        }
      }
      return await group.reduce(into: [StorageError.Kind?]()) { $0.append($1) }
    }
    #expect(kinds.allSatisfy { $0 == .tooSlow || $0 == .busy })
    #expect(kinds.contains(.tooSlow))
  }

  @Test func `a write takes the time that it takes`() async throws {
    let store = try Store(.temporary, readTime: .milliseconds(1), log: .silent)
    let count = try await store.write { transaction in
      try transaction.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200000) SELECT count(*) FROM n"
      ).first?.integer(0)
    }
    #expect(count == 200_000)
  }
}
