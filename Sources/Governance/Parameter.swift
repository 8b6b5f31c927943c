package import JSON

/// A named value that a tool takes, or a member of what it gives back.
package struct Parameter: Sendable {
  package let name: String
  package let shape: Shape
  /// For a model to read: what it means, its unit, an example.
  package let description: String
  package let isRequired: Bool
  /// Stands in when the caller left the argument out.
  package let standard: JSONValue?

  package init(
    _ name: String, _ shape: Shape, _ description: String, isRequired: Bool = false,
    default standard: JSONValue? = nil
  ) {
    self.name = name
    self.shape = shape
    self.description = description
    self.isRequired = isRequired
    self.standard = standard
  }

  /// A parameter that every call must bring.
  package static func required(_ name: String, _ shape: Shape, _ description: String) -> Parameter {
    Parameter(name, shape, description, isRequired: true)
  }

  /// A parameter that a call may leave out, or give as `null`.
  package static func optional(
    _ name: String, _ shape: Shape, _ description: String, default standard: JSONValue? = nil
  ) -> Parameter {
    Parameter(name, shape, description, default: standard)
  }

  /// More would help nobody, and a hostile call can't make the answer long.
  static let mostProblems = 10

  /// The JSON Schema of an object with these members.
  ///
  /// - Parameter isClosed: whether other members are refused (arguments) or may be added later (results).
  static func schema(of members: [Parameter], isClosed: Bool) -> JSONObject {
    var properties = JSONObject()
    var required: [JSONValue] = []
    for member in members {
      var schema = member.shape.schema
      if !member.description.isEmpty { schema["description"] = .string(member.description) }
      if let standard = member.standard { schema["default"] = standard }
      properties[member.name] = .object(schema)
      if member.isRequired { required.append(.string(member.name)) }
    }
    var schema: JSONObject = ["type": "object", "properties": .object(properties)]
    if !required.isEmpty { schema["required"] = .array(required) }
    if isClosed { schema["additionalProperties"] = false }
    return schema
  }

  /// Arguments as tools read them: with defaults, and without the nulls that stand for what was left out.
  static func normalised(_ arguments: JSONObject, _ parameters: [Parameter]) -> JSONObject {
    var out = JSONObject()
    for parameter in parameters {
      var value = arguments[parameter.name]
      // Models write null for "I leave it out"; where null itself is a value, the shape says so.
      if case .null? = value, !parameter.isRequired, !parameter.shape.takesNull { value = nil }
      if let value {
        out[parameter.name] = parameter.shape.normalised(value)
      } else if let standard = parameter.standard {
        out[parameter.name] = standard
      }
    }
    // By bytes: Swift's own equality would take a look-alike for the name.
    for (name, value) in arguments.members
    where !parameters.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
      if out.count >= parameters.count + mostProblems { break }
      out[name] = value
    }
    return out
  }
}

extension Shape {
  /// Whether `null` is a value of this shape.
  var takesNull: Bool {
    switch self {
    case .null, .any: true
    case .either(let shapes): shapes.contains(where: \.takesNull)
    default: false
    }
  }
}
