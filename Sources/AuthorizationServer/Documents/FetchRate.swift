internal import Synchronization
internal import World

/// How often we fetch from one host, and at all: anybody can name a URL, and we must be nobody's way to flood another.
final class FetchRate: Sendable {
  private struct State {
    var minute: Int64 = 0
    var counts: [String: Int] = [:]
    var total = 0
  }

  private let state = Mutex(State())
  private let world: World

  /// Fetches a minute from one host, …
  static let perHost = 30
  /// … and from all of them.
  static let inAll = 600

  init(world: World) { self.world = world }

  /// Counts a fetch; false when it is one too many.
  func admits(_ host: String) -> Bool {
    let minute = world.now.seconds / 60
    return state.withLock { state in
      if state.minute != minute { state = State(minute: minute) }
      guard state.total < Self.inAll, state.counts[host, default: 0] < Self.perHost else { return false }
      state.counts[host, default: 0] += 1
      state.total += 1
      return true
    }
  }
}
