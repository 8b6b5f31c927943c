/// This server, as authenticators know it (WebAuthn Level 2 §4).
package struct RelyingParty: Sendable {
  /// The host, without its port.
  package let id: String
  /// Scheme, host and port, as a browser writes them.
  package let origin: String

  /// - Parameter origin: such as `https://mcp.example.com`.
  /// - Returns: nil where browsers know no relying party: an address instead of a name.
  package init?(origin: String) {
    guard let separator = origin.firstRange(of: "://") else { return nil }
    let authority = origin[separator.upperBound...]
    guard !authority.hasPrefix("[") else { return nil }
    let host = String(authority.prefix { $0 != ":" })
    guard !host.isEmpty, !host.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2e }) else {
      return nil
    }
    id = host
    self.origin = origin
  }
}
