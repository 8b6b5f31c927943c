package import Accounts
package import Crypto
package import HTTP
package import OAuth
internal import Storage
package import World

/// Whose request is this: `Request → Caller`.
///
/// A credential comes in the `Authorization` field and nowhere else (OAuth 2.1 §5.1: never in the query). It is an
/// access token of ours or an API key; either way the connection and the person behind it are looked up at every
/// request, so that whatever was revoked is dead at its next use.
package struct Authenticator: Sendable {
  private let issuer: Issuer
  private let connections: Connections
  private let apiKeys: APIKeys
  private let verified: VerifiedTokens
  private let proofs: DPoPCheck?
  private let world: World

  /// How often the time of a connection's last use is written.
  private static let touchInterval: Duration = .seconds(60)

  /// - Parameters:
  ///   - keys: those that access tokens are signed with.
  ///   - proofs: what a DPoP proof has to pass; nil takes no access token that is bound to a key.
  package init(
    issuer: Issuer, keys: SigningKeys, connections: Connections, apiKeys: APIKeys,
    proofs: DPoPCheck? = nil, world: World
  ) {
    self.issuer = issuer
    self.connections = connections
    self.apiKeys = apiKeys
    self.proofs = proofs
    self.world = world
    verified = VerifiedTokens(keys: keys, issuer: issuer)
  }

  /// Finds out who calls.
  ///
  /// - Throws: `AuthenticationFailure` for the client to hear; anything else means that it could not be found out, and
  ///   the request has to be refused as an error of ours.
  package func caller(of request: Request) async throws -> Caller {
    guard let field = request.fields["authorization"] else { throw AuthenticationFailure.missing }
    let parts = field.split(separator: " ", omittingEmptySubsequences: true)
    // RFC 9110 §11.1: the scheme is compared without case.
    let scheme = parts.count == 2 ? parts[0].lowercased() : ""
    guard scheme == "bearer" else {
      if scheme == "dpop", let proofs {
        return try await caller(boundToken: String(parts[1]), request, proofs)
      }
      throw AuthenticationFailure.invalid(
        says: "the Authorization field is not a bearer token", because: "scheme")
    }
    let token = parts[1]
    let caller =
      token.hasPrefix("gk_")
      ? try await caller(key: token, request) : try await caller(bearerToken: String(token), request)
    return caller
  }

  private func caller(bearerToken text: String, _ request: Request) async throws -> Caller {
    let token = try token(text)
    // RFC 9449 §7.2: a resource server MUST NOT take a bound access token as a bearer token.
    guard token.keyThumbprint == nil else {
      let (says, because) = (
        "the access token is bound to a key and needs the DPoP scheme", "bound token as bearer"
      )
      guard let proofs else { throw AuthenticationFailure.invalid(says: says, because: because) }
      throw AuthenticationFailure.unproven(
        .init(code: .invalidToken, says: says, because: because, cameAsBearer: true, nonce: proofs.nonce))
    }
    return try await caller(of: token, request)
  }

  /// With the DPoP scheme every refusal names it, and brings a nonce to try again with (RFC 9449 §7.1, §9).
  private func caller(boundToken text: String, _ request: Request, _ proofs: DPoPCheck) async throws -> Caller
  {
    func refuse(_ code: OAuthError.Code, _ says: String, _ because: String) -> AuthenticationFailure {
      .unproven(.init(code: code, says: says, because: because, cameAsBearer: false, nonce: proofs.nonce))
    }
    do {
      let token = try token(text)
      guard let key = token.keyThumbprint else {
        throw refuse(
          .invalidToken, "the access token is bound to no key and needs the Bearer scheme",
          "bearer token as DPoP")
      }
      do throws(DPoPCheck.Failure) {
        try proofs.admit(request, accessToken: text, boundTo: key)
      } catch {
        switch error {
        case .invalid(let refusal):
          throw refuse(.invalidDPoPProof, refusal.says, "DPoP proof: \(refusal.rawValue)")
        case .wrongKey:
          throw refuse(.invalidToken, "the access token is bound to another key", "DPoP proof of another key")
        case .nonceNeeded:
          throw refuse(.useDPoPNonce, "the DPoP proof needs the nonce of the DPoP-Nonce field", "DPoP nonce")
        }
      }
      return try await caller(of: token, request)
    } catch AuthenticationFailure.invalid(let says, let because) {
      throw refuse(.invalidToken, says, because)
    }
  }

  /// RFC 9449 §8.2: a caller that sends proofs gets a nonce with every answer.
  package func offerNonce(in response: inout Response) {
    if let proofs { response.fields["dpop-nonce"] = proofs.nonce }
  }

  private func caller(key text: Substring, _ request: Request) async throws -> Caller {
    // Form and checksum first: a typing error costs no look-up.
    guard let key = APIKey(text), let standing = try await apiKeys.standing(of: key) else {
      throw AuthenticationFailure.invalid(
        says: "the API key is wrong, expired or revoked", because: "key \(APIKey(text)?.id ?? "malformed")")
    }
    return try await admit(standing, standing.connection.scopes, .apiKey, request)
  }

  private func token(_ text: String) throws(AuthenticationFailure) -> AccessToken {
    do {
      return try verified.token(text, at: world.now)
    } catch {
      throw .invalid(says: "the access token is not valid or has expired", because: error.rawValue)
    }
  }

  private func caller(of token: AccessToken, _ request: Request) async throws -> Caller {
    guard let standing = try await connections.standing(token.connectionID, family: token.family),
      standing.isBehind(token)
    else {
      throw AuthenticationFailure.invalid(
        says: "the access token was revoked", because: "connection \(token.connectionID) has ended")
    }
    return try await admit(standing, ScopeSet(known: token.scope), .accessToken, request, token)
  }

  private func admit(
    _ standing: Connections.Standing, _ scopes: ScopeSet, _ credential: Caller.Credential, _ request: Request,
    _ token: AccessToken? = nil
  ) async throws -> Caller {
    let (connection, user) = (standing.connection, standing.user)
    guard connection.addresses.admits(request.peer) else {
      throw AuthenticationFailure.elsewhere(connectionID: connection.id, userID: user.id)
    }
    if connection.lastUsedAt.map({ world.now - $0 > Self.touchInterval }) ?? true {
      try await connections.touch(connection.id)
    }
    return Self.caller(standing, scopes, credential, request.peer, token)
  }

  /// The caller behind a call that was asked for earlier and that somebody has approved: the connection as it stands
  /// now, without a request of its own.
  ///
  /// - Returns: nil when it has no standing any more.
  /// - Throws: `StorageError`.
  package func caller(approvedOn connectionID: String) async throws -> Caller? {
    guard let standing = try await connections.standing(connectionID), standing.isGood else { return nil }
    let credential: Caller.Credential = standing.connection.kind == .key ? .apiKey : .accessToken
    return Self.caller(standing, standing.connection.scopes, credential, .loopback, nil)
  }

  private static func caller(
    _ standing: Connections.Standing, _ scopes: ScopeSet, _ credential: Caller.Credential,
    _ address: IPAddress, _ token: AccessToken?
  ) -> Caller {
    let (connection, user) = (standing.connection, standing.user)
    return Caller(
      userID: user.id, login: user.login, userName: user.name, companyID: user.companyID,
      companyIDs: user.companyIDs,
      groups: user.groups, isAdministrator: user.isAdministrator, connectionID: connection.id,
      connectionName: connection.name, clientID: connection.clientID, scopes: scopes, credential: credential,
      address: address, allowedTools: connection.allowedTools, allowedModels: connection.allowedModels,
      perMinute: connection.perMinute == 0 ? nil : connection.perMinute,
      perDay: connection.perDay == 0 ? nil : connection.perDay,
      signIn: token?.authenticatedAt.map { .init(time: $0, context: token?.context) },
      isBoundToKey: token?.keyThumbprint != nil, actor: token?.actors.first,
      approverID: connection.approverID)
  }
}
