internal import Accounts
internal import Crypto
internal import JSON
package import OAuth
package import Storage
package import World

/// Consents that people asked not to be asked for again (Decisions/0010).
///
/// What ends a memory is not deleted anywhere but looked at when it is relied on: the connection's version, which every
/// revocation raises, the moment when the person's credentials changed, and what the client and the person were. So
/// nothing that ends a connection can forget to end this.
package struct RememberedConsents: Sendable {
  let store: Store
  let world: World
  /// How long a consent is remembered; nil remembers none, and relies on none.
  let lifetime: Duration?

  /// What has to be the same for a consent to hold again.
  struct Key: Sendable {
    let userID: Int64
    let clientID: String
    /// Without the port of a loopback URI, which is another one each time.
    let redirectURI: String
    let resource: String
    /// SHA-256 of what the client was and what the person was: names, addresses and keys there, rights and company here.
    let digest: [UInt8]
  }

  /// What a consent does to the memory.
  enum Effect: Sendable {
    case nothing
    case keep(Key, until: Instant)
    case forget(Key)
    /// Nobody was asked: it has to stand at the moment when the code is written.
    case rely(Key, since: Instant)
  }

  /// What was relied on stands no more.
  struct Forgotten: Error {}

  /// The key of a request.
  ///
  /// - Returns: nil where no consent is remembered: it is switched off, or the client's identity is not assured.
  func key(_ client: Client, _ redirectURI: RedirectURI, _ resource: Resource, of user: User) -> Key? {
    guard lifetime != nil, client.isAssured(at: redirectURI) else { return nil }
    let identity: JSONValue = .array([.bytes(client.identity), .bytes(user.standing)])
    return Key(
      userID: user.id, clientID: client.id, redirectURI: redirectURI.textWithoutLoopbackPort,
      resource: resource.text, digest: SHA256.hash(identity.serialized()))
  }

  /// The scopes that are remembered for a key.
  ///
  /// - Returns: nil when nothing is.
  func scopes(_ key: Key) async throws(StorageError) -> ScopeSet? {
    guard let since = start else { return nil }
    return try await store.rows(Self.standing(key, since: since, at: world.now)).first.map {
      ScopeSet(known: $0.text(0))
    }
  }

  /// What was remembered before this moment is over, also where the lifetime was made shorter since.
  private var start: Instant? { lifetime.map { world.now - $0 } }

  /// The effect of an answer that was given without asking.
  func relying(on key: Key) -> Effect { start.map { .rely(key, since: $0) } ?? .nothing }

  /// The effect of a decision on the page.
  func effect(on key: Key?, isWanted: Bool) -> Effect {
    guard let key, let lifetime else { return .nothing }
    return isWanted ? .keep(key, until: world.now + lifetime) : .forget(key)
  }

  private static func standing(_ key: Key, since: Instant, at now: Instant) -> SQL {
    """
    SELECT r.scope FROM remembered_consent r
    JOIN connection c ON c.id = r.connection_id JOIN account a ON a.id = c.account_id
    WHERE c.account_id = \(key.userID) AND c.client_id = \(key.clientID) AND c.kind = 'browser'
      AND r.redirect_uri = \(key.redirectURI) AND r.resource = \(key.resource) AND r.digest = \(key.digest)
      AND r.expires_at > \(now) AND r.created_at > \(since)
      AND c.revoked_at IS NULL AND c.version = r.connection_version
      AND a.disabled_at IS NULL
      AND (a.credentials_changed_at IS NULL OR a.credentials_changed_at < r.created_at)
    """
  }

  /// Carries an effect out, inside of the transaction that writes the code.
  ///
  /// - Parameter opening: opens the connection and says which; runs after what is relied on was seen to stand.
  /// - Throws: `Forgotten`, `StorageError`.
  static func apply(
    _ effect: Effect, scopes: ScopeSet, at now: Instant, _ transaction: Transaction,
    opening: () throws(StorageError) -> (id: String, version: Int64)
  ) throws {
    if case .rely(let key, let since) = effect {
      let row = try transaction.run(standing(key, since: since, at: now)).first
      guard let row, scopes.isSubset(of: ScopeSet(known: row.text(0))) else { throw Forgotten() }
    }
    let connection = try opening()
    switch effect {
    case .nothing, .rely: break
    case .keep(let key, let expiry):
      _ = try transaction.run(
        """
        INSERT INTO remembered_consent (connection_id, connection_version, redirect_uri, resource, scope, digest,
                                        created_at, expires_at)
        VALUES (\(connection.id), \(connection.version), \(key.redirectURI), \(key.resource), \(scopes.description),
                \(key.digest), \(now), \(expiry))
        ON CONFLICT (connection_id, redirect_uri, resource) DO UPDATE SET
          connection_version = excluded.connection_version, scope = excluded.scope, digest = excluded.digest,
          created_at = excluded.created_at, expires_at = excluded.expires_at
        """)
    case .forget(let key): try forget(key, transaction)
    }
  }

  private static func forget(_ key: Key, _ transaction: Transaction) throws(StorageError) {
    _ = try transaction.run(
      """
      DELETE FROM remembered_consent WHERE redirect_uri = \(key.redirectURI) AND resource = \(key.resource)
        AND connection_id IN (SELECT id FROM connection WHERE account_id = \(key.userID)
          AND client_id = \(key.clientID) AND kind = 'browser')
      """)
  }

  /// Forgets, because the person said no.
  func forget(_ key: Key?) async throws {
    guard let key else { return }
    try await store.write { transaction in try Self.forget(key, transaction) }
  }

  /// A remembered consent as its person's page shows it.
  package struct Summary: Sendable {
    /// Where the client's answers go.
    package let redirectURI: String
    package let scopes: ScopeSet
    package let expiresAt: Instant
  }

  /// What is remembered for a connection. What a change of the client or of the person ended is among it until it is
  /// over: nobody looks at the client for a list.
  package func all(of connectionID: String) async throws(StorageError) -> [Summary] {
    guard let start else { return [] }
    let now = world.now
    return try await store.rows(
      """
      SELECT r.redirect_uri, r.scope, r.expires_at FROM remembered_consent r
      JOIN connection c ON c.id = r.connection_id JOIN account a ON a.id = c.account_id
      WHERE c.id = \(connectionID) AND r.expires_at > \(now) AND r.created_at > \(start)
        AND c.revoked_at IS NULL AND c.version = r.connection_version
        AND (a.credentials_changed_at IS NULL OR a.credentials_changed_at < r.created_at)
      ORDER BY r.created_at DESC LIMIT 20
      """
    ).map { Summary(redirectURI: $0.text(0), scopes: ScopeSet(known: $0.text(1)), expiresAt: $0.instant(2)) }
  }

  /// Forgets all that is remembered for a connection.
  ///
  /// - Returns: whether there was anything.
  package func forgetAll(of connectionID: String) async throws -> Bool {
    try await store.write { transaction in
      try !transaction.run(
        "DELETE FROM remembered_consent WHERE connection_id = \(connectionID) RETURNING 1"
      ).isEmpty
    }
  }

  static let migrations = [
    Migration(
      part: "consents", version: 1,
      [
        """
        CREATE TABLE remembered_consent (
          connection_id TEXT NOT NULL REFERENCES connection (id), connection_version BIGINT NOT NULL,
          redirect_uri TEXT NOT NULL, resource TEXT NOT NULL, scope TEXT NOT NULL, digest BLOB NOT NULL,
          created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
          PRIMARY KEY (connection_id, redirect_uri, resource))
        """,
        "CREATE INDEX remembered_consent_expiry ON remembered_consent (expires_at)",
      ])
  ]
}

extension Client {
  /// Whether it is known who gets what is sent there, so that a consent may be remembered.
  ///
  /// RFC 8252 §8.6: without measures that assure the identity of a native app, the server SHOULD NOT process its
  /// repeated requests without the person's consent. Any program of the machine can listen on a loopback port or claim
  /// a scheme; who it is shows at the token endpoint alone, by a secret or a key.
  func isAssured(at redirectURI: RedirectURI) -> Bool {
    if let host { return redirectURI.webHost == host }
    guard !isDynamic else { return false }
    return redirectURI.webHost != nil || method != .none
  }

  /// SHA-256 of what a person consents to when they let it in.
  fileprivate var identity: [UInt8] {
    SHA256.hash(
      JSONValue.array([
        .string(name), .string(uri ?? ""), .string(method.rawValue),
        .array(redirectURIs.map(\.text).sorted().map { .string($0) }), .object(keys?.metadata ?? [:]),
        .bytes(documentDigest ?? []),
      ]).canonical())
  }
}

extension User {
  /// SHA-256 of what the person may do: with other rights it is another consent.
  fileprivate var standing: [UInt8] {
    SHA256.hash(
      JSONValue.array([
        .bool(isAdministrator), .array(groups.sorted().map { .string($0) }), .integer(companyID ?? 0),
        .array(companyIDs.sorted().map { .integer($0) }),
      ]).serialized())
  }
}

extension JSONValue {
  fileprivate static func bytes(_ bytes: [UInt8]) -> JSONValue { .string(Base64URL.encode(bytes)) }
}
