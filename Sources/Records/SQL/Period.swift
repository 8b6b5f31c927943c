/// A day, week, month, quarter or year, by its first day.
struct Period {
  /// The first day: `2026-10-01`.
  let start: String
  /// The day after the last.
  let end: String
  /// What people call it: `2026-10-05`, `2026-W41`, `2026-10`, `2026-Q4`, `2026`.
  let label: String

  /// - Returns: nil when `start` is no date.
  init?(_ granularity: GroupKey.Granularity, startingAt start: String) {
    guard let (year, month, day) = CalendarText.date(Array(start.utf8)[...]) else { return nil }
    self.start = start
    switch granularity {
    case .day:
      end = CalendarText.text(dayNumber: CalendarText.dayNumber(year, month, day) + 1)
      label = start
    case .week:
      let monday = CalendarText.dayNumber(year, month, day)
      end = CalendarText.text(dayNumber: monday + 7)
      // A week belongs to the year of its Thursday (ISO 8601).
      let thursday = CalendarText.civil(dayNumber: monday + 3)
      let firstDay = CalendarText.dayNumber(thursday.year, 1, 1)
      label = "\(thursday.year)-W\(CalendarText.padded((monday + 3 - firstDay) / 7 + 1, 2))"
    case .month:
      end = CalendarText.text(year: year, month: month + 1)
      label = String(start.prefix(7))
    case .quarter:
      end = CalendarText.text(year: year, month: month + 3)
      label = "\(start.prefix(4))-Q\((month + 2) / 3)"
    case .year:
      end = CalendarText.text(year: year, month: month + 12)
      label = String(start.prefix(4))
    }
  }
}
