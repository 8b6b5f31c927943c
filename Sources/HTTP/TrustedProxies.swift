/// The reverse proxies that the operator names, whose word on a client's address counts. Nobody else's does.
package struct TrustedProxies: Sendable {
  /// In which field they tell it. Only one is believed: most proxies let the other one pass as a client wrote it.
  package enum Field: String, Sendable, CaseIterable {
    case xForwardedFor = "x-forwarded-for"
    /// RFC 7239.
    case forwarded
  }

  package let addresses: Set<IPAddress>
  private let field: Field

  package init(_ addresses: Set<IPAddress> = [], in field: Field = .xForwardedFor) {
    self.addresses = addresses
    self.field = field
  }

  /// Who sent the request: the peer, or the last address before our own proxies, by what they say.
  ///
  /// Each proxy appends who spoke to it. So it is read from the end, up to the first that is no proxy of ours: what
  /// stands before that one anybody may have written. Where a proxy does not tell an address, it is the proxy itself.
  package func client(of request: Request) -> IPAddress {
    guard addresses.contains(request.peer) else { return request.peer }
    var client = request.peer
    for line in request.fields.all(field.rawValue).reversed() {
      for address in told(line) {
        guard let address else { return client }
        client = address
        guard addresses.contains(address) else { return client }
      }
    }
    return client
  }

  /// The addresses that one field line tells, the last one first; nil for an element that tells none.
  private func told(_ line: String) -> [IPAddress?] {
    switch field {
    // Without regard to quotation marks, which mean nothing in it: one of a client's must not swallow what our proxy
    // appended.
    case .xForwardedFor:
      line.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).reversed().map {
        ForwardedNode.address(trimmed(Substring($0)))
      }
    case .forwarded: ForwardedElements(line).map { node in node.flatMap { ForwardedNode.address($0) } }
    }
  }
}
