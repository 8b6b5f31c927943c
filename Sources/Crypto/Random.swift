internal import COpenSSL

/// The system's cryptographically strong source of chance.
package enum Random {
  /// `count` unpredictable bytes. The process ends when the source fails: there is no safe answer then.
  package static func bytes(_ count: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard count > 0 else { return }
      precondition(unsafe RAND_bytes(buffer.baseAddress, Int32(count)) == 1, "RAND_bytes failed")
      initialized = count
    }
  }
}
