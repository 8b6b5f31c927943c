package import Crypto
package import Storage
package import WebAuthn
package import World

/// The passkeys of all people: added, used, taken away.
package struct Passkeys: Sendable {
  private let store: Store
  private let world: World
  private let handleKey: HMACKey

  /// Passkeys of one person; one more is refused.
  package static let most = 20
  /// How long a challenge may wait for its answer.
  package static let challengeLifetime: Duration = .minutes(10)

  package init(store: Store, keyring: Keyring, world: World) {
    self.store = store
    self.world = world
    handleKey = HMACKey(keyring.key(for: "passkey user handles"))
  }

  /// A passkey as its owner's list shows it.
  package struct Passkey: Sendable, Identifiable {
    /// Names it in links.
    package let id: String
    package let credentialID: [UInt8]
    package let name: String
    package let addedAt: Instant
    package let lastUsedAt: Instant?
  }

  /// What authenticators call the person: tells nothing of them (WebAuthn Level 2 §14.6.1).
  package func handle(of userID: Int64) -> [UInt8] { handleKey.code(for: Array("\(userID)".utf8)) }

  /// Credentials that nobody has, always the same for the same name: for those who try names.
  package func decoys(for login: String) -> [[UInt8]] {
    let code = handleKey.code(for: Array("decoy \(login.lowercased())".utf8))
    return code[0] & 3 == 0 ? [code, handleKey.code(for: code)] : [code]
  }

  package func all(of userID: Int64) async throws(StorageError) -> [Passkey] {
    try await store.rows(
      "SELECT id, name, added_at, last_used_at FROM passkey WHERE account_id = \(userID) ORDER BY added_at"
    ).map {
      Passkey(
        id: Base64URL.encode(Array(SHA256.hash($0.bytes(0)).prefix(12))), credentialID: $0.bytes(0),
        name: $0.text(1), addedAt: $0.instant(2), lastUsedAt: $0.optionalInstant(3))
    }
  }

  /// A challenge for one ceremony: 32 unpredictable bytes.
  package func newChallenge() -> [UInt8] { world.random(32) }

  /// Why a passkey is not added.
  package enum Refusal: Error { case challengeSpent, known, tooMany }

  /// Keeps a new passkey and spends the challenge that it was made with.
  ///
  /// - Throws: `Refusal`, `StorageError`.
  package func add(
    _ registration: Registration, name: String, for userID: Int64, spending challenge: [UInt8]
  ) async throws {
    let now = world.now
    try await store.write { transaction in
      guard try Self.spend(challenge, at: now, transaction) else { throw Refusal.challengeSpent }
      let count = try transaction.run("SELECT count(*) FROM passkey WHERE account_id = \(userID)").first
      guard (count?.integer(0) ?? 0) < Int64(Self.most) else { throw Refusal.tooMany }
      // WebAuthn Level 2 §7.1 step 22: check that the credentialId is not yet registered to any other user.
      guard try transaction.run("SELECT 1 FROM passkey WHERE id = \(registration.credentialID)").isEmpty
      else {
        throw Refusal.known
      }
      _ = try transaction.run(
        """
        INSERT INTO passkey (id, account_id, public_key, sign_count, name, added_at)
        VALUES (\(registration.credentialID), \(userID), \(registration.publicKey),
                \(Int64(registration.signCount)), \(name), \(now))
        """)
    }
  }

  /// What a browser sends as the proof of a passkey.
  package struct Answer: Sendable {
    package var credentialID, clientData, authenticatorData, signature: [UInt8]
    /// Sent by those that know whose they are.
    package var userHandle: [UInt8]?

    package init(
      credentialID: [UInt8], clientData: [UInt8], authenticatorData: [UInt8], signature: [UInt8],
      userHandle: [UInt8]? = nil
    ) {
      self.credentialID = credentialID
      self.clientData = clientData
      self.authenticatorData = authenticatorData
      self.signature = signature
      self.userHandle = userHandle
    }
  }

  /// Whose passkey an answer proves, and by what factors; spends the challenge.
  ///
  /// - Parameters:
  ///   - userID: whose it has to be; nil where the passkey says who it is.
  ///   - requiresVerification: whether the authenticator has to have made sure of the person itself.
  /// - Returns: nil for an unknown passkey, one of somebody else, and a challenge that was spent.
  /// - Throws: `CeremonyError`, `StorageError`.
  package func prove(
    _ answer: Answer, challenge: [UInt8], at party: RelyingParty, userID: Int64?, requiresVerification: Bool
  ) async throws -> (userID: Int64, factors: Factors)? {
    let row = try await store.rows(
      "SELECT account_id, public_key, sign_count FROM passkey WHERE id = \(answer.credentialID)"
    ).first
    // §7.2 step 6: the user handle has to be the owner's; without it, somebody has to have been named before.
    guard let row, userID == nil || userID == row.integer(0), userID != nil || answer.userHandle != nil,
      answer.userHandle.map({ constantTimeEqual($0, handle(of: row.integer(0))) }) ?? true
    else { return nil }
    let stored = row.integer(2)
    let assertion = try Assertion(
      clientData: answer.clientData, authenticatorData: answer.authenticatorData,
      signature: answer.signature, challenge: challenge, at: party, publicKey: row.bytes(1),
      signCount: UInt32(truncatingIfNeeded: stored), requiresVerification: requiresVerification)
    let (id, now) = (answer.credentialID, world.now)
    let counted = try await store.write { transaction in
      guard try Self.spend(challenge, at: now, transaction) else { return false }
      // Of two answers with the same counter one finds it taken.
      return try !transaction.run(
        """
        UPDATE passkey SET sign_count = \(Int64(assertion.signCount)), last_used_at = \(now)
        WHERE id = \(id) AND sign_count = \(stored) RETURNING 1
        """
      ).isEmpty
    }
    guard counted else { return nil }
    return (row.integer(0), assertion.isUserVerified ? [.passkey, .userVerification] : [.passkey])
  }

  /// Takes a passkey away.
  ///
  /// - Returns: false when the person has no such passkey.
  package func remove(
    _ id: String, of userID: Int64, keeping session: BrowserSessions.Session?, _ policy: CredentialPolicy
  ) async throws -> Bool {
    guard let passkey = try await all(of: userID).first(where: { $0.id == id }) else { return false }
    let (now, mac) = (world.now, session?.mac)
    return try await store.write { transaction in
      guard
        try !transaction.run(
          "DELETE FROM passkey WHERE id = \(passkey.credentialID) AND account_id = \(userID) RETURNING 1"
        ).isEmpty
      else { return false }
      try SecondFactors.lost(userID, at: now, keeping: mac, policy, transaction)
      return true
    }
  }

  private static func spend(
    _ challenge: [UInt8], at now: Instant, _ transaction: Transaction
  ) throws(StorageError) -> Bool {
    let digest = SHA256.hash(challenge)
    guard try transaction.run("SELECT 1 FROM spent_challenge WHERE digest = \(digest)").isEmpty else {
      return false
    }
    // As long as the form's ticket is good, and longer.
    _ = try transaction.run(
      "INSERT INTO spent_challenge (digest, expires_at) VALUES (\(digest), \(now + .hours(1)))")
    return true
  }
}
