internal import COpenSSL

/// OpenSSL's public key of a kind that others sign with and we do not: RSA with SHA-256, and Ed25519.
@safe final class VerifyingHandle: @unchecked Sendable {
  // Immutable once made; OpenSSL lets many threads verify with one key.
  private let key: OpaquePointer
  /// nil where the algorithm has its own.
  private let digest: String?

  init(modulus: [UInt8], exponent: [UInt8]) throws(CryptoError) {
    guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "RSA", nil) else {
      throw .failed("EVP_PKEY_CTX_new")
    }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard
      unsafe gatehouse_rsa_public_key(
        context, &key, modulus, Int32(modulus.count), exponent, Int32(exponent.count)) == 1,
      let key = unsafe key
    else {
      ERR_clear_error()
      throw .malformedKey
    }
    unsafe self.key = key
    digest = "SHA2-256"
  }

  init(ed25519 point: [UInt8]) throws(CryptoError) {
    guard let key = unsafe EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, point, point.count) else {
      ERR_clear_error()
      throw .malformedKey
    }
    unsafe self.key = key
    digest = nil
  }

  deinit { unsafe EVP_PKEY_free(key) }

  func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
    guard let context = unsafe EVP_MD_CTX_new() else { return false }
    defer { unsafe EVP_MD_CTX_free(context) }
    let code =
      unsafe EVP_DigestVerifyInit_ex(context, nil, digest, nil, nil, key, nil) == 1
      ? unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) : 0
    // TLS reads the same thread's queue of errors and must not find ours there.
    if code != 1 { ERR_clear_error() }
    return code == 1
  }
}
