internal import Synchronization

/// A number that goes up and down.
package final class Gauge: Family {
  let description: Description
  private let table: SeriesTable<Series>

  init(_ description: Description) {
    self.description = description
    table = SeriesTable(labels: description.labels) { Series() }
  }

  /// Sets the series with these label values.
  package func set(_ value: Double, labels: [String] = []) { table.series(labels).set(value) }

  /// Adds to the series with these label values; a negative number takes away.
  package func add(_ difference: Double, labels: [String] = []) { table.series(labels).add(difference) }

  /// The series with these label values, to keep where every nanosecond counts.
  package func series(_ labels: [String] = []) -> Series { table.series(labels) }

  /// One combination of label values.
  package final class Series: Sendable {
    private let number = AtomicDouble()

    package func set(_ value: Double) { number.set(value) }
    package func add(_ difference: Double) { number.add(difference) }

    /// The number now.
    package var value: Double { number.value }
  }

  func render(on page: inout MetricsPage) {
    page.begin(description)
    for (labels, series) in table.sorted { page.sample(description.name, labels, series.value) }
  }
}

/// A gauge that asks when it is rendered.
final class ReadGauge: Family {
  let description: Description
  private let read: @Sendable () -> Double

  init(_ description: Description, _ read: @escaping @Sendable () -> Double) {
    self.description = description
    self.read = read
  }

  func render(on page: inout MetricsPage) {
    page.begin(description)
    page.sample(description.name, [], read())
  }
}

/// A double that many threads add to.
final class AtomicDouble: Sendable {
  private let bits = Atomic<UInt64>(Double.zero.bitPattern)

  var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

  func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

  func add(_ difference: Double) {
    var old = bits.load(ordering: .relaxed)
    while true {
      let new = (Double(bitPattern: old) + difference).bitPattern
      let (exchanged, current) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
      if exchanged { return }
      old = current
    }
  }
}
