internal import JSON
package import Storage

/// Files lie in a table beside that of their attachments, so that reading records never reads them.
extension SQLRecords: AttachedFiles {
  package func file(
    _ id: Int64, limit: Int, for subject: Subject
  ) async throws(RecordsError) -> AttachedFile? {
    // The attachment's own rights decide; its file has none.
    let found = try await read([id], of: "ir.attachment", fields: ["name", "mimetype"], for: subject)
    guard let attachment = found.first, let table = catalogue["ir.attachment"]?.files else { return nil }
    let rows = try await rows(
      """
      SELECT length(bytes), CASE WHEN length(bytes) <= \(limit) THEN bytes END FROM \(table.sql)
      WHERE attachment_id = \(id)
      """)
    guard let row = rows.first else { return nil }
    return AttachedFile(
      name: attachment["name"]?.string ?? "",
      mediaType: attachment["mimetype"]?.string ?? "application/octet-stream", size: Int(row.integer(0)),
      bytes: row.optionalBytes(1))
  }
}

extension Model {
  /// The table of the files that belong to its records.
  package var files: Identifier? { Identifier("\(table.text)_file") }

  /// Makes the table of the files, where there is none.
  package var filesTable: SQL? {
    files.map {
      "CREATE TABLE IF NOT EXISTS \($0.sql) (attachment_id BIGINT PRIMARY KEY, bytes BLOB NOT NULL)"
    }
  }

  /// Stores a file.
  package func fileInsertion(_ id: Int64, _ bytes: [UInt8]) -> SQL? {
    files.map { "INSERT INTO \($0.sql) (attachment_id, bytes) VALUES (\(id), \(bytes))" }
  }
}
