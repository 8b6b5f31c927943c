internal import COpenSSL

/// SHA-256 (FIPS 180-4).
package enum SHA256 {
  /// The 32 bytes of the digest.
  package static func hash(_ bytes: [UInt8]) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: 32) { buffer, initialized in
      let code = unsafe EVP_Digest(bytes, bytes.count, buffer.baseAddress, nil, Algorithms.shared.sha256, nil)
      precondition(code == 1, "EVP_Digest failed")
      initialized = 32
    }
  }

  /// The 32 bytes of the digest of a text's UTF-8.
  package static func hash(_ text: String) -> [UInt8] { hash(Array(text.utf8)) }
}
