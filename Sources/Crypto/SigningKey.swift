internal import COpenSSL

/// A private key for ES256: ECDSA on P-256 with SHA-256 (RFC 7518 §3.4).
@safe package final class SigningKey: Sendable {
  private let handle: KeyHandle

  /// The public half.
  package let publicKey: VerifyingKey

  private init(_ handle: KeyHandle) throws(CryptoError) {
    self.handle = handle
    publicKey = try VerifyingKey(
      x: handle.coordinate(OSSL_PKEY_PARAM_EC_PUB_X), y: handle.coordinate(OSSL_PKEY_PARAM_EC_PUB_Y))
  }

  /// Makes a new key.
  package static func generate() throws(CryptoError) -> SigningKey {
    guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else {
      throw .failed("EVP_PKEY_CTX_new")
    }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard unsafe EVP_PKEY_keygen_init(context) == 1,
      unsafe EVP_PKEY_CTX_set_group_name(context, "prime256v1") == 1,
      unsafe EVP_PKEY_generate(context, &key) == 1, let key = unsafe key
    else {
      ERR_clear_error()
      throw .failed("EVP_PKEY_generate")
    }
    return try SigningKey(unsafe KeyHandle(taking: key, isPrivate: true))
  }

  /// Reads a private key on P-256 from PEM: PKCS#8 (RFC 5958), or RFC 5915 as older tools write it, unencrypted.
  ///
  /// - Throws: `CryptoError.malformedKey` for anything else.
  package convenience init(pem: String) throws(CryptoError) {
    let text = Array(pem.utf8)
    guard let bio = unsafe BIO_new_mem_buf(text, Int32(text.count)) else { throw .failed("BIO_new_mem_buf") }
    defer { unsafe BIO_free(bio) }
    // The empty password stands in for OpenSSL's own callback, which would ask at the terminal.
    var password: [CChar] = [0]
    guard let key = unsafe PEM_read_bio_PrivateKey(bio, nil, nil, &password) else {
      ERR_clear_error()
      throw .malformedKey
    }
    try self.init(unsafe KeyHandle(taking: key, isPrivate: true))
  }

  /// The key in PEM, PKCS#8 and unencrypted: seal it before it is stored.
  package var pem: String {
    let bio = unsafe BIO_new(BIO_s_secmem())
    defer { unsafe BIO_free(bio) }
    let code = unsafe PEM_write_bio_PKCS8PrivateKey(bio, handle.key, nil, nil, 0, nil, nil)
    precondition(code == 1, "PEM_write_bio_PKCS8PrivateKey failed")
    var start: UnsafeMutablePointer<CChar>?
    let count = unsafe gatehouse_bio_contents(bio, &start)
    return unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
  }

  /// Signs a message: 64 bytes, r and s (RFC 7518 §3.4).
  package func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
    let der = try handle.sign(digest: SHA256.hash(message))
    guard let signature = ECDSASignature(der: der) else { throw .failed("reading OpenSSL's signature") }
    return signature.raw
  }
}
