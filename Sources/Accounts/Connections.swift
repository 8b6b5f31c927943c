package import HTTP
package import OAuth
package import Storage
package import World

/// The connections of all people.
package struct Connections: Sendable {
  let store: Store
  let world: World

  package init(store: Store, world: World) {
    self.store = store
    self.world = world
  }

  static let columns: SQL =
    """
    c.id, c.account_id, c.client_id, c.kind, c.name, c.scope, c.version, c.allowed_tools, c.allowed_models, \
    c.per_minute, c.created_at, c.last_used_at, c.revoked_at, c.allowed_addresses, c.blocked_addresses, c.per_day, c.approver_id
    """
  static let columnCount = 17

  static func connection(_ row: Row) -> Connection {
    var connection = Connection(
      id: row.text(0), userID: row.integer(1), clientID: row.optionalText(2),
      // A kind that we don't know is one that proves nothing.
      kind: Connection.Kind(rawValue: row.text(3)) ?? .service, name: row.text(4),
      scopes: ScopeSet(known: row.text(5)), version: row.integer(6), allowedTools: row.optionalTexts(7),
      allowedModels: row.optionalTexts(8), perMinute: Int(row.integer(9)), createdAt: row.instant(10),
      lastUsedAt: row.optionalInstant(11), revokedAt: row.optionalInstant(12))
    connection.perDay = Int(row.integer(15))
    connection.approverID = row.optionalInteger(16)
    if let allow = row.optionalText(13), let block = row.optionalText(14), !(allow.isEmpty && block.isEmpty) {
      // Rules that can't be read let nobody in.
      do { connection.addresses = try AddressRules(allow: allow, block: block) } catch {
        connection.addresses = .nowhere
      }
    }
    return connection
  }

  /// A connection with the person it belongs to: all that a request's fate hangs on, in one look-up.
  package struct Standing: Sendable {
    package let connection: Connection
    package let user: User

    /// Neither revoked nor of a disabled person.
    package var isGood: Bool { connection.revokedAt == nil && !user.isDisabled }

    /// Whether an access token still holds: its connection stands, was not revoked since, and is this person's and this
    /// client's, or of one that acts for it by an exchange.
    package func isBehind(_ token: AccessToken) -> Bool {
      isGood && connection.version == token.connectionVersion && String(user.id) == token.subject
        && (connection.clientID == token.clientID || !token.actors.isEmpty)
    }
  }

  /// Looks a connection up, and with it the family of refresh tokens that an access token names.
  ///
  /// - Returns: nil when there is no such connection, or the family was ended.
  package func standing(_ id: String, family: String? = nil) async throws(StorageError) -> Standing? {
    let alive: SQL =
      family.map {
        " AND EXISTS (SELECT 1 FROM token_family f WHERE f.id = \($0) AND f.connection_id = c.id AND f.ended_at IS NULL)"
      } ?? ""
    let rows = try await store.rows(
      """
      SELECT \(Self.columns), \(Users.columns) FROM connection c JOIN account a ON a.id = c.account_id
      WHERE c.id = \(id)\(alive)
      """)
    return rows.first.map {
      Standing(connection: Self.connection($0), user: Users.user($0, from: Self.columnCount))
    }
  }

  package func connection(_ id: String) async throws(StorageError) -> Connection? {
    try await store.rows("SELECT \(Self.columns) FROM connection c WHERE c.id = \(id)").first.map(
      Self.connection)
  }

  /// All connections, newest first; of one person when `userID` is given.
  package func all(of userID: Int64? = nil, limit: Int = 500) async throws(StorageError) -> [Connection] {
    let whose: SQL = userID.map { "WHERE c.account_id = \($0)" } ?? ""
    return try await store.rows(
      "SELECT \(Self.columns) FROM connection c \(whose) ORDER BY c.created_at DESC, c.id LIMIT \(limit)"
    ).map(Self.connection)
  }

  /// Adds a connection inside a transaction that also writes what proves it.
  static func insert(_ connection: Connection, _ transaction: Transaction) throws(StorageError) {
    _ = try transaction.run(
      """
      INSERT INTO connection (id, account_id, client_id, kind, name, scope, version, allowed_tools, allowed_models,
                              per_minute, created_at, allowed_addresses, blocked_addresses,
                              per_day)
      VALUES (\(connection.id), \(connection.userID), \(connection.clientID), \(connection.kind.rawValue),
              \(connection.name), \(connection.scopes.description), \(connection.version),
              \(connection.allowedTools.map { column($0.sorted()) }),
              \(connection.allowedModels.map { column($0.sorted()) }), \(connection.perMinute), \(connection.createdAt),
              \(connection.addresses.allowText), \(connection.addresses.blockText), \(connection.perDay))
      """)
  }

  /// The connection of a person with a client, made or brought up to date inside the caller's transaction.
  ///
  /// A revoked one is taken up again with a new version: fresh consent is a fresh credential, old tokens stay dead.
  ///
  /// - Returns: its id and version.
  package static func open(
    id fresh: String, userID: Int64, clientID: String, kind: Connection.Kind, name: String, scopes: ScopeSet,
    now: Instant, _ transaction: Transaction
  ) throws(StorageError) -> (id: String, version: Int64) {
    let present = try transaction.run(
      """
      SELECT \(columns) FROM connection c
      WHERE c.account_id = \(userID) AND c.client_id = \(clientID) AND c.kind = \(kind.rawValue)
      """
    ).first.map(connection)
    guard let present else {
      try insert(
        Connection(
          id: fresh, userID: userID, clientID: clientID, kind: kind, name: name, scopes: scopes, version: 1,
          allowedTools: nil, allowedModels: nil, perMinute: Self.defaultPerMinute, createdAt: now,
          lastUsedAt: nil,
          revokedAt: nil), transaction)
      return (fresh, 1)
    }
    let version = present.version + (present.revokedAt == nil ? 0 : 1)
    _ = try transaction.run(
      """
      UPDATE connection SET name = \(name), scope = \(scopes.description), version = \(version),
        last_used_at = CASE WHEN revoked_at IS NULL THEN last_used_at END, revoked_at = NULL
      WHERE id = \(present.id)
      """)
    return (present.id, version)
  }

  /// Tool calls a minute of a new connection (product row B5).
  package static let defaultPerMinute = 60
  /// Tool calls a day of a new connection.
  package static let defaultPerDay = 10_000

  /// Says how many tool calls a connection has, from its next one on; 0 is no limit.
  ///
  /// - Parameters:
  ///   - names: the tools and models that it may use as well; nil within is all.
  ///   - along: is written if there is such a connection.
  /// - Returns: false when there is none.
  package func limit(
    _ id: String, perMinute: Int? = nil, perDay: Int? = nil,
    allowing names: (tools: Set<String>?, models: Set<String>?)? = nil, along: Along<Void>? = nil
  ) async throws -> Bool {
    try await store.write { transaction in
      if let names { try Self.allow(names.tools, names.models, id, transaction) }
      let found = try transaction.run(
        """
        UPDATE connection SET per_minute = coalesce(\(perMinute.map(Int64.init)), per_minute),
          per_day = coalesce(\(perDay.map(Int64.init)), per_day)
        WHERE id = \(id) RETURNING id
        """)
      return try Self.changed(found, along, transaction)
    }
  }

  /// What is written along with a change is written if there was one.
  private static func changed(_ rows: [Row], _ along: Along<Void>?, _ transaction: Transaction) throws -> Bool
  {
    guard !rows.isEmpty else { return false }
    try along?((), transaction)
    return true
  }

  /// Names who decides on a connection's calls that wait for a person; nil is any administrator.
  ///
  /// - Returns: false when there is no such connection.
  package func setApprover(_ userID: Int64?, of id: String, along: Along<Void>? = nil) async throws -> Bool {
    try await store.write { transaction in
      let found = try transaction.run(
        "UPDATE connection SET approver_id = \(userID) WHERE id = \(id) RETURNING id")
      return try Self.changed(found, along, transaction)
    }
  }

  /// Says which tools and models a connection may use, from its next call on; nil is all.
  ///
  /// - Returns: false when there is no such connection.
  package func allow(_ id: String, tools: Set<String>?, models: Set<String>?) async throws -> Bool {
    try await store.write { transaction in try Self.allow(tools, models, id, transaction) }
  }

  @discardableResult private static func allow(
    _ tools: Set<String>?, _ models: Set<String>?, _ id: String, _ transaction: Transaction
  ) throws(StorageError) -> Bool {
    try !transaction.run(
      """
      UPDATE connection SET allowed_tools = \(tools.map { column($0.sorted()) }),
        allowed_models = \(models.map { column($0.sorted()) })
      WHERE id = \(id) RETURNING id
      """
    ).isEmpty
  }

  /// Says from where a connection may be used, from its next request on.
  ///
  /// - Returns: false when there is no such connection.
  package func restrict(
    _ id: String, to addresses: AddressRules, along: Along<Void>? = nil
  ) async throws -> Bool {
    try await store.write { transaction in
      let found = try transaction.run(
        """
        UPDATE connection SET allowed_addresses = \(addresses.allowText), blocked_addresses = \(addresses.blockText)
        WHERE id = \(id) RETURNING id
        """)
      return try Self.changed(found, along, transaction)
    }
  }

  /// Notes that the connection was used now.
  package func touch(_ id: String) async throws {
    let now = world.now
    try await store.write { transaction in
      _ = try transaction.run("UPDATE connection SET last_used_at = \(now) WHERE id = \(id)")
    }
  }

  /// Ends a connection: its key and every token of it are dead at their next use (product row A8).
  ///
  /// - Returns: false when there is no such connection, or it was revoked before.
  package func revoke(_ id: String, along: Along<Void>? = nil) async throws -> Bool {
    let now = world.now
    return try await store.write { transaction in
      let found = try transaction.run(
        """
        UPDATE connection SET revoked_at = \(now), version = version + 1
        WHERE id = \(id) AND revoked_at IS NULL RETURNING id
        """)
      _ = try transaction.run(
        "UPDATE api_key SET ended_at = \(now) WHERE connection_id = \(id) AND ended_at IS NULL")
      _ = try transaction.run(
        "UPDATE token_family SET ended_at = \(now) WHERE connection_id = \(id) AND ended_at IS NULL")
      return try Self.changed(found, along, transaction)
    }
  }

  /// Ends every connection with a client, inside of the transaction that ends the client.
  package static func revokeAll(
    of clientID: String, at now: Instant, _ transaction: Transaction
  ) throws(StorageError) {
    _ = try transaction.run(
      """
      UPDATE connection SET revoked_at = \(now), version = version + 1
      WHERE client_id = \(clientID) AND revoked_at IS NULL
      """)
  }

  /// Lets a revoked connection be used again once it has a fresh credential.
  ///
  /// - Returns: false when there is no such connection, or it was not revoked.
  package func reactivate(_ id: String, along: Along<Void>? = nil) async throws -> Bool {
    try await store.write { transaction in
      let found = try transaction.run(
        "UPDATE connection SET revoked_at = NULL, last_used_at = NULL WHERE id = \(id) AND revoked_at IS NOT NULL RETURNING id"
      )
      return try Self.changed(found, along, transaction)
    }
  }
}
