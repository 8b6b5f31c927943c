internal import World

/// Dates and times as Odoo writes them: `2026-11-21` and `2026-11-21 08:15:00`, UTC.
enum CalendarText {
  /// Whether the text is a date that the calendar has, of the years 1 to 9999.
  static func isDate(_ text: String) -> Bool { date(Array(text.utf8)[...]) != nil }

  /// Whether the text is a date, a space, and a time of day without leap seconds.
  static func isDatetime(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 19, date(bytes[..<10]) != nil, bytes[10] == UInt8(ascii: " "),
      bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
      let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]),
      let second = number(bytes[17...])
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

extension CalendarText {
  /// Days since 1970-01-01 in the Gregorian calendar.
  static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
    // By eras of 400 years, counted from March so that the leap day ends the year.
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  static func civil(dayNumber: Int) -> (year: Int, month: Int, day: Int) {
    let (year, month, day) = Instant(seconds: Int64(dayNumber) * 86400).civilDate
    return (Int(year), Int(month), Int(day))
  }

  /// The date that many days after 1970-01-01.
  static func text(dayNumber: Int) -> String {
    let (year, month, day) = civil(dayNumber: dayNumber)
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  }

  /// The first day of a month; months over 12 belong to the next year.
  static func text(year: Int, month: Int) -> String {
    let years = (month - 1) / 12
    return "\(padded(year + years, 4))-\(padded(month - years * 12, 2))-01"
  }

  static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
