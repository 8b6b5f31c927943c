/// The components of an absolute URI (RFC 3986 §3), cut without repairing anything: what is not plainly a URI is none.
struct URIParts: Sendable, Hashable {
  /// In lower case.
  let scheme: String
  /// As written, without brackets' meaning changed; nil when there is no authority.
  let host: String?
  let port: String?
  let path: String
  let query: String?
  let fragment: String?
  let hasUserInfo: Bool

  init?(_ text: String) {
    // Backslash, white space, controls and everything beyond ASCII are read differently by different parsers.
    guard !text.isEmpty,
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !"\\\"<>^`{|}".utf8.contains($0) })
    else { return nil }
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let scheme = text[..<colon]
    guard let first = scheme.utf8.first, Self.isLetter(first),
      scheme.utf8.allSatisfy({ Self.isLetter($0) || Self.isDigit($0) || "+-.".utf8.contains($0) })
    else { return nil }
    self.scheme = scheme.lowercased()

    var rest = text[text.index(after: colon)...]
    if let hash = rest.firstIndex(of: "#") {
      fragment = String(rest[rest.index(after: hash)...])
      rest = rest[..<hash]
    } else {
      fragment = nil
    }
    if let mark = rest.firstIndex(of: "?") {
      query = String(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
    } else {
      query = nil
    }
    guard rest.hasPrefix("//") else {
      host = nil
      port = nil
      path = String(rest)
      hasUserInfo = false
      return
    }
    rest = rest.dropFirst(2)
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    path = String(rest[slash...])
    var authority = rest[..<slash]
    hasUserInfo = authority.contains("@")
    if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
    let portMark = authority.lastIndex(of: ":").flatMap { authority[$0...].contains("]") ? nil : $0 }
    host = String(authority[..<(portMark ?? authority.endIndex)])
    port = portMark.map { String(authority[authority.index(after: $0)...]) }
    if let port {
      // A zero in front would make two texts of one port.
      guard port.utf8.count <= 5, port.utf8.allSatisfy(Self.isDigit), UInt16(port) != nil,
        port.utf8.first != 0x30
      else { return nil }
    }
  }

  /// `localhost`, `127.0.0.1` or `[::1]`, by those names.
  var isLoopback: Bool { host == "localhost" || host == "127.0.0.1" || host == "[::1]" }

  /// A host name of letters, digits, hyphens and dots without empty labels, or an address in brackets.
  var hasRealHost: Bool {
    guard let host, !host.isEmpty, host.utf8.count <= 253 else { return false }
    if host.hasPrefix("[") {
      return host.hasSuffix("]")
        && host.utf8.dropFirst().dropLast().allSatisfy { Self.isHex($0) || ":.".utf8.contains($0) }
    }
    return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      !label.isEmpty && label.utf8.count <= 63
        && label.utf8.allSatisfy {
          Self.isLetter($0) || Self.isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a }
  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
  private static func isHex(_ byte: UInt8) -> Bool {
    isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
  }
}
