package import Crypto
package import Storage

/// What a check of the log found.
package struct Verification: Sendable, Equatable {
  /// An entry that is not as it was written, or not there.
  package struct Fault: Sendable, Equatable {
    package let sequence: Int64
    package let reason: String
  }

  /// The number of the first entry that retention has left; 1 where it dropped nothing.
  package internal(set) var start: Int64 = 1
  /// How many entries are right, from there on.
  package internal(set) var entries: Int64 = 0
  /// How many checkpoints are right.
  package internal(set) var checkpoints = 0
  /// The number and the hash of the last right entry: the head, to compare with one that was written down elsewhere.
  package var sequence: Int64 { start - 1 + entries }
  package internal(set) var head: [UInt8] = AuditLog.root
  /// The first that is wrong; nil when the log holds.
  package internal(set) var firstBad: Fault?
}

/// What somebody keeps elsewhere, where whoever changed the log could not change it too.
package struct Evidence: Sendable {
  /// A hash that the log's last entry had, and that entry's number if it is known.
  package var head: (sequence: Int64?, hash: [UInt8])?
  package var checkpoints: [Checkpoint] = []

  package init() {}
}

extension AuditLog {
  /// Recomputes the whole log: the chain, what was kept beside it, and the checkpoints.
  ///
  /// Without checkpoints, newest entries that were cut off can't be seen by this alone: what is kept elsewhere shows it.
  ///
  /// - Parameters:
  ///   - key: of the house that signed; nil leaves signatures unchecked.
  ///   - evidence: what has to be in it.
  package func verify(
    by key: PublicKey? = nil, against evidence: Evidence = Evidence()
  ) async throws(StorageError) -> Verification {
    var round = 0
    while true {
      round += 1
      let dropped = try await (dropped(.entries), dropped(.payloads))
      var check = LogCheck(log: self, key: key, evidence: evidence)
      do throws(LogCheck.Stop) {
        try await check.run()
        return check.found
      } catch {
        switch error {
        case .bad(let fault): check.found.firstBad = fault
        case .storage(let error): throw error
        }
      }
      // What retention took away while this was reading is no harm: then it is read again.
      guard round < 3, try await (self.dropped(.entries), self.dropped(.payloads)) != dropped else {
        return check.found
      }
    }
  }
}

/// One check of the log, from front to back.
private struct LogCheck {
  enum Stop: Error {
    case bad(Verification.Fault)
    case storage(StorageError)
  }

  let log: AuditLog
  let key: PublicKey?
  let evidence: Evidence
  var found = Verification()
  /// The checkpoints that are ahead, as far as they were read.
  private var ahead: ArraySlice<Checkpoint> = []
  private var lastCheckpoint: Checkpoint?
  private var payloadsDropped: Int64 = 0
  private var hasSeenHead = false

  init(log: AuditLog, key: PublicKey?, evidence: Evidence) {
    (self.log, self.key, self.evidence) = (log, key, evidence)
    hasSeenHead = evidence.head == nil
  }

  private func bad(_ sequence: Int64, _ reason: String) -> Stop {
    .bad(Verification.Fault(sequence: sequence, reason: reason))
  }

  private func rows(_ sql: SQL) async throws(Stop) -> [Row] {
    do throws(StorageError) { return try await log.store.rows(sql) } catch { throw .storage(error) }
  }

  mutating func run() async throws(Stop) {
    var link = try await beginning()
    try await pass(&link)
    let store = log.store
    var page = try await Self.page(store, after: link.sequence).get()
    while let last = page.last?.integer(0) {
      // Read while this one is recomputed: one is work for the database, the other for the processor.
      async let next = Self.page(store, after: last)
      for row in page {
        if let reason = link.follow(row) { throw bad(row.integer(0), reason) }
        (found.entries, found.head) = (link.sequence - found.start + 1, link.hash)
        if link.sequence == ahead.first?.sequence || !hasSeenHead { try await pass(&link) }
      }
      try await checkPayloads(of: page)
      page = try await next.get()
    }
    if let next = ahead.first {
      throw bad(
        link.sequence + 1,
        "it is missing, and all up to entry \(next.sequence), of which there is a checkpoint")
    }
    try await compareWithEvidence(link)
  }

  /// The next part of the log.
  private static func page(_ store: Store, after sequence: Int64) async -> Result<[Row], Stop> {
    do throws(StorageError) {
      return .success(
        try await store.rows(
          "\(AuditRecord.columns) WHERE sequence > \(sequence) ORDER BY sequence LIMIT \(AuditLog.pageSize)"))
    } catch { return .failure(.storage(error)) }
  }

  // MARK: Where it begins

  /// The end of what retention has dropped, or of nothing.
  private mutating func beginning() async throws(Stop) -> ChainLink {
    var start: Int64 = 0
    for row in try await rows("\(DroppedSegments.columns) ORDER BY sequence") {
      let sequence = row.integer(1)
      guard let dropped = DroppedSegments(row), key.map(dropped.isSigned) ?? true else {
        throw bad(sequence, "it and all before it were dropped without the signature of this house")
      }
      switch dropped.part {
      case .entries: start = max(start, sequence)
      case .payloads: payloadsDropped = max(payloadsDropped, sequence)
      }
    }
    found.start = start + 1
    if let row = try await rows("SELECT sequence FROM audit WHERE sequence <= \(start) LIMIT 1").first {
      throw bad(row.integer(0), "it stands before the first entry")
    }
    try await readAhead()
    // The checkpoints of what was dropped are linked among themselves.
    var link = ChainLink(sequence: 0, hash: AuditLog.root)
    while let next = ahead.first, next.sequence <= start {
      link = ChainLink(sequence: next.sequence, hash: next.hash)
      try await pass(&link)
    }
    guard link.sequence == start else {
      throw bad(start, "it and all before it were dropped, and its checkpoint is missing")
    }
    found.head = link.hash
    return link
  }

  // MARK: Checkpoints

  /// Checks what the evidence and the next checkpoint say of the entry at which the chain stands.
  private mutating func pass(_ link: inout ChainLink) async throws(Stop) {
    if let head = evidence.head, !hasSeenHead {
      if head.sequence == link.sequence, head.hash != link.hash {
        throw bad(link.sequence, "it does not have the hash that was noted: the log was written anew")
      }
      hasSeenHead = head.hash == link.hash && (head.sequence ?? link.sequence) == link.sequence
    }
    guard let next = ahead.first, next.sequence == link.sequence else { return }
    guard next.previous == lastCheckpoint?.signature else {
      throw bad(next.sequence, "its checkpoint does not follow the one before: one is missing")
    }
    guard key.map(next.isSigned) ?? true else {
      throw bad(next.sequence, "its checkpoint is not signed by this house")
    }
    guard next.hash == link.hash else {
      throw bad(
        next.sequence,
        "it does not have the hash of its checkpoint: it, or one since entry \(lastCheckpoint?.sequence ?? 0), was written anew"
      )
    }
    lastCheckpoint = next
    found.checkpoints += 1
    ahead.removeFirst()
    if ahead.isEmpty { try await readAhead() }
  }

  private mutating func readAhead() async throws(Stop) {
    do throws(StorageError) {
      ahead = try await log.checkpoints(after: lastCheckpoint?.sequence ?? 0)[...]
    } catch { throw .storage(error) }
  }

  // MARK: Payloads

  /// How many payloads are read at once: each may have two of their longest.
  private static let payloadsAtOnce = 64

  private func checkPayloads(of page: [Row]) async throws(Stop) {
    guard let first = page.first?.integer(0), let last = page.last?.integer(0) else { return }
    let kept = try await rows(
      "SELECT sequence FROM audit_payload WHERE sequence BETWEEN \(first) AND \(last) ORDER BY sequence"
    ).map { $0.integer(0) }
    let described = page.filter { $0.optionalBytes(18) != nil && $0.integer(0) > payloadsDropped }
    let numbers = described.map { $0.integer(0) }
    if kept != numbers {
      let odd = Set(kept).symmetricDifference(numbers).min() ?? first
      throw bad(odd, kept.contains(odd) ? "what is kept beside it is not its own" : "its payload is missing")
    }
    for start in stride(from: 0, to: described.count, by: Self.payloadsAtOnce) {
      let part = described[start..<min(start + Self.payloadsAtOnce, described.count)]
      let bodies = try await rows(
        "SELECT body FROM audit_payload WHERE sequence IN \(list: part.map { $0[0] }) ORDER BY sequence")
      for (row, body) in zip(part, bodies) where SHA256.hash(body.bytes(0)) != row.bytes(18) {
        throw bad(row.integer(0), "its payload was changed")
      }
    }
  }

  // MARK: What is kept elsewhere

  private func compareWithEvidence(_ link: ChainLink) async throws(Stop) {
    for noted in evidence.checkpoints.sorted(by: { $0.sequence < $1.sequence }) {
      guard key.map(noted.isSigned) ?? true else {
        throw bad(noted.sequence, "the checkpoint that was kept of it is not signed by this house")
      }
      guard noted.sequence <= link.sequence else {
        throw bad(
          link.sequence + 1,
          "it is missing, and all up to entry \(noted.sequence), of which a checkpoint was kept")
      }
      let present = try await rows("\(Checkpoint.columns) WHERE sequence = \(noted.sequence)").first
      guard present.map(Checkpoint.init) == noted else {
        throw bad(noted.sequence, "its checkpoint is not the one that was kept: the log was written anew")
      }
    }
    guard !hasSeenHead, let head = evidence.head else { return }
    if let sequence = head.sequence, sequence < found.start {
      throw bad(sequence, "it was dropped, and no checkpoint has the hash that was noted")
    }
    throw bad(
      max(link.sequence, 0) + 1,
      "it is missing: no entry has the hash that was noted, so the log was cut or written anew")
  }
}
