internal import JSON
package import Storage
package import World

/// An identity provider whose word on a person counts here (RFC 7523 §3, ID-JAG): a company's own.
package struct TrustedIssuer: Sendable {
  /// By what a person is known to the provider and to us.
  package enum UserClaim: String, Sendable, CaseIterable {
    /// `email` is our user's mail address.
    case email
    /// `sub` is our user's login.
    case subject = "sub"
    /// `preferred_username` is our user's login.
    case preferredUsername = "preferred_username"
  }

  /// Its `iss`, compared as text.
  package let url: String
  package let keys: Client.Keys
  package let userClaim: UserClaim
  /// Which clients may bring its assertions; empty is all that may use the grant.
  package let clients: Set<String>

  package init(url: String, keys: Client.Keys, userClaim: UserClaim, clients: Set<String>) {
    self.url = url
    self.keys = keys
    self.userClaim = userClaim
    self.clients = clients
  }
}

/// The identity providers that an administrator trusts.
package struct TrustedIssuers: Sendable {
  let store: Store
  let world: World

  package init(store: Store, world: World) {
    self.store = store
    self.world = world
  }

  package static let migrations = [
    Migration(
      part: "trusted issuers", version: 1,
      [
        """
        CREATE TABLE trusted_issuer (
          url TEXT PRIMARY KEY, keys TEXT NOT NULL, user_claim TEXT NOT NULL, clients TEXT NOT NULL,
          created_at BIGINT NOT NULL)
        """
      ])
  ]

  private static func issuer(_ row: Row) -> TrustedIssuer? {
    // What can't be read vouches for nobody.
    guard let claim = TrustedIssuer.UserClaim(rawValue: row.text(2)) else { return nil }
    do {
      guard let metadata = try JSONValue(parsing: Array(row.text(1).utf8)).object,
        let keys = try Client.Keys(metadata)
      else { return nil }
      return TrustedIssuer(
        url: row.text(0), keys: keys, userClaim: claim, clients: Set(Clients.texts(row.text(3))))
    } catch { return nil }
  }

  package func issuer(_ url: String) async throws(StorageError) -> TrustedIssuer? {
    try await store.rows("SELECT url, keys, user_claim, clients FROM trusted_issuer WHERE url = \(url)").first
      .flatMap(Self.issuer)
  }

  package func all() async throws(StorageError) -> [TrustedIssuer] {
    try await store.rows("SELECT url, keys, user_claim, clients FROM trusted_issuer ORDER BY url LIMIT 1000")
      .compactMap(Self.issuer)
  }

  /// Trusts an issuer, or changes what is known of it.
  package func set(_ issuer: TrustedIssuer) async throws {
    let (keys, clients) = (
      JSONValue.object(issuer.keys.metadata).text, Clients.column(issuer.clients.sorted())
    )
    let now = world.now
    try await store.write { transaction in
      _ = try transaction.run(
        """
        INSERT INTO trusted_issuer (url, keys, user_claim, clients, created_at)
        VALUES (\(issuer.url), \(keys), \(issuer.userClaim.rawValue), \(clients), \(now))
        ON CONFLICT (url) DO UPDATE SET keys = excluded.keys, user_claim = excluded.user_claim,
          clients = excluded.clients
        """)
    }
  }

  /// - Returns: false when it was not trusted.
  package func remove(_ url: String) async throws -> Bool {
    try await store.write { transaction in
      try !transaction.run("DELETE FROM trusted_issuer WHERE url = \(url) RETURNING url").isEmpty
    }
  }
}
