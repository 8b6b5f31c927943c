package import Crypto
internal import Synchronization
package import World

/// Access tokens whose signature was verified, by their digest: a signature costs forty times as much as a digest, and
/// a client sends the same token with every request.
package final class VerifiedTokens: Sendable {
  private struct Remembered {
    /// Of the keys: a token that others verified is verified anew.
    var generation = 0
    var tokens: [[UInt8]: AccessToken] = [:]
  }

  private static let limit = 20_000
  private let keys: SigningKeys
  private let issuer: Issuer
  private let remembered = Mutex(Remembered())

  package init(keys: SigningKeys, issuer: Issuer) {
    self.keys = keys
    self.issuer = issuer
  }

  /// Verifies a token of ours for our resource (RFC 9068 §4), or remembers that it was.
  package func token(_ text: String, at now: Instant) throws(AccessToken.Refusal) -> AccessToken {
    let digest = SHA256.hash(text)
    let generation = keys.generation
    let known = remembered.withLock { $0.generation == generation ? $0.tokens[digest] : nil }
    if let known {
      guard now < known.expiresAt else {
        remembered.withLock { $0.tokens[digest] = nil }
        throw .expired
      }
      return known
    }
    let token = try AccessToken(
      verifying: text, keys: keys, issuer: issuer.url, audience: issuer.resource.text, now: now)
    remembered.withLock { remembered in
      if remembered.generation != generation { remembered = Remembered(generation: generation) }
      if remembered.tokens.count >= Self.limit {
        remembered.tokens = remembered.tokens.filter { now < $0.value.expiresAt }
      }
      if remembered.tokens.count >= Self.limit { remembered.tokens.removeAll() }
      remembered.tokens[digest] = token
    }
    return token
  }
}
