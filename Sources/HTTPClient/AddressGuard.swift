package import HTTP

/// Which addresses a request of ours may go to: those of the public internet, and those that the operator allowed.
///
/// It is asked about the very address that a socket is about to be opened to, after every name was resolved: a name
/// that leads to a private address, or to another one at its second look-up, is of no use to anybody.
package struct AddressGuard: Sendable {
  private let allowed: [IPNetwork]

  /// - Parameter allowed: that may be reached though they are not public, such as a company's own hosts.
  package init(allowing allowed: [IPNetwork] = []) { self.allowed = allowed }

  package func admits(_ address: IPAddress) -> Bool {
    if allowed.contains(where: { $0.contains(address) }) { return true }
    if Self.special.contains(where: { $0.contains(address) }) { return false }
    // Of IPv6 only global unicast is assigned (RFC 4291 §2.4); all else is refused without a list.
    if case .v6 = address { return Self.globalUnicast.contains { $0.contains(address) } }
    return true
  }

  private static let globalUnicast = networks("2000::/3")

  /// Special-purpose addresses (RFC 6890 and the IANA registries), and one that a cloud has its metadata at.
  private static let special = networks(
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
    "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "168.63.129.16",
    // Teredo, benchmarking, ORCHID, documentation and 6to4: the last can hold any IPv4 address.
    "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")

  private static func networks(_ texts: String...) -> [IPNetwork] {
    texts.map { text in
      guard let network = IPNetwork(text) else { preconditionFailure("\(text) is no network") }
      return network
    }
  }
}
