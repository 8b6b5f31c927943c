internal import Crypto
internal import JSON
package import World

/// A proof that whoever sends a request holds a key (RFC 9449 §4): a JWT that brings its public key along and says
/// which request it is for.
package struct DPoPProof: Sendable {
  /// How old a proof may be, and so how long its `jti` has to be remembered.
  package static let lifetime: Duration = .minutes(5)
  /// How far the client's clock may be ahead of ours.
  package static let skew: Duration = .seconds(60)
  /// The `alg` values that are taken, as metadata has them (RFC 9449 §5.1).
  package static let algorithms = PublicKey.Algorithm.allCases.map(\.rawValue)
  private static let lengthLimit = 8192

  /// Of the key (RFC 7638): what tokens are bound to as `jkt`.
  package let thumbprint: KeyThumbprint
  /// `jti`: good for one use.
  package let identifier: String
  /// `iat`.
  package let issuedAt: Instant
  /// What it repeats of our `DPoP-Nonce`; not yet checked.
  package let nonce: String?

  /// Why a proof is refused; for the log, the client reads `invalid_dpop_proof`.
  package enum Refusal: String, Error, Sendable {
    case missing, several, malformed, wrongType, wrongAlgorithm, privateKey, unusableKey, badSignature,
      missingClaim,
      wrongMethod, wrongTarget, tooOld, notYetValid, wrongToken, replayed
  }

  /// Reads a proof and makes the checks of RFC 9449 §4.3 that need no memory: all but `nonce` and the reuse of `jti`.
  ///
  /// - Parameters:
  ///   - method: of the request.
  ///   - target: the request's URI as the outside knows it; its query does not count.
  ///   - accessToken: that came with the proof, at a resource server.
  package init(
    _ text: String, method: String, target: String, accessToken: String? = nil, now: Instant
  ) throws(Refusal) {
    // §4.3: the field value MUST be a single well-formed JWT.
    let parts = text.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
    guard text.utf8.count <= Self.lengthLimit, parts.count == 3, let header = Self.object(parts[0]),
      let claims = Self.object(parts[1]), let signature = Base64URL.decode(parts[2])
    else { throw .malformed }
    // The typ MUST have the value dpop+jwt, so that no other JWT of the client is taken for a proof.
    let type = header["typ"]?.string?.lowercased()
    guard type == "dpop+jwt" || type == "application/dpop+jwt" else { throw .wrongType }
    // The alg MUST be a registered asymmetric algorithm and MUST NOT be none.
    guard let algorithm = header["alg"]?.string.flatMap(PublicKey.Algorithm.init(rawValue:)),
      header["crit"] == nil
    else { throw .wrongAlgorithm }
    guard let jwk = header["jwk"]?.object else { throw .unusableKey }
    // The jwk MUST NOT contain a private key.
    guard KeySet.privateMembers.allSatisfy({ jwk[$0] == nil }) else { throw .privateKey }
    let found: PublicKey?
    do { found = try KeySet.key(jwk) } catch { throw .unusableKey }
    guard let key = found, let thumbprint = KeyThumbprint(of: jwk) else { throw .unusableKey }
    guard key.algorithm == algorithm else { throw .wrongAlgorithm }

    // All required claims MUST be there, …
    guard let statedMethod = claims["htm"]?.string, let statedTarget = claims["htu"]?.string,
      let issuedAt = Self.instant(claims["iat"]), let identifier = claims["jti"]?.string,
      (1...512).contains(identifier.utf8.count), claims["nonce"] == nil || claims["nonce"]?.string != nil
    else { throw .missingClaim }
    // … htm MUST match the method, and htu the URI without query and fragment, after normalisation.
    guard statedMethod == method else { throw .wrongMethod }
    guard statedTarget == target || Self.isSame(statedTarget, target) else { throw .wrongTarget }
    // The time of creation MUST be within an acceptable window.
    guard issuedAt <= now + Self.skew else { throw .notYetValid }
    guard now - issuedAt <= Self.lifetime else { throw .tooOld }
    if let accessToken {
      // With an access token, ath MUST be its hash.
      guard claims["ath"]?.string == Base64URL.encode(SHA256.hash(accessToken)) else { throw .wrongToken }
    }
    // Last, since it costs most: the signature MUST verify with the public key in the header.
    guard key.isValid(signature, for: Array(text.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count)))
    else { throw .badSignature }
    self.thumbprint = thumbprint
    self.identifier = identifier
    self.issuedAt = issuedAt
    nonce = claims["nonce"]?.string
  }

  private static func isSame(_ one: String, _ other: String) -> Bool {
    guard let one = TargetURI(one), let other = TargetURI(other) else { return false }
    return one == other
  }

  private static func object(_ part: Substring) -> JSONObject? {
    guard let bytes = Base64URL.decode(part) else { return nil }
    do { return try JSONValue(parsing: bytes).object } catch { return nil }
  }

  /// RFC 7519 §2: a NumericDate may have a fraction.
  private static func instant(_ value: JSONValue?) -> Instant? {
    let range: ClosedRange<Double> = 0...253_402_300_800
    switch value {
    case .integer(let seconds) where range.contains(Double(seconds)): return Instant(seconds: seconds)
    case .number(let seconds) where range.contains(seconds):
      return Instant(microseconds: Int64(seconds * 1_000_000))
    default: return nil
    }
  }
}

extension DPoPProof.Refusal {
  /// What the client's developer may read.
  package var says: String {
    switch self {
    case .missing: "the DPoP field with a proof is missing"
    case .several: "there has to be one DPoP field"
    case .malformed: "the DPoP proof is malformed"
    case .wrongType: "the DPoP proof's typ has to be dpop+jwt"
    case .wrongAlgorithm: "the DPoP proof has to be signed with ES256, RS256 or EdDSA, as its key is"
    case .privateKey: "the DPoP proof holds a private key"
    case .unusableKey: "the DPoP proof's jwk is no proper public key"
    case .badSignature: "the DPoP proof is not signed by its key"
    case .missingClaim: "the DPoP proof needs htm, htu, iat and jti"
    case .wrongMethod: "the DPoP proof is for another method"
    case .wrongTarget: "the DPoP proof is for another URI"
    case .tooOld: "the DPoP proof is older than five minutes"
    case .notYetValid: "the DPoP proof is from the future"
    case .wrongToken: "the DPoP proof's ath is not that of the access token"
    case .replayed: "the DPoP proof was used before"
    }
  }
}
