internal import JSON

/// Reads the members of an object in a model document; a member that nobody asked for is an error.
struct DocumentReader {
  let place: String
  private let object: JSONObject
  private var read: Set<String> = []

  init(_ json: JSONValue, at place: String) throws(ModelError) {
    guard let object = json.object else { throw ModelError(place, "expected an object") }
    self.place = place
    self.object = object
  }

  /// The members' names, in their order.
  var names: [String] { object.members.map(\.name) }

  mutating func value(_ name: String) -> JSONValue? {
    read.insert(name)
    return object[name]
  }

  mutating func required(_ name: String) throws(ModelError) -> JSONValue {
    guard let value = value(name) else { throw ModelError("\(place).\(name)", "is missing") }
    return value
  }

  mutating func text(_ name: String) throws(ModelError) -> String? {
    guard let value = value(name) else { return nil }
    guard let text = value.string, !text.isEmpty else {
      throw ModelError("\(place).\(name)", "expected a text")
    }
    return text
  }

  mutating func requiredText(_ name: String) throws(ModelError) -> String {
    guard let text = try text(name) else { throw ModelError("\(place).\(name)", "is missing") }
    return text
  }

  mutating func flag(_ name: String) throws(ModelError) -> Bool {
    guard let value = value(name) else { return false }
    guard let flag = value.bool else { throw ModelError("\(place).\(name)", "expected true or false") }
    return flag
  }

  mutating func texts(_ name: String) throws(ModelError) -> [String]? {
    guard let value = value(name) else { return nil }
    guard let elements = value.array else { throw ModelError("\(place).\(name)", "expected a list of texts") }
    var texts: [String] = []
    for element in elements {
      guard let text = element.string else {
        throw ModelError("\(place).\(name)", "expected a list of texts")
      }
      texts.append(text)
    }
    return texts
  }

  mutating func identifier(_ name: String) throws(ModelError) -> Identifier? {
    guard let text = try text(name) else { return nil }
    guard let identifier = Identifier(text) else {
      throw ModelError("\(place).\(name)", "'\(text)' is no name for a table or column")
    }
    return identifier
  }

  /// - Throws: when a member was not read: a misspelt `readonly` must not go unnoticed.
  func end() throws(ModelError) {
    for name in names where !read.contains(name) { throw ModelError("\(place).\(name)", "is not known") }
  }
}

/// What is wrong with a model document, and where.
package struct ModelError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Such as `sale.order.fields.partner_id.relation`.
  package let place: String
  package let reason: String

  init(_ place: String, _ reason: String) {
    self.place = place
    self.reason = reason
  }

  package var description: String { "\(place): \(reason)" }
}
