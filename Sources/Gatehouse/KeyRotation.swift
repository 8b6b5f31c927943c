internal import Crypto
internal import Governance
internal import Telemetry
internal import World

/// Keeps a running server's signing keys what their file and the clock say.
final class KeyRotation: Sendable {
  private let house: House
  private let algorithm: PublicKey.Algorithm
  /// For how long a key signs; nil is for ever.
  private let interval: Duration?

  init(_ house: House, _ settings: Settings) throws(CommandError) {
    self.house = house
    algorithm = try settings.signingAlgorithm()
    interval = try settings.keyRotation()
  }

  /// Looks every ten seconds, until the task is cancelled.
  func run() async {
    var complaint: String?
    while !Task.isCancelled {
      complaint = await look(after: complaint)
      do { try await Task.sleep(for: SigningKeys.interval) } catch { return }
    }
  }

  /// Takes over what another program wrote, and rotates when it is time.
  ///
  /// - Parameter complaint: what was wrong the last time, which is not said again.
  /// - Returns: what is wrong now.
  @discardableResult func look(after complaint: String? = nil) async -> String? {
    let keys = house.keyring.signing
    do throws(Keyring.Failure) {
      if try keys.look() {
        house.log.notice("signing keys changed", ["kid": .string(signing.publicKey.thumbprint)])
      }
      // Whether there is something to do is known without a look at the disk.
      guard isDue else { return nil }
      if case .added(let entry) = try keys.rotate(
        .scheduled(every: interval, algorithm), at: house.world.now, patience: .seconds(1))
      {
        let name = entry.key.publicKey.thumbprint
        house.log.notice(
          "signing key made",
          [
            "kid": .string(name), "algorithm": .string(entry.key.publicKey.algorithm.rawValue),
            "signs_from": .string(entry.from.rfc3339),
          ])
        await record()
      }
      return nil
    } catch {
      if error.description != complaint {
        house.log.error(
          "the signing keys can't be kept",
          ["reason": .string(error.description), "hint": .string(error.hint)])
      }
      return error.description
    }
  }

  private var signing: SigningKey { house.keyring.signing.signer(at: house.world.now) }

  private var isDue: Bool {
    let (keys, now) = (house.keyring.signing, house.world.now)
    let timeline = keys.timeline
    return !keys.isSealed || timeline.newest.key.publicKey.algorithm != algorithm
      || interval.map { timeline.isDue(every: $0, at: now) } ?? false
      || timeline.entries.contains { timeline.state(of: $0, at: now) == .expired }
  }

  private func record() async {
    do {
      try await house.audit.append(
        AuditEntry(
          time: house.world.now, kind: .administration, method: "key-rotation/schedule", address: "server"))
    } catch { house.log.error("a rotation is not on record", ["reason": .string("\(error)")]) }
  }
}

extension Settings {
  /// What tokens are signed with.
  ///
  /// - Throws: `CommandError` naming what the setting takes.
  func signingAlgorithm() throws(CommandError) -> PublicKey.Algorithm {
    guard let algorithm = PublicKey.Algorithm(rawValue: text(.signingAlgorithm)) else {
      throw refusal(.signingAlgorithm)
    }
    return algorithm
  }

  /// For how long a key signs; nil is for ever.
  ///
  /// - Throws: `CommandError` naming what the setting takes.
  func keyRotation() throws(CommandError) -> Duration? {
    let days = try number(.keyRotation, in: 0...36500)
    return days == 0 ? nil : .days(Int64(days))
  }
}
