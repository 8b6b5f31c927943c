package import World

/// Moments, as records keep them (`2026-11-21 08:15:00`, UTC) and as RFC 3339 has them.
package enum MomentText {
  /// The moment as records keep it, without the fraction of its second.
  static func text(_ moment: Instant) -> String {
    let text = moment.rfc3339
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))"
  }

  /// Reads RFC 3339 §5.6 `date-time`, or what records keep.
  ///
  /// - Returns: nil for anything else, and for a day that the calendar doesn't have; a leap second is the one before.
  package static func moment(_ text: String) -> Instant? {
    var bytes = Array(text.utf8)
    guard bytes.count >= 19, bytes.count <= 40 else { return nil }
    let rest = bytes[19...]
    guard bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t") || bytes[10] == UInt8(ascii: " ")
    else {
      return nil
    }
    guard let offset = offset(rest, isOptional: bytes[10] == UInt8(ascii: " ")) else { return nil }
    bytes[10] = UInt8(ascii: " ")
    if bytes[17] == UInt8(ascii: "6"), bytes[18] == UInt8(ascii: "0") {
      (bytes[17], bytes[18]) = (UInt8(ascii: "5"), UInt8(ascii: "9"))
    }
    let local = String(decoding: bytes[..<19], as: UTF8.self)
    guard let seconds = seconds(local) else { return nil }
    return Instant(seconds: seconds - offset)
  }

  /// Seconds since 1970 of what records keep.
  static func seconds(_ text: String) -> Int64? {
    guard CalendarText.isDatetime(text) else { return nil }
    let bytes = Array(text.utf8)
    guard let (year, month, day) = CalendarText.date(bytes[..<10]) else { return nil }
    let two = { (start: Int) in Int64(bytes[start] - 0x30) * 10 + Int64(bytes[start + 1] - 0x30) }
    return Int64(CalendarText.dayNumber(year, month, day)) * 86400 + two(11) * 3600 + two(14) * 60 + two(17)
  }

  /// Seconds that local time is ahead of UTC, after a fraction that nobody needs.
  private static func offset(_ bytes: ArraySlice<UInt8>, isOptional: Bool) -> Int64? {
    var rest = bytes
    let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix(while: isDigit)
      guard !digits.isEmpty else { return nil }
      rest = rest.dropFirst(digits.count + 1)
    }
    guard let sign = rest.first else { return isOptional ? 0 : nil }
    if sign == UInt8(ascii: "Z") || sign == UInt8(ascii: "z") { return rest.count == 1 ? 0 : nil }
    let zone = Array(rest)
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), zone.count == 6,
      zone[3] == UInt8(ascii: ":"),
      [1, 2, 4, 5].allSatisfy({ isDigit(zone[$0]) })
    else { return nil }
    let hours = Int64(zone[1] - 0x30) * 10 + Int64(zone[2] - 0x30)
    let minutes = Int64(zone[4] - 0x30) * 10 + Int64(zone[5] - 0x30)
    guard hours < 24, minutes < 60 else { return nil }
    return (hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "+") ? 1 : -1)
  }
}
