internal import COpenSSL

/// Seals bytes with AES-256-GCM (NIST SP 800-38D), so that nobody without the key can read or change them.
///
/// A sealed value is the nonce (12 bytes), the ciphertext and the tag (16 bytes). Nonces are random: one key is
/// good for 2³² values.
package struct Sealer: Sendable {
  private let key: Secret

  /// - Throws: `CryptoError.malformedKey` unless the key has 32 bytes.
  package init(key: Secret) throws(CryptoError) {
    guard key.count == 32 else { throw .malformedKey }
    self.key = key
  }

  /// - Parameters:
  ///   - bytes: what nobody shall read.
  ///   - purpose: what the bytes are sealed for, such as a column and a row; it must be the same to open them.
  package func seal(_ bytes: [UInt8], for purpose: [UInt8] = []) throws(CryptoError) -> [UInt8] {
    let nonce = Random.bytes(nonceLength)
    guard let context = unsafe EVP_CIPHER_CTX_new() else { throw .failed("EVP_CIPHER_CTX_new") }
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    var ciphertext = [UInt8](repeating: 0, count: bytes.count)
    var tag = [UInt8](repeating: 0, count: tagLength)
    var count: Int32 = 0
    let succeeded = unsafe key.withBytes { key in
      unsafe EVP_EncryptInit_ex2(
        context, Algorithms.shared.aes256gcm, key.assumingMemoryBound(to: UInt8.self).baseAddress, nonce, nil)
        == 1
        && (purpose.isEmpty || EVP_EncryptUpdate(context, nil, &count, purpose, Int32(purpose.count)) == 1)
        && (bytes.isEmpty || EVP_EncryptUpdate(context, &ciphertext, &count, bytes, Int32(bytes.count)) == 1)
        && EVP_EncryptFinal_ex(context, &tag, &count) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), &tag) == 1
    }
    guard succeeded else {
      ERR_clear_error()
      throw .failed("AES-256-GCM encryption")
    }
    return nonce + ciphertext + tag
  }

  /// - Throws: `CryptoError.notAuthentic` when the value was not sealed with this key for this purpose.
  package func open(_ sealed: [UInt8], for purpose: [UInt8] = []) throws(CryptoError) -> [UInt8] {
    guard sealed.count >= nonceLength + tagLength else { throw .notAuthentic }
    let nonce = Array(sealed.prefix(nonceLength))
    let ciphertext = Array(sealed[nonceLength..<sealed.count - tagLength])
    var tag = Array(sealed.suffix(tagLength))
    guard let context = unsafe EVP_CIPHER_CTX_new() else { throw .failed("EVP_CIPHER_CTX_new") }
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    var bytes = [UInt8](repeating: 0, count: ciphertext.count)
    var rest = [UInt8](repeating: 0, count: tagLength)
    var count: Int32 = 0
    let isAuthentic = unsafe key.withBytes { key in
      unsafe EVP_DecryptInit_ex2(
        context, Algorithms.shared.aes256gcm, key.assumingMemoryBound(to: UInt8.self).baseAddress, nonce, nil)
        == 1
        && (purpose.isEmpty || EVP_DecryptUpdate(context, nil, &count, purpose, Int32(purpose.count)) == 1)
        && (ciphertext.isEmpty
          || EVP_DecryptUpdate(context, &bytes, &count, ciphertext, Int32(ciphertext.count)) == 1)
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), &tag) == 1
        && EVP_DecryptFinal_ex(context, &rest, &count) == 1
    }
    guard isAuthentic else {
      ERR_clear_error()
      throw .notAuthentic
    }
    return bytes
  }
}

private let nonceLength = 12
private let tagLength = 16
