internal import COpenSSL

/// HMAC-SHA-1 (RFC 2104, RFC 3174), which authenticator apps speak and nothing else here does: as a MAC it stands,
/// though SHA-1 as a digest does not.
package enum HMACSHA1 {
  /// The 20 bytes of the code for a message.
  ///
  /// - Throws: `CryptoError.failed`.
  package static func code(for message: [UInt8], key: Secret) throws(CryptoError) -> [UInt8] {
    guard let context = unsafe EVP_MAC_CTX_new(Algorithms.shared.hmac) else {
      throw .failed("EVP_MAC_CTX_new")
    }
    defer { unsafe EVP_MAC_CTX_free(context) }
    var code = [UInt8](repeating: 0, count: 20)
    var count = 0
    let succeeded = unsafe key.withBytes { key in
      unsafe gatehouse_hmac_sha1_init(
        context, key.assumingMemoryBound(to: UInt8.self).baseAddress, key.count) == 1
        && EVP_MAC_update(context, message, message.count) == 1
        && EVP_MAC_final(context, &code, &count, code.count) == 1
    }
    guard succeeded, count == 20 else {
      ERR_clear_error()
      throw .failed("HMAC-SHA-1")
    }
    return code
  }
}
