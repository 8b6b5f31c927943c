internal import HTTP
internal import OAuth
internal import Storage
internal import World

/// Which client calls an endpoint, and proof of it (OAuth 2.1 §2.4).
struct ClientAuthentication: Sendable {
  let clients: Clients
  let throttle: SecretThrottle
  let keySets: ClientKeySets
  let used: UsedOnce
  let issuer: Issuer
  let world: World

  /// What a request says about its client, before any of it is believed.
  private struct Claim {
    var id: String
    var proof: Proof
  }

  private enum Proof {
    case nothing
    case secret(String, usesBasic: Bool)
    case assertion(ClientAssertion)
  }

  /// Finds the client of a request and checks its proof.
  ///
  /// - Throws: `OAuthError` `invalid_request` for two proofs at once, `invalid_client` for none that holds;
  ///   `TooManyAttempts`, `StorageError`.
  func client(of request: Request, form: Form) async throws -> Client {
    let claim = try claim(request, form)
    guard let client = try await clients.client(claim.id, mayBeStale: true) else {
      throw OAuthError(
        .invalidClient, says: "the client is not known here", because: "client \(claim.id.prefix(80))")
    }
    guard !client.isDisabled else {
      throw OAuthError(
        .invalidClient, says: "the client is not known here", because: "client \(client.id) is disabled")
    }
    switch (client.method, claim.proof) {
    case (.none, .nothing): break
    case (.privateKeyJWT, .nothing) where client.mayOmitProof: break
    case (_, .nothing):
      throw OAuthError(.invalidClient, says: "this client has to authenticate", because: client.id)
    case (.none, .secret), (.privateKeyJWT, .secret):
      throw OAuthError(
        .invalidClient, says: "this client was registered without a secret", because: client.id)
    case (.secretBasic, .secret(_, usesBasic: false)) where client.isMethodExplicit,
      (.secretPost, .secret(_, usesBasic: true)) where client.isMethodExplicit:
      throw OAuthError(
        .invalidClient, says: "the client was registered with another token_endpoint_auth_method",
        because: client.id)
    case (_, .secret(let secret, _)): try await check(secret, of: client, request)
    case (.privateKeyJWT, .assertion(let assertion)): try await check(assertion, of: client, request)
    case (_, .assertion):
      throw OAuthError(
        .invalidClient, says: "this client was registered without private_key_jwt", because: client.id)
    }
    return client
  }

  /// Whether the request tried HTTP Basic, so that a refusal names that scheme (RFC 6749 §5.2).
  static func usesBasic(_ request: Request) -> Bool {
    request.fields["authorization"].map { $0.lowercased().hasPrefix("basic") } ?? false
  }

  private func check(_ secret: String, of client: Client, _ request: Request) async throws {
    // OAuth 2.1 §2.4.1: the server MUST protect any endpoint that takes secrets against brute force.
    try throttle.check(client.id, request.peer)
    guard try await clients.isSecret(secret, of: client) else {
      throttle.failed(client.id, request.peer)
      throw OAuthError(.invalidClient, says: "the client's secret is wrong", because: client.id)
    }
  }

  private func check(_ assertion: ClientAssertion, of client: Client, _ request: Request) async throws {
    // A signature costs more than a secret to check.
    try throttle.check(client.id, request.peer)
    guard try await keySets.vouch(for: assertion.jwt, keys: client.keys) else {
      throttle.failed(client.id, request.peer)
      throw OAuthError(
        .invalidClient, says: "the client assertion is not signed by a key of the client", because: client.id)
    }
    // RFC 7523 §3: an assertion with a jti is good once. Only the holder of the key may use one up.
    guard
      try await used.spend(
        assertion.identifier, of: assertion.clientID, until: assertion.expiresAt)
    else {
      throw OAuthError(.invalidClient, says: "the client assertion was used before", because: client.id)
    }
  }

  private func claim(_ request: Request, _ form: Form) throws(OAuthError) -> Claim {
    let bodyID = form["client_id"]
    let bodySecret = form["client_secret"]
    let authorization = request.fields["authorization"]
    if form["client_assertion"] != nil || form["client_assertion_type"] != nil {
      // OAuth 2.1 §2.4: the client MUST NOT use more than one authentication method in each request.
      guard bodySecret == nil, authorization == nil else {
        throw OAuthError(.invalidRequest, says: "the client authenticates in two ways at once")
      }
      let assertion = try assertion(form)
      // RFC 7521 §4.2: the client_id is unnecessary; if it is there, it MUST identify the same client.
      guard bodyID == nil || bodyID == assertion.clientID else {
        throw OAuthError(.invalidClient, says: "client_id differs from the client assertion")
      }
      return Claim(id: assertion.clientID, proof: .assertion(assertion))
    }
    guard let authorization else {
      guard let bodyID else { throw OAuthError(.invalidClient, says: "client_id is missing") }
      return Claim(id: bodyID, proof: bodySecret.map { .secret($0, usesBasic: false) } ?? .nothing)
    }
    // OAuth 2.1 §2.4, as above.
    guard bodySecret == nil else {
      throw OAuthError(.invalidRequest, says: "the client authenticates in two ways at once")
    }
    guard let credentials = BasicCredentials(authorization) else {
      throw OAuthError(.invalidClient, says: "the Authorization field is not proper HTTP Basic")
    }
    guard bodyID == nil || bodyID == credentials.id else {
      throw OAuthError(.invalidRequest, says: "client_id differs from the Authorization field")
    }
    return Claim(
      id: credentials.id,
      proof: credentials.secret.isEmpty ? .nothing : .secret(credentials.secret, usesBasic: true))
  }

  private func assertion(_ form: Form) throws(OAuthError) -> ClientAssertion {
    guard form["client_assertion_type"] == ClientAssertion.type else {
      throw OAuthError(.invalidRequest, says: "client_assertion_type has to be \(ClientAssertion.type)")
    }
    guard let text = form["client_assertion"] else {
      throw OAuthError(.invalidRequest, says: "client_assertion is missing")
    }
    do {
      return try ClientAssertion(text, issuer: issuer.url, now: world.now)
    } catch {
      throw OAuthError(.invalidClient, says: error.says, because: "client assertion: \(error.rawValue)")
    }
  }
}

extension ClientAssertion.Refusal {
  /// What the client's developer may read.
  fileprivate var says: String {
    switch self {
    case .malformed: "the client assertion is malformed"
    case .wrongType: "the client assertion is a JWT of another kind"
    case .wrongAlgorithm: "the client assertion has to be signed with ES256, RS256 or EdDSA"
    case .wrongIssuer: "iss and sub of the client assertion have to be the client_id"
    case .wrongAudience: "aud of the client assertion has to be the issuer, as a string"
    case .expired: "the client assertion has expired"
    case .tooLong: "the client assertion expires more than five minutes ahead"
    case .notYetValid: "the client assertion is not yet valid"
    case .noIdentifier: "the client assertion has no proper jti"
    }
  }
}
