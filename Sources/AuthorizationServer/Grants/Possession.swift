internal import HTTP
internal import OAuth

/// What a request proves of a key (RFC 9449 §5), and what follows for a grant.
struct Possession: Sendable {
  /// The key that the request proved to hold; nil when it has no proof.
  let key: KeyThumbprint?
  /// Whether the refresh tokens of the grant belong to the key from here on: those of a client that proves itself
  /// otherwise are bound to it already.
  let bindsRefreshToken: Bool

  /// No proof at all.
  static let none = Possession(key: nil, bindsRefreshToken: false)

  /// Whether whatever is bound to `bound` may be used.
  ///
  /// - Parameter bound: a thumbprint as it is stored; nil is bound to none.
  /// - Returns: nil when it may, otherwise why not.
  func refusal(of bound: String?, for client: String) -> OAuthError? {
    guard let bound else { return nil }
    guard let key else {
      return OAuthError(
        .invalidDPoPProof, says: "the grant is bound to a key and needs a DPoP proof", because: client)
    }
    // RFC 9449 §5: the server MUST verify that the proof's key is the one that the refresh token is bound to; §10: if
    // the key differs from dpop_jkt, it MUST reject the request.
    guard key.text == bound else {
      return OAuthError(.invalidGrant, says: "the grant is bound to another key", because: client)
    }
    return nil
  }
}

extension DPoPCheck {
  /// What a client's request proves.
  ///
  /// - Throws: `OAuthError` `invalid_dpop_proof`, `use_dpop_nonce`.
  func possession(of request: Request, by client: Client) throws(OAuthError) -> Possession {
    let key = try key(of: request)
    // RFC 9449 §5.2: requests of a client that registered dpop_bound_access_tokens MUST have a proof.
    guard key != nil || !client.needsProof else {
      throw OAuthError(
        .invalidDPoPProof, says: "the client is registered for DPoP and sent no proof", because: client.id)
    }
    return Possession(key: key, bindsRefreshToken: client.method == .none || client.mayOmitProof)
  }

  /// The key that a request proves to hold; nil when it has no proof.
  ///
  /// - Throws: as above.
  func key(of request: Request) throws(OAuthError) -> KeyThumbprint? {
    do throws(DPoPCheck.Failure) {
      return try proof(of: request)?.thumbprint
    } catch {
      switch error {
      case .invalid(let refusal):
        throw OAuthError(.invalidDPoPProof, says: refusal.says, because: "DPoP proof: \(refusal.rawValue)")
      case .wrongKey: throw OAuthError(.invalidDPoPProof, says: "the DPoP proof is of another key")
      case .nonceNeeded:
        throw OAuthError(.useDPoPNonce, says: "the DPoP proof needs the nonce of the DPoP-Nonce field")
      }
    }
  }

  /// RFC 9449 §8.2: who sends proofs gets a nonce with every answer.
  func offerNonce(in response: inout Response, to request: Request) {
    if request.fields["dpop"] != nil { response.fields["dpop-nonce"] = nonce }
  }
}
