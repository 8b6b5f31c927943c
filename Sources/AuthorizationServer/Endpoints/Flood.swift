internal import HTTP
internal import Synchronization
internal import World

/// Holds back a network that asks for rows of the database faster than people do, where no credential is needed: a
/// fixed minute per IPv4 /24 or IPv6 /48.
///
/// The hosted assistants come from few networks with many people behind each, so the limit is far above what people
/// cause and far below what fills a disk.
final class Flood: Sendable {
  private struct State {
    var minute: Int64 = 0
    var total = 0
    var counts: [String: Int] = [:]
  }

  private let state = Mutex(State())
  private let world: World

  /// Requests a minute from one network, …
  static let perNetwork = 300
  /// … and from all of them.
  static let inAll = 3000

  init(world: World) { self.world = world }

  /// Counts a request.
  ///
  /// - Throws: `TooManyAttempts` when it is one too many.
  func admit(_ address: IPAddress) throws(TooManyAttempts) {
    let now = world.now.seconds
    let network = address.network
    let isAdmitted = state.withLock { state in
      if state.minute != now / 60 { state = State(minute: now / 60) }
      guard state.counts[network, default: 0] < Self.perNetwork, state.total < Self.inAll else {
        return false
      }
      state.counts[network, default: 0] += 1
      state.total += 1
      return true
    }
    guard isAdmitted else { throw TooManyAttempts(seconds: 60 - now % 60) }
  }
}

extension IPAddress {
  /// The network that an address belongs to, as far as can be told: an IPv4 /24 or an IPv6 /48.
  var network: String {
    switch self {
    case .v4(let bits): IPAddress.v4(bits & 0xffff_ff00).description + "/24"
    case .v6(let high, _): IPAddress.v6(high: high & 0xffff_ffff_ffff_0000, low: 0).description + "/48"
    }
  }
}
