internal import Mail
internal import Testing
internal import World

@Suite("RFC 5322 Letters")
struct LetterTests {
  @Test(arguments: [
    ("sam@example.com", true), ("s.a-m+tag@mail.example.co", true), ("sam@localhost", true), ("sam", false),
    ("", false), ("@example.com", false), ("sam@", false), ("a@b@c", false), ("sam@exa mple.com", false),
    ("sam@example.com\r\nBcc: eve@example.com", false), ("<sam@example.com>", false),
    ("sam@example.com,eve@example.com", false), ("-sam@example.com", false), ("sam@-example.com", false),
    (String(repeating: "a", count: 65) + "@example.com", false), ("sam@[192.0.2.1]", false),
    ("s\u{e4}m@example.com", false),
  ])
  func `RFC 5321 §4_1_2 an address is one plain mailbox`(text: String, isAddress: Bool) {
    #expect(Letter.isAddress(text) == isAddress)
    #expect((Letter(to: text, subject: "S", text: "") != nil) == isAddress)
  }

  @Test func `a subject is one line`() {
    #expect(Letter(to: "a@b.example", subject: "S\r\nBcc: eve@example.com", text: "") == nil)
  }

  @Test(
    arguments: [
      (0, "Thu, 1 Jan 1970 00:00:00 +0000"), (1_795_234_200, "Sat, 21 Nov 2026 04:10:00 +0000"),
    ] as [(Int64, String)])
  func `RFC 5322 §3_3 dates`(seconds: Int64, text: String) {
    #expect(Instant(seconds: seconds).rfc5322 == text)
  }

  @Test(arguments: [
    ("smtp://127.0.0.1:25", "gate@example.com", true), ("smtps://mail.example.com", "gate@example.com", true),
    ("http://mail.example.com", "gate@example.com", false), ("file:///etc/passwd", "gate@example.com", false),
    ("smtp://mail", "gate", false), ("smtp://a b", "gate@example.com", false),
  ])
  func `a mail server is spoken to by SMTP alone`(url: String, sender: String, isUsable: Bool) {
    #expect(Postman.Account(url: url, sender: sender).isUsable == isUsable)
  }
}
