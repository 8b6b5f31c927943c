internal import Crypto
internal import Support
internal import Synchronization
internal import World

/// A clock that the test moves, and real chance: what has to be unique between two houses is.
final class TestWorld: Sendable {
  private let moment = Mutex(Instant(seconds: 1_795_000_000))

  var now: Instant { moment.withLock { $0 } }
  func advance(_ duration: Duration) { moment.withLock { $0 = $0 + duration } }

  var world: World { World(now: { self.now }, random: Random.bytes) }
}
