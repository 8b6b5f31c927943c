internal import COpenSSL
internal import Synchronization

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
    // Guarded by `lock`, since each code runs through it: to duplicate it would cost three times the code itself.
    private let context: OpaquePointer
    private let lock = Mutex<Void>(())

    init(_ secret: Secret) {
      guard let context = unsafe EVP_MAC_CTX_new(Algorithms.shared.hmac) else {
        preconditionFailure("EVP_MAC_CTX_new failed")
      }
      unsafe self.context = context
      let code = unsafe secret.withBytes { key in
        unsafe gatehouse_hmac_sha256_init(
          context, key.assumingMemoryBound(to: UInt8.self).baseAddress, key.count)
      }
      precondition(code == 1, "EVP_MAC_init failed")
    }

    deinit { unsafe EVP_MAC_CTX_free(context) }

    func code(for message: [UInt8]) -> [UInt8] {
      unsafe [UInt8](unsafeUninitializedCapacity: 32) { buffer, initialized in
        var count = 0
        let succeeded = lock.withLock { _ in
          // Without a key this begins again with the one that is scheduled.
          unsafe EVP_MAC_init(context, nil, 0, nil) == 1
            && EVP_MAC_update(context, message, message.count) == 1
            && EVP_MAC_final(context, buffer.baseAddress, &count, 32) == 1
        }
        precondition(succeeded && count == 32, "EVP_MAC failed")
        initialized = 32
      }
    }
  }
}
