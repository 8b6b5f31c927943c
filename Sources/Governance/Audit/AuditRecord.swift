package import JSON
internal import Storage
internal import World

/// An entry as it stands in the log.
package struct AuditRecord: Sendable, Equatable {
  /// Counts from 1 without a gap.
  package let sequence: Int64
  package let entry: AuditEntry
  /// SHA-256 over the hash before it and this entry.
  package let hash: [UInt8]

  /// For `--json` and exports. Its members but `hash`, `sequence` and `type`, with the time in microseconds since 1970,
  /// are what the hash covers.
  package var object: JSONObject {
    var members: [(String, JSONValue)] = [("type", "entry"), ("sequence", .integer(sequence))]
    members += entry.object.members.map { ($0.name, $0.value) }
    members.append(("hash", .string(hash.hexadecimal)))
    return JSONObject(members)
  }

  /// In the order in which `init(_:)` reads them.
  static let columns: SQL = """
    SELECT sequence, time, kind, method, tool, model, user_id, login, connection_id, client_id, address, status,
      duration, code, rule, hash, actor, policy, payload
    FROM audit
    """

  /// - Returns: nil for a row that this program never wrote.
  init?(_ row: Row) {
    guard let kind = AuditEntry.Kind(rawValue: row.text(2)) else { return nil }
    var entry = AuditEntry(time: row.instant(1), kind: kind, method: "", address: row.text(10))
    entry.method = row.text(3)
    entry.tool = row.optionalText(4)
    entry.model = row.optionalText(5)
    entry.userID = row.optionalInteger(6)
    entry.login = row.optionalText(7)
    entry.connectionID = row.optionalText(8)
    entry.clientID = row.optionalText(9)
    entry.status = row.optionalInteger(11).flatMap(Int.init(exactly:))
    entry.duration = row.optionalInteger(12).map { .microseconds($0) }
    entry.code = row.optionalText(13)
    entry.rule = row.optionalText(14)
    entry.actor = row.optionalText(16)
    entry.policy = row.optionalText(17)
    entry.payloadDigest = row.optionalBytes(18)
    self.entry = entry
    sequence = row.integer(0)
    hash = row.bytes(15)
  }

  package init(sequence: Int64, entry: AuditEntry, hash: [UInt8]) {
    self.sequence = sequence
    self.entry = entry
    self.hash = hash
  }

  /// - Throws: `StorageError` of kind `damaged` for a row that this program never wrote.
  static func all(_ rows: [Row]) throws(StorageError) -> [AuditRecord] {
    var records: [AuditRecord] = []
    records.reserveCapacity(rows.count)
    for row in rows {
      guard let record = AuditRecord(row) else {
        throw StorageError(.damaged, "audit entry \(row.integer(0)) is of an unknown kind")
      }
      records.append(record)
    }
    return records
  }
}
