package import Crypto
package import Storage
internal import World

extension Users {
  /// Gives a person a new password, which ends what `policy` says.
  ///
  /// - Parameter session: in which the person made the change, which goes on; nil when it was somebody else.
  /// - Throws: `Refusal.shortPassword`, `StorageError`, `CryptoError`.
  package func setPassword(
    _ password: Secret, of userID: Int64, keeping session: BrowserSessions.Session? = nil,
    _ policy: CredentialPolicy
  ) async throws {
    let (hash, now, mac) = (try await hashed(password), world.now, session?.mac)
    try await store.write { transaction in
      _ = try transaction.run("UPDATE account SET password = \(hash) WHERE id = \(userID)")
      try policy.apply(.password, to: userID, at: now, keeping: mac, transaction)
    }
  }

  /// The hash of a password that is long enough.
  func hashed(_ password: Secret) async throws -> String {
    guard (Self.passwordMinimum...Self.passwordMaximum).contains(password.count) else {
      throw Refusal.shortPassword
    }
    return try await hasher.hash(password, salt: world.random(16))
  }

  /// Longer ones are not hashed: Argon2 would take them, a person would not type them.
  package static let passwordMaximum = 1024

  /// Shuts a person out, or lets them in again. Their sessions are over at once, and stay so.
  ///
  /// - Returns: false when it was so before.
  package func setDisabled(
    _ isDisabled: Bool, of userID: Int64, _ policy: CredentialPolicy
  ) async throws -> Bool {
    let now = world.now
    return try await store.write { transaction in
      let changed = try transaction.run(
        isDisabled
          ? "UPDATE account SET disabled_at = \(now) WHERE id = \(userID) AND disabled_at IS NULL RETURNING 1"
          : "UPDATE account SET disabled_at = NULL WHERE id = \(userID) AND disabled_at IS NOT NULL RETURNING 1"
      )
      guard !changed.isEmpty else { return false }
      if isDisabled { try policy.apply(.disabled, to: userID, at: now, keeping: nil, transaction) }
      return true
    }
  }
}

extension Users {
  package func hasPassword(_ userID: Int64) async throws(StorageError) -> Bool {
    try await store.rows("SELECT 1 FROM account WHERE id = \(userID) AND password IS NOT NULL").isEmpty
      == false
  }

  /// Whether it is the person's password.
  ///
  /// - Throws: `StorageError`, `CryptoError`.
  package func isPassword(_ password: Secret, of userID: Int64) async throws -> Bool {
    let stored = try await store.rows("SELECT password FROM account WHERE id = \(userID)").first?
      .optionalText(0)
    guard let stored else { return false }
    return try await hasher.isValid(password, for: stored)
  }

  /// The person of that user name or mail address, if letters reach them: they are not disabled, have a password that
  /// can be forgotten, and an address of their own.
  package func reachable(_ login: String) async throws(StorageError) -> User? {
    guard let row = try await named(login), row.optionalText(9) != nil else { return nil }
    let user = Self.user(row)
    return user.isDisabled || user.email == nil ? nil : user
  }

  /// The user name of whoever signs in under a name or mail address: what tries at it are counted by.
  ///
  /// - Returns: what was typed, where nobody has it.
  package func canonical(_ login: String) async throws(StorageError) -> String {
    try await named(login)?.text(1) ?? login
  }

  /// The row of whoever signs in under a user name or a mail address, and its password behind it. A user name goes
  /// before an address, and an address that two people have is nobody's name.
  func named(_ login: String) async throws(StorageError) -> Row? {
    let login = login.lowercased()
    let rows = try await store.rows(
      """
      SELECT \(Self.columns), a.password FROM account a WHERE a.login = \(login) OR a.email = \(login)
      ORDER BY a.login = \(login) DESC LIMIT 2
      """)
    return rows.first.flatMap { rows.count == 1 || $0.text(1) == login ? $0 : nil }
  }
}
