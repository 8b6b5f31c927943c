/// How a proxy writes down who spoke to it (RFC 7239 §6), in `Forwarded` and, bare, in `X-Forwarded-For`.
enum ForwardedNode {
  /// The address of a node: `192.0.2.43`, `192.0.2.43:47011`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
  ///
  /// - Returns: nil for `unknown`, for an obfuscated identifier (`_hidden`), for an address with a zone, and for
  ///   whatever else is no address.
  static func address(_ text: some StringProtocol) -> IPAddress? {
    if let address = IPAddress(text) { return address }
    // RFC 7239 §6: an IPv6 address is always enclosed in square brackets.
    if text.utf8.first == UInt8(ascii: "[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      let (inside, behind) = (text[text.index(after: text.startIndex)..<end], text[text.index(after: end)...])
      guard inside.utf8.contains(UInt8(ascii: ":")), behind.isEmpty || isPort(behind) else { return nil }
      return IPAddress(inside)
    }
    // One colon and no brackets: IPv4 with a port.
    guard let colon = text.firstIndex(of: ":"), isPort(text[colon...]) else { return nil }
    guard case .v4? = IPAddress(text[..<colon]) else { return nil }
    return IPAddress(text[..<colon])
  }

  /// RFC 7239 §6: `node-port = port / obfport`, behind a colon.
  private static func isPort(_ text: some StringProtocol) -> Bool {
    guard text.utf8.first == UInt8(ascii: ":") else { return false }
    let port = text.utf8.dropFirst()
    if port.first == UInt8(ascii: "_") { return port.count > 1 && port.dropFirst().allSatisfy(isObfuscated) }
    return (1...5).contains(port.count) && port.allSatisfy { (0x30...0x39).contains($0) }
  }

  private static func isObfuscated(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
  }
}
