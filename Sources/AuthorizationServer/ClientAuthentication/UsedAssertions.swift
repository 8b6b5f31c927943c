internal import Crypto
internal import OAuth
internal import Storage
internal import World

/// The client assertions that were used and have not expired, so that each is good once, whatever restarts between.
struct UsedAssertions: Sendable {
  let store: Store
  let world: World

  /// How many that are over go with each that comes.
  private static let reaped = 20

  /// Notes an assertion that was verified.
  ///
  /// - Returns: false when it was used before.
  func spend(_ assertion: ClientAssertion) async throws -> Bool {
    // The length keeps two identifiers apart that give the same text one after the other.
    let name = "\(assertion.clientID.utf8.count) \(assertion.clientID) \(assertion.identifier)"
    let (digest, now) = (SHA256.hash(name), world.now)
    return try await store.write { transaction in
      _ = try transaction.run(
        """
        DELETE FROM used_assertion WHERE digest IN (
          SELECT digest FROM used_assertion WHERE expires_at <= \(now) ORDER BY expires_at LIMIT \(Self.reaped))
        """)
      return try !transaction.run(
        """
        INSERT INTO used_assertion (digest, expires_at) VALUES (\(digest), \(assertion.expiresAt))
        ON CONFLICT (digest) DO NOTHING RETURNING digest
        """
      ).isEmpty
    }
  }
}
