internal import Crypto
internal import HTTP
internal import OAuth
internal import World

/// The revocation endpoint (RFC 7009): a client gives a token back.
struct RevocationEndpoint: Sendable {
  let issuer: Issuer
  let authentication: ClientAuthentication
  let tokens: TokenStore
  let signing: SigningKeys
  let answer: Answer
  let events: Events
  let world: World

  func respond(to request: Request) async -> Response {
    do {
      let form = try TokenRequest.form(of: request)
      let client = try await authentication.client(of: request, form: form)
      guard let token = form["token"] else { throw OAuthError(.invalidRequest, says: "token is missing") }
      let isEnded: Bool
      if let access = accessToken(token) {
        // RFC 7009 §2.1: the server verifies whether the token was issued to the client making the request. If this
        // fails, the request is refused and the client is informed of the error.
        guard access.clientID == client.id else { throw Self.foreign(client) }
        // An access token is ended by its family: its lifetime is short, so what it came with is what the client wants
        // gone.
        if let family = access.family {
          isEnded = try await tokens.end(family: family, of: client)
        } else {
          isEnded = try await tokens.end(
            tokensOf: access.connectionID, version: access.connectionVersion, of: client)
        }
      } else {
        // As above.
        if let standing = try await tokens.standing(ofRefreshToken: token), standing.clientID != client.id {
          throw Self.foreign(client)
        }
        isEnded = try await tokens.end(refreshToken: token, of: client)
      }
      // A public client proves nothing, so what changes nothing is not worth a row.
      if isEnded {
        try await events.record(Event(.tokenRevoked, clientID: client.id, address: request.peer))
      }
      // RFC 7009 §2.2: invalid tokens do not cause an error response.
      return Response(status: 200, fields: ["cache-control": "no-store"])
    } catch { return answer.refusal(error, of: request, at: "revocation") }
  }

  /// RFC 6749 §5.2 has a code for what "was issued to another client".
  private static func foreign(_ client: Client) -> OAuthError {
    OAuthError(.invalidGrant, says: "the token was issued to another client", because: client.id)
  }

  private func accessToken(_ text: String) -> AccessToken? {
    do {
      return try AccessToken(
        verifying: text, keys: signing, issuer: issuer.url,
        audience: issuer.resource.text, now: world.now)
    } catch { return nil }
  }
}
