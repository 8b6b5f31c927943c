internal import CArgon2
internal import Threads

/// Argon2id as libargon2 computes it (RFC 9106).
enum Argon2 {
  /// The digest of a password. It takes some 20 ms and `parameters.kibibytes` of memory, all given back at the end.
  static func digest(
    of password: Secret, salt: [UInt8], length: Int, _ parameters: Argon2Parameters
  ) -> Result<[UInt8], CryptoError> {
    var digest = [UInt8](repeating: 0, count: length)
    var salt = salt
    let code = unsafe password.withBytes { password in
      unsafe digest.withUnsafeMutableBufferPointer { digest in
        unsafe salt.withUnsafeMutableBufferPointer { salt in
          var context = unsafe argon2_context()
          unsafe context.out = digest.baseAddress
          unsafe context.outlen = UInt32(digest.count)
          // The library takes no pointer to constants, but writes to none of these as long as no flag says so.
          unsafe context.pwd = UnsafeMutablePointer(
            mutating: password.baseAddress?.assumingMemoryBound(to: UInt8.self))
          unsafe context.pwdlen = UInt32(clamping: password.count)
          unsafe context.salt = salt.baseAddress
          unsafe context.saltlen = UInt32(salt.count)
          unsafe context.t_cost = parameters.passes
          unsafe context.m_cost = parameters.kibibytes
          unsafe context.lanes = parameters.lanes
          unsafe context.threads = 1
          unsafe context.version = ARGON2_VERSION_13.rawValue
          unsafe context.allocate_cbk = { unsafe allocate($0, $1) }
          unsafe context.free_cbk = { unsafe deallocate($0, $1) }
          return unsafe argon2id_ctx(&context)
        }
      }
    }
    return code == ARGON2_OK.rawValue ? .success(digest) : .failure(.failed("argon2id_ctx (\(code))"))
  }
}

/// Huge pages, since a hash touches all of its 19 MiB: 4,864 small ones, come by one by one, cost a quarter of its time.
private func allocate(_ memory: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?, _ count: Int) -> Int32 {
  guard let memory = unsafe memory, let pages = unsafe HugePages.map(count) else {
    return ARGON2_MEMORY_ALLOCATION_ERROR.rawValue
  }
  unsafe memory.pointee = pages.bindMemory(to: UInt8.self, capacity: count)
  return ARGON2_OK.rawValue
}

private func deallocate(_ memory: UnsafeMutablePointer<UInt8>?, _ count: Int) {
  guard let memory = unsafe memory else { return }
  unsafe HugePages.unmap(memory, count)
}
