package import Crypto
internal import JSON
package import World

/// The claims of an access token (RFC 9068 §2.2) with two of our own.
package struct AccessToken: Sendable, Hashable {
  package var issuer: String
  /// The user's number.
  package var subject: String
  /// The resource that it is for.
  package var audience: String
  package var clientID: String
  package var scope: String
  package var issuedAt: Instant
  package var expiresAt: Instant
  /// Its own identifier (`jti`).
  package var identifier: String
  /// The connection that it belongs to (`connection`); revoked with it.
  package var connectionID: String
  /// The connection's revocation version when it was issued (`version`).
  package var connectionVersion: Int64
  /// The family of refresh tokens that it came with (`family`), where there is one.
  package var family: String?
  /// The key that its sender has to prove to hold (`cnf.jkt`, RFC 9449 §6.1); nil for a bearer token.
  package var keyThumbprint: KeyThumbprint?
  /// When the person behind it proved who they are (`auth_time`), …
  package var authenticatedAt: Instant?
  /// … and how well (`acr`).
  package var context: AuthenticationContext?

  package init(
    issuer: String, subject: String, audience: String, clientID: String, scope: String, issuedAt: Instant,
    expiresAt: Instant, identifier: String, connectionID: String, connectionVersion: Int64, family: String?
  ) {
    self.issuer = issuer
    self.subject = subject
    self.audience = audience
    self.clientID = clientID
    self.scope = scope
    self.issuedAt = issuedAt
    self.expiresAt = expiresAt
    self.identifier = identifier
    self.connectionID = connectionID
    self.connectionVersion = connectionVersion
    self.family = family
  }

  /// Signs the token as a JWT of type `at+jwt`.
  ///
  /// - Throws: `CryptoError` when OpenSSL fails.
  package func signed(by key: SigningKey) throws(CryptoError) -> String {
    var claims: JSONObject = [
      "iss": .string(issuer), "sub": .string(subject), "aud": .string(audience),
      "client_id": .string(clientID),
      "scope": .string(scope), "iat": .integer(issuedAt.seconds), "exp": .integer(expiresAt.seconds),
      "jti": .string(identifier), "connection": .string(connectionID), "version": .integer(connectionVersion),
    ]
    if let family { claims["family"] = .string(family) }
    if let keyThumbprint { claims["cnf"] = ["jkt": .string(keyThumbprint.text)] }
    if let authenticatedAt { claims["auth_time"] = .integer(authenticatedAt.seconds) }
    if let context { claims["acr"] = .string(context.rawValue) }
    return try key.jwt(type: "at+jwt", claims: claims)
  }

  /// Why a token is refused; for the log, the client reads `invalid_token`.
  package enum Refusal: String, Error, Sendable {
    case malformed, wrongType, wrongAlgorithm, unknownKey, badSignature, missingClaim, wrongIssuer,
      wrongAudience
    case expired, notYetValid
  }

  /// How far two clocks may be apart.
  package static let skew: Duration = .seconds(60)

  /// Verifies a token of ours (RFC 9068 §4).
  ///
  /// - Parameters:
  ///   - keys: ours.
  package init(
    verifying token: String, keys: SigningKeys, issuer: String, audience: String, now: Instant
  ) throws(Refusal) {
    let parts = token.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 3, let headerBytes = Base64URL.decode(parts[0]),
      let payload = Base64URL.decode(parts[1]),
      let signature = Base64URL.decode(parts[2]), let header = Self.object(headerBytes)
    else { throw .malformed }
    // RFC 9068 §4: the resource server MUST verify that typ is at+jwt, …
    let type = header["typ"]?.string?.lowercased()
    guard type == "at+jwt" || type == "application/at+jwt" else { throw .wrongType }
    guard let kid = header["kid"]?.string, let key = keys.key(kid, at: now) else { throw .unknownKey }
    // … and RFC 8725 §3.1: the algorithm is the key's to choose, never the token's.
    guard header["alg"]?.string == key.algorithm.rawValue, header["crit"] == nil else {
      throw .wrongAlgorithm
    }
    guard key.isValid(signature, for: Array(parts[0].utf8) + [UInt8(ascii: ".")] + Array(parts[1].utf8))
    else {
      throw .badSignature
    }
    guard let claims = Self.object(payload) else { throw .malformed }
    guard let iss = claims["iss"]?.string, let sub = claims["sub"]?.string, let aud = claims["aud"]?.string,
      let client = claims["client_id"]?.string, let scope = claims["scope"]?.string,
      let issued = claims["iat"]?.integer, let expires = claims["exp"]?.integer,
      let identifier = claims["jti"]?.string,
      let connection = claims["connection"]?.string, let version = claims["version"]?.integer
    else { throw .missingClaim }
    guard iss == issuer else { throw .wrongIssuer }
    guard aud == audience else { throw .wrongAudience }
    // The issuer's clock is ours: an expired token is expired, without a grace.
    guard now < Instant(seconds: expires) else { throw .expired }
    guard Instant(seconds: issued) <= now + Self.skew else { throw .notYetValid }
    self.init(
      issuer: iss, subject: sub, audience: aud, clientID: client, scope: scope,
      issuedAt: Instant(seconds: issued),
      expiresAt: Instant(seconds: expires), identifier: identifier, connectionID: connection,
      connectionVersion: version, family: claims["family"]?.string)
    if let confirmation = claims["cnf"] {
      // A token that is bound in a way that can't be checked must not become one that is not bound.
      guard let thumbprint = confirmation["jkt"]?.string.flatMap(KeyThumbprint.init) else { throw .malformed }
      keyThumbprint = thumbprint
    }
    authenticatedAt = claims["auth_time"]?.integer.map(Instant.init(seconds:))
    context = claims["acr"]?.string.flatMap(AuthenticationContext.init(rawValue:))
  }

  private static func object(_ bytes: [UInt8]) -> JSONObject? {
    do { return try JSONValue(parsing: bytes).object } catch { return nil }
  }
}
