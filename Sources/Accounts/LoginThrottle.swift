package import HTTP
internal import Synchronization
package import World

/// Slows down those who guess: growing delays for an address at an account, for an address at all, and for an account
/// at all. Passwords and second factors have one each, so that guesses at the one are not counted at the other.
///
/// Nobody can lock an account out for its owner: a device on which they signed in before is counted by itself, whatever
/// others do; and the account's own delay for passwords holds back those addresses alone that failed at it already, so
/// that the right password on a fresh address works at the first try, an administrator's as well. A try counts from its
/// beginning, so that many at once are not one. Kept in memory: a restart forgives.
package final class LoginThrottle: Sendable {
  /// What is guessed at.
  package enum Kind: Sendable {
    case password
    /// Codes of six digits: a thousand addresses must not make a thousand tries, so the account's delay is everybody's.
    case secondFactor
  }

  private struct Count {
    var failures = 0
    var last: Instant
    var blockedUntil: Instant
  }

  private let counts = Mutex<[String: Count]>([:])
  private let world: World
  private let kind: Kind

  /// Failures that cost nothing: of one address or device at one account, of one address whatever the account, and at
  /// one account whatever the address.
  private static let freeForPair = 5
  private static let freeForAddress = 20
  private var freeForAccount: Int { kind == .password ? 50 : 10 }
  private static let longestDelay: Duration = .minutes(15)
  /// A count is forgotten this long after its last failure.
  private static let memory: Duration = .hours(1)
  private static let limit = 50_000

  package init(_ kind: Kind = .password, world: World) {
    self.kind = kind
    self.world = world
  }

  /// Who tries what: an account as it was typed, an address, and the device if the owner signed in on it before.
  package struct Attempt: Sendable {
    package let login: String
    package let address: IPAddress
    package let device: String?

    package init(login: String, address: IPAddress, device: String? = nil) {
      self.login = login
      self.address = address
      self.device = device
    }
  }

  /// How long this one must wait before the next try; nil when it may now.
  package func wait(_ attempt: Attempt) -> Duration? {
    let now = world.now
    return counts.withLock { wait(keys(attempt), $0, now) }
  }

  /// Begins a try, which counts as failed until `succeeded` or `wasNotMade` says otherwise.
  ///
  /// - Returns: how long to wait, when it may not be made now; then it doesn't count.
  package func begin(_ attempt: Attempt) -> Duration? {
    let now = world.now
    let keys = keys(attempt)
    return counts.withLock { counts in
      if let wait = wait(keys, counts, now) { return wait }
      if counts.count >= Self.limit { counts = counts.filter { now - $0.value.last < Self.memory } }
      if counts.count >= Self.limit { counts.removeAll() }
      for key in keys {
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

  /// Forgets the failures of a person who has proved themselves; those of others stay.
  package func succeeded(_ attempt: Attempt) {
    let keys = keys(attempt)
    counts.withLock { counts in
      counts[keys[0].name] = nil
      for key in keys.dropFirst() { Self.takeBack(key, &counts) }
    }
  }

  /// Takes back a try whose password or code was not looked at.
  package func wasNotMade(_ attempt: Attempt) {
    let keys = keys(attempt)
    counts.withLock { counts in for key in keys { Self.takeBack(key, &counts) } }
  }

  private struct Key {
    let name: String
    let free: Int
    /// Whether it holds back those alone who failed before.
    var sparesTheFresh = false
  }

  private func wait(_ keys: [Key], _ counts: [String: Count], _ now: Instant) -> Duration? {
    let isFresh = (counts[keys[0].name]?.failures ?? 0) == 0
    let until = keys.compactMap { key in
      key.sparesTheFresh && isFresh ? nil : counts[key.name]?.blockedUntil
    }.max()
    guard let until, until > now else { return nil }
    return until - now
  }

  private static func takeBack(_ key: Key, _ counts: inout [String: Count]) {
    guard var count = counts[key.name] else { return }
    count.failures -= 1
    if count.failures < key.free { count.blockedUntil = count.last }
    counts[key.name] = count.failures > 0 ? count : nil
  }

  private func keys(_ attempt: Attempt) -> [Key] {
    // Bytes, not characters: one of these may be a megabyte of accents.
    let whose = String(decoding: attempt.login.lowercased().utf8.prefix(64), as: UTF8.self)
    if let device = attempt.device {
      return [Key(name: "device \(device) \(whose)", free: Self.freeForPair)]
    }
    let place = attempt.address.subscriber
    return [
      Key(name: "pair \(place) \(whose)", free: Self.freeForPair),
      Key(name: "address \(place)", free: Self.freeForAddress),
      Key(name: "account \(whose)", free: freeForAccount, sparesTheFresh: kind == .password),
    ]
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
