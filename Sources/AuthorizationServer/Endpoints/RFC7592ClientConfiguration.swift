internal import HTTP
internal import JSON
internal import OAuth

/// The client configuration endpoint (RFC 7592): a client that registered itself reads, changes or ends its
/// registration, with the token that it got at registration.
struct ClientConfigurationEndpoint: Sendable {
  let registration: RegistrationEndpoint
  let clients: Clients
  let answer: Answer
  let events: Events

  /// RFC 7592 §2.2: what the server said and a client MUST NOT say back.
  private static let ours = [
    "registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at",
  ]

  func read(_ request: Request) async -> Response {
    await managed(request) { client, token in
      answer.json(registration.description(of: client, secret: nil, registrationToken: token))
    }
  }

  func update(_ request: Request) async -> Response {
    await managed(request) { client, token in
      guard request.body.count < RegistrationEndpoint.bodyLimit else { return registration.tooLong }
      let body = try registration.body(of: request)
      for name in Self.ours where body[name] != nil {
        throw OAuthError(.invalidClientMetadata, says: "\(name) is not the client's to say")
      }
      // RFC 7592 §2.2: the client MUST include its client_id, and it MUST be the same.
      guard body["client_id"]?.string == client.id else {
        throw OAuthError(.invalidClientMetadata, says: "client_id has to be the client's own")
      }
      // A client_secret, if included, MUST match; the client can't choose one.
      if let secret = body["client_secret"]?.string, try await !clients.isSecret(secret, of: client) {
        throw OAuthError(.invalidClientMetadata, says: "client_secret has to be the present one")
      }
      let draft = try registration.draft(body)
      guard let (updated, secret) = try await clients.update(client, to: draft) else { return shared }
      try await events.record(Event(.clientUpdated, clientID: client.id, address: request.peer))
      return answer.json(registration.description(of: updated, secret: secret, registrationToken: token))
    }
  }

  func delete(_ request: Request) async -> Response {
    await managed(request) { client, _ in
      guard try await clients.end(client) else { return shared }
      try await events.record(Event(.clientDeleted, clientID: client.id, address: request.peer))
      return Response(status: 204, fields: ["cache-control": "no-store"])
    }
  }

  /// RFC 7592 §2.2, §2.3: who is not allowed to is answered 403.
  private var shared: Response {
    answer.json(
      [
        "error": "access_denied",
        "error_description":
          "this registration was given to others who asked for the same; it can only be read",
      ], status: 403)
  }

  private func managed(
    _ request: Request, _ body: (Client, String) async throws -> Response
  ) async -> Response {
    do {
      try registration.flood.admit(request.peer)
      // RFC 7592 §2.1: an unknown client is answered like a wrong token, with 401.
      guard let token = request.bearer, let id = request.parameters["id"],
        let client = try await clients.client(id, managedBy: token)
      else {
        let error = OAuthError(.invalidToken, says: "the registration access token is not valid")
        return answer.error(
          error, at: "client configuration",
          challenge: request.fields["authorization"] == nil ? "Bearer" : "Bearer error=\"invalid_token\"")
      }
      return try await body(client, token)
    } catch { return answer.failure(error, at: "client configuration") }
  }
}

extension Request {
  /// The bearer token of the `Authorization` field (RFC 6750 §2.1).
  var bearer: String? {
    guard let field = fields["authorization"] else { return nil }
    let parts = field.split(separator: " ", omittingEmptySubsequences: true)
    return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
  }
}
