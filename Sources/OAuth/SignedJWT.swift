package import Crypto
package import JSON

extension SigningKey {
  /// Signs claims as a JWT (RFC 7519) in compact form, with the algorithm of the key.
  ///
  /// - Parameter type: of the token (`typ`, RFC 8725 §3.11), so that none is taken for one of another kind.
  /// - Throws: `CryptoError` when OpenSSL fails.
  package func jwt(type: String, claims: JSONObject) throws(CryptoError) -> String {
    let header: JSONValue = [
      "alg": .string(publicKey.algorithm.rawValue), "kid": .string(publicKey.thumbprint),
      "typ": .string(type),
    ]
    let signed =
      Base64URL.encode(header.serialized()) + "." + Base64URL.encode(JSONValue.object(claims).serialized())
    return try signed + "." + Base64URL.encode(sign(Array(signed.utf8)))
  }
}
