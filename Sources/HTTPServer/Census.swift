internal import HTTP
internal import Synchronization

/// How many connections are open, in all and per address, over all loops of a server.
final class Census: Sendable {
  private struct Count {
    var total = 0
    var perAddress: [IPAddress: Int] = [:]
  }
  private let state = Mutex(Count())
  private let limit: Int
  private let limitPerAddress: Int
  private let exempt: Set<IPAddress>

  init(limit: Int, limitPerAddress: Int, exempt: Set<IPAddress>) {
    self.limit = limit
    self.limitPerAddress = limitPerAddress
    self.exempt = exempt
  }

  var count: Int { state.withLock { $0.total } }

  /// Lets a connection in and counts it, if there is room for it.
  func admit(_ peer: IPAddress) -> Bool {
    let isCounted = !exempt.contains(peer)
    let network = Self.network(of: peer)
    return state.withLock { state in
      guard state.total < limit else { return false }
      if isCounted {
        let count = state.perAddress[network, default: 0]
        guard count < limitPerAddress else { return false }
        state.perAddress[network] = count + 1
      }
      state.total += 1
      return true
    }
  }

  /// Takes one that was let in out of the count.
  func release(_ peer: IPAddress) {
    let isCounted = !exempt.contains(peer)
    let network = Self.network(of: peer)
    state.withLock { state in
      state.total -= 1
      guard isCounted, let count = state.perAddress[network] else { return }
      state.perAddress[network] = count > 1 ? count - 1 : nil
    }
  }

  /// Whoever has one IPv6 address has 2⁶⁴ of them (RFC 6177): the network is what counts.
  private static func network(of peer: IPAddress) -> IPAddress {
    switch peer {
    case .v4: peer
    case .v6(let high, _): .v6(high: high, low: 0)
    }
  }
}
