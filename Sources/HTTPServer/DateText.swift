internal import World

/// The value of `Date` (RFC 9110 §5.6.7, IMF-fixdate), written once a second.
struct DateText {
  private var second: Int64 = .min
  private var bytes: [UInt8] = []

  mutating func text(_ now: Instant) -> [UInt8] {
    if now.seconds != second {
      second = now.seconds
      bytes = Array(Self.text(now).utf8)
    }
    return bytes
  }

  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]  // 1970-01-01 was a Thursday
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private static func text(_ now: Instant) -> String {
    let (year, month, day) = now.civilDate
    let second = now.seconds - now.seconds.floored(86400) * 86400
    let weekday = Self.days[Int(now.seconds.floored(86400) - now.seconds.floored(86400).floored(7) * 7)]
    let time = "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    return "\(weekday), \(padded(day, 2)) \(months[Int(month) - 1]) \(padded(year, 4)) \(time) GMT"
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

extension Int64 {
  /// The quotient rounded down, also before 1970.
  fileprivate func floored(_ divisor: Int64) -> Int64 {
    self >= 0 ? self / divisor : (self - divisor + 1) / divisor
  }
}
