package import HTTP
internal import Synchronization
package import World

/// Slows down those who guess passwords: growing delays for an address at an account, and for an address at all.
///
/// The delay belongs to the pair of account and address, so that nobody can lock an account out for its owner, who
/// comes from elsewhere. Kept in memory: a restart forgives.
package final class LoginThrottle: Sendable {
  private struct Count {
    var failures = 0
    var last: Instant
    var blockedUntil: Instant
  }

  private let counts = Mutex<[String: Count]>([:])
  private let world: World

  /// Failures that cost nothing, for one account from one address, and for one address whatever the account.
  private static let freeForPair = 5
  private static let freeForAddress = 20
  private static let longestDelay: Duration = .minutes(15)
  /// A count is forgotten this long after its last failure.
  private static let memory: Duration = .hours(1)
  private static let limit = 50_000

  package init(world: World) { self.world = world }

  /// How long this address must wait before it may try this account; nil when it may now.
  package func wait(login: String, address: IPAddress) -> Duration? {
    let now = world.now
    let until = counts.withLock { counts in
      keys(login, address).compactMap { counts[$0.name]?.blockedUntil }.max()
    }
    guard let until, until > now else { return nil }
    return until - now
  }

  /// Notes a wrong password.
  package func failed(login: String, address: IPAddress) {
    let now = world.now
    counts.withLock { counts in
      if counts.count >= Self.limit { counts = counts.filter { now - $0.value.last < Self.memory } }
      if counts.count >= Self.limit { counts.removeAll() }
      for key in keys(login, address) {
        var count = counts[key.name] ?? Count(last: now, blockedUntil: now)
        if now - count.last > Self.memory { count.failures = 0 }
        count.failures += 1
        count.last = now
        if count.failures >= key.free {
          let doublings = min(count.failures - key.free, 10)
          count.blockedUntil = now + min(.seconds(Int64(1) << doublings), Self.longestDelay)
        }
        counts[key.name] = count
      }
    }
  }

  /// Forgets the failures of a person who has proved themselves.
  package func succeeded(login: String, address: IPAddress) {
    counts.withLock { $0[keys(login, address)[0].name] = nil }
  }

  private func keys(_ login: String, _ address: IPAddress) -> [(name: String, free: Int)] {
    [
      ("\(address.subscriber) \(login.lowercased().prefix(64))", Self.freeForPair),
      (address.subscriber, Self.freeForAddress),
    ]
  }
}

extension IPAddress {
  /// Whom an address belongs to, for counting: an IPv4 address, or the /64 that a line with IPv6 has to itself, lest
  /// each of its addresses be counted anew.
  package var subscriber: String {
    switch self {
    case .v4: description
    case .v6(let high, _): "\(IPAddress.v6(high: high, low: 0))/64"
    }
  }
}
