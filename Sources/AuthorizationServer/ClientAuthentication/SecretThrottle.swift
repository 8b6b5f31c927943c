internal import Accounts
internal import HTTP
internal import Synchronization
internal import World

/// Holds back an address that guesses a client's secret: so many wrong ones a minute.
///
/// The count belongs to the pair of client and address, so that nobody can lock a client out by guessing for it.
final class SecretThrottle: Sendable {
  private struct State {
    var minute: Int64 = 0
    var counts: [String: Int] = [:]
  }

  private let state = Mutex(State())
  private let world: World

  /// Wrong secrets a minute; a client that lost its secret and keeps trying stays below.
  static let perMinute = 60
  private static let limit = 50_000

  init(world: World) { self.world = world }

  /// - Throws: `TooManyAttempts` when the address has to wait.
  func check(_ clientID: String, _ address: IPAddress) throws(TooManyAttempts) {
    let now = world.now.seconds
    let failures = state.withLock { state in
      if state.minute != now / 60 { state = State(minute: now / 60) }
      return state.counts["\(address.subscriber) \(clientID)", default: 0]
    }
    guard failures < Self.perMinute else { throw TooManyAttempts(seconds: 60 - now % 60) }
  }

  /// Notes a wrong secret.
  func failed(_ clientID: String, _ address: IPAddress) {
    state.withLock { state in
      if state.counts.count >= Self.limit { state.counts.removeAll() }
      state.counts["\(address.subscriber) \(clientID)", default: 0] += 1
    }
  }
}

/// The caller has to wait: 429 (RFC 6585 §4).
struct TooManyAttempts: Error {
  let seconds: Int64
}
