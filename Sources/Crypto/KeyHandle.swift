internal import COpenSSL

/// OpenSSL's key on the curve P-256, and a prepared context to sign or verify with.
///
/// Parsing a key and preparing a context cost several times what a signature does, so both happen once; a context
/// is duplicated for each use, which doesn't write to it.
@safe final class KeyHandle: @unchecked Sendable {
  let key: OpaquePointer
  private let prepared: OpaquePointer

  /// Takes the key over.
  ///
  /// - Throws: `CryptoError.malformedKey` unless the key is on P-256 and its parts fit together.
  init(taking key: OpaquePointer, isPrivate: Bool) throws(CryptoError) {
    guard unsafe Self.isP256(key), let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else {
      unsafe EVP_PKEY_free(key)
      throw .malformedKey
    }
    let isSound =
      unsafe isPrivate ? EVP_PKEY_pairwise_check(context) == 1 : EVP_PKEY_public_check(context) == 1
    let isReady =
      unsafe (isPrivate ? EVP_PKEY_sign_init(context) == 1 : EVP_PKEY_verify_init(context) == 1)
      && EVP_PKEY_CTX_set_signature_md(context, Algorithms.shared.sha256) == 1
    guard isSound, isReady else {
      unsafe EVP_PKEY_CTX_free(context)
      unsafe EVP_PKEY_free(key)
      ERR_clear_error()
      throw .malformedKey
    }
    unsafe self.key = key
    unsafe prepared = context
  }

  deinit {
    unsafe EVP_PKEY_CTX_free(prepared)
    unsafe EVP_PKEY_free(key)
  }

  /// Signs a digest; the signature is in DER.
  func sign(digest: [UInt8]) throws(CryptoError) -> [UInt8] {
    guard let context = unsafe EVP_PKEY_CTX_dup(prepared) else { throw .failed("EVP_PKEY_CTX_dup") }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    var signature = [UInt8](repeating: 0, count: 80)
    var count = signature.count
    guard unsafe EVP_PKEY_sign(context, &signature, &count, digest, digest.count) == 1 else {
      ERR_clear_error()
      throw .failed("EVP_PKEY_sign")
    }
    return Array(signature.prefix(count))
  }

  /// Whether the DER signature is one of the digest.
  func isValid(_ signature: [UInt8], digest: [UInt8]) -> Bool {
    guard let context = unsafe EVP_PKEY_CTX_dup(prepared) else { return false }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    let code = unsafe EVP_PKEY_verify(context, signature, signature.count, digest, digest.count)
    // TLS reads the same thread's queue of errors and must not find ours there.
    if code != 1 { ERR_clear_error() }
    return code == 1
  }

  /// One coordinate of the public point, 32 bytes with leading zeros (RFC 7518 §6.2.1.2).
  func coordinate(_ name: String) throws(CryptoError) -> [UInt8] {
    var number: OpaquePointer?
    defer { unsafe BN_free(number) }
    var bytes = [UInt8](repeating: 0, count: 32)
    guard unsafe EVP_PKEY_get_bn_param(key, name, &number) == 1, unsafe BN_bn2binpad(number, &bytes, 32) == 32
    else {
      ERR_clear_error()
      throw .malformedKey
    }
    return bytes
  }

  private static func isP256(_ key: OpaquePointer) -> Bool {
    var name = [CChar](repeating: 0, count: 32)
    var count = 0
    guard unsafe EVP_PKEY_get_group_name(key, &name, name.count, &count) == 1 else {
      ERR_clear_error()
      return false
    }
    return name.prefix(count).elementsEqual("prime256v1".utf8.map { CChar(bitPattern: $0) })
  }
}
