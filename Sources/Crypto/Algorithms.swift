internal import COpenSSL

/// OpenSSL's algorithms, fetched once: to fetch one costs several times what a short digest does.
@safe final class Algorithms: @unchecked Sendable {
  static let shared = Algorithms()

  // All are immutable after they were fetched, and OpenSSL counts references to them atomically.
  let sha256: OpaquePointer
  let hmac: OpaquePointer
  let aes256gcm: OpaquePointer

  private init() {
    guard let sha256 = unsafe EVP_MD_fetch(nil, "SHA2-256", nil),
      let hmac = unsafe EVP_MAC_fetch(nil, "HMAC", nil),
      let aes256gcm = unsafe EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
    else { preconditionFailure("OpenSSL's default provider lacks SHA-256, HMAC or AES-256-GCM") }
    unsafe self.sha256 = sha256
    unsafe self.hmac = hmac
    unsafe self.aes256gcm = aes256gcm
  }
}
