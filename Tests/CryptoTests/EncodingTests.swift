import Crypto
import Testing

@Suite("RFC 4648 encodings") struct EncodingTests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func `§10 the test vectors of base 64`(text: String, encoded: String) {
    #expect(Base64.encode(Array(text.utf8)) == encoded)
    #expect(Base64.decode(encoded) == Array(text.utf8))
    let unpadded = String(encoded.prefix { $0 != "=" })
    #expect(Base64URL.encode(Array(text.utf8)) == unpadded)
    #expect(Base64URL.decode(unpadded) == Array(text.utf8))
  }

  @Test func `§5 the two letters that differ`() {
    #expect(Base64.encode([0xFB, 0xEF, 0xFF]) == "++//")
    #expect(Base64URL.encode([0xFB, 0xEF, 0xFF]) == "--__")
    #expect(Base64URL.decode("--__") == [0xFB, 0xEF, 0xFF])
    #expect(Base64URL.decode("++//") == nil)
    #expect(Base64.decode("--__") == nil)
  }

  @Test(arguments: [
    "A", "AAAAA", "Zg==", "Zm8=", "=", "Zm9v=", "Zm 9v", "Zm9v\n", " Zm9v", "Zm9\0", "Zm9é", "Zm9+", "Z/9v",
    "Zh",
    "Zm9", "Zm9vYh",
  ])
  func `§3 base64url that is padded, spaced or not canonical is refused`(text: String) {
    #expect(Base64URL.decode(text) == nil)
  }

  @Test(arguments: [
    "Zg", "Zg=", "Zm8", "Zg===", "====", "=", "==", "=g==", "Z===", "Zm9v====", "Zm=v", "Zg==Zg==", "Zm9v\n",
    " Zm9v",
    "Zh==", "Zm9=", "Zg=a",
  ])
  func `§3 base64 that is unpadded, spaced or not canonical is refused`(text: String) {
    #expect(Base64.decode(text) == nil)
  }

  @Test func `every length comes back, from any part of a text`() {
    for length in 0...100 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ length) }
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
      #expect(Base64URL.decode(("." + Base64URL.encode(bytes)).dropFirst()) == bytes)
    }
  }
}

@Suite("Base 62 and CRC-32, the two ends of an API key") struct KeyEncodingTests {
  @Test(arguments: [
    ("", ""), ("00", "00"), ("ff", "47"), ("00000000", "000000"), ("ffffffff", "4gfFC3"),
    ("cbf43926", "3jZRME"),
    (
      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
      "003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf"
    ),
    (
      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1"
    ),
  ])
  func `bytes are one number to the base 62, of fixed length`(bytes: String, text: String) {
    #expect(Base62.encode(hex(bytes)) == text)
    #expect(Base62.decode(text, count: bytes.count / 2) == hex(bytes))
  }

  @Test(arguments: ["4gfFC4", "zzzzzz", "4gfFC", "04gfFC3", "4gfF-3", "4gfFé3", ""])
  func `a text too long, too large or of other letters is refused`(text: String) {
    #expect(Base62.decode(text, count: 4) == nil)
  }

  @Test(arguments: [("", 0), ("a", 0xE8B7_BE43), ("123456789", 0xCBF4_3926)] as [(String, UInt32)])
  func `RFC 1952 §8 the checksum of known texts`(text: String, checksum: UInt32) {
    #expect(CRC32.checksum(Array(text.utf8)) == checksum)
  }
}
