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
      // RFC 9110 §4.2.1, §4.2.4: an http URI has a host; one with user information is most likely there to deceive.
      guard end > rest.startIndex, !rest[..<end].contains("@") else { return nil }
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
}
