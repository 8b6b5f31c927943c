internal import Governance
internal import Support
internal import Testing
internal import World

@testable internal import Gatehouse

@Suite struct `The audit log as a table` {
  @Test(
    arguments: [
      ("whoami", "whoami"), ("", ""), ("a,b", #""a,b""#), (#"a"b"#, #""a""b""#), ("a\nb", "\"a\nb\""),
      ("=1+1", #""'=1+1""#), ("+1", #""'+1""#), ("-1", #""'-1""#), ("@SUM(A1)", #""'@SUM(A1)""#),
      ("|calc", #""'|calc""#), ("%0A", #""'%0A""#), ("＝1", #""'＝1""#), ("\t=1", "\"'\t=1\""),
      ("\r=1", "\"'\r=1\""), (" =1", #""' =1""#), ("\u{a0}=1", "\"'\u{a0}=1\""), ("\u{1}=1", "\"'\u{1}=1\""),
      (#"="a""#, #""'=""a""""#), ("a=1", "a=1"), ("1-1", "1-1"), ("/connection/limits", "/connection/limits"),
    ])
  func `CWE-1236 no cell is a formula, RFC 4180 and each is one cell`(text: String, cell: String) {
    #expect(AuditTable.cell(text) == cell)
  }

  @Test func `RFC 4180 every row has the columns of the head, and ends with CRLF`() async throws {
    var entry = AuditEntry(
      time: Instant(microseconds: 1_795_000_000_000_001), kind: .refusal, method: "a,b", address: "::1")
    entry.tool = "=x"
    let row = AuditTable.row(AuditRecord(sequence: 1, entry: entry, hash: [0xab]))
    // The terminal adds the line feed.
    #expect(row == "1,2026-11-18T11:06:40.000001Z,refusal,\"a,b\",\"'=x\",,,,,,,::1,,,,,,,ab\r")
    #expect(AuditTable.head.split(separator: ",").count == 19 && AuditTable.head.hasSuffix("hash\r"))
  }
}

@Suite struct `Lines of a file` {
  @Test(
    arguments: [
      ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]), ("\n\na\n", ["", "", "a"]),
    ] as [(String, [String])])
  func `each line comes once, without its end`(text: String, lines: [String]) throws {
    let directory = try Directory()
    try directory.write(Array(text.utf8), to: "file")
    let reader = try #require(Lines(of: directory.absolute("file")))
    var found: [String] = []
    while let line = reader.next() { found.append(String(decoding: line, as: UTF8.self)) }
    #expect(found == lines)
  }

  @Test func `lines that are longer than what is read at once are whole`() throws {
    let directory = try Directory()
    let line = String(repeating: "0123456789", count: 20_000)
    try directory.write(Array((line + "\n" + line + "\nend").utf8), to: "file")
    let reader = try #require(Lines(of: directory.absolute("file")))
    #expect(reader.next() == Array(line.utf8))
    #expect(reader.next() == Array(line.utf8))
    #expect(reader.next() == Array("end".utf8))
    #expect(reader.next() == nil)
    #expect(Lines(of: directory.absolute("nothing")) == nil)
  }
}
