import Testing

@testable import Storage

@Suite struct `Prepared statements` {
  @Test func `those that are kept take no more memory than they may`() throws {
    let connection = try SQLiteConnection(path: ":memory:", readOnly: false, durable: false, patience: .zero)
    defer { connection.close() }
    for number in 0..<600 {
      let terms = String(repeating: " OR \(number) IN (SELECT 1 UNION SELECT 2)", count: 50)
      _ = try connection.run(SQL(unsafeSQL: "SELECT 1 WHERE 1 = 1\(terms)"))
      #expect(connection.statementMemory <= SQLiteConnection.statementMemoryLimit)
    }
    #expect(connection.statementMemory > 0)
    let huge = String(
      repeating: " OR 1 IN (SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4)", count: 900)
    let before = connection.statementMemory
    _ = try connection.run(SQL(unsafeSQL: "SELECT 1 WHERE 1 = 1\(huge)"))
    #expect(connection.statementMemory == before)
  }
}
