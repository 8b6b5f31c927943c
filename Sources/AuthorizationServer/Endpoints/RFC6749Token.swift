internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import World

/// The token endpoint (OAuth 2.1 §3.2): a grant goes in, an access token comes out.
struct TokenEndpoint: Sendable {
  let issuer: Issuer
  let authentication: ClientAuthentication
  let tokens: TokenStore
  let devices: DeviceGrants
  let signing: SigningKeys
  let answer: Answer
  let events: Events
  let proofs: DPoPCheck
  let world: World

  /// How long an access token lives.
  static let lifetime: Duration = .minutes(10)

  func respond(to request: Request) async -> Response {
    var response = await outcome(of: request)
    proofs.offerNonce(in: &response, to: request)
    return response
  }

  private func outcome(of request: Request) async -> Response {
    do {
      let form = try TokenRequest.form(of: request)
      // The grant type comes first, as an unknown one is the same for every client.
      guard let type = form["grant_type"] else {
        throw OAuthError(.invalidRequest, says: "grant_type is missing")
      }
      guard Client.GrantType(rawValue: type) != nil else {
        throw OAuthError(.unsupportedGrantType, says: "this grant type is not offered")
      }
      let client = try await authentication.client(of: request, form: form)
      let asked = try TokenRequest(form, issuer: issuer)
      guard client.grantTypes.contains(asked.type) else {
        throw OAuthError(
          .unauthorizedClient, says: "the client is not registered for this grant type", because: client.id)
      }
      // OAuth 2.1 §4.2: the client credentials grant type MUST only be used by confidential clients.
      guard asked.type != .clientCredentials || client.method != .none else {
        throw OAuthError(
          .unauthorizedClient, says: "the client has no secret to be known by", because: client.id)
      }
      let possession = try proofs.possession(of: request, by: client)
      let grant = try await grant(asked, client, possession) { grant, transaction in
        try events.record(event(grant, asked, client, request), in: transaction)
      }
      var token = AccessToken(
        issuer: issuer.url, subject: String(grant.userID), audience: grant.resource.text, clientID: client.id,
        scope: grant.scopes.description, issuedAt: world.now, expiresAt: world.now + Self.lifetime,
        identifier: Base64URL.encode(world.random(12)), connectionID: grant.connectionID,
        connectionVersion: grant.connectionVersion, family: grant.family)
      // RFC 9449 §5: with a proof, the access token MUST be bound to its key.
      token.keyThumbprint = possession.key
      token.authenticatedAt = grant.signedIn?.time
      token.context = grant.signedIn?.context
      let signed = try token.signed(by: signing.signer(at: world.now))
      if !grant.isRecorded { try await events.record(event(grant, asked, client, request)) }
      var body: JSONObject = [
        "access_token": .string(signed), "token_type": possession.key == nil ? "Bearer" : "DPoP",
        "expires_in": .integer(Self.lifetime.wholeSeconds),
        "scope": .string(grant.scopes.description),
      ]
      if let refresh = grant.refreshToken { body["refresh_token"] = .string(refresh) }
      return answer.json(body)
    } catch {
      // A device that asks every five seconds whether its person has decided is no refusal.
      if !((error as? OAuthError)?.isWaiting ?? false) {
        await events.note(.tokenRefused, error, address: request.peer, answer.log)
      }
      return answer.refusal(error, of: request, at: "token")
    }
  }

  private func event(_ grant: Grant, _ asked: TokenRequest, _ client: Client, _ request: Request) -> Event {
    Event(
      .tokenIssued, detail: asked.type.rawValue, userID: grant.userID, clientID: client.id,
      connectionID: grant.connectionID, address: request.peer)
  }

  /// - Parameter recording: writes the event of a grant within the transaction that makes it; says whether it did.
  private func grant(
    _ asked: TokenRequest, _ client: Client, _ possession: Possession,
    recording: @escaping @Sendable (Grant, Transaction) throws -> Bool
  ) async throws -> Grant {
    switch asked.grant {
    case .authorizationCode(let code, let redirectURI, let verifier):
      try await tokens.redeem(
        code, redirectURI: redirectURI, verifier: verifier, resource: asked.resource, client: client,
        possession: possession)
    case .refreshToken(let token):
      try await tokens.rotate(
        token, scopes: asked.scopes, resource: asked.resource, client: client, possession: possession,
        recording: recording)
    case .clientCredentials:
      try await tokens.serviceGrant(client, scopes: asked.scopes, resource: asked.resource ?? issuer.resource)
    case .deviceCode(let code):
      try await devices.redeem(
        code, resource: asked.resource, client: client, tokens: tokens, possession: possession)
    }
  }
}
