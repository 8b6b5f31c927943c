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
    do {
      try await examine()
    } catch let error as StorageError {
      // Damage shows when a page is first read, which may be in any of the checks.
      throw CommandError.configuration("database: \(error.reason)", hint: House.hint(for: error.kind))
    }
  }

  private func examine() async throws {
    let data = call.settings.text(.data)
    guard unsafe access(data, F_OK) == 0 else {
      throw CommandError.configuration("there is no data directory \(data)", hint: "gatehouse serve makes it")
    }
    // Opening the house looks at the database (can it be read and written, is it ours, is it of this version, does
    // somebody hold it) and at the keys (are they there, ours alone, the right ones).
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    try await house.store.check()
    tell("database", "whole, readable, writable, of this version")
    let verified = try await house.audit.verify(by: house.notary.publicKey)
    if let bad = verified.firstBad {
      throw CommandError.failure(
        "the audit log does not verify: entry \(bad.sequence), \(bad.reason)",
        hint: "somebody changed it, or the disk did; compare with a backup")
    }
    tell("audit log", "\(verified.entries) entries, the chain holds")
    let now = house.world.now
    let timeline = house.keyring.signing.timeline
    let signing = timeline.signer(at: now)
    let since = timeline.entries.first { $0.key === signing }?.from ?? now
    let age = max(0, (now - since).wholeSeconds / 86400)
    tell(
      "keys",
      "present, private, the right ones; \(signing.publicKey.algorithm.rawValue) has signed for \(age) day\(age == 1 ? "" : "s")"
    )
    let administrators = try await house.users.all().filter { $0.isAdministrator && !$0.isDisabled }.count
    guard administrators > 0 else {
      throw CommandError.failure(
        "there is no administrator", hint: "gatehouse setup --password-stdin makes the first")
    }
    tell("people", "\(administrators) administrator\(administrators == 1 ? "" : "s")")
  }

  private func tell(_ part: String, _ state: String) {
    terminal.print(
      call.wantsJSON
        ? JSONValue.object(["part": .string(part), "ok": true, "state": .string(state)]).text
        : "\(part): \(state)")
  }
}
