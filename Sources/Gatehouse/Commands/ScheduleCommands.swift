internal import JSON
internal import Schedules
internal import World

/// `gatehouse schedule …`: what the house does by itself, and when it last did.
struct ScheduleCommands {
  private let call: Invocation
  private let terminal: Terminal

  init(_ call: Invocation, _ terminal: Terminal) {
    self.call = call
    self.terminal = terminal
  }

  private func scheduler() async throws -> Scheduler {
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    return try Jobs(house, call.settings).scheduler
  }

  func list() async throws {
    guard call.arguments.positional.isEmpty else { throw CommandError.usage("too many words") }
    for (job, record) in try await scheduler().list() { print(record, of: job) }
  }

  func run() async throws {
    let name = try call.arguments.one("job")
    let scheduler = try await scheduler()
    let record: JobRecord
    do {
      record = try await scheduler.run(name)
    } catch let refusal as Scheduler.Refusal {
      switch refusal {
      case .unknown:
        throw CommandError.failure("there is no job '\(name)'", hint: "gatehouse schedule list")
      case .running(let since):
        throw CommandError.failure(
          "another process runs it, since \(since.rfc3339)", hint: "gatehouse schedule list")
      }
    }
    print(record)
    if record.state != .done {
      throw CommandError.failure("'\(name)' failed: \(record.error ?? record.state.rawValue)", hint: nil)
    }
  }

  private func print(_ record: JobRecord, of job: Job? = nil) {
    guard call.wantsJSON else {
      let parts = [
        record.name, record.state.rawValue, "last \(record.lastStartedAt?.rfc3339 ?? "never")",
        record.lastDuration.map { "took \($0.wholeMicroseconds / 1000) ms" } ?? "-",
        record.error ?? record.result.map(Self.words) ?? "-",
        "next \(record.nextAt?.rfc3339 ?? "at once")", job?.meaning,
      ]
      return terminal.print(parts.compactMap { $0?.asField }.joined(separator: "\t"))
    }
    terminal.print(
      JSONValue.object([
        "job": .string(record.name), "meaning": job.map { .string($0.meaning) } ?? .null,
        "interval_seconds": job.map { .integer($0.interval.wholeSeconds) } ?? .null,
        "state": .string(record.state.rawValue), "running_since": Self.text(record.runningSince),
        "last_started_at": Self.text(record.lastStartedAt),
        "last_duration_ms": record.lastDuration.map { .integer($0.wholeMicroseconds / 1000) } ?? .null,
        "result": record.result.map { .object($0) } ?? .null,
        "error": record.error.map { .string($0) } ?? .null, "failures": .integer(record.failures),
        "next_at": Self.text(record.nextAt),
      ]).text)
  }

  private static func text(_ moment: Instant?) -> JSONValue { moment.map { .string($0.rfc3339) } ?? .null }

  /// `sessions: 12`
  private static func words(_ result: JSONObject) -> String {
    result.members.map { "\($0.name): \($0.value.text)" }.joined(separator: ", ")
  }
}
