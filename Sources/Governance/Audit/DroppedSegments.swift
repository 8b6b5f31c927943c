package import Crypto
package import JSON
package import Storage
package import World

/// What retention has taken away, signed by the house: everything up to a checkpoint. The rest is checked from there on.
package struct DroppedSegments: Sendable, Equatable {
  package enum Part: String, Sendable, CaseIterable {
    case entries
    /// What was kept beside the entries, which may go before them.
    case payloads
  }

  package let part: Part
  /// The checkpoint up to which all is gone.
  package let sequence: Int64
  /// When it went.
  package let time: Instant
  /// All of it was from before this.
  package let olderThan: Instant
  /// The thumbprint of the key that signed (RFC 7638).
  package let key: String
  package let signature: [UInt8]

  init(
    _ part: Part, through sequence: Int64, at time: Instant, olderThan: Instant, by key: SigningKey
  )
    throws(CryptoError)
  {
    (self.part, self.sequence, self.time, self.olderThan) = (part, sequence, time, olderThan)
    self.key = key.publicKey.thumbprint
    signature = try key.sign(
      Self.text(part, through: sequence, at: time, olderThan: olderThan, key: self.key))
  }

  /// Whether the house signed this, and for this purpose.
  package func isSigned(by key: PublicKey) -> Bool {
    key.isValid(
      signature, for: Self.text(part, through: sequence, at: time, olderThan: olderThan, key: self.key))
  }

  private static func text(
    _ part: Part, through sequence: Int64, at time: Instant, olderThan: Instant, key: String
  ) -> [UInt8] {
    var text = CanonicalText(behind: [])
    text.member("key", key)
    text.member("older_than", olderThan.microseconds)
    text.member("part", part.rawValue)
    text.member("sequence", sequence)
    text.member("time", time.microseconds)
    text.member("type", "dropped")
    return text.finished()
  }

  static let columns: SQL = "SELECT part, sequence, time, older_than, key, signature FROM audit_dropped"

  /// - Returns: nil for a part that this program does not know.
  init?(_ row: Row) {
    guard let part = Part(rawValue: row.text(0)) else { return nil }
    self.part = part
    sequence = row.integer(1)
    time = row.instant(2)
    olderThan = row.instant(3)
    key = row.text(4)
    signature = row.bytes(5)
  }

  /// For exports.
  package var object: JSONObject {
    [
      "type": "dropped", "part": .string(part.rawValue), "sequence": .integer(sequence),
      "time": .string(time.rfc3339Microseconds), "older_than": .string(olderThan.rfc3339Microseconds),
      "key": .string(key), "signature": .string(Base64URL.encode(signature)),
    ]
  }
}

extension AuditLog {
  /// Up to where a part of the log was dropped last; nil when nothing of it was.
  package func dropped(_ part: DroppedSegments.Part) async throws(StorageError) -> DroppedSegments? {
    try await store.rows(
      "\(DroppedSegments.columns) WHERE part = \(part.rawValue) ORDER BY sequence DESC LIMIT 1"
    ).first.flatMap(DroppedSegments.init)
  }

  /// The checkpoints of a part of the log, in their order.
  ///
  /// - Parameters:
  ///   - after: only those of a higher number.
  ///   - through: only those of this number or a lower one.
  package func checkpoints(
    after: Int64 = 0, through: Int64 = .max, limit: Int = 1000
  ) async throws(StorageError) -> [Checkpoint] {
    try await store.rows(
      "\(Checkpoint.columns) WHERE sequence > \(after) AND sequence <= \(through) ORDER BY sequence LIMIT \(limit)"
    ).map(Checkpoint.init)
  }

  /// The checkpoint that seals most; nil before there is one.
  package func newestCheckpoint() async throws(StorageError) -> Checkpoint? {
    try await store.rows("\(Checkpoint.columns) ORDER BY sequence DESC LIMIT 1").first.map(Checkpoint.init)
  }
}
