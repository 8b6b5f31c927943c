package import Crypto
internal import JSON
package import OAuth
package import Storage
internal import Synchronization
package import World

/// The clients that this house knows.
package struct Clients: Sendable {
  let store: Store
  let key: HMACKey
  let world: World
  private let documents: DocumentClients?
  private let registrations = Registrations()

  /// How many clients that registered themselves may be there without anybody having let them in. Registering needs
  /// no credential, so the oldest make room: one that nobody used in the time of so many has been forgotten.
  static let mostUnused = 10_000
  /// How many registrations lie between two looks at that.
  static let registrationsPerLook = 500

  /// - Parameters:
  ///   - key: under which client secrets are stored as MACs.
  ///   - documents: the clients that are known by a URL; nil lets none in.
  package init(store: Store, key: HMACKey, world: World, documents: DocumentClients? = nil) {
    self.store = store
    self.key = key
    self.world = world
    self.documents = documents
  }

  /// A client to be, checked already.
  package struct Draft: Sendable {
    package var name: String
    package var isDynamic = false
    package var uri: String?
    package var method: Client.AuthenticationMethod
    package var isMethodExplicit = true
    package var redirectURIs: [RedirectURI]
    package var grantTypes: Set<Client.GrantType>
    package var scopes: ScopeSet?
    package var serviceUserID: Int64?
    /// For `private_key_jwt`.
    package var keys: Client.Keys?
    /// Whether its token requests need a DPoP proof.
    package var needsProof = false
    /// For whom else than our own resource it may exchange tokens (RFC 8693).
    package var audiences: Set<String> = []
    /// When its secret stops working; nil for never.
    package var secretExpiresAt: Instant?
    /// Where a client that registers itself comes from, …
    var network: String?
    /// … and what lets it in.
    var initialToken: InitialAccessTokens.Reference?

    package init(
      name: String, method: Client.AuthenticationMethod, redirectURIs: [RedirectURI],
      grantTypes: Set<Client.GrantType>
    ) {
      self.name = name
      self.method = method
      self.redirectURIs = redirectURIs
      self.grantTypes = grantTypes
    }
  }

  /// A client that was just added. What proves something is shown this once and kept as a MAC.
  package struct Added: Sendable {
    package let client: Client
    /// nil when its method needs none.
    package let secret: String?
    /// With which a client that registered itself manages its registration (RFC 7592).
    package let registrationToken: String?
  }

  private static let columns: SQL =
    """
    id, name, is_dynamic, uri, auth_method, auth_method_is_explicit, redirect_uris, grant_types, scope, service_user_id, \
    created_at, disabled_at, secret_mac, keys, dpop_bound, audiences
    """

  private static func client(_ row: Row) -> Client? {
    guard let method = Client.AuthenticationMethod(rawValue: row.text(4)) else { return nil }
    var client = Client(
      id: row.text(0), name: row.text(1), isDynamic: row.bool(2), uri: row.optionalText(3), method: method,
      isMethodExplicit: row.bool(5),
      redirectURIs: texts(row.text(6)).compactMap(RedirectURI.init(registered:)),
      grantTypes: Set(texts(row.text(7)).compactMap(Client.GrantType.init(rawValue:))),
      scopes: row.optionalText(8).map { ScopeSet(known: $0) }, serviceUserID: row.optionalInteger(9),
      createdAt: row.instant(10), isDisabled: row.optionalInteger(11) != nil)
    // Keys that can't be read prove nothing: the client is there, and can't authenticate.
    client.keys = row.optionalText(13).flatMap(keys)
    client.needsProof = row.bool(14)
    client.audiences = Set(row.optionalText(15).map(texts) ?? [])
    return client
  }

  private static func keys(_ column: String) -> Client.Keys? {
    do { return try JSONValue(parsing: Array(column.utf8)).object.flatMap { try Client.Keys($0) } } catch {
      return nil
    }
  }

  static func texts(_ column: String) -> [String] {
    do { return try JSONValue(parsing: Array(column.utf8)).array?.compactMap(\.string) ?? [] } catch {
      return []
    }
  }

  /// Finds a client, registered here or known by the URL of its document.
  ///
  /// - Parameter mayBeStale: see `DocumentClients`.
  /// - Returns: nil when there is none.
  /// - Throws: `StorageError`; `OAuthError` when its document can't be used.
  package func client(_ id: String, mayBeStale: Bool = false) async throws -> Client? {
    if ClientIDURL.isMeant(by: id) { return try await documents?.client(id, mayBeStale: mayBeStale) }
    return try await registered(id)
  }

  /// Finds a client that was registered here.
  package func registered(_ id: String) async throws(StorageError) -> Client? {
    try await store.rows("SELECT \(Self.columns) FROM client WHERE id = \(id)").first.flatMap(Self.client)
  }

  package func all() async throws(StorageError) -> [Client] {
    try await store.rows("SELECT \(Self.columns) FROM client ORDER BY created_at DESC LIMIT 1000")
      .compactMap(Self.client)
  }

  /// How long a client that registered itself may stay without ever being let in by a person.
  static let unusedLifetime: Duration = .days(30)

  /// Adds a client. Each one that registers itself takes a few away that did so long ago and were never used, so that
  /// an open registration does not fill the disk.
  ///
  /// - Throws: `OAuthError` `invalid_token` when the initial access token was used up meanwhile; `StorageError`.
  package func add(_ draft: Draft) async throws -> Added {
    // CIMD draft §3: an identifier that we mint is never a URL.
    let id = "c_" + Base62.encode(world.random(15))
    let secret = draft.method.hasSecret ? newSecret() : nil
    let mac = secret.map { key.code(for: Array($0.utf8)) }
    let registrationToken = draft.isDynamic ? newRegistrationToken() : nil
    let registrationMAC = registrationToken.map { key.code(for: Array($0.utf8)) }
    // One that was invited is never shared (0012).
    let digest = draft.isDynamic && draft.initialToken == nil ? draft.digest : nil
    let now = world.now
    let makesRoom = draft.isDynamic && registrations.isDue
    try await store.write { transaction in
      if let initialToken = draft.initialToken { try InitialAccessTokens.use(initialToken, transaction) }
      if draft.isDynamic {
        _ = try transaction.run(
          """
          DELETE FROM client WHERE id IN (
            SELECT id FROM client WHERE is_dynamic = 1 AND created_at < \(now - Self.unusedLifetime)
              AND NOT EXISTS (SELECT 1 FROM connection c WHERE c.client_id = client.id)
            ORDER BY created_at LIMIT 10)
          """)
      }
      if makesRoom { try Self.makeRoom(transaction) }
      _ = try transaction.run(
        """
        INSERT INTO client (id, name, is_dynamic, uri, secret_mac, auth_method, auth_method_is_explicit, redirect_uris,
                            grant_types, scope, service_user_id, created_at, registration_mac, metadata_digest,
                            network, keys, dpop_bound, audiences, secret_expires_at)
        VALUES (\(id), \(draft.name), \(draft.isDynamic), \(draft.uri), \(mac), \(draft.method.rawValue),
                \(draft.isMethodExplicit), \(Self.column(draft.redirectURIs.map(\.text))),
                \(Self.column(draft.grantTypes.map(\.rawValue).sorted())), \(draft.scopes?.description),
                \(draft.serviceUserID), \(now), \(registrationMAC), \(digest), \(draft.network),
                \(draft.keys.map { JSONValue.object($0.metadata).text }), \(draft.needsProof),
                \(draft.audiences.isEmpty ? nil : Self.column(draft.audiences.sorted())), \(draft.secretExpiresAt))
        """)
    }
    guard let client = try await registered(id) else {
      throw StorageError(.other, "the new client is not there")
    }
    return Added(client: client, secret: secret, registrationToken: registrationToken)
  }

  /// Locks a client out, and ends all that it was granted; what it holds is dead at its next use.
  ///
  /// - Returns: false when there is no such client here, or it was disabled before.
  package func disable(_ id: String) async throws -> Bool {
    let now = world.now
    return try await store.write { transaction in
      let found = try transaction.run(
        "UPDATE client SET disabled_at = \(now) WHERE id = \(id) AND disabled_at IS NULL RETURNING id")
      guard !found.isEmpty else { return false }
      try Self.endGrants(of: id, at: now, transaction)
      return true
    }
  }

  /// Lets a client in again. People have to let it in anew, and a service's connection has to be reactivated.
  ///
  /// - Returns: false when there is no such client, or it is not disabled.
  package func enable(_ id: String) async throws -> Bool {
    try await store.write { transaction in
      try !transaction.run(
        "UPDATE client SET disabled_at = NULL WHERE id = \(id) AND disabled_at IS NOT NULL RETURNING id"
      ).isEmpty
    }
  }

  /// Gives a client a new secret (product row A7): the old one fails at the next request.
  ///
  /// - Returns: nil when there is no such client, or it has no secret.
  package func rotateSecret(of id: String, expiresAt: Instant? = nil) async throws -> String? {
    guard let client = try await registered(id), client.method.hasSecret else { return nil }
    let secret = newSecret()
    let mac = key.code(for: Array(secret.utf8))
    let isDone = try await store.write { transaction in
      try !transaction.run(
        "UPDATE client SET secret_mac = \(mac), secret_expires_at = \(expiresAt) WHERE id = \(id) RETURNING id"
      ).isEmpty
    }
    return isDone ? secret : nil
  }

  func newSecret() -> String { "gs_" + Base62.encode(world.random(32)) }

  private static func makeRoom(_ transaction: Transaction) throws(StorageError) {
    _ = try transaction.run(
      """
      DELETE FROM client WHERE id IN (
        SELECT c.id FROM client c WHERE c.is_dynamic = 1 AND c.disabled_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM connection n WHERE n.client_id = c.id)
        ORDER BY c.created_at DESC, c.id LIMIT -1 OFFSET \(mostUnused))
      """)
  }

  static func column(_ texts: [String]) -> String {
    JSONValue.array(texts.map(JSONValue.string)).text
  }

  /// Whether `secret` is the client's, compared in constant time.
  func isSecret(_ secret: String, of client: Client) async throws(StorageError) -> Bool {
    let row = try await store.rows("SELECT secret_mac, secret_expires_at FROM client WHERE id = \(client.id)")
      .first
    let mac = row?.optionalBytes(0)
    // RFC 7591 §3.2.1: an expired secret proves nothing any more.
    if let expiry = row?.optionalInstant(1), expiry <= world.now { return false }
    return key.isValid(mac ?? [UInt8](repeating: 0, count: 32), for: Array(secret.utf8)) && mac != nil
  }
}

/// Counts registrations, so that making room is not a part of each.
private final class Registrations: Sendable {
  private let count = Atomic<Int>(0)

  var isDue: Bool {
    count.add(1, ordering: .relaxed).oldValue % Clients.registrationsPerLook == 0
  }
}
