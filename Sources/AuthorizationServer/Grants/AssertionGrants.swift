internal import Accounts
internal import Crypto
internal import JSON
internal import OAuth
internal import Storage
internal import World

/// Grants by the word of a company's identity provider, without a page (RFC 7523 §2.1 with an ID-JAG; MCP
/// "Enterprise-Managed Authorization").
///
/// Nobody clicks here, so that a person may still say no: a connection that was revoked stays so until it is
/// reactivated, whatever the provider says (0017).
struct AssertionGrants: Sendable {
  let store: Store
  let issuer: Issuer
  let trusted: TrustedIssuers
  let users: Users
  let keySets: ClientKeySets
  let used: UsedOnce
  let world: World

  /// - Throws: `OAuthError` `invalid_grant`, `invalid_scope`; `StorageError`.
  func grant(_ text: String, scopes asked: ScopeSet?, client: Client) async throws -> Grant {
    func refuse(_ because: String) -> OAuthError {
      OAuthError(
        .invalidGrant, says: "the assertion is not valid", because: "\(because), client \(client.id)")
    }
    let assertion: IdentityAssertion
    do throws(IdentityAssertion.Refusal) {
      assertion = try IdentityAssertion(text, audience: issuer.url, now: world.now)
    } catch { throw refuse(error.rawValue) }
    guard let trusted = try await trusted.issuer(assertion.issuer) else {
      throw refuse("issuer \(assertion.issuer.prefix(200)) is not trusted")
    }
    // ID-JAG §4.4: client_id MUST be the client that authenticated.
    guard assertion.clientID == client.id else { throw refuse("it was given to another client") }
    guard trusted.clients.isEmpty || trusted.clients.contains(client.id) else {
      throw refuse("the client may not bring assertions of \(trusted.url)")
    }
    guard try await keySets.vouch(for: assertion.jwt, keys: trusted.keys) else {
      throw refuse("no key of \(trusted.url) signed it")
    }
    // From here on the provider has spoken. RFC 7523 §3: a jti is good once.
    guard
      try await used.spend(
        assertion.identifier, of: assertion.issuer, until: assertion.expiresAt + IdentityAssertion.skew)
    else {
      throw refuse("it was used before")
    }
    guard assertion.resource.map({ Resource($0).map(issuer.accepts) ?? false }) ?? true else {
      throw refuse("it is for another resource")
    }
    guard let user = try await user(of: assertion, trusted), !user.isDisabled else {
      throw refuse("its person is not known here")
    }
    let scopes = try scopes(asked, assertion, client)
    guard let connection = try await connection(of: user, client, scopes) else {
      throw refuse("the connection was revoked and not reactivated")
    }
    return Grant(
      userID: user.id, clientID: client.id, connectionID: connection.id,
      connectionVersion: connection.version,
      scopes: scopes, resource: issuer.resource, family: nil, refreshToken: nil)
  }

  private func user(
    of assertion: IdentityAssertion, _ trusted: TrustedIssuer
  ) async throws(StorageError) -> User? {
    switch trusted.userClaim {
    case .subject: return try await users.user(login: assertion.subject)
    case .preferredUsername:
      guard let name = assertion.jwt.text("preferred_username") else { return nil }
      return try await users.user(login: name)
    case .email:
      // A provider that says that it has not verified the address does not vouch for it.
      guard let address = assertion.jwt.text("email"), assertion.jwt.claims["email_verified"] != false else {
        return nil
      }
      return try await users.user(email: address)
    }
  }

  /// What is asked for, within what provider and administrator allow.
  private func scopes(
    _ asked: ScopeSet?, _ assertion: IdentityAssertion, _ client: Client
  ) throws(OAuthError) -> ScopeSet {
    let offered = assertion.scope.map { ScopeSet(known: $0) }
    let limits = [offered, client.scopes].compactMap(\.self)
    let wanted = asked ?? offered ?? client.scopes ?? [.read]
    guard limits.allSatisfy({ wanted.isWithin($0) }), !wanted.isEmpty else {
      throw OAuthError(
        .invalidScope, says: "the assertion or the client does not allow this scope", because: client.id)
    }
    // Nobody is asked, so the widest scope is only for those whom an administrator gave it by name.
    guard !wanted.allows(.admin) || client.scopes?.allows(.admin) == true else {
      throw OAuthError(.invalidScope, says: "the client may not ask for this scope", because: client.id)
    }
    return wanted
  }

  /// The connection of a person with the client, made at its first use.
  ///
  /// - Returns: nil when it was revoked.
  private func connection(
    of user: User, _ client: Client, _ scopes: ScopeSet
  ) async throws -> (id: String, version: Int64)? {
    let (id, now) = (Base62.encode(world.random(12)), world.now)
    return try await store.write { transaction in
      let present = try transaction.run(
        """
        SELECT revoked_at FROM connection
        WHERE account_id = \(user.id) AND client_id = \(client.id)
          AND kind = \(Connection.Kind.identityProvider.rawValue)
        """
      ).first
      if let present, present.optionalInteger(0) != nil { return nil }
      return try Connections.open(
        id: id, userID: user.id, clientID: client.id, kind: .identityProvider, name: client.name,
        scopes: scopes, now: now, transaction)
    }
  }
}
