/// One step of one part's tables, from `version - 1` to `version`.
///
/// Steps are never edited once released: a change is a new step.
package struct Migration: Sendable {
  /// The part of the house that owns the tables, such as `accounts` or `audit`.
  package let part: String
  /// Counts from 1 within its part.
  package let version: Int
  package let statements: [SQL]

  package init(part: String, version: Int, _ statements: [SQL]) {
    self.part = part
    self.version = version
    self.statements = statements
  }
}

extension Store {
  /// Brings every part to its newest version, in one transaction.
  ///
  /// - Throws: `StorageError` of kind `newerSchema` when the database was written by a newer Gatehouse; it is then
  ///   left as it is.
  package func migrate(_ migrations: [Migration]) async throws {
    try await write { transaction in
      _ = try transaction.run(
        "CREATE TABLE IF NOT EXISTS schema_version (part TEXT PRIMARY KEY, version BIGINT NOT NULL)")
      var present: [String: Int] = [:]
      for row in try transaction.run("SELECT part, version FROM schema_version") {
        present[row.text(0)] = Int(row.integer(1))
      }
      for (part, version) in present {
        let known = migrations.filter { $0.part == part }.map(\.version).max() ?? 0
        guard version <= known else {
          throw StorageError(
            .newerSchema, "the tables of '\(part)' are at version \(version), this program knows \(known)")
        }
      }
      for step in migrations.sorted(by: { $0.version < $1.version })
      where step.version > present[step.part] ?? 0 {
        for statement in step.statements { _ = try transaction.run(statement) }
        _ = try transaction.run(
          """
          INSERT INTO schema_version (part, version) VALUES (\(step.part), \(step.version))
          ON CONFLICT (part) DO UPDATE SET version = excluded.version
          """)
      }
    }
  }
}
