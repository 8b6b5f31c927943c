extension Double {
  /// The number as ECMAScript's Number::toString writes it (RFC 8785 §3.2.2.3); the number must be finite.
  ///
  /// Swift's description has the same digits, the shortest that read back as this number; only the place of
  /// the point and the exponent differ.
  var ecmaScriptText: String {
    if self == 0 { return "0" }
    let (digits, exponent) = magnitude.shortestDigits
    let sign = self < 0 ? "-" : ""
    let count = digits.count
    let text = String(decoding: digits, as: UTF8.self)
    switch exponent {
    case count...21:
      return sign + text + String(repeating: "0", count: exponent - count)
    case 1..<Swift.max(count, 1):
      return sign + text.prefix(exponent) + "." + text.dropFirst(exponent)
    case -5...0:
      return sign + "0." + String(repeating: "0", count: -exponent) + text
    default:
      let power = exponent - 1
      let mantissa = count == 1 ? text : text.prefix(1) + "." + text.dropFirst(1)
      return sign + mantissa + (power < 0 ? "e-" : "e+") + String(power.magnitude)
    }
  }

  /// The digits d₁d₂…dₖ without zeros at either end, and n such that the value is 0.d₁d₂…dₖ × 10ⁿ.
  private var shortestDigits: (digits: [UInt8], exponent: Int) {
    var digits: [UInt8] = []
    var pointAfter: Int?
    var written = 0
    var text = description.utf8[...]
    while let byte = text.first, byte != UInt8(ascii: "e") {
      text = text.dropFirst()
      if byte == UInt8(ascii: ".") { pointAfter = digits.count } else { digits.append(byte) }
    }
    if !text.isEmpty { written = Int(Substring(text.dropFirst())) ?? 0 }
    var exponent = (pointAfter ?? digits.count) + written
    while digits.first == UInt8(ascii: "0") {
      digits.removeFirst()
      exponent -= 1
    }
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    return (digits, exponent)
  }
}
