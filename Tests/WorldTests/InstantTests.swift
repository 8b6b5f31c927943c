internal import Testing
internal import World

/// Moments, dates and durations.
@Suite struct `Instants` {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"),
      (1, "1970-01-01T00:00:00.000Z"),
      (999, "1970-01-01T00:00:00.000Z"),
      (1000, "1970-01-01T00:00:00.001Z"),
      (-1, "1969-12-31T23:59:59.999Z"),
      (-1_000_000, "1969-12-31T23:59:59.000Z"),
      (-86_400_000_000, "1969-12-31T00:00:00.000Z"),
      (1_795_000_530_250_000, "2026-11-18T11:15:30.250Z"),
      (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
      (4_107_542_399_999_999, "2100-02-28T23:59:59.999Z"),
      (4_107_542_400_000_000, "2100-03-01T00:00:00.000Z"),
      (-2_208_988_800_000_000, "1900-01-01T00:00:00.000Z"),
      (-62_135_596_800_000_000, "0001-01-01T00:00:00.000Z"),
      (-62_167_219_200_000_000, "0000-01-01T00:00:00.000Z"),
      (253_402_300_799_999_000, "9999-12-31T23:59:59.999Z"),
    ] as [(Int64, String)])
  func `RFC 3339 §5.6 a moment is written in UTC with milliseconds, rounded down`(
    microseconds: Int64, text: String
  ) {
    #expect(Instant(microseconds: microseconds).rfc3339 == text)
  }

  /// Days counted one by one, by the rule that everybody knows.
  @Test func `every day from 1890 to 2110 has its civil date`() {
    var (year, month, day) = (1890, 1, 1)
    var seconds = Int64(-80 * 365 - 19) * 86400  // 19 leap days from 1892 to 1968, 1900 is none
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    while year < 2110 {
      for second in [Int64(0), 86399] {
        let date = Instant(seconds: seconds + second).civilDate
        guard date == (Int64(year), Int64(month), Int64(day)) else {
          Issue.record("\(seconds + second) is \(date), not \(year)-\(month)-\(day)")
          return
        }
      }
      seconds += 86400
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      day += 1
      if day > lengths[month - 1] + (month == 2 && isLeap ? 1 : 0) { (month, day) = (month + 1, 1) }
      if month > 12 { (year, month) = (year + 1, 1) }
    }
    // The epoch was met on the way.
    #expect(Instant(seconds: 0).civilDate == (1970, 1, 1))
  }

  @Test(
    arguments: [
      (0, 0), (1, 0), (999_999, 0), (1_000_000, 1), (1_999_999, 1), (-1, -1), (-999_999, -1),
      (-1_000_000, -1), (-1_000_001, -2), (Int64.max, Int64.max / 1_000_000),
    ] as [(Int64, Int64)])
  func `RFC 7519 §2 a NumericDate is rounded down, before 1970 too`(microseconds: Int64, seconds: Int64) {
    #expect(Instant(microseconds: microseconds).seconds == seconds)
  }

  @Test func `a NumericDate comes back as it went`() {
    for seconds: Int64 in [-86400, -1, 0, 1, 1_795_000_000, 253_402_300_799] {
      #expect(Instant(seconds: seconds).seconds == seconds)
      #expect(Instant(seconds: seconds).microseconds == seconds * 1_000_000)
    }
  }

  @Test func `moments are ordered, and their difference leads from one to the other`() {
    let (early, late) = (Instant(microseconds: -5), Instant(microseconds: 7))
    #expect(early < late && !(late < early) && !(early < early))
    #expect(late - early == .microseconds(12))
    #expect(early - late == .microseconds(-12))
    #expect(early + (late - early) == late)
    #expect(late - (late - early) == early)
    #expect(late - .minutes(1) == Instant(microseconds: 7 - 60_000_000))
  }

  @Test func `the machine's clock goes on and stands in this century`() {
    let first = Instant.systemNow()
    let second = Instant.systemNow()
    #expect(first <= second)
    #expect((2025...2100).contains(first.civilDate.year))
  }

  @Test(
    arguments: [
      (.zero, 0, 0), (.nanoseconds(999), 0, 0), (.microseconds(1), 1, 0), (.milliseconds(1500), 1_500_000, 1),
      (.nanoseconds(-999), 0, 0), (.milliseconds(-1500), -1_500_000, -1), (.seconds(60), 60_000_000, 60),
    ] as [(Duration, Int64, Int64)])
  func `a duration is rounded towards zero`(duration: Duration, microseconds: Int64, seconds: Int64) {
    #expect(duration.wholeMicroseconds == microseconds)
    #expect(duration.wholeSeconds == seconds)
  }

  @Test func `minutes, hours and days are what they say`() {
    #expect(Duration.minutes(3) == .seconds(180))
    #expect(Duration.hours(2) == .seconds(7200))
    #expect(Duration.days(1) == .hours(24))
    #expect(Duration.days(-1) == .seconds(-86400))
  }

  @Test func `a world answers what it was given`() {
    let world = World(now: { Instant(seconds: 5) }, random: { [UInt8](repeating: 9, count: $0) })
    #expect(world.now == Instant(seconds: 5))
    #expect(world.random(3) == [9, 9, 9])
    #expect(world.random(0).isEmpty)
  }
}
