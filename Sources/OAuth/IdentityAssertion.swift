internal import Crypto
internal import JSON
package import World

/// What a company's identity provider says of a person to let an application of theirs in (ID-JAG,
/// draft-ietf-oauth-identity-assertion-authz-grant §3; MCP "Enterprise-Managed Authorization").
package struct IdentityAssertion: Sendable {
  /// Who says it; proven by `jwt.isSigned(by:)` with that issuer's keys alone.
  package let issuer: String
  package let subject: String
  /// To which application it was given.
  package let clientID: String
  /// `jti`: good for one use.
  package let identifier: String
  package let expiresAt: Instant
  /// For which resource, where it names one.
  package let resource: String?
  /// What the person may be granted at most, where it says so.
  package let scope: String?
  package let jwt: CompactJWT

  /// How far ahead it may expire, and so how long its `jti` has to be remembered.
  package static let lifetime: Duration = .hours(1)
  /// How far two clocks may be apart.
  package static let skew: Duration = .seconds(60)

  /// Why it is refused; for the log, the client reads `invalid_grant`.
  package enum Refusal: String, Error, Sendable {
    case malformed, wrongType, wrongAlgorithm, missingClaim, wrongAudience, expired, tooLong, notYetValid
  }

  /// Reads an assertion and checks all that it says, but not who signed it.
  ///
  /// - Parameter audience: our issuer identifier.
  package init(_ text: String, audience: String, now: Instant) throws(Refusal) {
    guard let jwt = CompactJWT(text) else { throw .malformed }
    // §3.1: typ MUST be oauth-id-jag+jwt, so that no other JWT of the provider is taken for one.
    guard jwt.type == "oauth-id-jag+jwt" else { throw .wrongType }
    guard jwt.algorithm != nil else { throw .wrongAlgorithm }
    guard let issuer = jwt.text("iss"), let subject = jwt.text("sub"), let clientID = jwt.text("client_id"),
      let identifier = jwt.text("jti")
    else { throw .missingClaim }
    // aud MUST be our issuer identifier; one that is good elsewhere too could be carried there.
    guard jwt.claims["aud"]?.string == audience || jwt.claims["aud"]?.array == [.string(audience)] else {
      throw .wrongAudience
    }
    guard let expiresAt = jwt.instant("exp") else { throw .missingClaim }
    // Its clock is another's, so a moment too late is none.
    guard now < expiresAt + Self.skew else { throw .expired }
    guard expiresAt <= now + Self.lifetime + Self.skew else { throw .tooLong }
    for name in ["iat", "nbf"] where jwt.claims[name] != nil {
      guard let moment = jwt.instant(name) else { throw .malformed }
      guard moment <= now + Self.skew else { throw .notYetValid }
    }
    for name in ["resource", "scope"] where jwt.claims[name] != nil {
      guard jwt.text(name) != nil else { throw .malformed }
    }
    self.issuer = issuer
    self.subject = subject
    self.clientID = clientID
    self.identifier = identifier
    self.expiresAt = expiresAt
    self.jwt = jwt
    resource = jwt.text("resource")
    scope = jwt.text("scope")
  }
}
