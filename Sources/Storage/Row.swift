package import World

/// One row of an answer. Columns are read by position, in the order of the `SELECT`.
package struct Row: Sendable {
  /// The values of the row.
  package let values: [SQLValue]

  package init(_ values: [SQLValue]) { self.values = values }

  package subscript(_ column: Int) -> SQLValue { values[column] }

  /// The text of a column that is declared `NOT NULL`; empty when it holds something else.
  package func text(_ column: Int) -> String { optionalText(column) ?? "" }

  package func optionalText(_ column: Int) -> String? {
    if case .text(let text) = values[column] { text } else { nil }
  }

  /// The number of a column that is declared `NOT NULL`; 0 when it holds something else.
  package func integer(_ column: Int) -> Int64 { optionalInteger(column) ?? 0 }

  package func optionalInteger(_ column: Int) -> Int64? {
    switch values[column] {
    case .integer(let number): number
    // What PostgreSQL's sums of integers come back as.
    case .real(let number): Int64(exactly: number)
    default: nil
    }
  }

  package func bool(_ column: Int) -> Bool { integer(column) != 0 }

  package func bytes(_ column: Int) -> [UInt8] { optionalBytes(column) ?? [] }

  package func optionalBytes(_ column: Int) -> [UInt8]? {
    if case .blob(let bytes) = values[column] { bytes } else { nil }
  }

  package func instant(_ column: Int) -> Instant { Instant(microseconds: integer(column)) }

  package func optionalInstant(_ column: Int) -> Instant? {
    optionalInteger(column).map(Instant.init(microseconds:))
  }
}
