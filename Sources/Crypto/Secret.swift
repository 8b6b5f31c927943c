internal import COpenSSL

/// Bytes that nobody should read by accident: they are wiped when the last copy goes, and never print.
@safe package struct Secret: Sendable {
  private let storage: Storage

  /// Copies the bytes; the caller's own array is not wiped.
  package init(_ bytes: [UInt8]) { storage = Storage(bytes) }

  /// The UTF-8 bytes of a text.
  package init(_ text: String) { storage = Storage(text.utf8) }

  /// A copy of the bytes, which is not wiped: for the call that needs them, never to keep.
  package var bytes: [UInt8] { unsafe Array(storage.buffer) }

  /// How many bytes there are.
  package var count: Int { unsafe storage.buffer.count }

  /// Lends the bytes without a copy.
  func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try unsafe body(UnsafeRawBufferPointer(storage.buffer))
  }

  @safe private final class Storage: @unchecked Sendable {
    // Written only in init and deinit, so it may be read from any thread.
    let buffer: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: some Collection<UInt8>) {
      // Never of no capacity: an empty key must still have an address, where C takes null for "none given".
      unsafe buffer = UnsafeMutableBufferPointer(
        start: .allocate(capacity: max(bytes.count, 1)), count: bytes.count)
      _ = unsafe buffer.initialize(from: bytes)
    }

    deinit {
      unsafe OPENSSL_cleanse(buffer.baseAddress, buffer.count)
      unsafe buffer.deallocate()
    }
  }
}

extension Secret: Equatable {
  /// In time that depends on the lengths alone.
  package static func == (a: Secret, b: Secret) -> Bool {
    guard a.count == b.count else { return false }
    return unsafe a.withBytes { a in
      unsafe b.withBytes { b in unsafe CRYPTO_memcmp(a.baseAddress, b.baseAddress, a.count) == 0 }
    }
  }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "•••" }
  package var debugDescription: String { "•••" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
