/// Digits, capitals and small letters: what a double click selects and no URL escapes.
package enum Base62 {
  private static let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  /// The bytes as one big-endian number to the base 62, with leading zeros up to the length that the longest
  /// number of as many bytes needs: 43 letters for 32 bytes, 6 for 4.
  package static func encode(_ bytes: [UInt8]) -> String {
    var digits = [UInt8](repeating: 0, count: length(of: bytes.count))
    for byte in bytes {
      var carry = Int(byte)
      for index in digits.indices.reversed() {
        carry += Int(digits[index]) << 8
        digits[index] = UInt8(truncatingIfNeeded: carry % 62)
        carry /= 62
      }
    }
    return String(decoding: digits.map { letters[Int($0)] }, as: UTF8.self)
  }

  /// The `count` bytes, or `nil` unless the text is exactly what `encode` gives for as many.
  package static func decode(_ text: some StringProtocol, count: Int) -> [UInt8]? {
    guard text.utf8.count == length(of: count) else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    for letter in text.utf8 {
      guard let digit = value(of: letter) else { return nil }
      var carry = digit
      for index in bytes.indices.reversed() {
        carry += Int(bytes[index]) * 62
        bytes[index] = UInt8(truncatingIfNeeded: carry)
        carry >>= 8
      }
      guard carry == 0 else { return nil }
    }
    return bytes
  }

  private static func value(of letter: UInt8) -> Int? {
    switch letter {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(letter - UInt8(ascii: "0"))
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(letter - UInt8(ascii: "A")) + 10
    case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(letter - UInt8(ascii: "a")) + 36
    default: nil
    }
  }

  /// ⌈8n / log₂ 62⌉; 1 / log₂ 62 is 0.16795…
  private static func length(of byteCount: Int) -> Int {
    (byteCount * 8 * 16_796 + 99_999) / 100_000
  }
}
