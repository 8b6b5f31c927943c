internal import JSON
internal import Patterns

/// Reads the values of a schema's keywords, and refuses those that its metaschema would.
struct KeywordReader {
  private let schema: JSONObject
  private let pointer: String

  init(_ schema: JSONObject, pointer: String) {
    self.schema = schema
    self.pointer = pointer
  }

  func error(_ keyword: String, _ sentence: String) -> SchemaError {
    SchemaError(pointer: "\(pointer)/\(keyword)", sentence: sentence)
  }

  func types() throws(SchemaError) -> TypeSet? {
    guard let value = schema["type"] else { return nil }
    let names = value.string.map { [$0] } ?? value.array?.compactMap(\.string) ?? []
    guard !names.isEmpty, names.count == (value.array?.count ?? 1) else {
      throw error("type", "must be the name of a type, or an array of them")
    }
    var types: TypeSet = []
    for name in names {
      guard let type = TypeSet.named.first(where: { $0.name == name })?.type else {
        throw error("type", "'\(Wording.excerpt(name))' is no type")
      }
      types.insert(type)
    }
    return types
  }

  func number(_ keyword: String) throws(SchemaError) -> JSONValue? {
    guard let value = schema[keyword] else { return nil }
    guard value.number != nil else { throw error(keyword, "must be a number") }
    return value
  }

  func count(_ keyword: String) throws(SchemaError) -> Int? {
    guard let value = schema[keyword] else { return nil }
    guard let count = value.integer, count >= 0 else {
      throw error(keyword, "must be an integer of at least 0")
    }
    return Int(count)
  }

  func flag(_ keyword: String) throws(SchemaError) -> Bool? {
    guard let value = schema[keyword] else { return nil }
    guard let flag = value.bool else { throw error(keyword, "must be true or false") }
    return flag
  }

  func string(_ keyword: String) throws(SchemaError) -> String? {
    guard let value = schema[keyword] else { return nil }
    guard let text = value.string else { throw error(keyword, "must be a string") }
    return text
  }

  func array(_ keyword: String) throws(SchemaError) -> [JSONValue]? {
    guard let value = schema[keyword] else { return nil }
    guard let values = value.array else { throw error(keyword, "must be an array") }
    return values
  }

  func object(_ keyword: String) throws(SchemaError) -> JSONObject? {
    guard let value = schema[keyword] else { return nil }
    guard let object = value.object else { throw error(keyword, "must be an object") }
    return object
  }

  func strings(_ keyword: String) throws(SchemaError) -> [String]? {
    guard let value = schema[keyword] else { return nil }
    return try strings(value, keyword)
  }

  func strings(_ value: JSONValue, _ keyword: String) throws(SchemaError) -> [String] {
    let names = value.array?.compactMap(\.string)
    guard let names, names.count == value.array?.count else {
      throw error(keyword, "must be an array of strings")
    }
    return names
  }

  func pattern(_ text: String, _ keyword: String) throws(SchemaError) -> Pattern {
    do throws(PatternError) { return try Pattern(text) } catch let reason {
      throw error(keyword, "is no pattern that can be used: \(reason)")
    }
  }
}
