package import Crypto
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
  private static let lengthLimit = 8192

  /// Who it says it is; proven by `isSigned(by:)` alone.
  package let clientID: String
  /// Which key it names, if it names one.
  package let keyID: String?
  package let algorithm: PublicKey.Algorithm
  /// `jti`: good for one use.
  package let identifier: String
  package let expiresAt: Instant
  private let signed: [UInt8]
  private let signature: [UInt8]

  /// Why an assertion is refused; for the log, the client reads `invalid_client`.
  package enum Refusal: String, Error, Sendable {
    case malformed, wrongType, wrongAlgorithm, wrongIssuer, wrongAudience, expired, tooLong, notYetValid,
      noIdentifier
  }

  /// Reads an assertion and checks all that it says, but not who signed it.
  ///
  /// - Parameter issuer: ours.
  package init(_ text: String, issuer: String, now: Instant) throws(Refusal) {
    let parts = text.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
    guard text.utf8.count <= Self.lengthLimit, parts.count == 3, let header = Self.object(parts[0]),
      let claims = Self.object(parts[1]), let signature = Base64URL.decode(parts[2])
    else { throw .malformed }
    // RFC 8725 §3.11: a JWT of another kind, such as an access token, is none of these.
    let type = header["typ"]?.string?.lowercased()
    guard header["typ"] == nil || type == "jwt" || type == "client-authentication+jwt" else {
      throw .wrongType
    }
    // RFC 8725 §3.1: the algorithm is one of ours, and later one of the key; none and HS256 are neither.
    guard let algorithm = header["alg"]?.string.flatMap(PublicKey.Algorithm.init(rawValue:)),
      header["crit"] == nil
    else { throw .wrongAlgorithm }
    // RFC 7523 §3: iss and sub MUST both be the client_id, …
    guard let subject = claims["sub"]?.string, claims["iss"]?.string == subject, !subject.isEmpty else {
      throw .wrongIssuer
    }
    // … and aud MUST be our issuer identifier, as a string (rfc7523bis; FAPI 2.0 §5.3.2.1): an assertion that is good
    // at several places could be carried from one to the other.
    guard claims["aud"]?.string == issuer else { throw .wrongAudience }
    // RFC 7523 §3: the JWT MUST contain an exp claim that has not passed.
    guard let expiresAt = Self.instant(claims["exp"]) else { throw .malformed }
    guard now < expiresAt else { throw .expired }
    guard expiresAt <= now + Self.lifetime + Self.skew else { throw .tooLong }
    for name in ["iat", "nbf"] where claims[name] != nil {
      guard let moment = Self.instant(claims[name]) else { throw .malformed }
      guard moment <= now + Self.skew else { throw .notYetValid }
    }
    guard let identifier = claims["jti"]?.string, (1...512).contains(identifier.utf8.count) else {
      throw .noIdentifier
    }
    clientID = subject
    keyID = header["kid"]?.string
    self.algorithm = algorithm
    self.identifier = identifier
    self.expiresAt = expiresAt
    signed = Array(parts[0].utf8) + [UInt8(ascii: ".")] + Array(parts[1].utf8)
    self.signature = signature
  }

  /// Whether one of the client's keys signed it.
  package func isSigned(by keys: KeySet) -> Bool {
    keys.candidates(keyID, algorithm).contains { $0.isValid(signature, for: signed) }
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
