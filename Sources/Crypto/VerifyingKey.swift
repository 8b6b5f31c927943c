internal import COpenSSL

/// A public key for ES256: ECDSA on P-256 with SHA-256 (RFC 7518 §3.4).
@safe package final class VerifyingKey: Sendable {
  private let handle: KeyHandle

  /// The point's coordinates, 32 bytes each, as in a JWK (RFC 7518 §6.2.1).
  package let x, y: [UInt8]

  /// - Throws: `CryptoError.malformedKey` unless both have 32 bytes and the point is on the curve.
  package init(x: [UInt8], y: [UInt8]) throws(CryptoError) {
    // RFC 7518 §6.2.1.2: the length of the octet string MUST be the full size of a coordinate.
    guard x.count == 32, y.count == 32 else { throw .malformedKey }
    guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else {
      throw .failed("EVP_PKEY_CTX_new")
    }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    var point = [0x04] + x + y
    var key: OpaquePointer?
    guard unsafe gatehouse_p256_public_key(context, &key, &point) == 1, let key = unsafe key else {
      ERR_clear_error()
      throw .malformedKey
    }
    handle = try unsafe KeyHandle(taking: key, isPrivate: false)
    self.x = x
    self.y = y
  }

  /// Whether `signature`, r and s of 32 bytes each, is one of `message`.
  package func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
    guard let signature = ECDSASignature(raw: signature) else { return false }
    return handle.isValid(signature.der, digest: SHA256.hash(message))
  }
}
