/// Base 64 with padding (RFC 4648 §4), for HTTP Basic and PEM-like texts.
package enum Base64 {
  /// The encoded text, padded.
  package static func encode(_ bytes: [UInt8]) -> String {
    Base64Alphabet.standard.encode(bytes, padded: true)
  }

  /// The bytes, or `nil` unless the text is exactly what `encode` gives: padded, without white space, and with
  /// zero bits at the end (RFC 4648 §3.5).
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    Base64Alphabet.standard.decode(Array(text.utf8), padded: true)
  }
}

/// Base 64 with the alphabet for URLs and file names (RFC 4648 §5), without padding as JWS has it (RFC 7515 §2).
package enum Base64URL {
  /// The encoded text, without padding.
  package static func encode(_ bytes: [UInt8]) -> String { Base64Alphabet.url.encode(bytes, padded: false) }

  /// The bytes, or `nil` unless the text is exactly what `encode` gives: no padding, no white space, and zero bits
  /// at the end (RFC 4648 §3.5).
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    Base64Alphabet.url.decode(Array(text.utf8), padded: false)
  }
}

/// Base 64 with the standard alphabet and without padding, as password hashes in PHC form have it.
enum PHCBase64 {
  static func encode(_ bytes: [UInt8]) -> String { Base64Alphabet.standard.encode(bytes, padded: false) }

  /// The bytes, or `nil` unless the text is exactly what `encode` gives.
  static func decode(_ text: some StringProtocol) -> [UInt8]? {
    Base64Alphabet.standard.decode(Array(text.utf8), padded: false)
  }
}

private struct Base64Alphabet: Sendable {
  static let standard = Base64Alphabet(last: "+", "/")
  static let url = Base64Alphabet(last: "-", "_")

  private static let invalid: UInt8 = 0xFF
  private static let padding = UInt8(ascii: "=")
  private let letters: [UInt8]
  /// Which six bits a byte of text stands for.
  private let values: [UInt8]

  private init(last first: Unicode.Scalar, _ second: Unicode.Scalar) {
    let letters =
      Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
      + [UInt8(ascii: first), UInt8(ascii: second)]
    var values = [UInt8](repeating: Self.invalid, count: 256)
    for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
    self.letters = letters
    self.values = values
  }

  func encode(_ bytes: [UInt8], padded: Bool) -> String {
    let full = bytes.count / 3
    let rest = bytes.count % 3
    let length = full * 4 + (rest == 0 ? 0 : padded ? 4 : rest + 1)
    return unsafe String(unsafeUninitializedCapacity: length) { text in
      var out = 0
      func put(_ bits: UInt32, _ count: Int) {
        for shift in 0..<count {
          unsafe text[out] = letters[Int(bits >> (18 - UInt32(shift) * 6) & 63)]
          out += 1
        }
      }
      for index in 0..<full {
        let at = index * 3
        put(UInt32(bytes[at]) << 16 | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]), 4)
      }
      if rest == 1 { put(UInt32(bytes[full * 3]) << 16, 2) }
      if rest == 2 { put(UInt32(bytes[full * 3]) << 16 | UInt32(bytes[full * 3 + 1]) << 8, 3) }
      while out < length {
        unsafe text[out] = Self.padding
        out += 1
      }
      return length
    }
  }

  func decode(_ text: [UInt8], padded: Bool) -> [UInt8]? {
    var count = text.count
    if padded {
      guard count % 4 == 0 else { return nil }
      if count > 0, text[count - 1] == Self.padding { count -= text[count - 2] == Self.padding ? 2 : 1 }
    }
    guard count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * 3 / 4)
    var bits: UInt32 = 0
    var bitCount: UInt32 = 0
    for index in 0..<count {
      let value = values[Int(text[index])]
      guard value != Self.invalid else { return nil }
      bits = bits << 6 | UInt32(value)
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
        bits &= (1 << bitCount) - 1
      }
    }
    // RFC 4648 §3.5: one value must not have several texts.
    return bits == 0 ? bytes : nil
  }
}
