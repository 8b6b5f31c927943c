internal import World

/// A point in time as a page shows it: for people in UTC, and as RFC 3339 for the browser, which knows the zone.
struct Moment: Sendable {
  let instant: Instant

  init(_ instant: Instant) { self.instant = instant }

  func fill(_ values: borrowing PageValues) {
    let text = instant.rfc3339
    values.exact("DATETIME", text)
    values.exact("MOMENT", text.prefix(10) + " " + text.dropFirst(11).prefix(5) + " UTC")
  }
}
