/// What the database answered instead of rows.
package struct StorageError: Error, CustomStringConvertible {
  /// What a caller may decide on.
  package enum Kind: Sendable, Hashable {
    /// A row with that key is there already.
    case notUnique
    /// A constraint other than uniqueness.
    case constraint
    /// Another program holds the database for longer than we wait.
    case locked
    /// The disk, or the file size limit, is exhausted.
    case full
    /// The file is no database, or is damaged.
    case damaged
    /// The file can't be opened or written.
    case notAccessible
    /// The database was written by a newer Gatehouse.
    case newerSchema
    /// More writes, or slow reads, wait than their queue may hold.
    case busy
    /// The read takes more time than one may take.
    case tooSlow
    /// Everything else.
    case other
  }

  package let kind: Kind
  /// For the log, never for a client: it may name tables.
  package let reason: String

  package init(_ kind: Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }

  package var description: String { "storage: \(reason)" }
}
