internal import Accounts
internal import Crypto
internal import Glibc
internal import Governance
internal import JSON
internal import Storage
internal import Telemetry
internal import World

/// `gatehouse doctor`: looks at everything that `serve` will need, says what is wrong, and what to do about it.
struct Doctor {
  private let call: Invocation
  private let terminal: Terminal

  init(_ call: Invocation, _ terminal: Terminal) {
    self.call = call
    self.terminal = terminal
  }

  func run() async throws {
    let data = call.settings.text(.data)
    guard unsafe access(data, F_OK) == 0 else {
      throw CommandError.configuration("there is no data directory \(data)", hint: "gatehouse serve makes it")
    }
    // Opening the house looks at the database (can it be read and written, is it ours, is it of this version, does
    // somebody hold it) and at the keys (are they there, ours alone, the right ones).
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    try await report("database", "readable, writable, of this version") {
      try await house.store.write { _ in }
      try await findDamage(in: data + "/gatehouse.db")
    }
    let verified = try await house.audit.verify()
    if let bad = verified.firstBad {
      throw CommandError.failure(
        "the audit log does not verify: entry \(bad.sequence), \(bad.reason)",
        hint: "somebody changed it, or the disk did; compare with a backup")
    }
    tell("audit log", "\(verified.entries) entries, the chain holds")
    tell("keys", "present, private, the right ones")
    let administrators = try await house.users.all().filter { $0.isAdministrator && !$0.isDisabled }.count
    guard administrators > 0 else {
      throw CommandError.failure(
        "there is no administrator", hint: "gatehouse setup --password-stdin makes the first")
    }
    tell("people", "\(administrators) administrator\(administrators == 1 ? "" : "s")")
  }

  /// Reads the whole file, since what lies damaged in a corner is otherwise found on the day that it is needed.
  private func findDamage(in path: String) async throws(StorageError) {
    let store = try Store(.file(path), readers: 1, readTime: .minutes(10), log: .command(call.settings))
    for row in try await store.rows("PRAGMA quick_check(1)") where row.text(0) != "ok" {
      throw StorageError(.damaged, row.text(0))
    }
  }

  private func report(_ part: String, _ fine: String, _ check: () async throws -> Void) async throws {
    do { try await check() } catch let error as StorageError {
      throw CommandError.configuration("\(part): \(error.reason)", hint: House.hint(for: error.kind))
    }
    tell(part, fine)
  }

  private func tell(_ part: String, _ state: String) {
    terminal.print(
      call.wantsJSON
        ? JSONValue.object(["part": .string(part), "ok": true, "state": .string(state)]).text
        : "\(part): \(state)")
  }
}
