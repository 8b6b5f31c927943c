package import JSON

/// What a value may look like: declared once, it gives the JSON Schema that clients read and every call is checked with.
package indirect enum Shape: Sendable {
  case null
  case boolean
  case integer(ClosedRange<Int64> = .min ... .max)
  case number
  /// - Parameter length: in Unicode scalar values, as JSON Schema counts (2020-12 Validation §6.3).
  case string(length: ClosedRange<Int> = 0...65_536)
  /// One of these words.
  case choice([String])
  case array(of: Shape, count: ClosedRange<Int> = 0...10_000)
  /// An object with these members; others are refused.
  case record([Parameter])
  /// An object with any members.
  case object
  /// Any JSON value.
  case any
  /// The first that fits.
  case either([Shape])

  /// Shorthands for the shapes that most tools use.
  package static let text = Shape.string()
  package static let identifier = Shape.integer(1 ... .max)
  package static let identifiers = Shape.array(of: .identifier, count: 1...1000)
  package static let names = Shape.array(of: .string(length: 1...256), count: 0...500)
  /// An Odoo domain; what is inside is checked where it is compiled.
  package static let domain = Shape.array(of: .any)

  /// The JSON Schema 2020-12 of this shape.
  package var schema: JSONObject {
    switch self {
    case .null: return ["type": "null"]
    case .boolean: return ["type": "boolean"]
    case .number: return ["type": "number"]
    case .any: return [:]
    case .object: return ["type": "object"]
    case .choice(let words): return ["type": "string", "enum": .array(words.map { .string($0) })]
    case .integer(let range):
      var schema: JSONObject = ["type": "integer"]
      if range.lowerBound != .min { schema["minimum"] = .integer(range.lowerBound) }
      if range.upperBound != .max { schema["maximum"] = .integer(range.upperBound) }
      return schema
    case .string(let length):
      var schema: JSONObject = ["type": "string"]
      if length.lowerBound > 0 { schema["minLength"] = .integer(Int64(length.lowerBound)) }
      schema["maxLength"] = .integer(Int64(length.upperBound))
      return schema
    case .array(let element, let count):
      var schema: JSONObject = ["type": "array", "items": .object(element.schema)]
      if count.lowerBound > 0 { schema["minItems"] = .integer(Int64(count.lowerBound)) }
      schema["maxItems"] = .integer(Int64(count.upperBound))
      return schema
    case .record(let members): return Parameter.schema(of: members, isClosed: true)
    case .either(let shapes): return ["anyOf": .array(shapes.map { .object($0.schema) })]
    }
  }

  /// A value as tools read it: `5.0` for an integer becomes `5`, as JSON Schema says that they are the same number
  /// (2020-12 Core §4.2.2), and members with a default are filled in. What does not fit stays as it is, for the schema
  /// to refuse.
  func normalised(_ value: JSONValue) -> JSONValue {
    switch (self, value) {
    case (.integer, .number(let number)): return Int64(exactly: number).map { .integer($0) } ?? value
    case (.array(let element, let count), .array(let values)):
      guard element.changesValues, values.count <= count.upperBound else { return value }
      return .array(values.map { element.normalised($0) })
    case (.record(let members), .object(let object)):
      return .object(Parameter.normalised(object, members))
    case (.either(let shapes), .number(let number)):
      // A number that has no fraction is an integer to whoever takes both.
      guard shapes.contains(where: { if case .integer = $0 { true } else { false } }) else { return value }
      return Int64(exactly: number).map { .integer($0) } ?? value
    case (.either(let shapes), .array), (.either(let shapes), .object):
      // The one shape of that kind; where there are more, the tool reads what came.
      let fitting = shapes.filter { $0.isOfKind(of: value) }
      return fitting.count == 1 ? fitting[0].normalised(value) : value
    default: return value
    }
  }

  private var changesValues: Bool {
    switch self {
    case .integer, .array, .record, .either: true
    default: false
    }
  }

  private func isOfKind(of value: JSONValue) -> Bool {
    switch (self, value) {
    case (.array, .array), (.record, .object), (.object, .object), (.any, _): true
    default: false
    }
  }
}
