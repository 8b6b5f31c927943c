/// The reverse proxies that the operator names, whose word on a client's address counts. Nobody else's does.
package struct TrustedProxies: Sendable {
  package let addresses: Set<IPAddress>

  package init(_ addresses: Set<IPAddress> = []) { self.addresses = addresses }

  /// Who sent the request: the peer, or by `X-Forwarded-For` the last address before our own proxies.
  package func client(of request: Request) -> IPAddress {
    guard addresses.contains(request.peer) else { return request.peer }
    var client = request.peer
    // Each proxy appends who spoke to it. So it is read from the end, up to the first that is no proxy of ours: what
    // stands before that one anybody may have written.
    for text in request.fields.all("x-forwarded-for").flatMap({ split($0, at: UInt8(ascii: ",")) }).reversed()
    {
      guard let address = IPAddress(text) else { break }
      client = address
      guard addresses.contains(address) else { break }
    }
    return client
  }
}
