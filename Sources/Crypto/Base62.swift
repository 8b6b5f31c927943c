/// Digits, capitals and small letters: what a double click selects and no URL escapes.
package enum Base62 {
  private static let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  /// The bytes as one big-endian number to the base 62, with leading zeros up to the length that the longest
  /// number of as many bytes needs: 43 letters for 32 bytes, 6 for 4.
  package static func encode(_ bytes: [UInt8]) -> String {
    var limbs = limbs(of: bytes)
    var text = [UInt8](repeating: 0, count: length(of: bytes.count))
    for index in text.indices.reversed() {
      var rest: UInt64 = 0
      for limb in limbs.indices {
        let dividend = rest << 32 | UInt64(limbs[limb])
        limbs[limb] = UInt32(truncatingIfNeeded: dividend / 62)
        rest = dividend % 62
      }
      text[index] = letters[Int(rest)]
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The `count` bytes, or `nil` unless the text is exactly what `encode` gives for as many.
  package static func decode(_ text: some StringProtocol, count: Int) -> [UInt8]? {
    guard text.utf8.count == length(of: count) else { return nil }
    var limbs = limbs(of: [UInt8](repeating: 0, count: count))
    for letter in text.utf8 {
      guard var carry = value(of: letter) else { return nil }
      for index in limbs.indices.reversed() {
        carry += UInt64(limbs[index]) * 62
        limbs[index] = UInt32(truncatingIfNeeded: carry)
        carry >>= 32
      }
      guard carry == 0 else { return nil }
    }
    let bytes = limbs.flatMap { limb in
      stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: limb >> UInt32($0)) }
    }
    guard bytes.dropLast(count).allSatisfy({ $0 == 0 }) else { return nil }
    return Array(bytes.suffix(count))
  }

  /// The number in pieces of 32 bits, the highest first.
  private static func limbs(of bytes: [UInt8]) -> [UInt32] {
    var limbs = [UInt32](repeating: 0, count: (bytes.count + 3) / 4)
    for (index, byte) in bytes.reversed().enumerated() {
      limbs[limbs.count - 1 - index / 4] |= UInt32(byte) << UInt32(index % 4 * 8)
    }
    return limbs
  }

  private static func value(of letter: UInt8) -> UInt64? {
    switch letter {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(letter - UInt8(ascii: "0"))
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt64(letter - UInt8(ascii: "A")) + 10
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt64(letter - UInt8(ascii: "a")) + 36
    default: nil
    }
  }

  /// ⌈8n / log₂ 62⌉; 1 / log₂ 62 is 0.16795…
  private static func length(of byteCount: Int) -> Int {
    (byteCount * 8 * 16_796 + 99_999) / 100_000
  }
}
