internal import Crypto
internal import JSON
package import World

/// A JWT by which a client proves itself (RFC 7523 §2.2 and §3, with the rules of draft-ietf-oauth-rfc7523bis).
package struct ClientAssertion: Sendable {
  /// What `client_assertion_type` has to say.
  package static let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
  /// How far ahead an assertion may expire, and so how long its `jti` has to be remembered.
  package static let lifetime: Duration = .minutes(5)
  /// How far two clocks may be apart.
  package static let skew: Duration = .seconds(30)

  /// Who it says it is; proven by `jwt.isSigned(by:)` with its keys alone.
  package let clientID: String
  /// `jti`: good for one use.
  package let identifier: String
  package let expiresAt: Instant
  package let jwt: CompactJWT

  /// Why an assertion is refused; for the log, the client reads `invalid_client`.
  package enum Refusal: String, Error, Sendable {
    case malformed, wrongType, wrongAlgorithm, wrongIssuer, wrongAudience, expired, tooLong, notYetValid,
      noIdentifier
  }

  /// Reads an assertion and checks all that it says, but not who signed it.
  ///
  /// - Parameter issuer: ours.
  package init(_ text: String, issuer: String, now: Instant) throws(Refusal) {
    guard let jwt = CompactJWT(text) else { throw .malformed }
    let claims = jwt.claims
    // RFC 8725 §3.11: a JWT of another kind, such as an access token, is none of these.
    guard jwt.header["typ"] == nil || jwt.type == "jwt" || jwt.type == "client-authentication+jwt" else {
      throw .wrongType
    }
    // RFC 8725 §3.1: the algorithm is one of ours, and later one of the key; none and HS256 are neither.
    guard jwt.algorithm != nil else { throw .wrongAlgorithm }
    // RFC 7523 §3: iss and sub MUST both be the client_id, …
    guard let subject = claims["sub"]?.string, claims["iss"]?.string == subject, !subject.isEmpty else {
      throw .wrongIssuer
    }
    // … and aud MUST be our issuer identifier, as a string (rfc7523bis; FAPI 2.0 §5.3.2.1): an assertion that is good
    // at several places could be carried from one to the other.
    guard claims["aud"]?.string == issuer else { throw .wrongAudience }
    // RFC 7523 §3: the JWT MUST contain an exp claim that has not passed.
    guard let expiresAt = jwt.instant("exp") else { throw .malformed }
    guard now < expiresAt else { throw .expired }
    guard expiresAt <= now + Self.lifetime + Self.skew else { throw .tooLong }
    for name in ["iat", "nbf"] where claims[name] != nil {
      guard let moment = jwt.instant(name) else { throw .malformed }
      guard moment <= now + Self.skew else { throw .notYetValid }
    }
    guard let identifier = jwt.text("jti") else { throw .noIdentifier }
    clientID = subject
    self.identifier = identifier
    self.expiresAt = expiresAt
    self.jwt = jwt
  }
}
