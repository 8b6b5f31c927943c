/// A JSON value (RFC 8259 §3).
///
/// Integers keep their 64 bits and stand apart from other numbers, so that an identifier never goes through a
/// double. Two objects are equal whatever the order of their members (RFC 8259 §4); strings are equal when their
/// code points are, not when Unicode calls them equivalent.
package enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A number written with a fraction or an exponent. What is not finite is written as `null`.
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

extension JSONValue {
  /// The string, if it is one.
  package var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The integer, if it is one; `3.0` is one too, as JSON Schema 2020-12 §6.1.1 says.
  package var integer: Int64? {
    switch self {
    case .integer(let integer): integer
    case .number(let number) where number.magnitude <= 9_007_199_254_740_992: Int64(exactly: number)
    default: nil
    }
  }

  /// The number as a double, if it is one.
  package var number: Double? {
    switch self {
    case .integer(let integer): Double(integer)
    case .number(let number): number
    default: nil
    }
  }

  /// The truth value, if it is one.
  package var bool: Bool? {
    if case .bool(let bool) = self { bool } else { nil }
  }

  /// The elements, if it is an array.
  package var array: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The object, if it is one.
  package var object: JSONObject? {
    if case .object(let object) = self { object } else { nil }
  }

  /// Whether it is `null`.
  package var isNull: Bool {
    if case .null = self { true } else { false }
  }

  /// The member of that name, if this is an object that has it.
  package subscript(name: String) -> JSONValue? { object?[name] }
}

extension JSONValue: Equatable {
  package static func == (a: JSONValue, b: JSONValue) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    default: false
    }
  }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  package init(nilLiteral: ()) { self = .null }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
  package init(floatLiteral value: Double) { self = .number(value) }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}

extension JSONValue: CustomStringConvertible {
  package var description: String { text }
}

extension String {
  /// Equality of bytes. Swift's own `==` also calls "é" and "e\u{301}" equal, which are two names in JSON.
  package func hasSameBytes(as other: String) -> Bool {
    guard utf8.count == other.utf8.count, self == other else { return false }
    return utf8Span.isKnownASCII || utf8.elementsEqual(other.utf8)
  }
}
