internal import Accounts
internal import Crypto
internal import OAuth
internal import Storage
internal import World

/// Codes and refresh tokens: issued, redeemed, rotated, ended. Each step is one transaction of the one writer, so that
/// of any number of parallel redemptions exactly one succeeds, and a crash leaves the state before or after it.
struct TokenStore: Sendable {
  let store: Store
  let world: World
  /// Under which codes and refresh tokens are stored as MACs.
  let key: HMACKey
  /// From which the successor of a refresh token is derived.
  let successorKey: HMACKey

  /// OAuth 2.1 §4.1.2 recommends at most 10 minutes; a browser needs a second.
  static let codeLifetime: Duration = .seconds(60)
  /// A refresh token that is not used for so long is dead, …
  static let refreshIdleLifetime: Duration = .days(30)
  /// … and the whole family dies this long after the consent.
  static let familyLifetime: Duration = .days(365)
  /// How long a spent refresh token is answered with its successor again, unless that was used too: what a client needs
  /// that lost the answer, or whose processes refresh at the same moment.
  static let grace: Duration = .seconds(30)

  func mac(_ token: String) -> [UInt8] { key.code(for: Array(token.utf8)) }

  // MARK: Issuing a code

  /// What the person consented to.
  struct Consent: Sendable {
    /// Of the form, so that a second click gives no second code.
    let interaction: String
    /// The pushed request that this decides about, if it is one.
    let pushed: PushedRequests.Reference?
    let userID: Int64
    let client: Client
    let redirectURI: RedirectURI
    let challenge: CodeChallenge
    let scopes: ScopeSet
    let resource: Resource
    /// The key that the code is bound to, if the client named one (RFC 9449 §10).
    let key: KeyThumbprint?
    let signedIn: SignedIn
    let memory: RememberedConsents.Effect
  }

  /// Opens the connection and issues a code for it.
  ///
  /// - Returns: nil when this very form, or the pushed request behind it, was decided before.
  /// - Throws: `RememberedConsents.Forgotten` when a consent was relied on that stands no more, `StorageError`.
  func issueCode(_ consent: Consent) async throws -> String? {
    let code = "gc_" + Base62.encode(world.random(32))
    let (mac, now) = (mac(code), world.now)
    let opening = Opening(
      family: Base62.encode(world.random(12)), connection: Base62.encode(world.random(12)),
      userID: consent.userID, client: consent.client, scopes: consent.scopes, resource: consent.resource,
      signedIn: consent.signedIn)
    do {
      let isFirst = try await store.write { transaction in
        if let pushed = consent.pushed, try !PushedRequests.spend(pushed, at: now, transaction) {
          return false
        }
        try RememberedConsents.apply(consent.memory, scopes: consent.scopes, at: now, transaction) {
          () throws(StorageError) in try opening.write(at: now, transaction)
        }
        _ = try transaction.run(
          """
          INSERT INTO authorization_code (mac, interaction, family_id, client_id, redirect_uri, challenge, expires_at,
                                          dpop_jkt)
          VALUES (\(mac), \(consent.interaction), \(opening.family), \(consent.client.id), \(consent.redirectURI.text),
                  \(consent.challenge.text), \(now + Self.codeLifetime), \(consent.key?.text))
          """)
        return true
      }
      guard isFirst else { return nil }
    } catch let error as StorageError where error.kind == .notUnique { return nil }
    return code
  }

  /// The family of tokens that begins with a person's consent, on their connection with the client.
  struct Opening: Sendable {
    let family: String
    /// The name of the connection, unless there is one already.
    let connection: String
    let userID: Int64
    let client: Client
    let scopes: ScopeSet
    let resource: Resource
    /// When and how the person proved who they are.
    var signedIn: SignedIn?

    /// - Returns: the connection.
    @discardableResult
    func write(
      at now: Instant, _ transaction: Transaction
    ) throws(StorageError) -> (id: String, version: Int64) {
      let opened = try Connections.open(
        id: connection, userID: userID, clientID: client.id, kind: .browser, name: client.name,
        scopes: scopes, now: now, transaction)
      _ = try transaction.run(
        """
        INSERT INTO token_family (id, connection_id, client_id, scope, resource, created_at, expires_at,
                                  document_digest, authenticated_at, acr)
        VALUES (\(family), \(opened.id), \(client.id), \(scopes.description), \(resource.text), \(now),
                \(now + TokenStore.familyLifetime), \(client.documentDigest), \(signedIn?.time),
                \(signedIn?.context.rawValue))
        """)
      return opened
    }
  }

  /// A family's first refresh token.
  struct NewRefreshToken: Sendable {
    let text: String
    fileprivate let mac: [UInt8]

    func write(family: String, at now: Instant, _ transaction: Transaction) throws(StorageError) {
      _ = try transaction.run(
        "INSERT INTO refresh_token (mac, family_id, issued_at) VALUES (\(mac), \(family), \(now))")
    }
  }

  /// - Returns: nil when the client did not register the grant.
  func newRefreshToken(for client: Client) -> NewRefreshToken? {
    guard client.grantTypes.contains(.refreshToken) else { return nil }
    let text = "gr_" + Base62.encode(world.random(32))
    return NewRefreshToken(text: text, mac: mac(text))
  }

  /// Whether the person has let this client in before.
  func knows(_ clientID: String, userID: Int64) async throws(StorageError) -> Bool {
    try await !store.rows(
      "SELECT 1 FROM connection WHERE account_id = \(userID) AND client_id = \(clientID) AND kind = 'browser'"
    ).isEmpty
  }

  // MARK: Redeeming a code

  /// What became of a redemption; a refusal may have had an effect that must be stored, so it is no thrown error.
  enum Redemption: Sendable {
    case granted(Grant)
    case refused(OAuthError)
  }

  /// Exchanges a code for a grant (OAuth 2.1 §4.1.3).
  ///
  /// - Throws: `OAuthError` `invalid_grant`, `invalid_dpop_proof`, `invalid_target`; `StorageError`.
  func redeem(
    _ code: String, redirectURI: String?, verifier: CodeVerifier, resource: Resource?, client: Client,
    possession: Possession
  ) async throws -> Grant {
    let (mac, now) = (mac(code), world.now)
    let refresh = newRefreshToken(for: client)
    let redemption: Redemption = try await store.write { transaction in
      guard
        let row = try transaction.run(
          """
          SELECT client_id, redirect_uri, challenge, expires_at, spent_at, family_id, dpop_jkt FROM authorization_code
          WHERE mac = \(mac)
          """
        ).first
      else { return .refused(OAuthError(.invalidGrant, says: "the code is not valid", because: "unknown")) }
      func refuse(_ because: String) -> Redemption {
        .refused(
          OAuthError(.invalidGrant, says: "the code is not valid", because: "\(because), client \(client.id)")
        )
      }
      // OAuth 2.1 §4.1.3: the server MUST ensure that the code was issued to the authenticated client, …
      guard row.text(0) == client.id else { return refuse("it belongs to another client") }
      // … that the redirect URI, if given, is the same, …
      guard redirectURI.map({ $0 == row.text(1) }) ?? true else { return refuse("the redirect_uri differs") }
      // … and MUST verify the code_verifier (RFC 7636 §4.6).
      guard let challenge = CodeChallenge(row.text(2)), challenge.isMet(by: verifier) else {
        return .refused(OAuthError(.invalidGrant, says: "code_verifier does not match", because: client.id))
      }
      if let refusal = possession.refusal(of: row.optionalText(6), for: client.id) {
        return .refused(refusal)
      }
      let family = row.text(5)
      // Only a caller who proved possession may spend the code, or end what was issued for it, however late.
      guard row.optionalInteger(4) == nil else {
        _ = try transaction.run(
          "UPDATE token_family SET ended_at = \(now) WHERE id = \(family) AND ended_at IS NULL")
        return refuse("it was used before, so its tokens are ended")
      }
      // Last, that it has not expired.
      guard now < row.instant(3) else { return refuse("expired") }
      let grant: Grant
      switch try Self.grant(
        of: family, refreshToken: refresh?.text, narrowedTo: nil, possession, at: now, transaction)
      {
      case .granted(let found): grant = found
      case .refused(let error): return .refused(error)
      }
      guard resource.map({ $0 == grant.resource }) ?? true else {
        return .refused(OAuthError(.invalidTarget, says: "the resource differs from the authorized one"))
      }
      _ = try transaction.run("UPDATE authorization_code SET spent_at = \(now) WHERE mac = \(mac)")
      try refresh?.write(family: family, at: now, transaction)
      return .granted(grant)
    }
    return try redemption.grant
  }

  // MARK: Rotating a refresh token

  /// Exchanges a refresh token for a grant with its successor (OAuth 2.1 §4.3.1).
  ///
  /// The successor is derived from the token under a key of ours. So the same token within its grace gives the same
  /// successor, though neither of them is stored in the clear.
  ///
  /// - Parameter recording: writes what was granted into the log, as a part of it; says whether it did.
  /// - Throws: `OAuthError` `invalid_grant`, `invalid_dpop_proof`, `invalid_scope`, `invalid_target`; `StorageError`.
  func rotate(
    _ token: String, scopes: ScopeSet?, resource: Resource?, client: Client, possession: Possession,
    recording: @escaping @Sendable (Grant, Transaction) throws -> Bool = { _, _ in false }
  ) async throws -> Grant {
    let (mac, now) = (mac(token), world.now)
    let successor = "gr_" + Base62.encode(successorKey.code(for: Array(token.utf8)))
    let successorMAC = self.mac(successor)
    let redemption: Redemption = try await store.write { transaction in
      guard
        let row = try transaction.run(
          """
          SELECT r.family_id, r.issued_at, r.spent_at, f.client_id, f.dpop_jkt FROM refresh_token r
          JOIN token_family f ON f.id = r.family_id WHERE r.mac = \(mac)
          """
        ).first
      else {
        return .refused(OAuthError(.invalidGrant, says: "the refresh token is not valid", because: "unknown"))
      }
      func refuse(_ because: String) -> Redemption {
        .refused(
          OAuthError(
            .invalidGrant, says: "the refresh token is not valid", because: "\(because), client \(client.id)")
        )
      }
      let family = row.text(0)
      guard row.text(3) == client.id else { return refuse("it belongs to another client") }
      // Before anything is ended for reuse: without the key a stolen token is worth nothing, not even that.
      if let refusal = possession.refusal(of: row.optionalText(4), for: client.id) {
        return .refused(refusal)
      }
      let spent = row.optionalInstant(2)
      // Who has used the successor has received it, so whoever still sends the token before it is somebody else.
      let isLeftBehind =
        try spent != nil
        && !transaction.run(
          "SELECT 1 FROM refresh_token WHERE mac = \(successorMAC) AND spent_at IS NOT NULL"
        ).isEmpty
      if let spent, isLeftBehind || now - spent > Self.grace {
        // OAuth 2.1 §4.3.1: a token that was rotated away and comes back was stolen from one of two; end both.
        _ = try transaction.run(
          "UPDATE token_family SET ended_at = \(now) WHERE id = \(family) AND ended_at IS NULL")
        return refuse("it was used \((now - spent).wholeSeconds) s ago, so its family is ended")
      }
      guard now - row.instant(1) < Self.refreshIdleLifetime else {
        return refuse("it was not used for too long")
      }
      let grant: Grant
      switch try Self.grant(
        of: family, refreshToken: successor, narrowedTo: scopes, possession, at: now, transaction)
      {
      case .granted(let found): grant = found
      case .refused(let error): return .refused(error)
      }
      guard resource.map({ $0 == grant.resource }) ?? true else {
        return .refused(OAuthError(.invalidTarget, says: "the resource differs from the authorized one"))
      }
      if spent == nil {
        _ = try transaction.run("UPDATE refresh_token SET spent_at = \(now) WHERE mac = \(mac)")
        _ = try transaction.run(
          "INSERT INTO refresh_token (mac, family_id, issued_at) VALUES (\(successorMAC), \(family), \(now))")
      }
      var recorded = grant
      recorded.isRecorded = try recording(grant, transaction)
      return .granted(recorded)
    }
    return try redemption.grant
  }

  /// What a living family grants now: ended families, revoked connections and disabled people grant nothing. A public
  /// client's family belongs from here on to the key that it proved.
  static func grant(
    of family: String, refreshToken: String?, narrowedTo asked: ScopeSet?, _ possession: Possession = .none,
    at now: Instant, _ transaction: Transaction
  ) throws(StorageError) -> Redemption {
    let row = try transaction.run(
      """
      SELECT f.client_id, f.scope, f.resource, c.id, c.version, c.account_id, f.dpop_jkt, f.authenticated_at, f.acr
      FROM token_family f
      JOIN connection c ON c.id = f.connection_id JOIN account a ON a.id = c.account_id
      WHERE f.id = \(family) AND f.ended_at IS NULL AND f.expires_at > \(now) AND c.revoked_at IS NULL
        AND a.disabled_at IS NULL
      """
    ).first
    guard let row else {
      return .refused(OAuthError(.invalidGrant, says: "the grant has ended", because: "family \(family)"))
    }
    if let refusal = possession.refusal(of: row.optionalText(6), for: row.text(0)) {
      return .refused(refusal)
    }
    let granted = ScopeSet(known: row.text(1))
    // RFC 6749 §6: the scope MUST NOT include any scope not originally granted.
    guard asked.map({ $0.isWithin(granted) }) ?? true else {
      return .refused(OAuthError(.invalidScope, says: "a refresh can't widen the scope"))
    }
    // RFC 9449 §5: refresh tokens of public clients MUST be bound to the key of the proof that they were issued with.
    if possession.bindsRefreshToken, refreshToken != nil, let key = possession.key {
      _ = try transaction.run(
        "UPDATE token_family SET dpop_jkt = \(key.text) WHERE id = \(family) AND dpop_jkt IS NULL")
    }
    return .granted(
      Grant(
        userID: row.integer(5), clientID: row.text(0), connectionID: row.text(3),
        connectionVersion: row.integer(4),
        scopes: asked ?? granted, resource: Resource(canonical: row.text(2)), family: family,
        refreshToken: refreshToken, signedIn: signedIn(row.optionalInstant(7), row.optionalText(8))))
  }

  private static func signedIn(_ time: Instant?, _ context: String?) -> SignedIn? {
    guard let time, let context = context.flatMap(AuthenticationContext.init(rawValue:)) else { return nil }
    return SignedIn(time: time, context: context)
  }

  /// A refresh token that could be used now.
  struct RefreshStanding: Sendable {
    let clientID: String
    let scope: String
    let userID: Int64
    let login: String
    let issuedAt: Instant
    let expiresAt: Instant
  }

  /// What a refresh token is worth, without using it.
  ///
  /// - Returns: nil when it is worth nothing: unknown, spent, idle for too long, or its family has ended.
  func standing(ofRefreshToken token: String) async throws(StorageError) -> RefreshStanding? {
    let now = world.now
    let row = try await store.rows(
      """
      SELECT f.client_id, f.scope, a.id, a.login, r.issued_at, f.expires_at FROM refresh_token r
      JOIN token_family f ON f.id = r.family_id JOIN connection c ON c.id = f.connection_id
      JOIN account a ON a.id = c.account_id
      WHERE r.mac = \(mac(token)) AND r.spent_at IS NULL AND r.issued_at > \(now - Self.refreshIdleLifetime)
        AND f.ended_at IS NULL AND f.expires_at > \(now) AND c.revoked_at IS NULL AND a.disabled_at IS NULL
      """
    ).first
    return row.map {
      RefreshStanding(
        clientID: $0.text(0), scope: $0.text(1), userID: $0.integer(2), login: $0.text(3),
        issuedAt: $0.instant(4), expiresAt: min($0.instant(5), $0.instant(4) + Self.refreshIdleLifetime))
    }
  }

  // MARK: Service users

  /// The connection of a client with its service user, made at its first use (`client_credentials`).
  ///
  /// - Throws: `OAuthError` `unauthorized_client`, `invalid_scope`; `StorageError`.
  func serviceGrant(_ client: Client, scopes asked: ScopeSet?, resource: Resource) async throws -> Grant {
    guard let userID = client.serviceUserID else {
      throw OAuthError(.unauthorizedClient, says: "the client has no service user", because: client.id)
    }
    let allowed = client.scopes ?? [.read]
    guard asked.map({ $0.isWithin(allowed) }) ?? true else {
      throw OAuthError(.invalidScope, says: "the client may not ask for this scope", because: client.id)
    }
    let scopes = asked ?? allowed
    let present = try await store.rows(
      """
      SELECT c.id, c.version, c.revoked_at, a.disabled_at FROM connection c JOIN account a ON a.id = c.account_id
      WHERE c.client_id = \(client.id) AND c.account_id = \(userID) AND c.kind = 'service'
      """
    ).first
    let connection: (id: String, version: Int64)
    if let present {
      guard present[2] == .null, present[3] == .null else {
        throw OAuthError(.unauthorizedClient, says: "the client's connection was revoked", because: client.id)
      }
      connection = (present.text(0), present.integer(1))
    } else {
      let (id, now) = (Base62.encode(world.random(12)), world.now)
      connection = try await store.write { transaction in
        guard
          try !transaction.run("SELECT 1 FROM account WHERE id = \(userID) AND disabled_at IS NULL").isEmpty
        else {
          throw OAuthError(
            .unauthorizedClient, says: "the client's service user is disabled", because: client.id)
        }
        return try Connections.open(
          id: id, userID: userID, clientID: client.id, kind: .service, name: client.name, scopes: allowed,
          now: now,
          transaction)
      }
    }
    return Grant(
      userID: userID, clientID: client.id, connectionID: connection.id, connectionVersion: connection.version,
      scopes: scopes, resource: resource, family: nil, refreshToken: nil)
  }

  // MARK: Revocation

  /// Ends the family of a refresh token, and with it its access tokens (RFC 7009 §2.1).
  ///
  /// - Returns: false when the token is not one of the client's, or its family was ended before.
  func end(refreshToken token: String, of client: Client) async throws -> Bool {
    let (mac, now) = (mac(token), world.now)
    return try await store.write { transaction in
      try !transaction.run(
        """
        UPDATE token_family SET ended_at = \(now) WHERE client_id = \(client.id) AND ended_at IS NULL
          AND id = (SELECT family_id FROM refresh_token WHERE mac = \(mac)) RETURNING id
        """
      ).isEmpty
    }
  }

  /// Ends the access tokens of a connection whose tokens have no family; the client may ask for new ones.
  ///
  /// - Parameter version: that the token names; an older one is dead already and ends nothing.
  /// - Returns: whether there was anything to end.
  func end(tokensOf connectionID: String, version: Int64, of client: Client) async throws -> Bool {
    try await store.write { transaction in
      try !transaction.run(
        """
        UPDATE connection SET version = version + 1
        WHERE id = \(connectionID) AND client_id = \(client.id) AND version = \(version)
          AND kind IN ('service', 'identity_provider')
        RETURNING id
        """
      ).isEmpty
    }
  }

  /// Ends a family by its name.
  ///
  /// - Returns: whether there was anything to end.
  func end(family: String, of client: Client) async throws -> Bool {
    let now = world.now
    return try await store.write { transaction in
      try !transaction.run(
        """
        UPDATE token_family SET ended_at = \(now)
        WHERE id = \(family) AND client_id = \(client.id) AND ended_at IS NULL RETURNING id
        """
      ).isEmpty
    }
  }
}

extension TokenStore.Redemption {
  /// The grant, or the refusal thrown.
  var grant: Grant {
    get throws(OAuthError) {
      switch self {
      case .granted(let grant): grant
      case .refused(let error): throw error
      }
    }
  }
}
