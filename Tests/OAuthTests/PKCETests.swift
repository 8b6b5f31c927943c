internal import OAuth
internal import Testing

@Suite("PKCE (RFC 7636)")
struct PKCETests {
  private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  private static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

  @Test func `appendix B the example`() throws {
    let challenge = try #require(CodeChallenge(Self.challenge))
    #expect(challenge.isMet(by: try #require(CodeVerifier(Self.verifier))))
    #expect(!challenge.isMet(by: try #require(CodeVerifier(Self.challenge))))
    #expect(!challenge.isMet(by: try #require(CodeVerifier(Self.verifier.lowercased()))))
  }

  @Test(arguments: [(0, false), (42, false), (43, true), (128, true), (129, false), (10_000, false)])
  func `§4_1 a verifier is 43 to 128 characters`(count: Int, isVerifier: Bool) {
    #expect((CodeVerifier(String(repeating: "~", count: count)) != nil) == isVerifier)
  }

  @Test(arguments: ["+", "/", "=", " ", "%", "\0", "é", "\n", ":", "@", "\u{FF21}"])
  func `§4_1 of unreserved characters`(character: String) {
    #expect(CodeVerifier(String(repeating: "a", count: 42) + character) == nil)
    #expect(CodeVerifier(String(repeating: "a", count: 50) + character) == nil)
  }

  @Test(arguments: [
    String(repeating: "a", count: 42), String(repeating: "a", count: 44), "", challenge + "=",
    "+" + challenge.dropFirst(),
    "/" + challenge.dropFirst(), challenge.dropLast() + "N", challenge + "\n", " " + challenge.dropFirst(),
    String(repeating: "é", count: 21) + "a",
  ])
  func `§4_2 an S256 challenge is the base64url of 32 bytes, in its one form`(text: String) {
    #expect(CodeChallenge(text) == nil)
  }
}
