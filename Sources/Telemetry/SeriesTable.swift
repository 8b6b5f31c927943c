internal import Synchronization

/// One series for each combination of label values, as many as `limit`; later combinations share one whose labels
/// all read `other`, so that nobody fills the memory with names.
final class SeriesTable<Series: Sendable>: Sendable {
  private let limit = 512
  private let table: Mutex<[[String]: Series]>
  private let labels: [String]
  private let make: @Sendable () -> Series
  private let unlabelled: Series?

  init(labels: [String], make: @escaping @Sendable () -> Series) {
    self.labels = labels
    self.make = make
    let unlabelled = labels.isEmpty ? make() : nil
    self.unlabelled = unlabelled
    table = Mutex(unlabelled.map { [[]: $0] } ?? [:])
  }

  func series(_ values: [String]) -> Series {
    precondition(values.count == labels.count, "a metric wants a value for each of its labels: \(labels)")
    if let unlabelled { return unlabelled }
    return table.withLock { table in
      if let series = table[values] { return series }
      let values = table.count < limit ? values : labels.map { _ in "other" }
      if let series = table[values] { return series }
      let series = make()
      table[values] = series
      return series
    }
  }

  var sorted: [(labels: [(String, String)], series: Series)] {
    table.withLock { $0 }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
      .map { (Array(zip(labels, $0.key)), $0.value) }
  }
}
