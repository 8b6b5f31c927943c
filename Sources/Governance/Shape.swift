package import JSON

/// What a value may look like: declared once, it gives both the JSON Schema that clients read and the check that
/// every call passes.
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

  /// What a sentence calls it: "an integer of at least 1".
  package var words: String {
    switch self {
    case .null: return "null"
    case .boolean: return "true or false"
    case .number: return "a number"
    case .any: return "any value"
    case .object, .record: return "an object"
    case .array(let element, _):
      if case .any = element { return "an array" }
      return "an array, each element \(element.words)"
    case .choice(let words): return "one of " + words.map { "'\($0)'" }.joined(separator: ", ")
    case .string(let length): return length.lowerBound > 0 ? "a non-empty string" : "a string"
    case .either(let shapes): return shapes.map(\.words).joined(separator: " or ")
    case .integer(let range):
      switch (range.lowerBound == .min, range.upperBound == .max) {
      case (true, true): return "an integer"
      case (false, true): return "an integer of at least \(range.lowerBound)"
      case (true, false): return "an integer of at most \(range.upperBound)"
      case (false, false): return "an integer from \(range.lowerBound) to \(range.upperBound)"
      }
    }
  }

  /// Checks a value and gives it back as tools read it: `5.0` for an integer becomes `5`, as JSON Schema says that
  /// they are the same number (2020-12 Core §6.3), and members with a default are filled in.
  ///
  /// - Parameters:
  ///   - path: where the value stands, such as `values_list[3].name`; the errors name it.
  ///   - problems: what is wrong, one sentence each; untouched when the value fits.
  func checked(_ value: JSONValue, at path: String, _ problems: inout [ArgumentProblem]) -> JSONValue {
    let misfit = { (expected: String) in ArgumentProblem.wrong(path, expected: expected, got: value) }
    switch (self, value) {
    case (.any, _), (.null, .null), (.boolean, .bool), (.number, .integer), (.number, .number),
      (.object, .object):
      return value
    case (.integer, .number(let number)):
      guard let whole = Int64(exactly: number) else { break }
      return checked(.integer(whole), at: path, &problems)
    case (.integer(let range), .integer(let whole)):
      if !range.contains(whole) { problems.append(misfit(words)) }
      return value
    case (.string(let length), .string(let text)):
      let count = text.unicodeScalars.count
      if count < length.lowerBound {
        problems.append(misfit(words))
      } else if count > length.upperBound {
        problems.append(misfit("at most \(length.upperBound) characters"))
      }
      return value
    case (.choice(let words), .string(let word)):
      if !words.contains(word) { problems.append(misfit(self.words)) }
      return value
    case (.array(let element, let count), .array(let values)):
      guard count.contains(values.count) else {
        problems.append(misfit("\(count.lowerBound) to \(count.upperBound) elements"))
        return value
      }
      if case .any = element { return value }
      var out: [JSONValue] = []
      out.reserveCapacity(values.count)
      for (index, value) in values.enumerated() {
        out.append(element.checked(value, at: "\(path)[\(index)]", &problems))
        if problems.count >= Parameter.mostProblems { break }
      }
      return .array(out)
    case (.record(let members), .object(let object)):
      return .object(Parameter.checked(object, against: members, prefix: path + ".", &problems))
    case (.either(let shapes), _):
      for shape in shapes {
        var found: [ArgumentProblem] = []
        let out = shape.checked(value, at: path, &found)
        if found.isEmpty { return out }
      }
    default: break
    }
    problems.append(misfit(words))
    return value
  }
}
