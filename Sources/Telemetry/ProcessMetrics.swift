internal import Glibc
internal import World

/// What the kernel says about this process, under the names that all Prometheus clients use.
struct ProcessMetrics: Sendable {
  private let startedAt: Instant

  init(startedAt: Instant) { self.startedAt = startedAt }

  func render(on page: inout MetricsPage) {
    gauge("process_resident_memory_bytes", "Resident memory size in bytes.", Self.residentBytes, on: &page)
    gauge("process_open_fds", "Number of open file descriptors.", Self.openFiles, on: &page)
    gauge(
      "process_start_time_seconds", "Start time of the process since the epoch in seconds.",
      Double(startedAt.microseconds) / 1e6, on: &page)
    page.begin(
      Description(
        name: "process_cpu_seconds_total", help: "User and system CPU time spent in seconds.",
        type: "counter",
        labels: []))
    page.sample("process_cpu_seconds_total", [], Self.processorSeconds)
  }

  /// What can't be read is left out.
  private func gauge(_ name: String, _ help: String, _ value: Double?, on page: inout MetricsPage) {
    guard let value else { return }
    page.begin(Description(name: name, help: help, type: "gauge", labels: []))
    page.sample(name, [], value)
  }

  /// The second number of `/proc/self/statm` counts resident pages.
  private static var residentBytes: Double? {
    let file = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = unsafe read(file, &bytes, bytes.count)
    guard count > 0 else { return nil }
    let numbers = bytes.prefix(count).split(separator: UInt8(ascii: " "))
    guard numbers.count > 1, let pages = Int(String(decoding: numbers[1], as: UTF8.self)) else { return nil }
    return Double(pages * sysconf(Int32(_SC_PAGESIZE)))
  }

  private static var openFiles: Double? {
    guard let directory = unsafe opendir("/proc/self/fd") else { return nil }
    defer { unsafe closedir(directory) }
    var count = 0
    while unsafe readdir(directory) != nil { count += 1 }
    // Not counted: ".", ".." and the directory itself.
    return Double(count - 3)
  }

  private static var processorSeconds: Double {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
