internal import Accounts
internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import World

/// The introspection endpoint (RFC 7662): another service asks what a token is worth. The answer is JSON, or signed
/// (RFC 9701) for who has to show it to others.
///
/// Only clients with a secret may ask. One that an administrator registered hears of every token and key of ours; one
/// that registered itself, for which nobody vouches, of its own tokens alone.
struct IntrospectionEndpoint: Sendable {
  let issuer: Issuer
  let authentication: ClientAuthentication
  let tokens: TokenStore
  let connections: Connections
  let apiKeys: APIKeys
  let signing: SigningKeys
  let verified: VerifiedTokens
  let answer: Answer
  let world: World

  /// A token that is worth something now.
  private struct Active {
    let clientID: String?
    let claims: JSONObject
  }

  func respond(to request: Request) async -> Response {
    do {
      let form = try TokenRequest.form(of: request)
      let client = try await authentication.client(of: request, form: form)
      // RFC 7662 §2.1: the endpoint MUST require some form of authorization, lest tokens be tried out here.
      guard client.method != .none else {
        throw OAuthError(.invalidClient, says: "this client can't authenticate", because: client.id)
      }
      guard let token = form["token"] else { throw OAuthError(.invalidRequest, says: "token is missing") }
      // RFC 7662 §2.2: of a token that is not active, or none of the client's business, nothing else SHOULD be said.
      var description: JSONObject = ["active": false]
      if let active = try await active(token), !client.isDynamic || active.clientID == client.id {
        description = active.claims
      }
      return try response(description, to: client, Accept(request.fields))
    } catch { return answer.refusal(error, of: request, at: "introspection") }
  }

  private func response(
    _ description: JSONObject, to client: Client, _ accept: Accept
  ) throws(CryptoError) -> Response {
    let signed = MediaType.tokenIntrospectionJWT
    guard accept.names(signed), accept.weight(of: signed) >= accept.weight(of: .json) else {
      return answer.json(description)
    }
    // RFC 9701 §5: neither sub nor exp stands beside token_introspection, so that nobody takes it for an access token.
    let jwt = try signing.signer(at: world.now).jwt(
      type: signed.subtype,
      claims: [
        "iss": .string(issuer.url), "aud": .string(client.id), "iat": .integer(world.now.seconds),
        "token_introspection": .object(description),
      ])
    return Response(
      status: 200,
      fields: [
        "content-type": signed.essence, "cache-control": "no-store", "x-content-type-options": "nosniff",
      ],
      body: Array(jwt.utf8))
  }

  private func active(_ token: String) async throws -> Active? {
    if token.hasPrefix("gk_") { return try await key(token) }
    if token.hasPrefix("gr_") { return try await refreshToken(token) }
    return try await accessToken(token)
  }

  private func accessToken(_ text: String) async throws -> Active? {
    let token: AccessToken
    do {
      token = try verified.token(text, at: world.now)
    } catch { return nil }
    guard let standing = try await connections.standing(token.connectionID, family: token.family),
      standing.isGood, standing.connection.version == token.connectionVersion,
      String(standing.user.id) == token.subject, standing.connection.clientID == token.clientID
    else { return nil }
    var claims = claims(of: standing.user.id, standing.user.login, token.scope)
    claims["client_id"] = .string(token.clientID)
    claims["token_type"] = token.keyThumbprint == nil ? "Bearer" : "DPoP"
    // RFC 9449 §6.2, RFC 9470 §6.2: what a resource server needs to ask for the proof, or for a fresh sign-in.
    if let key = token.keyThumbprint { claims["cnf"] = ["jkt": .string(key.text)] }
    if let time = token.authenticatedAt { claims["auth_time"] = .integer(time.seconds) }
    if let context = token.context { claims["acr"] = .string(context.rawValue) }
    claims["iat"] = .integer(token.issuedAt.seconds)
    claims["exp"] = .integer(token.expiresAt.seconds)
    claims["jti"] = .string(token.identifier)
    return Active(clientID: token.clientID, claims: claims)
  }

  private func refreshToken(_ text: String) async throws -> Active? {
    guard let standing = try await tokens.standing(ofRefreshToken: text) else { return nil }
    var claims = claims(of: standing.userID, standing.login, standing.scope)
    claims["client_id"] = .string(standing.clientID)
    claims["iat"] = .integer(standing.issuedAt.seconds)
    claims["exp"] = .integer(standing.expiresAt.seconds)
    return Active(clientID: standing.clientID, claims: claims)
  }

  private func key(_ text: String) async throws -> Active? {
    guard let key = APIKey(text), let standing = try await apiKeys.standing(of: key) else { return nil }
    var claims = claims(of: standing.user.id, standing.user.login, standing.connection.scopes.description)
    claims["token_type"] = "Bearer"
    claims["iat"] = .integer(standing.connection.createdAt.seconds)
    return Active(clientID: nil, claims: claims)
  }

  private func claims(of userID: Int64, _ login: String, _ scope: String) -> JSONObject {
    [
      "active": true, "scope": .string(scope), "sub": .string(String(userID)), "username": .string(login),
      "iss": .string(issuer.url), "aud": .string(issuer.resource.text),
    ]
  }
}
