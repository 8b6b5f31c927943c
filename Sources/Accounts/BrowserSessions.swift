package import Crypto
package import HTTP
package import Storage
package import World

/// The sessions of people who signed in with a browser. The cookie's value is kept as a MAC only.
package struct BrowserSessions: Sendable {
  let store: Store
  let world: World
  private let key: HMACKey

  /// A session ends this long after its last use, …
  package static let idleLimit: Duration = .hours(8)
  /// … and this long after the login, whatever happens.
  package static let absoluteLimit: Duration = .days(7)
  /// How often `last_seen_at` is written.
  private static let seenInterval: Duration = .minutes(5)

  package init(store: Store, key: HMACKey, world: World) {
    self.store = store
    self.key = key
    self.world = world
  }

  /// A session with its person.
  package struct Session: Sendable {
    package let user: User
    /// When the session began.
    package let signedInAt: Instant
    /// When the person proved who they are (`auth_time`), and how (`amr`).
    package let authenticatedAt: Instant
    package let factors: Factors
    let mac: [UInt8]

    /// Names the session in lists and links; worth nothing as a cookie.
    package var id: String { BrowserSessions.id(mac) }
  }

  /// Why a session is not started: what the person proved is worth nothing any more, because they were disabled, or
  /// their password or a factor changed meanwhile.
  package struct Overtaken: Error {}

  /// Starts a session with an identifier of its own.
  ///
  /// - Parameters:
  ///   - factors: by which the person proved who they are, …
  ///   - began: … and when they began to; nil is now.
  ///   - authenticatedAt: when they did, where that was before, at an identity provider; nil is when they began.
  /// - Returns: the value for the cookie.
  /// - Throws: `Overtaken`, `StorageError`.
  package func start(
    for user: User, address: IPAddress, agent: String, by factors: Factors = [.password],
    at began: Instant? = nil, authenticatedAt: Instant? = nil
  ) async throws -> String {
    let token = Base64URL.encode(world.random(32))
    let mac = key.code(for: Array(token.utf8))
    let now = world.now
    let began = began ?? now
    let proved = authenticatedAt ?? began
    try await store.write { transaction in
      let standing = try transaction.run(
        "SELECT disabled_at, credentials_changed_at FROM account WHERE id = \(user.id)"
      ).first
      guard let standing, standing.optionalInstant(0) == nil,
        standing.optionalInstant(1).map({ $0 <= began }) ?? true
      else { throw Overtaken() }
      // The person's own sessions that are over go at the same time, so that none piles up.
      _ = try transaction.run(
        "DELETE FROM browser_session WHERE account_id = \(user.id) AND expires_at < \(now)")
      _ = try transaction.run(
        """
        INSERT INTO browser_session (mac, account_id, created_at, last_seen_at, expires_at, address, agent,
                                     authenticated_at, factors)
        VALUES (\(mac), \(user.id), \(now), \(now), \(now + Self.absoluteLimit), \(address.description),
                \(String(agent.unicodeScalars.prefix(200))), \(proved), \(factors.text))
        """)
    }
    return token
  }

  /// Finds the session of a cookie.
  ///
  /// - Returns: nil when it is unknown, over, or its person is disabled.
  package func session(_ token: String) async throws -> Session? {
    guard token.utf8.count == 43 else { return nil }
    let mac = key.code(for: Array(token.utf8))
    let now = world.now
    let row = try await store.rows(
      """
      SELECT \(Users.columns), s.created_at, s.last_seen_at, s.authenticated_at, s.factors
      FROM browser_session s JOIN account a ON a.id = s.account_id
      WHERE s.mac = \(mac) AND s.expires_at > \(now) AND s.last_seen_at > \(now - Self.idleLimit)
      """
    ).first
    guard let row else { return nil }
    let user = Users.user(row)
    guard !user.isDisabled else { return nil }
    if now - row.instant(10) > Self.seenInterval {
      try await store.write { transaction in
        _ = try transaction.run("UPDATE browser_session SET last_seen_at = \(now) WHERE mac = \(mac)")
      }
    }
    return Session(
      user: user, signedInAt: row.instant(9), authenticatedAt: row.optionalInstant(11) ?? row.instant(9),
      factors: Factors(text: row.text(12)), mac: mac)
  }

  /// A session as its person's list shows it.
  package struct Summary: Sendable, Identifiable {
    package let id: String
    package let signedInAt: Instant
    package let lastSeenAt: Instant
    package let address: String
    package let agent: String
    package let factors: Factors
  }

  /// The sessions of a person that are not over, the last used first.
  package func all(of userID: Int64) async throws(StorageError) -> [Summary] {
    let now = world.now
    return try await store.rows(
      """
      SELECT mac, created_at, last_seen_at, address, agent, factors FROM browser_session
      WHERE account_id = \(userID) AND expires_at > \(now) AND last_seen_at > \(now - Self.idleLimit)
      ORDER BY last_seen_at DESC LIMIT 100
      """
    ).map {
      Summary(
        id: Self.id($0.bytes(0)), signedInAt: $0.instant(1), lastSeenAt: $0.instant(2), address: $0.text(3),
        agent: $0.text(4), factors: Factors(text: $0.text(5)))
    }
  }

  /// Ends one session of a person.
  ///
  /// - Returns: false when the person has no such session.
  package func end(_ id: String, of userID: Int64) async throws -> Bool {
    try await store.write { transaction in
      let macs = try transaction.run("SELECT mac FROM browser_session WHERE account_id = \(userID)")
      guard let mac = macs.map({ $0.bytes(0) }).first(where: { Self.id($0) == id }) else { return false }
      _ = try transaction.run("DELETE FROM browser_session WHERE mac = \(mac)")
      return true
    }
  }

  /// Ends every session of a person but one.
  package func endAll(of userID: Int64, except kept: Session? = nil) async throws {
    let mac = kept?.mac
    try await store.write { transaction in
      try Self.endAll(of: userID, except: mac, transaction)
    }
  }

  /// The same inside of the transaction that makes them worthless.
  static func endAll(
    of userID: Int64, except mac: [UInt8]?, _ transaction: Transaction
  ) throws(StorageError) {
    _ = try transaction.run(
      "DELETE FROM browser_session WHERE account_id = \(userID) AND mac <> \(mac ?? [])")
  }

  static func id(_ mac: [UInt8]) -> String { Base64URL.encode(Array(SHA256.hash(mac).prefix(12))) }

  /// Takes sessions away that are over.
  ///
  /// - Returns: how many.
  package func removeEnded(limit: Int) async throws -> Int {
    let now = world.now
    return try await store.write { transaction in
      try transaction.run(
        """
        DELETE FROM browser_session WHERE mac IN (
          SELECT mac FROM browser_session WHERE expires_at < \(now) OR last_seen_at < \(now - Self.idleLimit)
          LIMIT \(limit)) RETURNING 1
        """
      ).count
    }
  }

  /// Ends a session.
  package func end(_ session: Session) async throws {
    let mac = session.mac
    try await store.write { transaction in
      _ = try transaction.run("DELETE FROM browser_session WHERE mac = \(mac)")
    }
  }
}
