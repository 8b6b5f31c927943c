package import HTTP
internal import JSON
package import OAuth

/// The answer to a request whose caller is not known: 401, with the way to a token (RFC 6750 §3, RFC 9728 §5.1).
package struct Challenge: Sendable {
  private let metadata: ProtectedResourceMetadata
  /// What a client should ask for first; more comes by step-up.
  private let scope: String

  package init(metadata: ProtectedResourceMetadata, scope: ScopeSet) {
    self.metadata = metadata
    self.scope = scope.description
  }

  /// - Parameter path: that was asked for.
  package func response(_ failure: AuthenticationFailure, path: String) -> Response {
    if case .elsewhere = failure { return Self.elsewhere }
    var challenge = "Bearer resource_metadata=\"\(metadata.url(for: path))\", scope=\"\(scope)\""
    var body: JSONObject = [
      "error": "unauthorized", "error_description": "a bearer token or an API key is needed",
    ]
    // RFC 6750 §3.1: a request without any credentials SHOULD NOT be told an error code.
    if case .unproven(let proof) = failure { return response(proof, challenge) }
    if case .invalid(let says, _) = failure {
      challenge += ", error=\"invalid_token\", error_description=\"\(says)\""
      body = ["error": "invalid_token", "error_description": .string(says)]
    }
    return response(challenge, body)
  }

  private func response(_ challenge: String, _ body: JSONObject) -> Response {
    Response(
      status: 401,
      fields: [
        "www-authenticate": challenge, "content-type": "application/json", "cache-control": "no-store",
      ],
      body: JSONValue.object(body).serialized())
  }

  /// RFC 9449 §7.1 and §7.2: the scheme that was tried names the error; a bound token that came as a bearer token is
  /// told of the other one.
  private func response(_ proof: AuthenticationFailure.Unproven, _ bearer: String) -> Response {
    let error = "error=\"\(proof.code.rawValue)\", error_description=\"\(proof.says)\""
    let algorithms = "algs=\"\(DPoPProof.algorithms.joined(separator: " "))\""
    let body: JSONObject = [
      "error": .string(proof.code.rawValue), "error_description": .string(proof.says),
    ]
    var response = response(
      proof.cameAsBearer
        ? "\(bearer), \(error)" : "DPoP\(bearer.dropFirst("Bearer".count)), \(error), \(algorithms)", body)
    if proof.cameAsBearer { response.fields.add("www-authenticate", "DPoP \(algorithms)") }
    response.fields["dpop-nonce"] = proof.nonce
    return response
  }
}

extension Challenge {
  /// 403 without a challenge: a client that is sent to log in again would come from the same address.
  private static let elsewhere = Response(
    status: 403, fields: ["content-type": "application/json", "cache-control": "no-store"],
    body: JSONValue.object([
      "error": "access_denied",
      "error_description":
        "this connection may not be used from this address; its owner says from where it may",
    ]).serialized())
}

/// Why a request has no caller.
package enum AuthenticationFailure: Error, Sendable {
  /// It brought nothing.
  case missing
  /// What it brought proves nothing: `says` is for the client and has no quotes in it, `because` for the log.
  case invalid(says: String, because: String)
  /// It concerns an access token that is bound to a key, or that was sent as if it were.
  case unproven(Unproven)

  /// What is missing of a proof of possession.
  package struct Unproven: Sendable {
    /// `invalid_token`, `invalid_dpop_proof` or `use_dpop_nonce`.
    package let code: OAuthError.Code
    /// As above.
    let says: String
    package let because: String
    let cameAsBearer: Bool
    /// To try again with.
    let nonce: String
  }
  /// It is good, but not from this address.
  case elsewhere(connectionID: String, userID: Int64)
}
