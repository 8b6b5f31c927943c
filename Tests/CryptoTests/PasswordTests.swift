import Crypto
import Testing

@Suite("RFC 9106 Argon2id") struct PasswordTests {
  /// Little memory, so that the tests are quick.
  private static let light = Argon2Parameters(kibibytes: 256, passes: 2)
  private static let known =
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"

  @Test func `the known answer of the reference implementation`() async throws {
    let hasher = try PasswordHasher(parameters: Self.light, concurrency: 1)
    #expect(try await hasher.hash(Secret("password"), salt: Array("somesalt".utf8)) == Self.known)
    #expect(try await hasher.isValid(Secret("password"), for: Self.known))
    #expect(try await !hasher.isValid(Secret("Password"), for: Self.known))
    #expect(try await !hasher.isValid(Secret(""), for: Self.known))
  }

  @Test func `the house's own parameters are OWASP's`() async throws {
    let hasher = try PasswordHasher(concurrency: 1)
    let phc = try await hasher.hash(Secret("correct horse"), salt: Array("0123456789abcdef".utf8))
    #expect(phc.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$"))
    #expect(try await hasher.isValid(Secret("correct horse"), for: phc))
    #expect(!hasher.isOutdated(phc))
    #expect(hasher.isOutdated(Self.known))
    #expect(hasher.isOutdated("not a hash"))
  }

  @Test(arguments: [
    "", "password", "$", "$$$$$", "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
    "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "$argon2id$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "$argon2id$v=19$m=256,t=2$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "$argon2id$v=19$t=2,m=256,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "$argon2id$v=19$m=-256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "$argon2id$v=19$m=256,t=4000000,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "$argon2id$v=19$m=256,t=2,p=200$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$", "$argon2id$v=19$m=256,t=2,p=1$$nf65EOgLrQMR",
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR\u{0}",
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4$",
  ])
  func `a stored text that is no hash, or one that asks for too much work, is an error`(
    phc: String
  ) async throws {
    let hasher = try PasswordHasher(parameters: Self.light, concurrency: 1)
    await #expect(throws: CryptoError.malformedPasswordHash) {
      try await hasher.isValid(Secret("password"), for: phc)
    }
  }

  @Test(arguments: [0, 7, 65]) func `§3.1 a salt of an unfit length is refused`(length: Int) async throws {
    let hasher = try PasswordHasher(parameters: Self.light, concurrency: 1)
    await #expect(throws: CryptoError.unfitSalt) {
      try await hasher.hash(Secret("password"), salt: [UInt8](repeating: 1, count: length))
    }
  }

  @Test func `many at once are all answered`() async throws {
    let hasher = try PasswordHasher(parameters: Self.light, concurrency: 2)
    let valid = try await withThrowingTaskGroup(of: Bool.self) { group in
      for index in 0..<32 {
        group.addTask {
          try await hasher.isValid(Secret(index % 2 == 0 ? "password" : "guess"), for: Self.known)
        }
      }
      return try await group.reduce(into: 0) { count, isValid in count += isValid ? 1 : 0 }
    }
    #expect(valid == 16)
  }

  @Test func `one too many is told so, not kept`() async throws {
    let hasher = try PasswordHasher(parameters: Self.light, concurrency: 1, waiting: 0)
    await #expect(throws: CryptoError.busy) { try await hasher.isValid(Secret("password"), for: Self.known) }
    await #expect(throws: CryptoError.busy) {
      try await hasher.hash(Secret("password"), salt: Array("somesalt".utf8))
    }
  }
}
