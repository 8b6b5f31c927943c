package import World

extension Instant {
  /// The form of RFC 5322 §3.3: `Sat, 21 Nov 2026 04:10:00 +0000`.
  package var rfc5322: String {
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let (year, month, day) = civilDate
    let weekday = days[Int(((seconds / 86400) % 7 + 7) % 7)]
    // The time of day is the same as in RFC 3339.
    let time = rfc3339.dropFirst(11).prefix(8)
    return "\(weekday), \(day) \(months[Int(month) - 1]) \(year) \(time) +0000"
  }
}
