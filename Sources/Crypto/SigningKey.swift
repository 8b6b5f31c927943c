internal import COpenSSL

/// A private key that signs as JWS wants it (RFC 7515). The key decides the algorithm: ES256 (RFC 7518 §3.4), RS256
/// (§3.3) or EdDSA on Ed25519 (RFC 8037 §3.1).
@safe package final class SigningKey: Sendable {
  private enum Kind: Sendable {
    case p256(KeyHandle)
    case other(SigningHandle)
  }

  private let kind: Kind

  /// The public half.
  package let publicKey: PublicKey

  /// RFC 7518 §3.3 wants 2048 or more; 3072 are as strong as P-256 is (NIST SP 800-57, table 2).
  package static let modulusBits = 3072

  /// Takes the key over.
  private init(_ key: OpaquePointer) throws(CryptoError) {
    if unsafe EVP_PKEY_is_a(key, "EC") == 1 {
      let handle = try unsafe KeyHandle(taking: key, isPrivate: true)
      kind = .p256(handle)
      publicKey = try PublicKey(
        x: handle.coordinate(OSSL_PKEY_PARAM_EC_PUB_X), y: handle.coordinate(OSSL_PKEY_PARAM_EC_PUB_Y))
    } else {
      let isRSA = unsafe EVP_PKEY_is_a(key, "RSA") == 1
      let handle = unsafe SigningHandle(taking: key, digest: isRSA ? "SHA2-256" : nil)
      kind = .other(handle)
      publicKey =
        isRSA
        ? try PublicKey(
          modulus: handle.number(OSSL_PKEY_PARAM_RSA_N), exponent: handle.number(OSSL_PKEY_PARAM_RSA_E))
        : try PublicKey(ed25519: handle.point())
    }
    // Both halves come from one file: they have to be halves of one key.
    let probe = Array("probe".utf8)
    guard publicKey.isValid(try sign(probe), for: probe) else { throw .malformedKey }
  }

  /// Makes a new key.
  package static func generate(_ algorithm: PublicKey.Algorithm = .es256) throws(CryptoError) -> SigningKey {
    let name =
      switch algorithm {
      case .es256: "EC"
      case .rs256: "RSA"
      case .edDSA: "ED25519"
      }
    guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, name, nil) else {
      throw .failed("EVP_PKEY_CTX_new")
    }
    defer { unsafe EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard unsafe EVP_PKEY_keygen_init(context) == 1,
      unsafe algorithm != .es256 || EVP_PKEY_CTX_set_group_name(context, "prime256v1") == 1,
      unsafe algorithm != .rs256 || EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(modulusBits)) == 1,
      unsafe EVP_PKEY_generate(context, &key) == 1, let key = unsafe key
    else {
      ERR_clear_error()
      throw .failed("EVP_PKEY_generate")
    }
    return try unsafe SigningKey(key)
  }

  /// Reads a private key from PEM: PKCS#8 (RFC 5958), or RFC 5915 as older tools write it, unencrypted.
  ///
  /// - Throws: `CryptoError.malformedKey` unless it is one on P-256 or Ed25519, or an RSA key of 2048 to 4096 bits.
  package convenience init(pem: String) throws(CryptoError) {
    // A memory BIO only points at the text, which therefore has to be there for as long as it is read.
    let read = unsafe Array(pem.utf8).withUnsafeBufferPointer { text -> OpaquePointer? in
      guard let bio = unsafe BIO_new_mem_buf(text.baseAddress, Int32(clamping: text.count)) else {
        return nil
      }
      defer { unsafe BIO_free(bio) }
      // The empty password stands in for OpenSSL's own callback, which would ask at the terminal.
      var password: [CChar] = [0]
      return unsafe PEM_read_bio_PrivateKey(bio, nil, nil, &password)
    }
    guard let key = unsafe read else {
      ERR_clear_error()
      throw .malformedKey
    }
    guard
      unsafe EVP_PKEY_is_a(key, "EC") == 1 || EVP_PKEY_is_a(key, "RSA") == 1
        || EVP_PKEY_is_a(key, "ED25519") == 1
    else {
      unsafe EVP_PKEY_free(key)
      throw .malformedKey
    }
    try unsafe self.init(key)
  }

  /// The key on Ed25519 that 32 bytes of secret give (RFC 8032 §5.1.5): always the same one.
  ///
  /// - Throws: `CryptoError.malformedKey` unless there are 32.
  package convenience init(ed25519 secret: Secret) throws(CryptoError) {
    let key = unsafe secret.withBytes { bytes in
      unsafe EVP_PKEY_new_raw_private_key_ex(
        nil, "ED25519", nil, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count)
    }
    guard let key = unsafe key else {
      ERR_clear_error()
      throw .malformedKey
    }
    try unsafe self.init(key)
  }

  /// The key in PEM, PKCS#8 and unencrypted: seal it before it is stored.
  package var pem: String {
    let bio = unsafe BIO_new(BIO_s_secmem())
    defer { unsafe BIO_free(bio) }
    let key =
      switch kind {
      case .p256(let handle): unsafe handle.key
      case .other(let handle): unsafe handle.key
      }
    let code = unsafe PEM_write_bio_PKCS8PrivateKey(bio, key, nil, nil, 0, nil, nil)
    precondition(code == 1, "PEM_write_bio_PKCS8PrivateKey failed")
    var start: UnsafeMutablePointer<CChar>?
    let count = unsafe gatehouse_bio_contents(bio, &start)
    return unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
  }

  /// Signs a message, in the form that JWS has it: with ES256, r and s of 32 bytes each (RFC 7518 §3.4).
  package func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
    switch kind {
    case .p256(let handle):
      let der = try handle.sign(digest: SHA256.hash(message))
      guard let signature = ECDSASignature(der: der) else { throw .failed("reading OpenSSL's signature") }
      return signature.raw
    case .other(let handle): return try handle.sign(message)
    }
  }
}
