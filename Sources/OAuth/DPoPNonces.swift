package import Crypto
package import World

/// The values of `DPoP-Nonce` (RFC 9449 §8): each is derived from the time under a key of ours, so that none has to be
/// stored, and every node and every start gives and takes the same.
package struct DPoPNonces: Sendable {
  /// How long one is given out; it is taken for as long again.
  package static let step: Duration = .minutes(2)

  private let key: HMACKey

  package init(key: HMACKey) { self.key = key }

  /// Those of a house: both of its doors give and take the same.
  package init(keyring: Keyring) { self.init(key: HMACKey(keyring.key(for: "DPoP nonces"))) }

  /// The one to give out now.
  package func current(at now: Instant) -> String { nonce(Self.number(of: now)) }

  /// When a nonce was first given out.
  ///
  /// - Returns: nil for one that is not ours, or is neither of the present nor of the last step.
  package func beginning(of nonce: String, at now: Instant) -> Instant? {
    let number = Self.number(of: now)
    for candidate in [number, number - 1]
    where constantTimeEqual(Array(nonce.utf8), Array(self.nonce(candidate).utf8)) {
      return Instant(seconds: candidate * Self.step.wholeSeconds)
    }
    return nil
  }

  private static func number(of now: Instant) -> Int64 { now.seconds / step.wholeSeconds }

  private func nonce(_ number: Int64) -> String {
    Base64URL.encode(Array(key.code(for: Array("\(number)".utf8)).prefix(16)))
  }
}
