package import Crypto
package import Storage
package import World

/// What people prove who they are with besides a password: an authenticator app and recovery codes; and who has to.
///
/// A secret of an app has to be read to be checked, so it is sealed with a key that is not in the database; a recovery
/// code has not, so only its MAC is kept.
package struct SecondFactors: Sendable {
  private let store: Store
  private let world: World
  private let sealer: Sealer
  private let codeKey: HMACKey

  /// How many recovery codes a person gets at a time.
  package static let recoveryCodeCount = 10

  /// - Throws: `CryptoError`.
  package init(store: Store, keyring: Keyring, world: World) throws(CryptoError) {
    self.store = store
    self.world = world
    sealer = try Sealer(key: keyring.key(for: "authenticator app secrets"))
    codeKey = HMACKey(keyring.key(for: "recovery codes"))
  }

  /// What a person has, and whether they must have something.
  package struct Standing: Sendable {
    package let hasApp: Bool
    package let passkeys: Int
    package let recoveryCodesLeft: Int
    package let isRequired: Bool

    /// Whether there is anything that a login can ask for.
    package var hasAny: Bool { hasApp || passkeys > 0 }
  }

  package func standing(of user: User) async throws(StorageError) -> Standing {
    // Never an empty list, which not every database takes.
    let groups = (user.groups + [""]).map(SQLValue.text)
    let row = try await store.rows(
      """
      SELECT EXISTS (SELECT 1 FROM totp WHERE account_id = \(user.id)),
             (SELECT count(*) FROM passkey WHERE account_id = \(user.id)),
             (SELECT count(*) FROM recovery_code WHERE account_id = \(user.id) AND used_at IS NULL),
             EXISTS (SELECT 1 FROM factor_requirement WHERE group_name IN \(list: groups))
      """
    ).first
    guard let row else { throw StorageError(.other, "a row of counts is missing") }
    return Standing(
      hasApp: row.bool(0), passkeys: Int(row.integer(1)), recoveryCodesLeft: Int(row.integer(2)),
      isRequired: row.bool(3))
  }

  // MARK: The authenticator app

  /// Takes an app whose code proves that it has the secret; it replaces the one before.
  ///
  /// - Returns: false for a wrong code; then nothing changes.
  package func addApp(_ totp: TOTP, provedBy code: String, for userID: Int64) async throws -> Bool {
    let now = world.now
    guard let step = try totp.step(of: code, at: now, after: 0) else { return false }
    let sealed = try sealer.seal(totp.secret.bytes, for: Self.place(userID))
    try await store.write { transaction in
      _ = try transaction.run(
        """
        INSERT INTO totp (account_id, secret, added_at, last_step) VALUES (\(userID), \(sealed), \(now), \(step))
        ON CONFLICT (account_id) DO UPDATE
          SET secret = excluded.secret, added_at = excluded.added_at, last_step = excluded.last_step
        """)
    }
    return true
  }

  /// Whether the code is one of the person's app and was not used before; uses it up.
  ///
  /// - Throws: `StorageError`, `CryptoError.notAuthentic` when the row was changed by somebody without the keys.
  package func useCode(_ code: String, of userID: Int64) async throws -> Bool {
    let row = try await store.rows("SELECT secret, last_step FROM totp WHERE account_id = \(userID)").first
    guard let row else { return false }
    let totp = TOTP(secret: Secret(try sealer.open(row.bytes(0), for: Self.place(userID))))
    guard let step = try totp.step(of: code, at: world.now, after: row.integer(1)) else { return false }
    // Of two that come at once with the same code, one finds the step taken.
    return try await store.write { transaction in
      try !transaction.run(
        """
        UPDATE totp SET last_step = \(step) WHERE account_id = \(userID) AND last_step < \(step) RETURNING 1
        """
      ).isEmpty
    }
  }

  /// The row's identity: a secret that was copied into another row does not open there.
  private static func place(_ userID: Int64) -> [UInt8] { Array("totp \(userID)".utf8) }

  // MARK: Recovery codes

  /// Makes new codes; the old ones are worth nothing from now on. They are shown this once.
  package func makeRecoveryCodes(for userID: Int64) async throws -> [String] {
    let now = world.now
    // 50 bits each: 10 letters in two groups.
    let codes = (0..<Self.recoveryCodeCount).map { _ in
      let text = Base32.encode(world.random(10)).lowercased().suffix(10)
      return "\(text.prefix(5))-\(text.suffix(5))"
    }
    let macs = codes.map { mac(of: $0, userID) }
    try await store.write { transaction in
      _ = try transaction.run("DELETE FROM recovery_code WHERE account_id = \(userID)")
      for mac in macs {
        _ = try transaction.run(
          "INSERT INTO recovery_code (mac, account_id, made_at) VALUES (\(mac), \(userID), \(now))")
      }
    }
    return codes
  }

  /// Whether the code is one of the person's and was not used before; uses it up.
  package func useRecoveryCode(_ code: String, of userID: Int64) async throws -> Bool {
    let (mac, now) = (mac(of: code, userID), world.now)
    return try await store.write { transaction in
      try !transaction.run(
        """
        UPDATE recovery_code SET used_at = \(now)
        WHERE mac = \(mac) AND account_id = \(userID) AND used_at IS NULL RETURNING 1
        """
      ).isEmpty
    }
  }

  /// However it was typed: capitals, spaces and hyphens make no difference.
  private func mac(of code: String, _ userID: Int64) -> [UInt8] {
    let plain = code.lowercased().utf8.filter {
      ($0 >= 0x61 && $0 <= 0x7a) || ($0 >= 0x30 && $0 <= 0x39)
    }
    return codeKey.code(for: Array("\(userID) ".utf8) + plain.prefix(64))
  }

  // MARK: Losing them

  /// Takes the app away; with the last factor go the recovery codes. Who relied on it has to sign in again.
  package func removeApp(
    of userID: Int64, keeping session: BrowserSessions.Session?, _ policy: CredentialPolicy
  ) async throws {
    let (now, mac) = (world.now, session?.mac)
    try await store.write { transaction in
      _ = try transaction.run("DELETE FROM totp WHERE account_id = \(userID)")
      try Self.lost(userID, at: now, keeping: mac, policy, transaction)
    }
  }

  /// Takes every factor but the password away: for a person who lost them all.
  package func removeAll(of userID: Int64, _ policy: CredentialPolicy) async throws {
    let now = world.now
    try await store.write { transaction in
      _ = try transaction.run("DELETE FROM totp WHERE account_id = \(userID)")
      _ = try transaction.run("DELETE FROM passkey WHERE account_id = \(userID)")
      try Self.lost(userID, at: now, keeping: nil, policy, transaction)
    }
  }

  /// What the loss of a factor brings with it, inside of the transaction that takes it.
  static func lost(
    _ userID: Int64, at now: Instant, keeping mac: [UInt8]?, _ policy: CredentialPolicy,
    _ transaction: Transaction
  ) throws(StorageError) {
    _ = try transaction.run(
      """
      DELETE FROM recovery_code WHERE account_id = \(userID)
        AND NOT EXISTS (SELECT 1 FROM totp WHERE account_id = \(userID))
        AND NOT EXISTS (SELECT 1 FROM passkey WHERE account_id = \(userID))
      """)
    try policy.apply(.factor, to: userID, at: now, keeping: mac, transaction)
  }

  // MARK: Who has to

  /// The groups whose people have to have a second factor.
  package func requiringGroups() async throws(StorageError) -> [String] {
    try await store.rows("SELECT group_name FROM factor_requirement ORDER BY group_name").map { $0.text(0) }
  }

  /// Requires a second factor of a group's people, or no longer. At their next login they are led to add one.
  package func require(_ isRequired: Bool, of group: String) async throws {
    try await store.write { transaction in
      _ = try transaction.run("DELETE FROM factor_requirement WHERE group_name = \(group)")
      if isRequired {
        _ = try transaction.run("INSERT INTO factor_requirement (group_name) VALUES (\(group))")
      }
    }
  }
}
