package import World

/// One value that goes into or comes out of the database.
package enum SQLValue: Sendable, Hashable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])
}

/// A statement whose interpolated values are always bound, never pasted into the text.
///
///     store.rows("SELECT name FROM client WHERE id = \(id)")
///
/// Text that must be pasted, such as a column name that comes from a model document, needs the visible
/// `\(unsafeSQL:)`. The text itself holds no question mark but those that the bindings put there: a driver counts
/// them.
package struct SQL: Sendable, Hashable, ExpressibleByStringInterpolation {
  /// The text, with `?` where a value is bound.
  package private(set) var text: String
  /// The values in the order of their question marks.
  package private(set) var values: [SQLValue]

  package init(stringLiteral text: String) {
    self.text = text
    self.values = []
  }

  package init(stringInterpolation: StringInterpolation) {
    self.text = stringInterpolation.text
    self.values = stringInterpolation.values
  }

  /// Pastes text that never came from input: identifiers of a model document, keywords.
  package init(unsafeSQL text: String) {
    self.text = text
    self.values = []
  }

  package static func + (a: SQL, b: SQL) -> SQL {
    var sum = a
    sum.append(b)
    return sum
  }

  package mutating func append(_ other: SQL) {
    text += other.text
    values += other.values
  }

  package struct StringInterpolation: StringInterpolationProtocol {
    var text: String
    var values: [SQLValue] = []

    package init(literalCapacity: Int, interpolationCount: Int) {
      text = ""
      text.reserveCapacity(literalCapacity + interpolationCount * 2)
      values.reserveCapacity(interpolationCount)
    }

    package mutating func appendLiteral(_ literal: String) { text += literal }

    package mutating func appendInterpolation(_ value: SQLValue) {
      text += "?"
      values.append(value)
    }
    package mutating func appendInterpolation(_ value: String) { appendInterpolation(.text(value)) }
    package mutating func appendInterpolation(_ value: String?) {
      appendInterpolation(value.map(SQLValue.text) ?? .null)
    }
    package mutating func appendInterpolation(_ value: [UInt8]) { appendInterpolation(.blob(value)) }
    package mutating func appendInterpolation(_ value: [UInt8]?) {
      appendInterpolation(value.map(SQLValue.blob) ?? .null)
    }
    package mutating func appendInterpolation(_ value: Int64) { appendInterpolation(.integer(value)) }
    package mutating func appendInterpolation(_ value: Int64?) {
      appendInterpolation(value.map(SQLValue.integer) ?? .null)
    }
    package mutating func appendInterpolation(_ value: Int) { appendInterpolation(.integer(Int64(value))) }
    package mutating func appendInterpolation(_ value: Bool) { appendInterpolation(.integer(value ? 1 : 0)) }
    package mutating func appendInterpolation(_ value: Double) { appendInterpolation(.real(value)) }
    package mutating func appendInterpolation(_ value: Instant) {
      appendInterpolation(.integer(value.microseconds))
    }
    package mutating func appendInterpolation(_ value: Instant?) {
      appendInterpolation(value.map { SQLValue.integer($0.microseconds) } ?? .null)
    }

    /// A parenthesised list of bound values, for `IN`.
    package mutating func appendInterpolation(list: [SQLValue]) {
      text += "("
      for (index, value) in list.enumerated() {
        if index > 0 { text += ", " }
        appendInterpolation(value)
      }
      text += ")"
    }

    /// Another statement's text and values.
    package mutating func appendInterpolation(_ sql: SQL) {
      text += sql.text
      values += sql.values
    }

    /// Text that never came from input.
    package mutating func appendInterpolation(unsafeSQL: String) { text += unsafeSQL }
  }
}

extension Sequence where Element == SQL {
  /// All of them with `separator` between.
  package func joined(separator: SQL) -> SQL {
    var sum: SQL = ""
    for (index, sql) in enumerated() {
      if index > 0 { sum.append(separator) }
      sum.append(sql)
    }
    return sum
  }
}
