internal import Crypto
internal import OAuth
internal import Storage
internal import World

/// The assertions that were used, of clients and of identity providers, and have not expired, so that each is good once, whatever restarts between.
struct UsedAssertions: Sendable {
  let store: Store
  let world: World

  /// How many that are over go with each that comes.
  private static let reaped = 20

  /// Notes an assertion that was verified.
  ///
  /// - Parameter issuer: who made it, and so keeps its identifiers apart.
  /// - Returns: false when it was used before.
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
