internal import Crypto
internal import JSON
internal import Telemetry
internal import World

/// `gatehouse key-rotation …`: the keys that tokens are signed with.
struct KeyRotationCommands {
  private let call: Invocation
  private let terminal: Terminal

  init(_ call: Invocation, _ terminal: Terminal) {
    self.call = call
    self.terminal = terminal
  }

  /// `key-rotation now`: makes the key that signs next; servers notice it by themselves.
  func rotate() async throws {
    let house = try await house()
    let isCompromised = call.arguments.flags.contains("compromised")
    let rotated: SigningKeys.Rotated
    do throws(Keyring.Failure) {
      rotated = try house.keyring.signing.rotate(isCompromised ? .compromised : .now, at: house.world.now)
    } catch { throw CommandError.failure(error.description, hint: error.hint) }
    switch rotated {
    case .added(let entry):
      try await house.record(isCompromised ? "key-rotation/compromised" : "key-rotation/now")
      show(entry, house)
      terminal.say(
        isCompromised
          ? "it signs now; tokens of other keys are refused once the server has looked, within \(SigningKeys.interval.wholeSeconds) s"
          : "it is published within \(SigningKeys.interval.wholeSeconds) s, and signs from \(entry.from.rfc3339)"
      )
    case .waiting(let entry):
      show(entry, house)
      terminal.say("nothing was made: this key waits already, and signs from \(entry.from.rfc3339)")
    case .notDue: break
    }
  }

  /// `key-rotation list`.
  func list() async throws {
    let house = try await house()
    for entry in house.keyring.signing.timeline.entries { show(entry, house) }
  }

  private func house() async throws -> House {
    guard call.arguments.positional.isEmpty else { throw CommandError.usage("too many words") }
    return try await House(call.settings, world: .live, log: .command(call.settings))
  }

  private func show(_ entry: SigningTimeline.Entry, _ house: House) {
    let (timeline, key) = (house.keyring.signing.timeline, entry.key.publicKey)
    let state = timeline.state(of: entry, at: house.world.now)
    let end = timeline.end(of: entry)
    guard !call.wantsJSON else {
      var row: JSONObject = [
        "kid": .string(key.thumbprint), "algorithm": .string(key.algorithm.rawValue),
        "state": .string(state.rawValue), "signs_from": .string(entry.from.rfc3339),
      ]
      if let end { row["published_until"] = .string(end.rfc3339) }
      return terminal.print(JSONValue.object(row).text)
    }
    terminal.print(
      "\(key.thumbprint)  \(key.algorithm.rawValue)  \(state.rawValue)  signs from \(entry.from.rfc3339)"
        + (end.map { ", published until \($0.rfc3339)" } ?? ""))
  }
}
