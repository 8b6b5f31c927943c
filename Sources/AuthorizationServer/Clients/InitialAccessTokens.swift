package import Crypto
internal import OAuth
package import Storage
package import World

/// Tokens that an administrator gives to those who shall register clients (RFC 7591 §1.2): each good for so many
/// registrations and for so long, and kept as a MAC only.
package struct InitialAccessTokens: Sendable {
  let store: Store
  let world: World
  private let key: HMACKey

  package init(store: Store, keyring: Keyring, world: World) {
    self.store = store
    self.world = world
    key = HMACKey(keyring.key(for: "initial access tokens"))
  }

  /// A token that was looked at; used up together with what it lets in.
  struct Reference: Sendable { let mac: [UInt8] }

  /// Makes a token.
  ///
  /// - Returns: its text, shown this once.
  package func create(uses: Int, lifetime: Duration) async throws -> String {
    let token = "gi_" + Base62.encode(world.random(32))
    let (mac, now) = (key.code(for: Array(token.utf8)), world.now)
    try await store.write { transaction in
      _ = try transaction.run(
        """
        INSERT INTO initial_access_token (mac, uses_left, created_at, expires_at)
        VALUES (\(mac), \(uses), \(now), \(now + lifetime))
        """)
    }
    return token
  }

  /// - Returns: nil when the token is unknown, over or used up.
  func reference(_ token: String) async throws(StorageError) -> Reference? {
    let mac = key.code(for: Array(token.utf8))
    let found = try await store.rows(
      "SELECT 1 FROM initial_access_token WHERE mac = \(mac) AND uses_left > 0 AND expires_at > \(world.now)")
    return found.isEmpty ? nil : Reference(mac: mac)
  }

  /// Uses it once, inside of the transaction that adds the client.
  ///
  /// - Throws: `OAuthError` `invalid_token` when others were faster.
  static func use(_ reference: Reference, _ transaction: Transaction) throws {
    let used = try transaction.run(
      """
      UPDATE initial_access_token SET uses_left = uses_left - 1
      WHERE mac = \(reference.mac) AND uses_left > 0 RETURNING mac
      """)
    guard !used.isEmpty else {
      throw OAuthError(.invalidToken, says: "the initial access token is used up")
    }
  }
}
