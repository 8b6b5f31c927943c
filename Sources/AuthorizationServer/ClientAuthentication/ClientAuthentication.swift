internal import Crypto
internal import HTTP
internal import OAuth
internal import Storage

/// Which client calls an endpoint, and proof of it (OAuth 2.1 §2.4).
struct ClientAuthentication: Sendable {
  let clients: Clients
  let throttle: SecretThrottle

  /// What a request says about its client, before any of it is believed.
  private struct Claim {
    var id: String
    var secret: String?
    var usesBasic: Bool
  }

  /// Finds the client of a request and checks its proof.
  ///
  /// - Throws: `OAuthError` `invalid_request` for two proofs at once, `invalid_client` for none that holds;
  ///   `TooManyAttempts`, `StorageError`.
  func client(of request: Request, form: Form) async throws -> Client {
    let claim = try claim(request, form)
    guard let client = try await clients.client(claim.id) else {
      throw OAuthError(
        .invalidClient, says: "the client is not known here", because: "client \(claim.id.prefix(80))")
    }
    guard !client.isDisabled else {
      throw OAuthError(
        .invalidClient, says: "the client is not known here", because: "client \(client.id) is disabled")
    }
    switch (client.method, claim.secret) {
    case (.none, nil): return client
    case (.none, .some):
      throw OAuthError(
        .invalidClient, says: "this client was registered without a secret", because: client.id)
    case (_, nil):
      throw OAuthError(.invalidClient, says: "this client has to authenticate", because: client.id)
    case (.secretBasic, .some) where client.isMethodExplicit && !claim.usesBasic,
      (.secretPost, .some) where client.isMethodExplicit && claim.usesBasic:
      throw OAuthError(
        .invalidClient, says: "the client was registered with another token_endpoint_auth_method",
        because: client.id)
    case (_, .some(let secret)):
      // OAuth 2.1 §2.4.1: the server MUST protect any endpoint that takes secrets against brute force.
      try throttle.check(client.id, request.peer)
      guard try await clients.isSecret(secret, of: client) else {
        throttle.failed(client.id, request.peer)
        throw OAuthError(.invalidClient, says: "the client's secret is wrong", because: client.id)
      }
      return client
    }
  }

  /// Whether the request tried HTTP Basic, so that a refusal names that scheme (RFC 6749 §5.2).
  static func usesBasic(_ request: Request) -> Bool {
    request.fields["authorization"].map { $0.lowercased().hasPrefix("basic") } ?? false
  }

  private func claim(_ request: Request, _ form: Form) throws(OAuthError) -> Claim {
    let bodyID = form["client_id"]
    let bodySecret = form["client_secret"]
    guard form["client_assertion"] == nil, form["client_assertion_type"] == nil else {
      throw OAuthError(.invalidClient, says: "client assertions are not accepted here")
    }
    guard let authorization = request.fields["authorization"] else {
      guard let bodyID else { throw OAuthError(.invalidClient, says: "client_id is missing") }
      return Claim(id: bodyID, secret: bodySecret, usesBasic: false)
    }
    // OAuth 2.1 §2.4: the client MUST NOT use more than one authentication method in each request.
    guard bodySecret == nil else {
      throw OAuthError(.invalidRequest, says: "the client authenticates in two ways at once")
    }
    guard let (id, secret) = Self.basic(authorization) else {
      throw OAuthError(.invalidClient, says: "the Authorization field is not proper HTTP Basic")
    }
    guard bodyID == nil || bodyID == id else {
      throw OAuthError(.invalidRequest, says: "client_id differs from the Authorization field")
    }
    return Claim(id: id, secret: secret.isEmpty ? nil : secret, usesBasic: true)
  }

  /// RFC 6749 §2.3.1: both parts are form-encoded before they are joined by a colon.
  private static func basic(_ field: String) -> (id: String, secret: String)? {
    let parts = field.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "basic", let bytes = Base64.decode(parts[1]),
      let text = String(validating: bytes, as: UTF8.self), let colon = text.firstIndex(of: ":"),
      let id = formDecoded(text[..<colon]), let secret = formDecoded(text[text.index(after: colon)...]),
      !id.isEmpty
    else { return nil }
    return (id, secret)
  }

  private static func formDecoded(_ text: Substring) -> String? {
    percentDecoded(text.map { $0 == "+" ? " " : String($0) }.joined())
  }
}
