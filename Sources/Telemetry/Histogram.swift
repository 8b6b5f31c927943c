internal import Synchronization

/// How often values fall into each of a few fixed buckets.
package final class Histogram: Family {
  /// Bounds for the duration of a request, in seconds: 100 µs to 10 s.
  package static let durations: [Double] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]

  let description: Description
  private let table: SeriesTable<Series>

  init(_ description: Description, _ bounds: [Double]) {
    precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "bucket bounds must ascend")
    self.description = description
    table = SeriesTable(labels: description.labels) { Series(bounds) }
  }

  /// Counts a duration, in seconds.
  package func observe(_ duration: Duration, labels: [String] = []) { table.series(labels).observe(duration) }

  /// Counts a value.
  package func observe(_ value: Double, labels: [String] = []) { table.series(labels).observe(value) }

  /// The series with these label values, to keep where every nanosecond counts.
  package func series(_ labels: [String] = []) -> Series { table.series(labels) }

  /// One combination of label values.
  package final class Series: Sendable {
    fileprivate let bounds: [Double]
    /// One for each bound and one for all above the last.
    fileprivate let counts: [Counter.Series]
    fileprivate let sum = AtomicDouble()

    init(_ bounds: [Double]) {
      self.bounds = bounds
      counts = (0...bounds.count).map { _ in Counter.Series() }
    }

    package func observe(_ duration: Duration) {
      let (seconds, attoseconds) = duration.components
      observe(Double(seconds) + Double(attoseconds) * 1e-18)
    }

    package func observe(_ value: Double) {
      var index = 0
      while index < bounds.count, value > bounds[index] { index += 1 }
      counts[index].add()
      sum.add(value)
    }
  }

  func render(on page: inout MetricsPage) {
    page.begin(description)
    for (labels, series) in table.sorted {
      var total = 0
      for (bound, count) in zip(series.bounds + [.infinity], series.counts) {
        total += count.value
        page.sample(
          description.name + "_bucket", labels + [("le", MetricsPage.number(bound))], Double(total))
      }
      page.sample(description.name + "_sum", labels, series.sum.value)
      page.sample(description.name + "_count", labels, Double(total))
    }
  }
}
