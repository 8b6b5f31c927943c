internal import HTTP

extension FuzzTarget {
  /// Addresses and ranges (RFC 4291 §2.2, RFC 4632 §3.1), lists of them, and what a proxy says of one.
  static let address = FuzzTarget(name: "address") { bytes in
    let text = text(bytes)
    if let address = IPAddress(text) {
      let canonical = address.description
      try hold(IPAddress(canonical) == address, "\(address) is not read as itself")
      try hold(IPNetwork(canonical)?.contains(address) == true, "\(address) is not in the range of itself")
      // RFC 5952 §4: the longest form there is, of an address that is no IPv4-mapped one.
      try hold(canonical.utf8.count <= 39, "\(canonical) is too long")
    }
    if let network = IPNetwork(text) {
      try hold(IPNetwork(network.description) == network, "\(network) is not read as itself")
      let base = network.description.prefix { $0 != "/" }
      guard let first = IPAddress(base) else { throw Violation(description: "\(network) has no address") }
      try hold(network.contains(first), "\(network) does not hold its first address")
    }
    if let rules = accepted({ try AddressRules(allow: text) }) {
      try hold(
        accepted { try AddressRules(allow: rules.allowText) } == rules, "rules are not read as themselves")
      // The block list wins: with both lists the same, nobody gets in but where there is no list.
      guard let both = accepted({ try AddressRules(allow: text, block: text) }) else {
        throw Violation(description: "an allow list is no block list")
      }
      for address in [IPAddress.loopback, .v4(0), .v6(high: 0, low: 1)] where rules != .none {
        try hold(
          !(both.admits(address) && both != rules && !rules.admits(address)),
          "a block list lets \(address) in")
      }
    }
    let proxy = IPAddress.v4(0x0a00_0001)
    var request = Request(method: .get, path: "/", fields: ["x-forwarded-for": text])
    try hold(
      TrustedProxies([proxy]).client(of: request) == request.peer, "a stranger's word on an address counts")
    request.peer = proxy
    let client = TrustedProxies([proxy]).client(of: request)
    let isNamed = text.split(separator: ",").contains { part in
      IPAddress(String(part).trimmingSpaces) == client
    }
    try hold(client == proxy || isNamed, "\(client) was not named")
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    let start = utf8.drop(while: isSpace)
    return String(decoding: start.reversed().drop(while: isSpace).reversed(), as: UTF8.self)
  }
}
