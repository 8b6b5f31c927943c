internal import CArgon2
internal import Threads

/// Hashes passwords with Argon2id (RFC 9106) on threads of its own, so that a check of some 25 ms never holds up an
/// event loop, and at most `concurrency` times the memory is in use.
package struct PasswordHasher: Sendable {
  private let parameters: Argon2Parameters
  private let workers: Workers

  /// - Parameters:
  ///   - parameters: for new hashes.
  ///   - concurrency: how many hashes are computed at once.
  ///   - waiting: how many may wait for their turn; one more is refused as `CryptoError.busy`.
  /// - Throws: `CryptoError.failed` when the system has no room for the threads.
  package init(parameters: Argon2Parameters = .owasp, concurrency: Int, waiting: Int = 64) throws(CryptoError)
  {
    precondition(concurrency > 0, "somebody must hash")
    self.parameters = parameters
    do {
      // Whoever signs in waits a moment longer rather than everybody who is signed in.
      workers = try Workers("password", count: concurrency, limit: waiting, nice: 10)
    } catch {
      throw .failed("starting the password threads")
    }
  }

  /// The hash to store, in PHC form.
  ///
  /// - Parameter salt: 8 to 64 unpredictable bytes; 16 are the right number (RFC 9106 §3.1).
  package func hash(_ password: Secret, salt: [UInt8]) async throws(CryptoError) -> String {
    guard (8...64).contains(salt.count) else { throw .unfitSalt }
    let parameters = parameters
    return try await run { Self.hash(password, salt: salt, parameters) }
  }

  /// Whether the password is the one that was hashed.
  ///
  /// - Throws: `CryptoError.malformedPasswordHash` when `phc` is none, `CryptoError.busy` when too many wait.
  package func isValid(_ password: Secret, for phc: String) async throws(CryptoError) -> Bool {
    _ = try PasswordHash(phc: phc)
    return try await run { Self.isValid(password, for: phc) }
  }

  /// Whether the hash was made with other parameters than new ones are, and should be replaced at the next login.
  package func isOutdated(_ phc: String) -> Bool {
    guard let hash = try? PasswordHash(phc: phc) else { return true }
    return hash.parameters != parameters
  }

  private func run<Value: Sendable>(
    _ job: @escaping @Sendable () -> Result<Value, CryptoError>
  ) async throws(CryptoError) -> Value {
    let result: Result<Value, CryptoError>
    do {
      result = try await workers.run(job)
    } catch {
      throw .busy
    }
    return try result.get()
  }

  private static func hash(
    _ password: Secret, salt: [UInt8], _ parameters: Argon2Parameters
  ) -> Result<String, CryptoError> {
    let hashLength = 32
    let length = argon2_encodedlen(
      parameters.passes, parameters.kibibytes, parameters.lanes, UInt32(salt.count), UInt32(hashLength),
      Argon2_id)
    var text = [CChar](repeating: 0, count: length)
    let code = unsafe password.withBytes { password in
      unsafe argon2id_hash_encoded(
        parameters.passes, parameters.kibibytes, parameters.lanes, password.baseAddress, password.count,
        salt, salt.count, hashLength, &text, text.count)
    }
    guard code == ARGON2_OK.rawValue else { return .failure(.failed("argon2id_hash_encoded (\(code))")) }
    return .success(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  private static func isValid(_ password: Secret, for phc: String) -> Result<Bool, CryptoError> {
    let code = unsafe password.withBytes { password in
      unsafe argon2id_verify(phc, password.baseAddress, password.count)
    }
    return switch code {
    case ARGON2_OK.rawValue: .success(true)
    case ARGON2_VERIFY_MISMATCH.rawValue: .success(false)
    case ARGON2_MEMORY_ALLOCATION_ERROR.rawValue: .failure(.failed("argon2id_verify"))
    default: .failure(.malformedPasswordHash)
    }
  }
}
