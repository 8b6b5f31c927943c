internal import HTTP
internal import JSON
internal import OAuth
internal import World

/// The pushed authorization request endpoint (RFC 9126): a client hands its request over directly, where nobody in
/// between can read or change it, and sends the browser with a reference to it.
struct PushedAuthorizationEndpoint: Sendable {
  let issuer: Issuer
  let clients: Clients
  let authentication: ClientAuthentication
  let pushed: PushedRequests
  let flood: Flood
  let proofs: DPoPCheck
  let answer: Answer

  private static let bodyLimit = 16 * 1024
  /// What proves the client here and is no part of its request.
  private static let proofs: Set<String> = ["client_secret", "client_assertion", "client_assertion_type"]

  func respond(to request: Request) async -> Response {
    var response = await outcome(of: request)
    proofs.offerNonce(in: &response, to: request)
    return response
  }

  private func outcome(of request: Request) async -> Response {
    do {
      // RFC 9126 §2.3: a request that is too large is 413, too many of them are 429.
      guard request.body.count < Self.bodyLimit else {
        return answer.json(
          ["error": "invalid_request", "error_description": "the request is too long"], status: 413)
      }
      let form = try TokenRequest.form(of: request)
      let client = try await authentication.client(of: request, form: form)
      try flood.admit(request.peer)
      // RFC 9126 §2.1: request_uri MUST NOT be provided.
      guard !form.pairs.contains(where: { $0.name == "request_uri" }) else {
        throw OAuthError(.invalidRequest, says: "a pushed request can't refer to another one")
      }
      var pairs = form.pairs.filter { $0.name != "client_id" && !Self.proofs.contains($0.name) }
      if let key = try proofs.key(of: request) {
        // RFC 9449 §10.1: a proof here binds the code as dpop_jkt does; if both are there, they MUST be of one key.
        guard form["dpop_jkt"].map({ $0 == key.text }) ?? true else {
          throw OAuthError(.invalidDPoPProof, says: "dpop_jkt is of another key than the DPoP proof")
        }
        pairs.removeAll { $0.name == "dpop_jkt" }
        pairs.append((name: "dpop_jkt", value: key.text))
      }
      let asked = Form(pairs + [(name: "client_id", value: client.id)])
      try await check(asked)
      let uri = try await pushed.push(asked, of: client)
      return answer.json(
        ["request_uri": .string(uri), "expires_in": .integer(PushedRequests.lifetime.wholeSeconds)],
        status: 201)
    } catch { return answer.refusal(error, of: request, at: "pushed authorization") }
  }

  /// RFC 9126 §2.1: the request is checked as it would be at the authorization endpoint. Here the client itself hears
  /// of every error.
  private func check(_ form: Form) async throws {
    do {
      _ = try await AuthorizationRequest(form, clients: clients, issuer: issuer)
    } catch let failure as AuthorizationFailure {
      switch failure {
      case .page(let error), .redirect(let error, _, _): throw error
      }
    }
  }
}
