internal import Storage

/// The name of a table or a column: lower-case letters, digits and underscores, and nothing else.
///
/// The only text that is ever pasted into a statement comes through here, and it comes from model documents.
package struct Identifier: Sendable, Hashable, CustomStringConvertible {
  /// As long as PostgreSQL takes them.
  static let longest = 63

  package let text: String

  /// - Returns: nil for anything that would need more than a pair of quotes.
  package init?(_ text: String) {
    let bytes = text.utf8
    let isLetter = { (byte: UInt8) in (0x61...0x7a).contains(byte) || byte == 0x5f }
    guard let first = bytes.first, bytes.count <= Self.longest, isLetter(first),
      bytes.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) })
    else { return nil }
    self.text = text
  }

  package var description: String { text }

  /// Quoted, because `order` and `user` are fine names for columns and words of SQL.
  var sql: SQL { SQL(unsafeSQL: "\"\(text)\"") }
}
