internal import Accounts
internal import Crypto
internal import Testing
internal import World

@Suite("RFC 6238 Time-based one-time passwords")
struct TOTPTests {
  static let totp = TOTP(secret: Secret(Array("12345678901234567890".utf8)))

  @Test(
    arguments: [
      (59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924"),
      (2_000_000_000, "279037"), (20_000_000_000, "353130"),
    ] as [(Int64, String)])
  func `RFC 6238 appendix B the codes of SHA-1, last six digits`(time: Int64, code: String) throws {
    #expect(try Self.totp.code(step: TOTP.step(at: Instant(seconds: time))) == code)
  }

  @Test(
    arguments: [(-61, false), (-31, true), (-30, true), (0, true), (30, true), (60, false)] as [(Int64, Bool)]
  )
  func `RFC 6238 §5_2 a code counts in its step and its neighbours`(offset: Int64, counts: Bool) throws {
    // 20 seconds into a step.
    let now = Instant(seconds: 1_795_000_010)
    let code = try Self.totp.code(step: TOTP.step(at: Instant(seconds: now.seconds + offset)))
    #expect(try (Self.totp.step(of: code, at: now, after: 0) != nil) == counts)
  }

  @Test func `C18 a code counts once, and those before it no more`() throws {
    let now = Instant(seconds: 1_795_000_010)
    let code = try Self.totp.code(step: TOTP.step(at: now))
    let step = try #require(try Self.totp.step(of: code, at: now, after: 0))
    #expect(try Self.totp.step(of: code, at: now, after: step) == nil)
    let before = try Self.totp.code(step: step - 1)
    #expect(try Self.totp.step(of: before, at: now, after: step) == nil)
    let next = try Self.totp.code(step: step + 1)
    #expect(try Self.totp.step(of: next, at: now, after: step) == step + 1)
  }

  @Test(arguments: ["", "0", "0000000", "abcdef", "28708２"])
  func `what is no code is none`(code: String) throws {
    #expect(try Self.totp.step(of: code, at: Instant(seconds: 59), after: 0) == nil)
  }

  @Test func `the app is told the secret, the issuer and whose it is`() {
    #expect(
      Self.totp.uri(issuer: "gate.example:8443", login: "sam@x y")
        == "otpauth://totp/gate.example%3A8443:sam%40x%20y?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=gate.example%3A8443&algorithm=SHA1&digits=6&period=30"
    )
  }

  @Test(arguments: [
    ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"),
    ("foobar", "MZXW6YTBOI"),
  ])
  func `RFC 4648 §10 Base32, without its padding`(plain: String, encoded: String) {
    #expect(Base32.encode(Array(plain.utf8)) == encoded)
    #expect(Base32.decode(encoded) == Array(plain.utf8))
  }

  @Test(arguments: ["M", "MZ", "my", "M1", "MZXW6Y"]) func `what is no Base32 is none`(text: String) {
    #expect(Base32.decode(text) == nil)
  }
}
