internal import Crypto

/// What the client commits to when it asks for a code (RFC 7636 §4.2). Only S256 is spoken here.
package struct CodeChallenge: Sendable, Hashable {
  package let text: String

  /// - Returns: nil unless it is the base64url form of 32 bytes, which is what S256 makes.
  package init?(_ text: String) {
    guard text.utf8.count == 43, Base64URL.decode(text)?.count == 32 else { return nil }
    self.text = text
  }

  /// Whether `verifier` is what the challenge was made of, compared in constant time.
  package func isMet(by verifier: CodeVerifier) -> Bool {
    constantTimeEqual(Array(Base64URL.encode(SHA256.hash(Array(verifier.text.utf8))).utf8), Array(text.utf8))
  }
}

/// What only the client that asked can know (RFC 7636 §4.1).
package struct CodeVerifier: Sendable {
  fileprivate let text: String

  /// - Returns: nil unless it is 43 to 128 unreserved characters.
  package init?(_ text: String) {
    guard (43...128).contains(text.utf8.count) else { return nil }
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        continue
      default: return nil
      }
    }
    self.text = text
  }
}
