internal import COpenSSL

/// A key for HMAC-SHA-256 (RFC 2104, RFC 6234), scheduled once and used from any thread.
package struct HMACKey: Sendable {
  private let context: Context

  /// Any length of secret is taken; 32 bytes are the right one.
  package init(_ secret: Secret) { context = Context(secret) }

  /// The 32 bytes of the code for a message.
  package func code(for message: [UInt8]) -> [UInt8] { context.code(for: message) }

  /// Whether `code` is the one for `message`, in constant time.
  package func isValid(_ code: [UInt8], for message: [UInt8]) -> Bool {
    constantTimeEqual(code, self.code(for: message))
  }

  @safe private final class Context: @unchecked Sendable {
    // Holds the scheduled key, and is only ever duplicated, which doesn't write to it.
    private let template: OpaquePointer

    init(_ secret: Secret) {
      guard let context = unsafe EVP_MAC_CTX_new(Algorithms.shared.hmac) else {
        preconditionFailure("EVP_MAC_CTX_new failed")
      }
      unsafe template = context
      let code = unsafe secret.withBytes { key in
        unsafe gatehouse_hmac_sha256_init(
          context, key.assumingMemoryBound(to: UInt8.self).baseAddress, key.count)
      }
      precondition(code == 1, "EVP_MAC_init failed")
    }

    deinit { unsafe EVP_MAC_CTX_free(template) }

    func code(for message: [UInt8]) -> [UInt8] {
      let context = unsafe EVP_MAC_CTX_dup(template)
      defer { unsafe EVP_MAC_CTX_free(context) }
      return unsafe [UInt8](unsafeUninitializedCapacity: 32) { buffer, initialized in
        var count = 0
        let succeeded =
          unsafe EVP_MAC_update(context, message, message.count) == 1
          && EVP_MAC_final(context, buffer.baseAddress, &count, 32) == 1
        precondition(succeeded && count == 32, "EVP_MAC failed")
        initialized = 32
      }
    }
  }
}
