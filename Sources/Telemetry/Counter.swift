internal import Synchronization

/// A number that only grows.
package final class Counter: Family {
  let description: Description
  private let table: SeriesTable<Series>

  init(_ description: Description) {
    self.description = description
    table = SeriesTable(labels: description.labels) { Series() }
  }

  /// Adds to the series with these label values.
  package func add(_ count: Int = 1, labels: [String] = []) { table.series(labels).add(count) }

  /// The series with these label values, to keep where every nanosecond counts.
  package func series(_ labels: [String] = []) -> Series { table.series(labels) }

  /// One combination of label values.
  package final class Series: Sendable {
    private let total = Atomic<Int>(0)

    package func add(_ count: Int = 1) { total.wrappingAdd(count, ordering: .relaxed) }

    /// The sum so far.
    package var value: Int { total.load(ordering: .relaxed) }
  }

  func render(on page: inout MetricsPage) {
    page.begin(description)
    for (labels, series) in table.sorted { page.sample(description.name, labels, Double(series.value)) }
  }
}
