internal import Crypto
internal import JSON

/// The name of a public key: the SHA-256 thumbprint of its JWK (RFC 7638) in base64url, as `jkt` and `dpop_jkt` have it
/// (RFC 9449 §6.1, §10).
package struct KeyThumbprint: Sendable, Hashable {
  package let text: String

  /// - Returns: nil unless it is the base64url form of 32 bytes.
  package init?(_ text: String) {
    guard text.utf8.count == 43, Base64URL.decode(text)?.count == 32 else { return nil }
    self.text = text
  }

  /// - Parameter jwk: a key that is known to be well formed.
  /// - Returns: nil for a kind of key that is not spoken here.
  init?(of jwk: JSONObject) {
    // RFC 7638 §3.2, RFC 8037 §2: the required members alone, in lexicographic order, without white space.
    let members: [String]
    switch jwk["kty"]?.string {
    case "EC": members = ["crv", "kty", "x", "y"]
    case "RSA": members = ["e", "kty", "n"]
    case "OKP": members = ["crv", "kty", "x"]
    default: return nil
    }
    var required = JSONObject()
    for name in members {
      guard let value = jwk[name]?.string else { return nil }
      required[name] = .string(value)
    }
    text = Base64URL.encode(SHA256.hash(required.serialized()))
  }
}
