/// What the house asks of the outside: the time and chance.
///
/// Both are passed in from `App.swift`, so that every expiry, retry and identifier has a test that moves the
/// clock itself and knows which bytes come next.
package struct World: Sendable {
  private let clock: @Sendable () -> Instant
  private let chance: @Sendable (Int) -> [UInt8]

  /// - Parameters:
  ///   - now: answers the present moment; may be called from any thread.
  ///   - random: answers that many bytes from a cryptographically strong source; may be called from any thread.
  package init(now: @escaping @Sendable () -> Instant, random: @escaping @Sendable (Int) -> [UInt8]) {
    self.clock = now
    self.chance = random
  }

  /// The present moment, UTC.
  package var now: Instant { clock() }

  /// `count` unpredictable bytes.
  package func random(_ count: Int) -> [UInt8] { chance(count) }
}
