internal import Accounts
internal import HTTP
internal import Synchronization
internal import World

/// Holds back those who guess at device codes (RFC 8628 §5.1): so many wrong ones in ten minutes, by one person and
/// from one address.
///
/// With twenty guesses among a thousand devices that wait, the chance to hit one is below one in a million; what it
/// would win is a stranger's device that acts for the guesser.
final class CodeThrottle: Sendable {
  private struct State {
    var window: Int64 = 0
    var counts: [String: Int] = [:]
  }

  private let state = Mutex(State())
  private let world: World

  /// Wrong codes in a window, by one person and from one address.
  static let perPerson = 10
  static let perAddress = 20
  private static let window: Int64 = 600
  private static let limit = 50_000

  init(world: World) { self.world = world }

  /// Counts a guess before it is looked at, so that many at once are not one.
  ///
  /// - Throws: `TooManyAttempts` when the guess may not be made now.
  func begin(_ userID: Int64, _ address: IPAddress) throws(TooManyAttempts) {
    let now = world.now.seconds
    let isAdmitted = state.withLock { state in
      if state.window != now / Self.window || state.counts.count >= Self.limit {
        state = State(window: now / Self.window)
      }
      let (person, place) = Self.keys(userID, address)
      guard state.counts[person, default: 0] < Self.perPerson,
        state.counts[place, default: 0] < Self.perAddress
      else { return false }
      state.counts[person, default: 0] += 1
      state.counts[place, default: 0] += 1
      return true
    }
    guard isAdmitted else { throw TooManyAttempts(seconds: Self.window - now % Self.window) }
  }

  /// Takes a guess back that was none.
  func wasRight(_ userID: Int64, _ address: IPAddress) {
    state.withLock { state in
      let (person, place) = Self.keys(userID, address)
      for key in [person, place] { state.counts[key] = state.counts[key].map { max(0, $0 - 1) } }
    }
  }

  private static func keys(_ userID: Int64, _ address: IPAddress) -> (String, String) {
    ("person \(userID)", "address \(address.subscriber)")
  }
}
