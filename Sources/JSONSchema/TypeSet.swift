internal import JSON

/// The types that a value may have (2020-12 Validation §6.1.1).
struct TypeSet: OptionSet, Sendable {
  let rawValue: UInt8

  static let null = TypeSet(rawValue: 1)
  static let boolean = TypeSet(rawValue: 2)
  static let integer = TypeSet(rawValue: 4)
  static let number = TypeSet(rawValue: 8)
  static let string = TypeSet(rawValue: 16)
  static let array = TypeSet(rawValue: 32)
  static let object = TypeSet(rawValue: 64)

  static let named: [(name: String, type: TypeSet, words: String)] = [
    ("null", .null, "null"), ("boolean", .boolean, "true or false"), ("integer", .integer, "an integer"),
    ("number", .number, "a number"), ("string", .string, "a string"), ("array", .array, "an array"),
    ("object", .object, "an object"),
  ]

  func accepts(_ value: JSONValue) -> Bool {
    switch value {
    case .null: contains(.null)
    case .bool: contains(.boolean)
    case .integer: rawValue & (TypeSet.integer.rawValue | TypeSet.number.rawValue) != 0
    // A number without a fraction is an integer, however it is written.
    case .number(let number):
      contains(.number) || (contains(.integer) && number.isWhole)
    case .string: contains(.string)
    case .array: contains(.array)
    case .object: contains(.object)
    }
  }

  var words: String { Self.named.filter { contains($0.type) }.map(\.words).joinedByOr }
}

extension Double {
  /// Whether it has no fraction; beyond 2⁵³ no double has one.
  var isWhole: Bool { isFinite && (magnitude >= 0x1p53 || Int64(exactly: self) != nil) }
}

extension [String] {
  /// "a, b or c"
  var joinedByOr: String {
    count < 2 ? first ?? "" : dropLast().joined(separator: ", ") + " or " + self[count - 1]
  }
}
