extension Instant {
  /// RFC 3339 with all microseconds, such as `2026-11-21T08:15:30.250417Z`: nothing of the moment is lost.
  package var rfc3339Microseconds: String {
    let fraction = String(((microseconds % 1_000_000) + 1_000_000) % 1_000_000)
    return rfc3339.dropLast(4) + String(repeating: "0", count: 6 - fraction.count) + fraction + "Z"
  }

  /// Reads a moment as RFC 3339 §5.6 has it, or a day alone, which is its first moment in UTC.
  ///
  /// - Returns: nil for anything else, for a day that no month has, and for a leap second.
  package init?(rfc3339 text: some StringProtocol) {
    var rest = Array(text.utf8)[...]
    func number(_ digits: Int, in range: ClosedRange<Int64>) -> Int64? {
      guard rest.count >= digits, rest.prefix(digits).allSatisfy({ (0x30...0x39).contains($0) }) else {
        return nil
      }
      let value = rest.prefix(digits).reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
      rest = rest.dropFirst(digits)
      return range.contains(value) ? value : nil
    }
    func takes(_ characters: String) -> UInt8? {
      guard let first = rest.first, characters.utf8.contains(first) else { return nil }
      rest = rest.dropFirst()
      return first
    }
    guard let year = number(4, in: 1...9999), takes("-") != nil, let month = number(2, in: 1...12),
      takes("-") != nil, let day = number(2, in: 1...31)
    else { return nil }
    // Days by eras of 400 years, as `civilDate` counts them.
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    self.init(seconds: days * 86400)
    guard civilDate == (year, month, day) else { return nil }
    if rest.isEmpty { return }
    guard takes("Tt ") != nil, let hour = number(2, in: 0...23), takes(":") != nil,
      let minute = number(2, in: 0...59), takes(":") != nil, let second = number(2, in: 0...59)
    else { return nil }
    var fraction: Int64 = 0
    if takes(".") != nil {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard (1...9).contains(digits.count) else { return nil }
      rest = rest.dropFirst(digits.count)
      for index in 0..<6 {
        let place = digits.startIndex + index
        fraction = fraction * 10 + (digits.indices.contains(place) ? Int64(digits[place] - 0x30) : 0)
      }
    }
    var offset: Int64 = 0
    if takes("Zz") == nil {
      guard let sign = takes("+-"), let hours = number(2, in: 0...23), takes(":") != nil,
        let minutes = number(2, in: 0...59)
      else { return nil }
      offset = (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -60 : 60)
    }
    guard rest.isEmpty else { return nil }
    self.init(
      microseconds: microseconds + (hour * 3600 + minute * 60 + second - offset) * 1_000_000 + fraction)
  }
}
