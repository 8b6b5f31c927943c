internal import Governance
internal import Synchronization
internal import World

/// Which refusals take a row of the audit log: so many a minute of one connection, and one more that counts the rest.
///
/// What is done is bounded by the connection's own limit and always on record. What is refused costs next to nothing,
/// so that a client gone wild, or a stolen credential, would fill the disk with it.
final class RefusalRecord: Sendable {
  /// Refusals of one connection a minute that go on record one by one.
  static let perMinute = 60

  private struct Count {
    var recorded = 0
    var dropped = 0
    /// The last one that was dropped: its connection, its person, its address.
    var last: AuditEntry?
  }

  private struct Minute {
    var number: Int64 = 0
    var counts: [String: Count] = [:]
  }

  private let current = Mutex(Minute())

  /// The entries of one exchange that go on record, behind what is to be said of the minutes before.
  func admitted(_ entries: [AuditEntry], at now: Instant) -> [AuditEntry] {
    let minute = now.seconds / 60
    return current.withLock { current in
      guard current.number != minute || entries.contains(where: { $0.kind == .refusal }) else {
        return entries
      }
      let due = current.number == minute ? [] : Self.close(&current, minute, now)
      return due + entries.filter { Self.isAdmitted($0, &current) }
    }
  }

  /// What is to be said of the minutes before, when nobody asks any more.
  func due(at now: Instant) -> [AuditEntry] {
    current.withLock { current in
      let minute = now.seconds / 60
      return current.number == minute ? [] : Self.close(&current, minute, now)
    }
  }

  /// What is to be said of all so far: the program ends.
  func rest(at now: Instant) -> [AuditEntry] {
    current.withLock { Self.close(&$0, now.seconds / 60, now) }
  }

  private static func isAdmitted(_ entry: AuditEntry, _ current: inout Minute) -> Bool {
    guard entry.kind == .refusal, let connection = entry.connectionID else { return true }
    var count = current.counts[connection] ?? Count()
    defer { current.counts[connection] = count }
    guard count.recorded >= perMinute else {
      count.recorded += 1
      return true
    }
    count.dropped += 1
    count.last = entry
    return false
  }

  private static func close(_ current: inout Minute, _ minute: Int64, _ now: Instant) -> [AuditEntry] {
    defer { current = Minute(number: minute) }
    return current.counts.sorted { $0.key < $1.key }.compactMap { _, count in
      guard var entry = count.last else { return nil }
      entry.time = now
      entry.method = "refusals"
      (entry.tool, entry.model, entry.status, entry.duration) = (nil, nil, nil, nil)
      entry.code = "not_recorded"
      entry.rule = "\(count.dropped) more within a minute"
      return entry
    }
  }
}
