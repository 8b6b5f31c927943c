package import Crypto
package import JSON
internal import Storage
package import World

/// What was known of the log at one moment, signed by the house: it had so many entries, and the last one had that hash.
///
/// Each carries the signature of the one before, so that none is taken out unseen. The entries between two of them are a
/// segment. Whoever keeps the newest one elsewhere can tell whether the log was cut or written anew.
package struct Checkpoint: Sendable, Equatable {
  /// Of the last entry that it covers.
  package let sequence: Int64
  /// When it was made.
  package let time: Instant
  /// That entry's hash.
  package let hash: [UInt8]
  /// The thumbprint of the key that signed (RFC 7638).
  package let key: String
  /// The signature of the checkpoint before; nil of the first one.
  package let previous: [UInt8]?
  package let signature: [UInt8]

  init(
    sequence: Int64, time: Instant, hash: [UInt8], previous: [UInt8]?, by key: SigningKey
  )
    throws(CryptoError)
  {
    (self.sequence, self.time, self.hash, self.previous) = (sequence, time, hash, previous)
    self.key = key.publicKey.thumbprint
    signature = try key.sign(
      Self.text(sequence: sequence, time: time, hash: hash, key: self.key, previous: previous))
  }

  /// Whether the house signed this, and for this purpose.
  package func isSigned(by key: PublicKey) -> Bool {
    key.isValid(
      signature,
      for: Self.text(sequence: sequence, time: time, hash: hash, key: self.key, previous: previous))
  }

  /// What is signed: its members but the signature, as canonical JSON (RFC 8785), the time in microseconds since 1970.
  private static func text(
    sequence: Int64, time: Instant, hash: [UInt8], key: String, previous: [UInt8]?
  ) -> [UInt8] {
    var text = CanonicalText(behind: [])
    text.member("hash", hash.hexadecimal)
    text.member("key", key)
    if let previous { text.member("previous", Base64URL.encode(previous)) }
    text.member("sequence", sequence)
    text.member("time", time.microseconds)
    text.member("type", "checkpoint")
    return text.finished()
  }

  // MARK: In the database

  static let columns: SQL = "SELECT sequence, time, hash, key, previous, signature FROM audit_checkpoint"

  init(_ row: Row) {
    sequence = row.integer(0)
    time = row.instant(1)
    hash = row.bytes(2)
    key = row.text(3)
    previous = row.optionalBytes(4)
    signature = row.bytes(5)
  }

  // MARK: Elsewhere

  /// For `--json` and exports.
  package var object: JSONObject {
    var object: JSONObject = [
      "type": "checkpoint", "sequence": .integer(sequence), "time": .string(time.rfc3339Microseconds),
      "hash": .string(hash.hexadecimal), "key": .string(key),
    ]
    if let previous { object["previous"] = .string(Base64URL.encode(previous)) }
    object["signature"] = .string(Base64URL.encode(signature))
    return object
  }

  /// Reads what `object` wrote.
  ///
  /// - Returns: nil for something else.
  package init?(_ object: JSONObject) {
    guard object["type"]?.string == "checkpoint", let sequence = object["sequence"]?.integer,
      let time = object["time"]?.string.flatMap({ Instant(rfc3339: $0) }),
      let hash = object["hash"]?.string.flatMap({ [UInt8](hexadecimal: $0) }),
      let key = object["key"]?.string,
      let signature = object["signature"]?.string.flatMap({ Base64URL.decode($0) })
    else { return nil }
    (self.sequence, self.time, self.hash, self.key, self.signature) = (sequence, time, hash, key, signature)
    switch object["previous"] {
    case nil: previous = nil
    case let value?:
      guard let bytes = value.string.flatMap({ Base64URL.decode($0) }) else { return nil }
      previous = bytes
    }
  }
}
