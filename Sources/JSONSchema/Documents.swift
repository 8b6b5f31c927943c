internal import JSON

/// The documents that a schema may refer to, and where in them its resources and anchors are (2020-12 Core §8.2).
///
/// Nothing is ever fetched: what is not in here does not exist.
struct Documents: Sendable {
  /// A place in a document.
  struct Place: Sendable {
    /// Number of the resource that it stands in, its own `$id` included.
    var resource: Int
    /// From the root of its document.
    var pointer: String
    var value: JSONValue
  }

  /// A schema with a URI of its own.
  struct Resource: Sendable {
    let uri: URIReference
    let root: Place
    let document: Int
    var anchors: [String: Place] = [:]
    var dynamicAnchors: [String: Place] = [:]
    /// What its keywords mean.
    var vocabulary = Vocabulary()
  }

  /// Which keywords assert something (2020-12 Core §8.1.2).
  struct Vocabulary: Sendable {
    var validates = true
    var assertsFormats = false
  }

  private(set) var resources: [Resource] = []
  private var byURI: [URIReference: Int] = [:]

  /// What relative references of a document without `$id` are resolved against.
  static let base = URIReference("schema:/")
  static let dialect = "https://json-schema.org/draft/2020-12/schema"
  static let deepest = 64

  /// - Returns: the place of the document's root.
  mutating func add(
    _ document: JSONValue, at uri: URIReference, vocabulary: Vocabulary
  ) throws(SchemaError) -> Place {
    let number = (resources.last?.document ?? -1) + 1
    let root = Place(resource: resources.count, pointer: "", value: document)
    resources.append(Resource(uri: uri.resource, root: root, document: number, vocabulary: vocabulary))
    byURI[uri.resource] = root.resource
    try scan(root, document: number, depth: 0)
    return Place(resource: resource(at: document, in: root.resource), pointer: "", value: document)
  }

  /// The resource that a schema begins, or the one around it.
  func resource(at value: JSONValue, in outer: Int) -> Int {
    guard let id = value["$id"]?.string else { return outer }
    return byURI[resources[outer].uri.resolving(URIReference(id)).resource] ?? outer
  }

  /// Looks for identifiers in a schema and everywhere below it where a schema may stand.
  private mutating func scan(
    _ place: Place, document: Int, depth: Int
  ) throws(SchemaError) {
    guard depth <= Self.deepest else {
      throw SchemaError(pointer: place.pointer, sentence: "is nested too deeply")
    }
    guard let schema = place.value.object else { return }
    var place = place
    if let id = schema["$id"] {
      guard let text = id.string, URIReference(text).fragment?.isEmpty ?? true else {
        throw SchemaError(pointer: place.pointer + "/$id", sentence: "must be a URI without a fragment")
      }
      let outer = resources[place.resource]
      let uri = outer.uri.resolving(URIReference(text)).resource
      if let known = byURI[uri], known != place.resource {
        throw SchemaError(pointer: place.pointer + "/$id", sentence: "is the URI of another schema too")
      }
      if uri != outer.uri {
        place.resource = resources.count
        resources.append(
          Resource(uri: uri, root: place, document: document, vocabulary: outer.vocabulary))
        byURI[uri] = place.resource
      }
    }
    for (keyword, isDynamic) in [("$anchor", false), ("$dynamicAnchor", true)] {
      guard let anchor = schema[keyword] else { continue }
      guard let name = anchor.string, Self.isAnchor(name) else {
        throw SchemaError(pointer: "\(place.pointer)/\(keyword)", sentence: "must be a name")
      }
      guard resources[place.resource].anchors.updateValue(place, forKey: name) == nil else {
        throw SchemaError(pointer: "\(place.pointer)/\(keyword)", sentence: "names two schemas")
      }
      if isDynamic { resources[place.resource].dynamicAnchors[name] = place }
    }
    for (keyword, value) in schema.members {
      guard let kind = Subschemas(rawValue: keyword) else { continue }
      for (token, subschema) in kind.inside(value) {
        let pointer =
          "\(place.pointer)/\(Pointer.encoded(keyword))\(token.map { "/" + Pointer.encoded($0) } ?? "")"
        try scan(
          Place(resource: place.resource, pointer: pointer, value: subschema), document: document,
          depth: depth + 1)
      }
    }
  }

  /// 2020-12 Core §8.2.2: NCName without the colon.
  private static func isAnchor(_ name: String) -> Bool {
    guard let first = name.unicodeScalars.first, first == "_" || first.properties.isAlphabetic else {
      return false
    }
    return name.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || $0 == "_" || $0 == "-" || $0 == "." || ("0"..."9").contains($0)
    }
  }

  /// What a reference leads to.
  ///
  /// - Parameters:
  ///   - resource: the one that the reference stands in.
  ///   - position: of the reference, for the error.
  func place(
    _ reference: String, from resource: Int, at position: String
  ) throws(SchemaError) -> (place: Place, dynamicName: String?) {
    let uri = resources[resource].uri.resolving(URIReference(reference))
    guard let number = byURI[uri.resource] else {
      // MCP 2026-07-28: a `$ref` MUST NOT be dereferenced over the network.
      throw SchemaError(
        pointer: position,
        sentence: "leads out of the document, to '\(reference.prefix(128))'; nothing is fetched")
    }
    guard let fragment = uri.decodedFragment else {
      throw SchemaError(pointer: position, sentence: "has a malformed fragment")
    }
    let target = resources[number]
    if fragment.isEmpty { return (target.root, nil) }
    if fragment.hasPrefix("/") { return (try follow(fragment, from: target.root, at: position), nil) }
    guard let place = target.anchors[fragment] else {
      throw SchemaError(
        pointer: position, sentence: "leads to '\(reference.prefix(128))', which is not there")
    }
    return (place, target.dynamicAnchors[fragment] == nil ? nil : fragment)
  }

  private func follow(
    _ fragment: String, from root: Place, at position: String
  ) throws(SchemaError) -> Place {
    var place = root
    for token in fragment.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let next = Pointer.step(token, in: place.value) else {
        throw SchemaError(
          pointer: position, sentence: "leads to '#\(fragment.prefix(128))', which is not there")
      }
      place.value = next
      place.pointer += "/\(token)"
      place.resource = resource(at: next, in: place.resource)
    }
    return place
  }
}

/// The keywords that hold schemas, and how.
enum Subschemas: String {
  case additionalProperties, propertyNames, items, contains, unevaluatedItems, unevaluatedProperties, not
  case `if`, then, `else`, contentSchema
  case allOf, anyOf, oneOf, prefixItems
  case properties, patternProperties, dependentSchemas, definitions
  case defs = "$defs"

  /// The schemas with the token that leads to each; nil where the keyword's value is the schema.
  func inside(_ value: JSONValue) -> [(token: String?, schema: JSONValue)] {
    switch self {
    case .allOf, .anyOf, .oneOf, .prefixItems:
      (value.array ?? []).enumerated().map { ("\($0.offset)", $0.element) }
    case .properties, .patternProperties, .dependentSchemas, .definitions, .defs:
      (value.object?.members ?? []).map { ($0.name, $0.value) }
    default: [(nil, value)]
    }
  }
}
