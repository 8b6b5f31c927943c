internal import Synchronization
package import World

/// The signing keys as a running program has them: read from their file, read again when it has changed, and changed
/// over by the clock in between.
package final class SigningKeys: Sendable {
  /// What may be asked of a rotation.
  package enum Rotation: Sendable {
    /// A key that signs as soon as everybody knows it.
    case now
    /// A key that signs at once, and no other is good any more: the answer to a stolen key.
    case compromised
    /// A key where the newest has another algorithm, or will have signed for `every`; nil is never.
    case scheduled(every: Duration?, PublicKey.Algorithm)
  }

  /// What came of a rotation.
  package enum Rotated: Sendable {
    /// This key is to sign from that moment.
    case added(SigningTimeline.Entry)
    /// This one waits already, so that there is none to add.
    case waiting(SigningTimeline.Entry)
    case notDue
  }

  /// How often a server looks whether the file has changed.
  package static let interval: Duration = .seconds(10)
  /// Keys that may be good at once: more than one rotation each `retention` has no use.
  private static let limit = 8

  private struct Current {
    var timeline: SigningTimeline
    var isSealed: Bool
    var byName: [String: SigningTimeline.Entry]
    var stamp: KeysDirectory.Stamp?

    init(_ file: SigningFile, _ stamp: KeysDirectory.Stamp?) {
      timeline = file.timeline
      isSealed = file.isSealed
      let named = file.timeline.entries.map { ($0.key.publicKey.thumbprint, $0) }
      byName = Dictionary(named) { first, _ in first }
      self.stamp = stamp
    }
  }

  private let directory: KeysDirectory
  private let seal: HMACKey
  private let current: Mutex<Current>
  private let changes = Atomic<Int>(0)

  /// Reads the file.
  init(_ directory: KeysDirectory, seal: HMACKey, mustBeSealed: Bool) throws(Keyring.Failure) {
    self.directory = directory
    self.seal = seal
    let stamp = directory.stamp(of: KeysDirectory.signingFile)
    current = Mutex(
      Current(try Self.read(directory, seal, mustBeSealed: mustBeSealed), stamp))
  }

  // MARK: What is good now

  /// The key that signs now.
  package func signer(at now: Instant) -> SigningKey { current.withLock { $0.timeline.signer(at: now) } }

  /// The key of that name, if what it signed may still be good, or soon will be.
  package func key(_ name: String, at now: Instant) -> PublicKey? {
    current.withLock { current in
      guard let entry = current.byName[name], current.timeline.state(of: entry, at: now) != .expired else {
        return nil
      }
      return entry.key.publicKey
    }
  }

  /// All keys and their times.
  package var timeline: SigningTimeline { current.withLock { $0.timeline } }

  /// Whether the file says by a MAC that it is of this house; that of the first version did not.
  package var isSealed: Bool { current.withLock { $0.isSealed } }

  /// Counts up whenever other keys were read: what was verified before has to be verified anew.
  package var generation: Int { changes.load(ordering: .acquiring) }

  // MARK: What changes

  /// Reads the file again if it has changed: one system call when it has not.
  ///
  /// - Returns: whether it had.
  /// - Throws: `Failure` when it can't be used; the keys stay what they were.
  @discardableResult package func look() throws(Keyring.Failure) -> Bool {
    let stamp = directory.stamp(of: KeysDirectory.signingFile)
    let (known, wasSealed) = current.withLock { ($0.stamp, $0.isSealed) }
    guard stamp != known else { return false }
    adopt(try Self.read(directory, seal, mustBeSealed: wasSealed), stamp)
    return true
  }

  /// Adds a key, unless one waits already; and takes those away that are gone. Of several programs that ask at once,
  /// one wins and the others find its key.
  ///
  /// - Parameter patience: how long another program is waited for that changes the keys now.
  package func rotate(
    _ rotation: Rotation, at now: Instant, patience: Duration = .seconds(10)
  ) throws(Keyring.Failure) -> Rotated {
    try directory.alone(patience: patience) { () throws(Keyring.Failure) in
      try look()
      let found = timeline
      let kept = found.pruned(at: now)
      guard let next = try Self.next(rotation, after: kept, at: now) else {
        if kept.entries.count < found.entries.count || !isSealed { try write(kept, at: now) }
        return kept.isWaiting(at: now) ? .waiting(kept.newest) : .notDue
      }
      try write(next, at: now)
      return .added(next.newest)
    }
  }

  private static func next(
    _ rotation: Rotation, after timeline: SigningTimeline, at now: Instant
  ) throws(Keyring.Failure) -> SigningTimeline? {
    let newest = timeline.newest
    let algorithm = newest.key.publicKey.algorithm
    switch rotation {
    case .compromised: return SigningTimeline([.init(try make(algorithm), from: now)])
    case .now:
      guard !timeline.isWaiting(at: now) else { return nil }
      return timeline.adding(try make(algorithm), from: now + SigningTimeline.notice)
    case .scheduled(let interval, let wanted):
      if wanted != algorithm, timeline.entries.count < limit {
        return timeline.adding(try make(wanted), from: now + SigningTimeline.notice)
      }
      guard let interval, timeline.isDue(every: interval, at: now) else { return nil }
      return timeline.adding(
        try make(wanted), from: max(newest.from + interval, now + SigningTimeline.notice))
    }
  }

  private static func make(_ algorithm: PublicKey.Algorithm) throws(Keyring.Failure) -> SigningKey {
    do { return try SigningKey.generate(algorithm) } catch {
      throw Keyring.Failure(
        description: "no key can be made: \(error)", hint: "is the machine out of memory?")
    }
  }

  private func write(_ timeline: SigningTimeline, at now: Instant) throws(Keyring.Failure) {
    try Self.write(timeline, to: directory, seal, at: now)
    try look()
  }

  /// Makes the first key of a house.
  static func begin(
    in directory: KeysDirectory, seal: HMACKey, _ algorithm: PublicKey.Algorithm, at now: Instant
  ) throws(Keyring.Failure) {
    guard let timeline = SigningTimeline([.init(try make(algorithm), from: now)]) else { return }
    try write(timeline, to: directory, seal, at: now)
  }

  private static func write(
    _ timeline: SigningTimeline, to directory: KeysDirectory, _ seal: HMACKey, at now: Instant
  ) throws(Keyring.Failure) {
    let text = SigningFile.text(timeline, seal: seal, at: now)
    try directory.write(Array(text.utf8), to: KeysDirectory.signingFile)
  }

  private static func read(
    _ directory: KeysDirectory, _ seal: HMACKey, mustBeSealed: Bool
  ) throws(Keyring.Failure) -> SigningFile {
    let path = directory.path(of: KeysDirectory.signingFile)
    let text = String(decoding: try directory.read(KeysDirectory.signingFile), as: UTF8.self)
    let made = directory.stamp(of: KeysDirectory.signingFile)?.modified ?? Instant(seconds: 0)
    let file: SigningFile
    do throws(SigningFile.Damage) {
      file = try SigningFile(text, seal: seal, made: made)
      guard file.isSealed || !mustBeSealed else { throw .foreign }
    } catch {
      switch error {
      case .malformed(let reason):
        throw Keyring.Failure(
          description: "\(path): \(reason)", hint: "restore the file from a backup of the keys directory")
      case .foreign:
        throw Keyring.Failure(
          description:
            "\(path) is not of this house, or was changed: its seal does not fit \(KeysDirectory.rootFile)",
          hint: "restore both files from one backup of the keys directory")
      }
    }
    return file
  }

  private func adopt(_ file: SigningFile, _ stamp: KeysDirectory.Stamp?) {
    current.withLock { $0 = Current(file, stamp) }
    changes.add(1, ordering: .releasing)
  }
}
