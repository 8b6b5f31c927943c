import Testing
import World

@Suite struct `Moments as text` {
  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("1970-01-01", 0), ("1969-12-31T23:59:59.5Z", -500_000),
      ("2026-11-21T08:15:30.250417Z", 1_795_248_930_250_417),
      ("2026-11-21t08:15:30.2504179z", 1_795_248_930_250_417),
      ("2026-11-21 09:15:30.25+01:00", 1_795_248_930_250_000),
      ("2026-11-21T02:45:30.25-05:30", 1_795_248_930_250_000),
      ("2024-02-29", 1_709_164_800_000_000), ("2000-02-29T00:00:00Z", 951_782_400_000_000),
    ] as [(String, Int64)])
  func `RFC 3339 §5_6 is read to the microsecond`(text: String, microseconds: Int64) {
    #expect(Instant(rfc3339: text)?.microseconds == microseconds)
  }

  @Test(
    arguments: [
      "", "2026", "2026-11", "2026-13-01", "2026-02-29", "2026-00-10", "2026-11-31", "0000-01-01",
      "2026-11-21T",
      "2026-11-21T08:15", "2026-11-21T08:15:30", "2026-11-21T24:00:00Z", "2026-11-21T08:60:00Z",
      "2026-11-21T23:59:60Z", "2026-11-21T08:15:30.Z", "2026-11-21T08:15:30.1234567890Z",
      "2026-11-21T08:15:30Zx", "2026-11-21T08:15:30+1:00", "2026-11-21T08:15:30+24:00", " 2026-11-21",
      "２０２６-11-21", "+026-11-21",
    ])
  func `anything else is no moment`(text: String) { #expect(Instant(rfc3339: text) == nil) }

  @Test(
    arguments: [0, 1, -1, 999_999, -1_000_000, 1_795_248_930_250_417, -62_000_000_000_000_001] as [Int64])
  func `what is written with its microseconds is read as it was`(microseconds: Int64) {
    let instant = Instant(microseconds: microseconds)
    #expect(Instant(rfc3339: instant.rfc3339Microseconds) == instant)
  }
}
