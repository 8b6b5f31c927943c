internal import Crypto
package import HTTP
package import World

/// The checks that a DPoP proof meets at one of our doors, in the order of their cost (RFC 9449 §4.3), and its nonces.
package struct DPoPCheck: Sendable {
  private let issuer: Issuer
  private let nonces: DPoPNonces
  private let isNonceRequired: Bool
  private let used: UsedProofs
  private let world: World

  /// Why a request's proof does not count.
  package enum Failure: Error, Sendable {
    case invalid(DPoPProof.Refusal)
    /// It proves another key than the one that the access token is bound to.
    case wrongKey
    /// It needs a nonce of ours, or a newer one: the client may try again with the one that the answer brings (§8, §9).
    case nonceNeeded
  }

  /// - Parameters:
  ///   - isNonceRequired: whether a proof without a nonce is refused; one with a wrong nonce always is.
  package init(issuer: Issuer, nonces: DPoPNonces, isNonceRequired: Bool, world: World) {
    self.issuer = issuer
    self.nonces = nonces
    self.isNonceRequired = isNonceRequired
    self.world = world
    used = UsedProofs(since: world.now)
  }

  /// For the `DPoP-Nonce` field of an answer.
  package var nonce: String { nonces.current(at: world.now) }

  /// The proof that came to an endpoint of the authorization server.
  ///
  /// - Returns: nil when the request has no `DPoP` field.
  package func proof(of request: Request) throws(Failure) -> DPoPProof? {
    guard let text = try field(of: request) else { return nil }
    let (proof, _) = try read(text, request, accessToken: nil)
    guard used.spend(proof, at: world.now) else { throw .invalid(.replayed) }
    return proof
  }

  /// Checks that a request with a bound access token comes from the holder of its key (§7.1).
  package func admit(
    _ request: Request, accessToken: String, boundTo key: KeyThumbprint
  ) throws(Failure) {
    guard let text = try field(of: request) else { throw .invalid(.missing) }
    let (proof, nonceTime) = try read(text, request, accessToken: accessToken)
    // §7.1: the resource server MUST check that the token is bound to the key of the proof.
    guard proof.thumbprint == key else { throw .wrongKey }
    // Of a proof from before our memory nobody knows whether it was used: it must say that it is younger, by its own
    // time or by a nonce that was not given out before.
    let since = used.since
    guard proof.issuedAt.seconds >= since.seconds || nonceTime.map({ $0 >= since }) ?? false else {
      throw .nonceNeeded
    }
    guard used.spend(proof, at: world.now) else { throw .invalid(.replayed) }
  }

  private func field(of request: Request) throws(Failure) -> String? {
    let fields = request.fields.all("dpop")
    // §4.3: there MUST NOT be more than one DPoP field.
    guard fields.count <= 1 else { throw .invalid(.several) }
    return fields.first
  }

  private func read(
    _ text: String, _ request: Request, accessToken: String?
  ) throws(Failure) -> (proof: DPoPProof, nonceTime: Instant?) {
    let now = world.now
    let proof: DPoPProof
    do {
      proof = try DPoPProof(
        text, method: request.method.name, target: issuer.origin + request.path, accessToken: accessToken,
        now: now)
    } catch { throw .invalid(error) }
    guard let nonce = proof.nonce else {
      if isNonceRequired { throw .nonceNeeded }
      return (proof, nil)
    }
    // §4.3: if the server gave a nonce to the client, the nonce claim MUST match it.
    guard let time = nonces.beginning(of: nonce, at: now) else { throw .nonceNeeded }
    return (proof, time)
  }
}
