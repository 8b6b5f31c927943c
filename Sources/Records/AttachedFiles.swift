/// The contents of files that are attached to records (`ir.attachment`).
package protocol AttachedFiles: Sendable {
  /// The file of an attachment, under the rights of its record.
  ///
  /// - Parameter limit: bytes; a larger file comes without them.
  /// - Returns: nil when there is none, or none for the subject to see.
  func file(
    _ id: Int64, limit: Int, for subject: Subject
  ) async throws(RecordsError) -> AttachedFile?
}

/// A file that is attached to a record.
package struct AttachedFile: Sendable {
  package let name: String
  package let mediaType: String
  /// In bytes.
  package let size: Int
  /// Nil when they are more than was asked for.
  package let bytes: [UInt8]?

  package init(name: String, mediaType: String, size: Int, bytes: [UInt8]?) {
    self.name = name
    self.mediaType = mediaType
    self.size = size
    self.bytes = bytes
  }
}
