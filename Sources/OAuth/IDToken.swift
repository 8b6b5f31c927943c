internal import Crypto
package import JSON
package import World

/// What an identity provider says of a person who signed in there (OpenID Connect Core §2).
package struct IDToken: Sendable {
  package let subject: String
  /// When the person proved who they are, if the provider says so.
  package let authenticatedAt: Instant?
  /// How they did (RFC 8176).
  package let methods: [String]
  package let claims: JSONObject
  /// Proven by `vouch` with the provider's keys alone.
  package let jwt: CompactJWT

  /// How far two clocks may be apart.
  package static let skew: Duration = .minutes(5)
  /// Some providers list every group of a person.
  private static let lengthLimit = 64 * 1024

  /// Why it is refused; for the log.
  package enum Refusal: String, Error, Sendable {
    case malformed, wrongType, wrongAlgorithm, missingClaim, wrongIssuer, wrongAudience, wrongParty, expired
    case notYetValid, wrongNonce
  }

  /// Reads a token and checks all that it says, but not who signed it (OpenID Connect Core §3.1.3.7).
  package init(
    _ text: String, issuer: String, clientID: String, nonce: String, now: Instant
  ) throws(Refusal) {
    guard let jwt = CompactJWT(text, limit: Self.lengthLimit) else { throw .malformed }
    // RFC 8725 §3.11: another kind of JWT of the same provider is no ID token.
    guard jwt.type.map({ $0 == "jwt" }) ?? true else { throw .wrongType }
    // An unsigned token, or one signed with the client's secret, is nobody's word.
    guard jwt.algorithm != nil else { throw .wrongAlgorithm }
    guard let subject = jwt.claims["sub"]?.string, (1...255).contains(subject.utf8.count) else {
      throw .missingClaim
    }
    // §14: strings are compared code point by code point, as `JSONValue` does; nothing is normalised.
    // 2. The Issuer Identifier MUST exactly match the value of the iss Claim.
    guard jwt.claims["iss"] == .string(issuer) else { throw .wrongIssuer }
    // 3. aud MUST contain our client_id, and no audience that we don't trust.
    guard jwt.claims["aud"] == .string(clientID) || jwt.claims["aud"] == [.string(clientID)] else {
      throw .wrongAudience
    }
    // 5. azp, if present, is our client_id.
    guard jwt.claims["azp"].map({ $0 == .string(clientID) }) ?? true else { throw .wrongParty }
    guard let expiresAt = jwt.instant("exp"), let issuedAt = jwt.instant("iat") else { throw .missingClaim }
    // 9. The current time MUST be before exp, as far as two clocks agree.
    guard now < expiresAt + Self.skew else { throw .expired }
    guard issuedAt <= now + Self.skew else { throw .notYetValid }
    if jwt.claims["nbf"] != nil {
      guard let moment = jwt.instant("nbf") else { throw .malformed }
      guard moment <= now + Self.skew else { throw .notYetValid }
    }
    // 11. nonce MUST be the one that was sent.
    guard let given = jwt.claims["nonce"]?.string, constantTimeEqual(Array(given.utf8), Array(nonce.utf8))
    else { throw .wrongNonce }
    self.subject = subject
    authenticatedAt = jwt.instant("auth_time")
    methods = jwt.claims["amr"]?.array?.compactMap(\.string) ?? []
    claims = jwt.claims
    self.jwt = jwt
  }
}
