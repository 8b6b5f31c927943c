internal import COpenSSL

/// OpenSSL's private key of a kind that signs whole messages: RSA with SHA-256, and Ed25519.
@safe final class SigningHandle: @unchecked Sendable {
  // Immutable once made; OpenSSL lets many threads sign with one key.
  let key: OpaquePointer
  /// nil where the algorithm has its own.
  private let digest: String?

  /// Takes the key over.
  init(taking key: OpaquePointer, digest: String?) {
    unsafe self.key = key
    self.digest = digest
  }

  deinit { unsafe EVP_PKEY_free(key) }

  func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
    guard let context = unsafe EVP_MD_CTX_new() else { throw .failed("EVP_MD_CTX_new") }
    defer { unsafe EVP_MD_CTX_free(context) }
    var count = Int(unsafe EVP_PKEY_get_size(key))
    var signature = [UInt8](repeating: 0, count: count)
    guard unsafe EVP_DigestSignInit_ex(context, nil, digest, nil, nil, key, nil) == 1,
      unsafe EVP_DigestSign(context, &signature, &count, message, message.count) == 1
    else {
      ERR_clear_error()
      throw .failed("EVP_DigestSign")
    }
    return Array(signature.prefix(count))
  }

  /// A number of the key, big-endian and without leading zeros (RFC 7518 §6.3.1).
  func number(_ name: String) throws(CryptoError) -> [UInt8] {
    var number: OpaquePointer?
    defer { unsafe BN_free(number) }
    guard unsafe EVP_PKEY_get_bn_param(key, name, &number) == 1 else {
      ERR_clear_error()
      throw .malformedKey
    }
    var bytes = [UInt8](repeating: 0, count: Int((unsafe BN_num_bits(number) + 7) / 8))
    let count = unsafe BN_bn2bin(number, &bytes)
    return Array(bytes.prefix(Int(count)))
  }

  /// The public half of a key on Ed25519 (RFC 8032 §5.1.5).
  func point() throws(CryptoError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 32)
    var count = bytes.count
    guard unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1, count == 32 else {
      ERR_clear_error()
      throw .malformedKey
    }
    return bytes
  }
}
