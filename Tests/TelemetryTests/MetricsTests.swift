import Telemetry
import Testing
import World

@Suite("Prometheus text format 0.0.4") struct MetricsTests {
  private let metrics = Metrics(
    world: World(now: { Instant(seconds: 1_795_248_930) }, random: { [UInt8](repeating: 0, count: $0) }))

  /// What is rendered, without the process's own metrics.
  private var page: String {
    let text = String(decoding: metrics.rendered(), as: UTF8.self)
    guard let process = text.firstRange(of: "# HELP process_")?.lowerBound else { return text }
    return String(text[..<process])
  }

  @Test func `a counter counts by its labels`() {
    let requests = metrics.counter(
      "gatehouse_requests_total", "Requests answered.", labels: ["route", "status"])
    requests.add(labels: ["token", "200"])
    requests.add(2, labels: ["token", "400"])
    requests.add(labels: ["token", "200"])
    requests.series(["mcp", "200"]).add(7)
    #expect(
      page == """
        # HELP gatehouse_requests_total Requests answered.
        # TYPE gatehouse_requests_total counter
        gatehouse_requests_total{route="mcp",status="200"} 7
        gatehouse_requests_total{route="token",status="200"} 2
        gatehouse_requests_total{route="token",status="400"} 2

        """)
  }

  @Test func `a gauge goes up and down, and one is asked`() {
    let open = metrics.gauge("gatehouse_streams", "Streams open.")
    open.add(3)
    open.add(-1)
    metrics.gauge("gatehouse_queue", "Jobs waiting.") { 1.5 }
    let share = metrics.gauge("gatehouse_share", "A share.", labels: ["of"])
    share.set(.infinity, labels: ["a"])
    share.set(.nan, labels: ["b"])
    share.set(-.infinity, labels: ["c"])
    #expect(
      page == """
        # HELP gatehouse_streams Streams open.
        # TYPE gatehouse_streams gauge
        gatehouse_streams 2
        # HELP gatehouse_queue Jobs waiting.
        # TYPE gatehouse_queue gauge
        gatehouse_queue 1.5
        # HELP gatehouse_share A share.
        # TYPE gatehouse_share gauge
        gatehouse_share{of="a"} +Inf
        gatehouse_share{of="b"} NaN
        gatehouse_share{of="c"} -Inf

        """)
  }

  @Test func `a histogram's buckets add up, their bounds included`() {
    let seconds = metrics.histogram(
      "gatehouse_seconds", "Duration.", labels: ["route"], buckets: [0.25, 1, 2.5])
    for value in [0.25, 0.5, 1, 2, 1000] { seconds.observe(value, labels: ["mcp"]) }
    seconds.observe(.milliseconds(250), labels: ["mcp"])
    #expect(
      page == """
        # HELP gatehouse_seconds Duration.
        # TYPE gatehouse_seconds histogram
        gatehouse_seconds_bucket{route="mcp",le="0.25"} 2
        gatehouse_seconds_bucket{route="mcp",le="1"} 4
        gatehouse_seconds_bucket{route="mcp",le="2.5"} 5
        gatehouse_seconds_bucket{route="mcp",le="+Inf"} 6
        gatehouse_seconds_sum{route="mcp"} 1004
        gatehouse_seconds_count{route="mcp"} 6

        """)
  }

  @Test func `what would break a line is escaped`() {
    metrics.counter("a_total", "One\nline, \\ and \"quotes\".", labels: ["l"]).add(labels: ["a\"b\\c\nd"])
    #expect(
      page == #"""
        # HELP a_total One\nline, \\ and "quotes".
        # TYPE a_total counter
        a_total{l="a\"b\\c\nd"} 1

        """#)
  }

  @Test func `a counter without labels is there before its first count`() {
    _ = metrics.counter("gatehouse_refusals_total", "Refusals.")
    #expect(page.hasSuffix("\ngatehouse_refusals_total 0\n"))
  }

  @Test func `names without end share one series`() {
    let counter = metrics.counter("many_total", "Many.", labels: ["name"])
    for index in 0..<2000 { counter.add(labels: ["n\(index)"]) }
    let lines = page.split(separator: "\n")
    #expect(lines.count == 2 + 512 + 1)
    #expect(lines.contains("many_total{name=\"other\"} 1488"))
  }

  @Test(arguments: ["", "1a", "a-b", "a b", "é"]) func `a name that Prometheus doesn't take stops the start`(
    name: String
  ) async {
    await #expect(processExitsWith: .failure) { [name = name as String] in
      let world = World(now: { Instant(seconds: 0) }, random: { [UInt8](repeating: 0, count: $0) })
      _ = Metrics(world: world).counter(name, "Never.")
    }
  }

  @Test func `threads that count at once lose nothing`() async {
    let counter = metrics.counter("c_total", "C.", labels: ["l"])
    let histogram = metrics.histogram("h", "H.", buckets: [1])
    let gauge = metrics.gauge("g", "G.")
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<5000 {
            counter.add(labels: ["x"])
            histogram.observe(0.5)
            gauge.add(1)
          }
        }
      }
    }
    #expect(counter.series(["x"]).value == 40_000)
    #expect(gauge.series().value == 40_000)
    #expect(page.contains("\nh_sum 20000\n"))
    #expect(page.contains("\nh_count 40000\n"))
  }

  @Test func `the process tells of itself`() throws {
    let text = String(decoding: metrics.rendered(), as: UTF8.self)
    #expect(text.hasSuffix("\n"))
    let value = { (name: String) -> Double? in
      text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        .flatMap { Double($0.dropFirst(name.count + 1)) }
    }
    #expect(try #require(value("process_resident_memory_bytes")) > 1_000_000)
    #expect(try #require(value("process_open_fds")) >= 3)
    #expect(value("process_start_time_seconds") == 1_795_248_930)
    #expect(try #require(value("process_cpu_seconds_total")) > 0)
  }
}
