/// What a request asks for (RFC 9112 §3.2), in the forms that are answered here.
struct RequestTarget {
  /// Host and port, where the target names them.
  let authority: String?
  let path: String
  /// Without its question mark; empty when there is none.
  let query: String

  /// Reads `/path?query`, `http://host/path?query`, or `*`.
  init?(_ text: String) {
    var rest = Substring(text)
    if rest.utf8.first == UInt8(ascii: "/") || text == "*" {
      authority = nil
    } else {
      // §3.2.2: a server MUST accept the absolute form, though only proxies are meant to get it.
      guard let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) }) else {
        return nil
      }
      rest = rest.dropFirst(scheme.count)
      let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
      // RFC 9110 §4.2.1: an http URI has a host; and as this one stands in for the Host field, no more may be in it.
      // RFC 9110 §4.2.4: one with user information is most likely there to deceive.
      guard end > rest.startIndex, rest[..<end].utf8.allSatisfy(Self.isHostCharacter) else { return nil }
      authority = String(rest[..<end])
      rest = rest[end...]
    }
    if let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) {
      query = String(rest[rest.utf8.index(after: mark)...])
      rest = rest[..<mark]
    } else {
      query = ""
    }
    path = rest.isEmpty ? "/" : String(rest)
  }

  /// The same that CBeast takes in a Host field.
  private static func isHostCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"):
      true
    default: false
    }
  }
}
