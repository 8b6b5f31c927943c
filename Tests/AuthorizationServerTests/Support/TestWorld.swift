internal import Synchronization
internal import World

/// A clock that the test moves, and a chance that counts.
final class TestWorld: Sendable {
  private let moment = Mutex(Instant(seconds: 1_795_000_000))
  private let drawn = Mutex<UInt64>(0)

  var now: Instant { moment.withLock { $0 } }
  func advance(_ duration: Duration) { moment.withLock { $0 = $0 + duration } }

  /// The next number, big-endian, in as many bytes as are asked for.
  private func bytes(_ count: Int) -> [UInt8] {
    let number = drawn.withLock { drawn in
      drawn += 1
      return drawn
    }
    let digits = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    return count <= 8 ? digits.suffix(count) : [UInt8](repeating: 0x5a, count: count - 8) + digits
  }

  var world: World { World(now: { self.now }, random: { self.bytes($0) }) }
}
