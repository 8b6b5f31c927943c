/// What a token is for: a resource indicator in its canonical form (RFC 8707 §2, MCP authorization "Canonical Server URI").
package struct Resource: Sendable, Hashable, CustomStringConvertible {
  /// Scheme and host in lower case, no default port, no fragment, no trailing slash.
  package let text: String

  package var description: String { text }

  /// - Returns: nil for what is no absolute `http` or `https` URI, or has a fragment.
  package init?(_ text: String) {
    // RFC 8707 §2: its value MUST be an absolute URI and MUST NOT include a fragment component.
    guard text.utf8.count <= RedirectURI.lengthLimit, let parts = URIParts(text), parts.fragment == nil,
      parts.scheme == "https" || parts.scheme == "http", parts.hasRealHost, !parts.hasUserInfo
    else { return nil }
    var canonical = parts.scheme + "://" + (parts.host ?? "").lowercased()
    if let port = parts.port, (parts.scheme, port) != ("https", "443"), (parts.scheme, port) != ("http", "80")
    {
      canonical += ":" + port
    }
    var path = parts.path
    while path.hasSuffix("/") { path.removeLast() }
    canonical += path
    if let query = parts.query { canonical += "?" + query }
    self.text = canonical
  }

  /// Takes back what `text` gave, such as a column of our own: it needs no second look.
  package init(canonical text: String) { self.text = text }

  /// Scheme, host and port alone.
  package var origin: String {
    let afterScheme = text.range(of: "://")?.upperBound ?? text.startIndex
    return String(text[..<(text[afterScheme...].firstIndex { $0 == "/" || $0 == "?" } ?? text.endIndex)])
  }
}

extension String {
  /// The first occurrence of `part`; the standard library's own search needs a regular expression.
  fileprivate func range(of part: String) -> Range<String.Index>? { ranges(of: part).first }
}
