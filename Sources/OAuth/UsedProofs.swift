internal import Crypto
internal import Synchronization
internal import World

/// The proofs that were used in the last minutes, so that each is good once (RFC 9449 §11.1): in memory and bounded,
/// since the MCP endpoint would have to write to the disk for every request otherwise. What it has lost, by a start or
/// because there were too many, it knows (0015).
final class UsedProofs: Sendable {
  private struct Memory {
    /// From when on every use is remembered.
    var since: Instant
    /// When the younger half began.
    var turned: Instant
    var older: Set<[UInt8]> = []
    var younger: Set<[UInt8]> = []
  }

  private let memory: Mutex<Memory>
  /// How many proofs each half takes.
  private let limit: Int

  init(since: Instant, limit: Int = 100_000) {
    memory = Mutex(Memory(since: since, turned: since))
    self.limit = limit
  }

  /// Notes a proof.
  ///
  /// - Returns: false when it was used before.
  func spend(_ proof: DPoPProof, at now: Instant) -> Bool {
    let digest = Array(SHA256.hash("\(proof.thumbprint.text) \(proof.identifier)").prefix(16))
    return memory.withLock { memory in
      guard !memory.younger.contains(digest), !memory.older.contains(digest) else { return false }
      let isOver = now - memory.turned > DPoPProof.lifetime + DPoPProof.skew
      if isOver || memory.younger.count >= limit {
        // What goes before its time is forgotten: all that is left was used since the younger half began.
        if !isOver { memory.since = max(memory.since, memory.turned) }
        memory.older = memory.younger
        memory.younger = []
        memory.turned = now
      }
      memory.younger.insert(digest)
      return true
    }
  }

  /// From when on every use is remembered: of a proof that was made before, nobody can say that it is unused.
  var since: Instant { memory.withLock { $0.since } }
}
