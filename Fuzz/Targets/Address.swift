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
    try checkProxies(text)
  }

  private static func checkProxies(_ text: String) throws {
    let (proxy, known) = (IPAddress.v4(0x0a00_0001), IPAddress.v4(0xc000_0207))
    for field in TrustedProxies.Field.allCases {
      let proxies = TrustedProxies([proxy], in: field)
      var request = Request(method: .get, path: "/")
      request.fields[field.rawValue] = text
      try hold(proxies.client(of: request) == request.peer, "a stranger's word on an address counts")
      request.peer = proxy
      let client = proxies.client(of: request)
      try hold(client == proxy || isNamed(client, in: text), "\(client) was not named")
      // Whatever a client wrote before it, what our proxy appended is what counts.
      let own =
        field == .forwarded
        ? ["for=192.0.2.7", "proto=https;for=\"192.0.2.7:80\";by=\"_a,\\\"b\""]
        : ["192.0.2.7", "192.0.2.7:80"]
      for own in own {
        request.fields[field.rawValue] = text + ", " + own
        try hold(proxies.client(of: request) == known, "a client changes how \(own) is read")
      }
    }
  }

  /// Whether the text holds the address in some form, in brackets, in quotation marks or before a port.
  private static func isNamed(_ address: IPAddress, in text: String) -> Bool {
    let parts = text.unicodeScalars.split { ",;=\"[] \t".unicodeScalars.contains($0) }.map(String.init)
    return parts.contains { part in
      IPAddress(part) == address
        || part.lastIndex(of: ":").map { IPAddress(part[..<$0]) == address } ?? false
    } || text.contains("\\")
  }
}
