package import Crypto
package import HTTP
package import OAuth
package import Storage
internal import Synchronization
package import World

/// The API keys of all people: made, checked, rotated.
///
/// A presented key meets three walls in order of cost. Its checksum needs no look-up. Its HMAC, under a pepper that is
/// not in the database, takes a fifth of a microsecond, so that a flood of bad keys stays there. Only a key that
/// passed both is verified against Argon2id, and that is then remembered for a minute.
package struct APIKeys: Sendable {
  let store: Store
  let hasher: PasswordHasher
  let world: World
  private let pepper: HMACKey
  private let verified = VerifiedKeys()

  /// - Parameter pepper: from the keys directory; a stolen database proves nothing without it.
  package init(store: Store, hasher: PasswordHasher, pepper: HMACKey, world: World) {
    self.store = store
    self.hasher = hasher
    self.pepper = pepper
    self.world = world
  }

  /// A key that was just made. Its text is shown this once.
  package struct Made: Sendable {
    package let connectionID: String
    package let key: String
  }

  /// Makes a connection with a key of its own.
  ///
  /// - Parameters:
  ///   - perMinute: tool calls a minute; 0 is no limit.
  ///   - perDay: tool calls a day; 0 is no limit.
  ///   - along: gets the connection.
  /// - Throws: `StorageError`, `CryptoError`, `WorkersError`.
  package func create(
    for userID: Int64, name: String, scopes: ScopeSet, perMinute: Int = Connections.defaultPerMinute,
    perDay: Int = Connections.defaultPerDay,
    expiresAt: Instant? = nil, addresses: AddressRules = .none, along: Along<String>? = nil
  ) async throws -> Made {
    var connection = Connection(
      id: Base62.encode(world.random(12)), userID: userID, clientID: nil, kind: .key, name: name,
      scopes: scopes, version: 1,
      allowedTools: nil, allowedModels: nil, perMinute: perMinute, addresses: addresses, createdAt: world.now,
      lastUsedAt: nil,
      revokedAt: nil
    )
    connection.perDay = perDay
    let made = connection
    let (key, row) = try await fresh(for: made.id, expiresAt: expiresAt)
    try await store.write { transaction in
      try Connections.insert(made, transaction)
      _ = try transaction.run(row)
      try along?(made.id, transaction)
    }
    return Made(connectionID: connection.id, key: key.text)
  }

  /// Ends the connection's key and makes a new one (product row A7).
  ///
  /// The new key lives as long as the old one was meant to. A revoked connection stays revoked until it is
  /// reactivated.
  ///
  /// - Returns: nil when there is no such connection, or it is not one with a key.
  package func rotate(_ connectionID: String, along: Along<Void>? = nil) async throws -> Made? {
    let now = world.now
    let latest = try await store.rows(
      "SELECT created_at, expires_at FROM api_key WHERE connection_id = \(connectionID) ORDER BY created_at DESC LIMIT 1"
    ).first
    let expiresAt = latest.flatMap { latest in
      latest.optionalInstant(1).map { now + ($0 - latest.instant(0)) }
    }
    let (key, row) = try await fresh(for: connectionID, expiresAt: expiresAt)
    let found = try await store.write { transaction in
      guard
        try !transaction.run("SELECT 1 FROM connection WHERE id = \(connectionID) AND kind = 'key'").isEmpty
      else { return false }
      _ = try transaction.run(
        "UPDATE api_key SET ended_at = \(now) WHERE connection_id = \(connectionID) AND ended_at IS NULL")
      _ = try transaction.run(row)
      try along?((), transaction)
      return true
    }
    return found ? Made(connectionID: connectionID, key: key.text) : nil
  }

  private func fresh(for connectionID: String, expiresAt: Instant?) async throws -> (APIKey, SQL) {
    let key = APIKey(world: world)
    let hash = try await hasher.hash(Secret(key.text), salt: world.random(16))
    return (
      key,
      """
      INSERT INTO api_key (id, connection_id, mac, argon2, last4, created_at, expires_at)
      VALUES (\(key.id), \(connectionID), \(pepper.code(for: Array(key.text.utf8))), \(hash), \(key.last4),
              \(world.now), \(expiresAt))
      """
    )
  }

  /// How a connection's present key is shown: its public part and its last four characters.
  package func display(of connectionID: String) async throws(StorageError) -> String? {
    try await store.rows(
      "SELECT id, last4 FROM api_key WHERE connection_id = \(connectionID) ORDER BY created_at DESC LIMIT 1"
    ).first.map { "gk_\(APIKey.environment)_\($0.text(0))_…\($0.text(1))" }
  }

  /// When a connection's present key stops working; nil for never.
  package func expiry(of connectionID: String) async throws(StorageError) -> Instant? {
    try await store.rows(
      "SELECT expires_at FROM api_key WHERE connection_id = \(connectionID) ORDER BY created_at DESC LIMIT 1"
    ).first?.optionalInstant(0)
  }

  /// Checks a presented key and looks up who it is.
  ///
  /// - Returns: nil when the key is unknown, wrong, expired, ended, or its connection or person is.
  /// - Throws: `StorageError`, `WorkersError` when too many keys are being verified.
  package func standing(of key: APIKey) async throws -> Connections.Standing? {
    let row = try await store.rows(
      """
      SELECT \(Connections.columns), \(Users.columns), k.mac, k.argon2, k.expires_at
      FROM api_key k JOIN connection c ON c.id = k.connection_id JOIN account a ON a.id = c.account_id
      WHERE k.id = \(key.id) AND k.ended_at IS NULL
      """
    ).first
    let first = Connections.columnCount + 9
    // An unknown key costs one HMAC too, so that the answer's time tells nothing.
    let isKnown = pepper.isValid(
      row?.bytes(first) ?? [UInt8](repeating: 0, count: 32), for: Array(key.text.utf8))
    guard let row, isKnown else { return nil }
    if let expiry = row.optionalInstant(first + 2), expiry <= world.now { return nil }
    let standing = Connections.Standing(
      connection: Connections.connection(row), user: Users.user(row, from: Connections.columnCount))
    guard standing.isGood else { return nil }
    let hash = row.text(first + 1)
    let isVerified = try await verified.check(key, at: world.now) {
      try await hasher.isValid(Secret(key.text), for: hash)
    }
    return isVerified ? standing : nil
  }
}

/// Keys whose Argon2 hash was verified less than a minute ago; one verification in flight a key.
private final class VerifiedKeys: Sendable {
  private enum State {
    case verifying(Task<Bool, any Error>)
    case verified(until: Instant)
  }

  /// How long a verification is remembered. A revocation does not wait for it: the row is read at every request.
  private static let memory: Duration = .seconds(60)
  /// How many keys are remembered.
  private static let limit = 10_000

  private let states = Mutex<[[UInt8]: State]>([:])

  func check(
    _ key: APIKey, at now: Instant, verify: @escaping @Sendable () async throws -> Bool
  ) async throws -> Bool {
    let digest = SHA256.hash(Array(key.text.utf8))
    let task: Task<Bool, any Error>? = states.withLock { states in
      switch states[digest] {
      case .verified(let until) where now < until: return nil
      case .verifying(let task): return task
      default:
        if states.count >= Self.limit {
          states = states.filter { if case .verified(let until) = $0.value { now < until } else { true } }
          if states.count >= Self.limit { states.removeAll() }
        }
        let task = Task { try await verify() }
        states[digest] = .verifying(task)
        return task
      }
    }
    guard let task else { return true }
    do {
      let isValid = try await task.value
      states.withLock { $0[digest] = isValid ? .verified(until: now + Self.memory) : nil }
      return isValid
    } catch {
      states.withLock { $0[digest] = nil }
      throw error
    }
  }
}
