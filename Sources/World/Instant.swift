import Glibc

/// A moment in UTC, in microseconds since 1970-01-01T00:00:00Z.
package struct Instant: Sendable, Hashable, Comparable {
  /// Microseconds since the epoch; this is how moments are stored.
  package let microseconds: Int64

  package init(microseconds: Int64) { self.microseconds = microseconds }

  /// - Parameter seconds: whole seconds since the epoch, as in JWT's NumericDate (RFC 7519 §2).
  package init(seconds: Int64) { self.microseconds = seconds &* 1_000_000 }

  /// Whole seconds since the epoch, rounded down (RFC 7519 NumericDate).
  package var seconds: Int64 {
    microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
  }

  /// Reads the machine's clock.
  package static func systemNow() -> Instant {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  package static func < (a: Instant, b: Instant) -> Bool { a.microseconds < b.microseconds }

  package static func + (a: Instant, b: Duration) -> Instant {
    Instant(microseconds: a.microseconds + b.wholeMicroseconds)
  }

  package static func - (a: Instant, b: Duration) -> Instant {
    Instant(microseconds: a.microseconds - b.wholeMicroseconds)
  }

  package static func - (a: Instant, b: Instant) -> Duration {
    .microseconds(a.microseconds - b.microseconds)
  }

  /// RFC 3339 with milliseconds, such as `2026-11-21T08:15:30.250Z`.
  package var rfc3339: String {
    let (year, month, day) = civilDate
    let second = ((seconds % 86400) + 86400) % 86400
    let millisecond = (microseconds - seconds * 1_000_000) / 1000
    return
      "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2)).\(pad(millisecond, 3))Z"
  }

  /// The proleptic Gregorian date in UTC.
  package var civilDate: (year: Int64, month: Int64, day: Int64) {
    // Days to date by eras of 400 years, counted from 0000-03-01 so that the leap day ends the year.
    let days = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }

  private func pad(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

extension Duration {
  /// The duration in microseconds, rounded towards zero.
  package var wholeMicroseconds: Int64 {
    components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
  }

  /// The duration in seconds, rounded towards zero.
  package var wholeSeconds: Int64 { components.seconds }

  package static func minutes(_ count: Int64) -> Duration { .seconds(count * 60) }
  package static func hours(_ count: Int64) -> Duration { .seconds(count * 3600) }
  package static func days(_ count: Int64) -> Duration { .seconds(count * 86400) }
}
