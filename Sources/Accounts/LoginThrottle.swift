package import HTTP
internal import Synchronization
package import World

/// Slows down those who guess passwords: growing delays for an address at an account, and for an address at all.
///
/// The delay belongs to the pair of account and address, so that nobody can lock an account out for its owner, who
/// comes from elsewhere. A try counts from its beginning, so that many at once are not one. Kept in memory: a restart
/// forgives.
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
    return counts.withLock { Self.wait(keys(login, address), $0, now) }
  }

  /// Begins a try, which counts as failed until `succeeded` or `wasNotMade` says otherwise.
  ///
  /// - Returns: how long to wait, when it may not be made now; then it doesn't count.
  package func begin(login: String, address: IPAddress) -> Duration? {
    let now = world.now
    return counts.withLock { counts in
      if let wait = Self.wait(keys(login, address), counts, now) { return wait }
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
      return nil
    }
  }

  /// Forgets the failures of a person who has proved themselves; those of others from there stay.
  package func succeeded(login: String, address: IPAddress) {
    let keys = keys(login, address)
    counts.withLock { counts in
      counts[keys[0].name] = nil
      Self.takeBack(keys[1], &counts)
    }
  }

  /// Takes back a try whose password was not looked at.
  package func wasNotMade(login: String, address: IPAddress) {
    let keys = keys(login, address)
    counts.withLock { counts in for key in keys { Self.takeBack(key, &counts) } }
  }

  private typealias Key = (name: String, free: Int)

  private static func wait(_ keys: [Key], _ counts: [String: Count], _ now: Instant) -> Duration? {
    guard let until = keys.compactMap({ counts[$0.name]?.blockedUntil }).max(), until > now else {
      return nil
    }
    return until - now
  }

  private static func takeBack(_ key: Key, _ counts: inout [String: Count]) {
    guard var count = counts[key.name] else { return }
    count.failures -= 1
    if count.failures < key.free { count.blockedUntil = count.last }
    counts[key.name] = count.failures > 0 ? count : nil
  }

  private func keys(_ login: String, _ address: IPAddress) -> [Key] {
    // Bytes, not characters: one of these may be a megabyte of accents.
    let whose = String(decoding: login.lowercased().utf8.prefix(64), as: UTF8.self)
    return [("\(address.subscriber) \(whose)", Self.freeForPair), (address.subscriber, Self.freeForAddress)]
  }
}

extension IPAddress {
  /// Whom an address belongs to, for counting: an IPv4 address, or the /64 that a line with IPv6 has to itself, lest
  /// each of its addresses be counted anew.
  package var subscriber: String {
    if case .v6(let high, _) = self {
      IPAddress.v6(high: high, low: 0).description + "/64"
    } else {
      description
    }
  }
}
