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
    /// When the person proved who they are.
    package let signedInAt: Instant
    fileprivate let mac: [UInt8]
  }

  /// Starts a session with an identifier of its own.
  ///
  /// - Returns: the value for the cookie.
  package func start(for user: User, address: IPAddress, agent: String) async throws -> String {
    let token = Base64URL.encode(world.random(32))
    let mac = key.code(for: Array(token.utf8))
    let now = world.now
    try await store.write { transaction in
      // The person's own sessions that are over go at the same time, so that none piles up.
      _ = try transaction.run(
        "DELETE FROM browser_session WHERE account_id = \(user.id) AND expires_at < \(now)")
      _ = try transaction.run(
        """
        INSERT INTO browser_session (mac, account_id, created_at, last_seen_at, expires_at, address, agent)
        VALUES (\(mac), \(user.id), \(now), \(now), \(now + Self.absoluteLimit), \(address.description),
                \(String(agent.prefix(200))))
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
      SELECT \(Users.columns), s.created_at, s.last_seen_at FROM browser_session s JOIN account a ON a.id = s.account_id
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
    return Session(user: user, signedInAt: row.instant(9), mac: mac)
  }

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
