import Testing

@testable import HTTP

@Suite("Product row B6: from where something may be used")
struct AddressRulesTests {
  /// Allow list, block list, address, and whether it is let in.
  @Test(arguments: [
    ("", "", "203.0.113.9", true),
    ("", "", "2001:db8::1", true),
    ("203.0.113.9", "", "203.0.113.9", true),
    ("203.0.113.9", "", "203.0.113.8", false),
    ("203.0.113.9", "", "203.0.113.10", false),
    ("203.0.113.9", "", "::ffff:203.0.113.9", true),
    ("::ffff:203.0.113.9", "", "203.0.113.9", true),
    ("203.0.113.9", "", "2001:db8::1", false),
    ("10.0.0.0/8", "", "10.0.0.0", true),
    ("10.0.0.0/8", "", "10.255.255.255", true),
    ("10.0.0.0/8", "", "9.255.255.255", false),
    ("10.0.0.0/8", "", "11.0.0.0", false),
    ("10.0.0.0/8", "", "::ffff:10.1.2.3", true),
    ("192.0.2.128/25", "", "192.0.2.127", false),
    ("192.0.2.128/25", "", "192.0.2.128", true),
    ("192.0.2.128/25", "", "192.0.2.255", true),
    ("192.0.2.4/31", "", "192.0.2.5", true),
    ("192.0.2.4/31", "", "192.0.2.6", false),
    ("192.0.2.4/32", "", "192.0.2.4", true),
    ("0.0.0.0/0", "", "255.255.255.255", true),
    ("0.0.0.0/0", "", "2001:db8::1", false),
    ("::/0", "", "2001:db8::1", true),
    ("::/0", "", "192.0.2.1", false),
    ("2001:db8::/32", "", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true),
    ("2001:db8::/32", "", "2001:db9::", false),
    ("2001:db8::/127", "", "2001:db8::1", true),
    ("2001:db8::/127", "", "2001:db8::2", false),
    ("2001:db8::1", "", "2001:DB8:0:0:0:0:0:1", true),
    ("2001:db8::1/128", "", "2001:db8::1", true),
    ("2001:db8::1/128", "", "2001:db8::", false),
    ("192.0.2.4/30", "", "192.0.2.7", true),
    ("192.0.2.4/30", "", "192.0.2.8", false),
    ("0.0.0.0/0, ::/0", "", "192.0.2.1", true),
    ("0.0.0.0/0, ::/0", "", "fe80::1", true),
    ("::ffff:10.0.0.0/104", "", "10.1.2.3", true),
    ("", "::ffff:10.0.0.0/104", "10.1.2.3", false),
    ("0.0.0.0/0", "0.0.0.0/0", "192.0.2.1", false),
    ("", "0.0.0.0/0", "2001:db8::1", true),
    ("", "192.0.2.4/31 # the cellar", "192.0.2.5", false),
    ("", "# 192.0.2.4", "192.0.2.4", true),
    ("192.0.2.1 # not 192.0.2.2, which moved", "", "192.0.2.2", false),
    ("", "203.0.113.9", "203.0.113.9", false),
    ("", "203.0.113.9", "203.0.113.10", true),
    ("", "203.0.113.9", "::ffff:203.0.113.9", false),
    ("", "10.0.0.0/8", "10.9.9.9", false),
    ("", "::/0", "::1", false),
    ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", false),
    ("10.0.0.0/8", "10.1.0.0/16", "10.2.2.3", true),
    ("10.1.0.0/16", "10.0.0.0/8", "10.1.2.3", false),
    ("10.0.0.0/8, 192.0.2.1", "", "192.0.2.1", true),
    ("10.0.0.0/8\n192.0.2.1", "", "192.0.2.1", true),
    ("10.0.0.0/8\r\n192.0.2.1\r\n", "", "192.0.2.1", true),
    ("# the office\n10.0.0.0/8 # and the cellar", "", "10.1.1.1", true),
    ("# 203.0.113.9", "", "203.0.113.1", true),
    ("\t 203.0.113.9 \t", "", "203.0.113.9", true),
    (",,\n,", "", "203.0.113.9", true),
  ])
  func `block wins, an empty allow list allows, ranges end where they say`(
    allow: String, block: String, address: String, isAdmitted: Bool
  ) throws {
    let rules = try AddressRules(allow: allow, block: block)
    #expect(rules.admits(try #require(IPAddress(address))) == isAdmitted)
    #expect(rules.allowText == allow && rules.blockText == block)
  }

  @Test(arguments: [
    ("10.0.0.1/8", 1, "10.0.0.1/8"), ("10.0.0.0/33", 1, "10.0.0.0/33"), ("::/129", 1, "::/129"),
    ("10.0.0.0/", 1, "10.0.0.0/"), ("10.0.0.0/-1", 1, "10.0.0.0/-1"), ("10.0.0.0/+8", 1, "10.0.0.0/+8"),
    ("10.0.0.0/8/8", 1, "10.0.0.0/8/8"), ("010.0.0.0", 1, "010.0.0.0"), ("10.1", 1, "10.1"),
    ("0x7f.0.0.1", 1, "0x7f.0.0.1"), ("fe80::1%eth0", 1, "fe80::1%eth0"), ("[::1]", 1, "[::1]"),
    ("example.com", 1, "example.com"), ("10.0.0.0/8\n\n# x\nnowhere", 4, "nowhere"),
    ("1.2.3.4 5.6.7.8", 1, "1.2.3.4 5.6.7.8"),
    ("١.2.3.4", 1, "١.2.3.4"), ("*", 1, "*"),
  ])
  func `what is neither address nor range is named with its line`(text: String, line: Int, entry: String) {
    #expect(throws: AddressRules.Problem(line: line, text: entry)) { try AddressRules(allow: text) }
    #expect(throws: AddressRules.Problem(line: line, text: entry)) {
      try AddressRules(allow: "", block: text)
    }
  }

  @Test func `a list has an end`() {
    let many = (0..<AddressRules.limit).map { "10.0.\($0).1" }.joined(separator: "\n")
    #expect(throws: Never.self) { try AddressRules(allow: many) }
    #expect(throws: AddressRules.Problem.self) { try AddressRules(allow: many + "\n10.1.0.1") }
    let long = "#" + String(repeating: "x", count: AddressRules.lengthLimit)
    #expect(throws: AddressRules.Problem.self) { try AddressRules(allow: long) }
  }

  @Test(arguments: ["0.0.0.0", "10.0.0.1", "::1", "2001:db8::1", "::ffff:10.0.0.1"])
  func `rules that can't be read let nobody in`(address: String) throws {
    #expect(!AddressRules.nowhere.admits(try #require(IPAddress(address))))
  }
}
