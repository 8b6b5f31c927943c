internal import Governance
internal import JSON
internal import Telemetry
internal import World

/// `gatehouse audit …`: the log of all that was asked and answered.
struct AuditCommands {
  private let call: Invocation
  private let terminal: Terminal

  init(_ call: Invocation, _ terminal: Terminal) {
    self.call = call
    self.terminal = terminal
  }

  /// The newest entries, newest first; or all of them, oldest last, as JSON Lines.
  func list(all: Bool) async throws {
    guard let limit = Int(call.arguments["limit"] ?? "50"), limit > 0 else {
      throw CommandError.usage("--limit takes a number of entries")
    }
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    var before: Int64?
    var left = all ? Int.max : limit
    while left > 0 {
      let page = try await house.audit.list(
        limit: min(left, 1000), before: before, connectionID: call.arguments["connection"])
      guard !page.isEmpty else { return }
      for record in page {
        if all || call.wantsJSON {
          terminal.print(JSONValue.object(record.object).text)
        } else {
          let entry = record.entry
          terminal.print(
            "\(record.sequence)\t\(entry.time.rfc3339)\t\(entry.kind.rawValue)\t\(entry.method)\t\(entry.tool ?? "-")\t\(entry.login ?? "-")\t\(entry.address)\t\(entry.code ?? "ok")"
          )
        }
      }
      before = page.last?.sequence
      left -= page.count
    }
  }

  /// Recomputes the hash chain; exit code 1 names the first entry that does not fit.
  func verify() async throws {
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    let found = try await house.audit.verify()
    if let bad = found.firstBad {
      throw CommandError.failure(
        "entry \(bad.sequence) does not fit: \(bad.reason)",
        hint: "\(found.entries) entries before it are right")
    }
    terminal.print(
      call.wantsJSON
        ? JSONValue.object(["entries": .integer(found.entries), "ok": true]).text
        : "\(found.entries) entries, the chain holds")
  }
}
