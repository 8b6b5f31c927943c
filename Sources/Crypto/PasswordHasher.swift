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
    guard PasswordHash.saltLengths ~= salt.count else { throw .unfitSalt }
    let parameters = parameters
    return try await run {
      Argon2.digest(of: password, salt: salt, length: 32, parameters).map {
        PasswordHash(parameters, salt: salt, digest: $0).phc
      }
    }
  }

  /// Whether the password is the one that was hashed.
  ///
  /// - Throws: `CryptoError.malformedPasswordHash` when `phc` is none, `CryptoError.busy` when too many wait.
  package func isValid(_ password: Secret, for phc: String) async throws(CryptoError) -> Bool {
    let hash = try PasswordHash(phc: phc)
    return try await run {
      Argon2.digest(of: password, salt: hash.salt, length: hash.digest.count, hash.parameters).map {
        constantTimeEqual($0, hash.digest)
      }
    }
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
}
