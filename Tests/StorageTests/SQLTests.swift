internal import Storage
internal import Telemetry
internal import Testing
internal import World

@Suite("SQL that binds itself")
struct SQLTests {
  @Test(arguments: [
    "", "a", "' OR 1=1 --", "'); DROP TABLE note; --", "?", "\\", "\"", "\0", "a\0b", "é ü 漢 🙂", "%_",
    "\n\r\t",
    String(repeating: "x", count: 100_000), "\u{feff}", "\\(injected)", "e\u{301}",
  ])
  func `a text comes back as it went in, byte for byte`(text: String) async throws {
    let store = try await makeStore()
    try await store.write { _ = try $0.run("INSERT INTO note (id, text) VALUES (1, \(text))") }
    let row = try #require(
      try await store.rows("SELECT text, length(CAST(text AS BLOB)) FROM note WHERE text = \(text)").first)
    #expect(Array(row.text(0).utf8) == Array(text.utf8))
    #expect(row.integer(1) == Int64(text.utf8.count))
    #expect(try await store.rows("SELECT 1 FROM note").count == 1)
  }

  @Test(
    arguments: [
      .null, .integer(0), .integer(.min), .integer(.max), .integer(-1), .real(0), .real(-0.5),
      .real(.infinity), .real(1e308),
      .text(""), .text("1"), .blob([]), .blob([0]), .blob([0, 255, 0]),
      .blob([UInt8](repeating: 7, count: 70_000)),
    ] as [SQLValue])
  func `a value keeps its type`(value: SQLValue) async throws {
    let store = try await makeStore()
    try await store.write {
      _ = try $0.run("CREATE TABLE any_value (x)")
      _ = try $0.run("INSERT INTO any_value VALUES (\(value))")
    }
    #expect(try await store.rows("SELECT x FROM any_value").first?[0] == value)
  }

  @Test func `nil is NULL, an empty text and an empty blob are not`() async throws {
    let store = try await makeStore()
    let (noText, noBytes, noNumber, noMoment) = (String?.none, [UInt8]?.none, Int64?.none, Instant?.none)
    let row = try #require(
      try await store.rows(
        """
        SELECT \(noText) IS NULL, \(noBytes) IS NULL, \(noNumber) IS NULL, \(noMoment) IS NULL, \("") IS NULL,
          \([UInt8]()) IS NULL, typeof(\("")), typeof(\([UInt8]()))
        """
      ).first)
    #expect((0..<6).map(row.bool) == [true, true, true, true, false, false])
    #expect(row.text(6) == "text" && row.text(7) == "blob")
  }

  @Test func `each kind of value has its interpolation`() async throws {
    let store = try await makeStore()
    let row = try #require(
      try await store.rows(
        "SELECT \(Int64(1)), \(2), \(true), \(false), \(2.5), \(Instant(microseconds: 9)), \("t"), \([UInt8(1)])"
      ).first)
    #expect(
      row.values == [
        .integer(1), .integer(2), .integer(1), .integer(0), .real(2.5), .integer(9), .text("t"), .blob([1]),
      ])
    #expect(row.instant(5) == Instant(microseconds: 9))
  }

  @Test func `a list is bound element by element, an empty one matches nothing`() async throws {
    let store = try await makeStore()
    try await store.write {
      for text in ["a", "b", "'); DROP TABLE note; --"] {
        _ = try $0.run("INSERT INTO note (text) VALUES (\(text))")
      }
    }
    func count(_ list: [String]) async throws -> Int {
      try await store.rows("SELECT 1 FROM note WHERE text IN \(list: list.map(SQLValue.text))").count
    }
    #expect(try await count(["a", "'); DROP TABLE note; --", "missing"]) == 2)
    #expect(try await count([]) == 0)
  }

  @Test func `statements are joined with their values in order`() {
    let part: SQL = "a = \(1)"
    let whole: SQL =
      "SELECT \("x") WHERE \(part) AND " + ["b = \(2)", "c = \(3)"].joined(separator: " OR ") + ""
    #expect(whole.text == "SELECT ? WHERE a = ? AND b = ? OR c = ?")
    #expect(whole.values == [.text("x"), .integer(1), .integer(2), .integer(3)])
    #expect([SQL]().joined(separator: ", ").text.isEmpty)
  }

  @Test func `only what is called unsafe is pasted`() {
    let name = "note"
    let sql: SQL = "SELECT \(name) FROM \(unsafeSQL: name)"
    #expect(sql.text == "SELECT ? FROM note")
    #expect(sql.values == [.text("note")])
  }

  @Test func `a row answers by type, and by a default where it holds something else`() {
    let row = Row([.text("t"), .integer(2), .null, .blob([1]), .real(3), .real(3.5)])
    #expect(row.text(0) == "t" && row.text(1).isEmpty && row.optionalText(2) == nil)
    #expect(row.integer(1) == 2 && row.integer(0) == 0 && row.optionalInteger(2) == nil)
    #expect(row.integer(4) == 3 && row.optionalInteger(5) == nil)
    #expect(row.bytes(3) == [1] && row.bytes(0).isEmpty && row.optionalBytes(2) == nil)
    #expect(row.bool(1) && !row.bool(2))
  }

  @Test func `more statements than are kept prepared`() async throws {
    let store = try await makeStore()
    for number in 0..<600 {
      #expect(try await store.rows("SELECT \(unsafeSQL: "\(number)")").first?.integer(0) == Int64(number))
    }
  }
}
