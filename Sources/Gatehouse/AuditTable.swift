internal import Governance
internal import World

/// The audit log as CSV (RFC 4180), for programs that take a cell with `=` in front for a formula.
enum AuditTable {
  private static let columns: [(name: String, value: @Sendable (AuditRecord) -> String?)] = [
    ("sequence", { String($0.sequence) }),
    ("time", { $0.entry.time.rfc3339Microseconds }),
    ("kind", { $0.entry.kind.rawValue }),
    ("method", { $0.entry.method }),
    ("tool", { $0.entry.tool }),
    ("model", { $0.entry.model }),
    ("user_id", { $0.entry.userID.map { String($0) } }),
    ("login", { $0.entry.login }),
    ("connection_id", { $0.entry.connectionID }),
    ("client_id", { $0.entry.clientID }),
    ("actor", { $0.entry.actor }),
    ("address", { $0.entry.address }),
    ("status", { $0.entry.status.map { String($0) } }),
    ("duration_us", { $0.entry.duration.map { String($0.wholeMicroseconds) } }),
    ("code", { $0.entry.code }),
    ("rule", { $0.entry.rule }),
    ("policy", { $0.entry.policy }),
    ("payload", { $0.entry.payloadDigest?.hexadecimal }),
    ("hash", { $0.hash.hexadecimal }),
  ]

  /// The names of the columns, without the line's end, of which the terminal brings the second half.
  static var head: String { columns.map(\.name).joined(separator: ",") + "\r" }

  static func row(_ record: AuditRecord) -> String {
    columns.map { cell($0.value(record) ?? "") }.joined(separator: ",") + "\r"
  }

  /// One cell, always a text to whatever opens it (CWE-1236).
  static func cell(_ text: String) -> String {
    // Behind white space too, which some programs take away first; and the wide forms, which some take for the others.
    let first = text.unicodeScalars.first { !$0.properties.isWhitespace && $0.value >= 0x20 }
    let mayBeFormula =
      first.map { formula.contains($0) } ?? false || text.utf8.first.map { $0 == 0x09 || $0 == 0x0d } ?? false
    let safe = mayBeFormula ? "'" + text : text
    guard safe.utf8.contains(where: { $0 == 0x22 || $0 == 0x2c || $0 < 0x20 }) || mayBeFormula else {
      return safe
    }
    return "\"" + safe.replacing("\"", with: "\"\"") + "\""
  }

  private static let formula: Set<Unicode.Scalar> = ["=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠"]
}
