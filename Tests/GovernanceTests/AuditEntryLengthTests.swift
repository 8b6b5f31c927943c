import Governance
import Testing
import World

@Suite struct `Length of audit entries` {
  @Test(arguments: ["a", "a\u{301}", "\u{1F468}\u{200D}"])
  func `no word of a request is long, whatever characters it is made of`(part: String) {
    let word = "x" + String(repeating: "\u{301}", count: 10_000) + String(repeating: part, count: 10_000)
    #expect(AuditEntry.bounded(word).utf8.count <= 64 * 4 + 3)
    let entry = AuditEntry(time: Instant(seconds: 0), kind: .refusal, method: word, address: "127.0.0.1")
    #expect(entry.method.utf8.count <= 64 * 4 + 3)
  }
}
