package import JSON

/// A quantity in millionths, so that sums of money come out right and a limit is exact at its boundary.
package struct Amount: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let millionths: Int64

  package init(millionths: Int64) { self.millionths = millionths }
  /// - Parameter whole: what is beyond four billions of millions counts as that.
  package init(_ whole: Int) { millionths = min(max(0, Int64(whole)), Self.largest / 1_000_000) * 1_000_000 }

  /// - Returns: nil for what is no number, is negative, or is beyond nine billions.
  package init?(_ value: JSONValue) {
    switch value {
    case .integer(let whole):
      let (product, overflows) = whole.multipliedReportingOverflow(by: 1_000_000)
      guard whole >= 0, !overflows, product <= Self.largest else { return nil }
      millionths = product
    case .number(let number):
      // Rounded to the nearest: 0.1 is one hundred thousand millionths, though no double is 0.1.
      let product = (number * 1_000_000).rounded()
      guard number >= 0, product <= Double(Self.largest), number == 0 || product > 0 else { return nil }
      millionths = Int64(product)
    default: return nil
    }
  }

  /// Two of these still fit 64 bits.
  private static let largest: Int64 = 4_000_000_000_000_000_000

  package static func < (a: Amount, b: Amount) -> Bool { a.millionths < b.millionths }

  package var description: String {
    let (whole, rest) = millionths.quotientAndRemainder(dividingBy: 1_000_000)
    guard rest != 0 else { return String(whole) }
    let digits = String(abs(rest))
    var fraction = String(repeating: "0", count: 6 - digits.count) + digits
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(whole).\(fraction)"
  }
}
