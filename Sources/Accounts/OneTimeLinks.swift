package import Crypto
package import OAuth
package import Storage
package import World

/// Links that let somebody in once who has no password: the first administrator, whom an administrator invites, and
/// who forgot it. Only a MAC of the link's secret is kept. To look at a link uses nothing up, since mail programs do;
/// the form behind it does.
package struct OneTimeLinks: Sendable {
  private let store: Store
  private let users: Users
  private let world: World
  private let key: HMACKey

  package init(store: Store, users: Users, keyring: Keyring, world: World) {
    self.store = store
    self.users = users
    self.world = world
    key = HMACKey(keyring.key(for: "one-time links"))
  }

  /// What a link is for.
  package enum Purpose: String, Sendable {
    /// Makes the first administrator.
    case setup
    /// Makes an account.
    case invitation
    /// Sets the password of an account that is there.
    case reset

    /// How long such a link works.
    package var lifetime: Duration {
      switch self {
      case .setup: .hours(24)
      case .invitation: .days(7)
      case .reset: .hours(24)
      }
    }
  }

  /// How long a link works that somebody asked to be mailed who forgot their password.
  package static let mailedLifetime: Duration = .hours(1)

  /// What stands behind a link.
  package struct Link: Sendable {
    package let purpose: Purpose
    /// Whose password it resets.
    package let userID: Int64?
    package let email: String?
    package let isAdministrator: Bool
    package let groups: [String]
    package let companies: [String]
  }

  /// Makes a link; for the first administrator or one person's password it replaces those before.
  ///
  /// - Returns: the secret for the link's path.
  package func make(
    _ purpose: Purpose, userID: Int64? = nil, email: String? = nil, isAdministrator: Bool = false,
    groups: [String] = [], companies: [String] = [], lifetime: Duration? = nil
  ) async throws -> String {
    let token = Base64URL.encode(world.random(32))
    let (mac, now) = (key.code(for: Array(token.utf8)), world.now)
    let email = email?.lowercased()
    try await store.write { transaction in
      switch purpose {
      case .setup:
        _ = try transaction.run("DELETE FROM one_time_link WHERE purpose = \(purpose.rawValue)")
      case .reset:
        _ = try transaction.run(
          "DELETE FROM one_time_link WHERE purpose = \(purpose.rawValue) AND account_id = \(userID)")
      case .invitation: break
      }
      _ = try transaction.run(
        """
        INSERT INTO one_time_link (mac, purpose, account_id, email, is_administrator, groups, companies, made_at, expires_at)
        VALUES (\(mac), \(purpose.rawValue), \(userID), \(email), \(isAdministrator), \(column(groups)),
                \(column(companies)), \(now), \(now + (lifetime ?? purpose.lifetime)))
        """)
    }
    return token
  }

  /// What stands behind a link that works; it goes on working.
  package func link(_ token: String) async throws(StorageError) -> Link? {
    guard token.utf8.count == 43 else { return nil }
    let (mac, now) = (key.code(for: Array(token.utf8)), world.now)
    return try await store.rows(
      """
      SELECT purpose, account_id, email, is_administrator, groups, companies FROM one_time_link
      WHERE mac = \(mac) AND expires_at > \(now)
      """
    ).first.flatMap(Self.link)
  }

  private static func link(_ row: Row) -> Link? {
    Purpose(rawValue: row.text(0)).map {
      Link(
        purpose: $0, userID: row.optionalInteger(1), email: row.optionalText(2),
        isAdministrator: row.bool(3), groups: row.texts(4), companies: row.texts(5))
    }
  }

  /// Why a link does nothing.
  package enum Refusal: Error { case over, administratorIsThere }

  /// Sets the password that the form behind a reset link chose.
  ///
  /// - Throws: `Refusal`, `Users.Refusal`, `StorageError`, `CryptoError`.
  package func reset(_ token: String, password: Secret, _ policy: CredentialPolicy) async throws -> User {
    guard let link = try await link(token), link.purpose == .reset, let userID = link.userID,
      let user = try await users.user(id: userID)
    else { throw Refusal.over }
    let (hash, now) = (try await users.hashed(password), world.now)
    let mac = key.code(for: Array(token.utf8))
    try await store.write { transaction in
      try Self.use(mac, at: now, transaction)
      _ = try transaction.run("UPDATE account SET password = \(hash) WHERE id = \(userID)")
      try policy.apply(.password, to: userID, at: now, keeping: nil, transaction)
    }
    return user
  }

  /// Makes the account that the form behind a link describes.
  ///
  /// - Throws: `Refusal`, `Users.Refusal`, `StorageError`, `CryptoError`.
  package func makeAccount(
    _ token: String, login: String, name: String, password: Secret
  ) async throws -> User {
    guard let link = try await link(token), link.purpose != .reset else { throw Refusal.over }
    let draft = Users.Draft(
      login: login, name: name, email: link.email, password: password, groups: link.groups,
      isAdministrator: link.isAdministrator, companies: link.companies)
    let mac = key.code(for: Array(token.utf8))
    let now = world.now
    return try await users.add(draft) { transaction in
      if link.purpose == .setup,
        try !transaction.run("SELECT 1 FROM account WHERE is_administrator = 1 LIMIT 1").isEmpty
      {
        throw Refusal.administratorIsThere
      }
      try Self.use(mac, at: now, transaction)
    }
  }

  /// Uses a link up inside of the transaction that does what it is for.
  private static func use(_ mac: [UInt8], at now: Instant, _ transaction: Transaction) throws {
    guard
      try !transaction.run(
        "DELETE FROM one_time_link WHERE mac = \(mac) AND expires_at > \(now) RETURNING 1"
      ).isEmpty
    else { throw Refusal.over }
  }
}

extension OneTimeLinks {
  /// Where a link leads.
  package static func url(_ token: String, _ issuer: Issuer) -> String { issuer.url + path + token }
  /// Below the issuer's path; the secret follows.
  package static let path = "/link/"
}
