/// Dates and times as Odoo writes them: `2026-11-21` and `2026-11-21 08:15:00`, UTC.
enum CalendarText {
  /// Whether the text is a date that the calendar has, of the years 1 to 9999.
  static func isDate(_ text: String) -> Bool { date(Array(text.utf8)[...]) != nil }

  /// Whether the text is a date, a space, and a time of day without leap seconds.
  static func isDatetime(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 19, date(bytes[..<10]) != nil, bytes[10] == UInt8(ascii: " "),
      bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
      let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]), let second = number(bytes[17...])
    else { return false }
    return hour < 24 && minute < 60 && second < 60
  }

  static func date(_ bytes: ArraySlice<UInt8>) -> (year: Int, month: Int, day: Int)? {
    let start = bytes.startIndex
    guard bytes.count == 10, bytes[start + 4] == UInt8(ascii: "-"), bytes[start + 7] == UInt8(ascii: "-"),
      let year = number(bytes[start..<start + 4]), let month = number(bytes[start + 5..<start + 7]),
      let day = number(bytes[(start + 8)...]), year >= 1, (1...12).contains(month),
      (1...days(in: month, of: year)).contains(day)
    else { return nil }
    return (year, month, day)
  }

  static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    var number = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      number = number * 10 + Int(digit - 0x30)
    }
    return number
  }
}
