internal import Synchronization
package import World

/// The process's metrics, rendered for Prometheus (text format 0.0.4).
///
/// A metric is made once, at the start, and kept by who counts; a label is a route's or a tool's name, never a path
/// or anything else a client chooses.
///
///     let requests = metrics.counter("gatehouse_requests_total", "Requests answered.", labels: ["route", "status"])
///     requests.add(labels: ["token", "200"])
package final class Metrics: Sendable {
  private let families = Mutex<[any Family]>([])
  private let process: ProcessMetrics

  /// - Parameter world: tells when the process started: now.
  package init(world: World) { process = ProcessMetrics(startedAt: world.now) }

  /// A number that only grows. By convention its name ends in `_total`.
  package func counter(_ name: String, _ help: String, labels: [String] = []) -> Counter {
    let counter = Counter(Description(name: name, help: help, type: "counter", labels: labels))
    register(counter)
    return counter
  }

  /// A number that goes up and down.
  package func gauge(_ name: String, _ help: String, labels: [String] = []) -> Gauge {
    let gauge = Gauge(Description(name: name, help: help, type: "gauge", labels: labels))
    register(gauge)
    return gauge
  }

  /// A number that is read at the time of rendering.
  package func gauge(_ name: String, _ help: String, read: @escaping @Sendable () -> Double) {
    register(ReadGauge(Description(name: name, help: help, type: "gauge", labels: []), read))
  }

  /// How often values fall into each bucket; for durations in seconds.
  ///
  /// - Parameter buckets: the upper bounds, ascending; `+Inf` comes by itself.
  package func histogram(
    _ name: String, _ help: String, labels: [String] = [], buckets: [Double] = Histogram.durations
  ) -> Histogram {
    let histogram = Histogram(Description(name: name, help: help, type: "histogram", labels: labels), buckets)
    register(histogram)
    return histogram
  }

  /// All metrics in Prometheus's text format 0.0.4 (`text/plain; version=0.0.4; charset=utf-8`).
  package func rendered() -> [UInt8] {
    var page = MetricsPage()
    for family in families.withLock({ $0 }) { family.render(on: &page) }
    process.render(on: &page)
    return Array(page.text.utf8)
  }

  private func register(_ family: some Family) {
    precondition(
      ([family.description.name] + family.description.labels).allSatisfy(Self.isName),
      "the metric \(family.description.name) or one of its labels has a name that Prometheus doesn't take")
    families.withLock { families in
      precondition(
        !families.contains { $0.description.name == family.description.name },
        "the metric \(family.description.name) exists already")
      families.append(family)
    }
  }
}

extension Metrics {
  /// `[a-zA-Z_][a-zA-Z0-9_]*`
  private static func isName(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.enumerated().allSatisfy { index, byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
          true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
        default: false
        }
      }
  }
}

/// What Prometheus is told about a metric.
struct Description: Sendable {
  let name: String
  let help: String
  let type: String
  let labels: [String]
}

/// A metric with all its label values.
protocol Family: Sendable {
  var description: Description { get }
  func render(on page: inout MetricsPage)
}
