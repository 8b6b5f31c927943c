internal import Accounts
internal import HTTP
internal import OAuth
internal import Storage
internal import World

/// Token exchange (RFC 8693): a service that was called on behalf of a person goes on to call another on their behalf.
///
/// What comes out is never more than what went in: of the same connection, so that it dies with it; no wider, no longer;
/// and it says who acts (`act`).
struct TokenExchange: Sendable {
  let issuer: Issuer
  let connections: Connections
  let verified: VerifiedTokens
  let world: World

  /// The one kind of token that is taken and given (RFC 8693 §3).
  static let accessTokenType = "urn:ietf:params:oauth:token-type:access_token"
  /// How many services may stand between a person's client and the last one.
  static let longestChain = 4

  /// A request, as far as its form tells.
  struct Asked: Sendable {
    let subjectToken: String
    /// For whom the new token shall be; nil is our own resource.
    let audience: String?

    /// - Throws: `OAuthError` `invalid_request`, `invalid_target`.
    init(_ form: Form) throws(OAuthError) {
      guard let token = form["subject_token"] else {
        throw OAuthError(.invalidRequest, says: "subject_token is missing")
      }
      // RFC 8693 §2.1: subject_token_type is REQUIRED; …
      guard form["subject_token_type"] == accessTokenType else {
        throw OAuthError(.invalidRequest, says: "subject_token_type has to be \(accessTokenType)")
      }
      guard form["requested_token_type"].map({ $0 == accessTokenType }) ?? true else {
        throw OAuthError(.invalidRequest, says: "only access tokens are given")
      }
      // … who acts is the client that authenticated, so a token of another actor has nothing to say.
      guard form["actor_token"] == nil, form["actor_token_type"] == nil else {
        throw OAuthError(.invalidRequest, says: "actor_token is not taken; the client itself is the actor")
      }
      let audiences = form.all("audience")
      guard audiences.count <= 1, audiences.isEmpty || form["resource"] == nil else {
        throw OAuthError(.invalidTarget, says: "one token is for one target")
      }
      subjectToken = token
      audience = audiences.first
    }
  }

  /// - Throws: `OAuthError` `invalid_request`, `invalid_target`, `invalid_scope`; `StorageError`.
  func grant(
    _ asked: Asked, scopes wanted: ScopeSet?, client: Client, possession: Possession
  ) async throws -> Grant {
    let now = world.now
    let token: AccessToken
    do throws(AccessToken.Refusal) { token = try verified.token(asked.subjectToken, at: now) } catch {
      throw Self.badToken(error.rawValue)
    }
    // Whoever got hold of a bound token without its key must not turn it into one that is bound to theirs.
    guard token.keyThumbprint == nil || token.keyThumbprint == possession.key else {
      throw Self.badToken("it is bound to another key")
    }
    guard let standing = try await connections.standing(token.connectionID, family: token.family),
      standing.isBehind(token)
    else { throw Self.badToken("connection \(token.connectionID) has ended") }
    guard token.actors.count < Self.longestChain else {
      throw Self.badToken("it was exchanged \(token.actors.count) times already")
    }
    // Our own resource by its name is our own resource.
    let isOurs = asked.audience.flatMap { Resource($0) }.map(issuer.accepts) ?? false
    let audience = isOurs ? nil : asked.audience
    // RFC 8693 §2.2.2: a target that the client may not have a token for is invalid_target.
    guard audience.map({ client.audiences.contains($0) }) ?? true else {
      throw OAuthError(
        .invalidTarget, says: "the client may not have a token for this audience",
        because: "client \(client.id): \(audience?.prefix(200) ?? "")")
    }
    var offered = ScopeSet(known: token.scope).subtracting(.offlineAccess)
    if let limit = client.scopes, !offered.isWithin(limit) {
      // The strongest that both allow, which implies the others.
      let common = Scope.allCases.last { $0 != .offlineAccess && offered.allows($0) && limit.allows($0) }
      offered = common.map { [$0] } ?? []
    }
    guard wanted.map({ $0.isWithin(offered) }) ?? true, !offered.isEmpty else {
      throw OAuthError(.invalidScope, says: "an exchange can't widen the scope", because: client.id)
    }
    var grant = Grant(
      userID: standing.user.id, clientID: client.id, connectionID: token.connectionID,
      connectionVersion: token.connectionVersion, scopes: wanted ?? offered, resource: issuer.resource,
      family: token.family, refreshToken: nil,
      signedIn: token.authenticatedAt.flatMap { time in
        token.context.map { SignedIn(time: time, context: $0) }
      })
    grant.audience = audience
    grant.notAfter = token.expiresAt
    grant.actors = [client.id] + token.actors
    return grant
  }

  /// RFC 8693 §2.2.2: a subject token that is invalid for any reason is invalid_request.
  private static func badToken(_ because: String) -> OAuthError {
    OAuthError(
      .invalidRequest, says: "the subject_token is not a valid access token of ours",
      because: "subject token: \(because)")
  }
}
