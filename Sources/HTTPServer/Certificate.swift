internal import CBeast

/// A certificate and its key, ready for every loop.
@safe final class Certificate: @unchecked Sendable {
  let handle: OpaquePointer

  init(_ files: Server.TLSFiles) throws(ServerError) {
    var reason = [CChar](repeating: 0, count: 256)
    guard let handle = unsafe beast_tls_new(files.certificates, files.key, &reason, reason.count) else {
      let bytes = reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw .certificate(String(decoding: bytes, as: UTF8.self))
    }
    unsafe self.handle = handle
  }

  deinit { unsafe beast_tls_free(handle) }
}
