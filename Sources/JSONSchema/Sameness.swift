internal import JSON

extension JSONValue {
  /// Equality as JSON Schema has it (2020-12 Core §4.2.2): numbers are the same when their mathematical values are.
  func isSame(as other: JSONValue) -> Bool {
    switch (self, other) {
    case (.integer(let a), .integer(let b)): a == b
    case (.integer, .number), (.number, .integer), (.number, .number): compared(to: other) == 0
    case (.array(let a), .array(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.isSame(as: $1) }
    case (.object(let a), .object(let b)):
      a.count == b.count
        && a.members.allSatisfy { member in b[member.name].map { member.value.isSame(as: $0) } ?? false }
    default: self == other
    }
  }

  /// Below zero, zero or above it, as this number is less than, equal to or more than the other; nil unless both are
  /// numbers. No integer is rounded for it.
  func compared(to other: JSONValue) -> Int? {
    switch (self, other) {
    case (.integer(let a), .integer(let b)): a < b ? -1 : a == b ? 0 : 1
    case (.number(let a), .number(let b)): a < b ? -1 : a == b ? 0 : 1
    case (.integer(let a), .number(let b)): Self.compare(a, b)
    case (.number(let a), .integer(let b)): Self.compare(b, a).map { -$0 }
    default: nil
    }
  }

  private static func compare(_ a: Int64, _ b: Double) -> Int? {
    guard !b.isNaN else { return nil }
    if b >= 0x1p63 { return -1 }
    if b < -0x1p63 { return 1 }
    // Towards zero, and exact.
    let whole = Int64(b)
    if a != whole { return a < whole ? -1 : 1 }
    return Double(whole) < b ? -1 : Double(whole) == b ? 0 : 1
  }

  /// Whether this number is a multiple of that one; nil unless both are numbers.
  ///
  /// Decimal, as it was written: 0.0075 is a multiple of 0.0001, although the doubles that stand for them are not.
  func isMultiple(of divisor: JSONValue) -> Bool? {
    switch (self, divisor) {
    case (.integer(let a), .integer(let b)): return b == 0 ? false : b == -1 || a % b == 0
    default: break
    }
    guard let a = Decimal(self), let b = Decimal(divisor) else { return nil }
    return a.isMultiple(of: b)
  }
}

/// A number as digits × 10^exponent.
private struct Decimal {
  let digits: Int
  let exponent: Int

  init?(_ value: JSONValue) {
    switch value {
    case .integer(let whole):
      digits = Int(whole)
      exponent = 0
    case .number(let number):
      guard number.isFinite else { return nil }
      let parts = "\(number.magnitude)".split(separator: "e", maxSplits: 1)
      let mantissa = (parts.first ?? "").split(separator: ".", omittingEmptySubsequences: false)
      var fraction = mantissa.count > 1 ? mantissa[1] : ""
      if fraction == "0" { fraction = "" }
      guard let all = Int((mantissa.first ?? "") + fraction) else { return nil }
      let written = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
      digits = all
      exponent = written - fraction.count
    default: return nil
    }
  }

  func isMultiple(of divisor: Decimal) -> Bool {
    guard digits != 0 else { return true }
    guard divisor.digits != 0 else { return false }
    let by = divisor.digits.magnitude
    var (remainder, multiplier) = (digits.magnitude % by, by)
    if exponent >= divisor.exponent {
      // Digit by digit, so that nothing has to fit.
      for _ in 0..<(exponent - divisor.exponent) where remainder != 0 {
        remainder = by.dividingFullWidth(remainder.multipliedFullWidth(by: 10)).remainder
      }
      return remainder == 0
    }
    for _ in 0..<(divisor.exponent - exponent) {
      let (product, overflows) = multiplier.multipliedReportingOverflow(by: 10)
      // Then it is more than these digits are.
      if overflows { return false }
      multiplier = product
    }
    return digits.magnitude % multiplier == 0
  }
}
