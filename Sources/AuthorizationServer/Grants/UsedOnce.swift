internal import Crypto
internal import OAuth
internal import Storage
internal import World

/// What is good for one use and was used, for as long as it could come back: assertions of clients and of identity
/// providers, and forms that were decided. Durable, so that no restart in between makes it good again.
struct UsedOnce: Sendable {
  let store: Store
  let world: World

  /// How many that are over go with each that comes.
  private static let reaped = 20

  /// Notes a use.
  ///
  /// - Parameter issuer: whose identifiers they are: they are apart from those of others.
  /// - Returns: false when it was used before.
  func spend(_ identifier: String, of issuer: String, for lifetime: Duration) async throws -> Bool {
    try await spend(identifier, of: issuer, until: world.now + lifetime)
  }

  /// The same, until a moment.
  func spend(_ identifier: String, of issuer: String, until expiry: Instant) async throws -> Bool {
    // The length keeps two identifiers apart that give the same text one after the other.
    let name = "\(issuer.utf8.count) \(issuer) \(identifier)"
    let (digest, now) = (SHA256.hash(name), world.now)
    return try await store.write { transaction in
      _ = try transaction.run(
        """
        DELETE FROM used_assertion WHERE digest IN (
          SELECT digest FROM used_assertion WHERE expires_at <= \(now) ORDER BY expires_at LIMIT \(Self.reaped))
        """)
      return try !transaction.run(
        """
        INSERT INTO used_assertion (digest, expires_at) VALUES (\(digest), \(expiry))
        ON CONFLICT (digest) DO NOTHING RETURNING digest
        """
      ).isEmpty
    }
  }
}
