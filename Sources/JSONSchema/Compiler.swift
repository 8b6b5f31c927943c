internal import JSON
internal import Patterns

/// Turns schemas into nodes, each place once, however many references lead to it.
struct Compiler {
  let documents: Documents
  private(set) var nodes: [Node] = []
  private var compiled: [Key: Int] = [:]
  /// Names that `$dynamicRef` asks for.
  private var dynamicNames: Set<String> = []

  private struct Key: Hashable {
    let document: Int
    let pointer: String
  }

  private var depth = 0
  /// Schemas within schemas, and references that lead to references.
  private static let deepest = 64
  /// Nodes of one schema; a hostile one could have as many as its text has braces.
  static let mostNodes = 20_000

  init(_ documents: Documents) { self.documents = documents }

  /// What `$dynamicRef` may lead to: nodes by name and resource.
  private(set) var dynamicNodes: [String: [Int: Int]] = [:]

  mutating func compile(root: Documents.Place) throws(SchemaError) -> Int {
    let node = try node(at: root)
    // Each may bring new names.
    var done: Set<String> = []
    while let name = dynamicNames.first(where: { !done.contains($0) }) {
      done.insert(name)
      for (number, resource) in documents.resources.enumerated() {
        guard let place = resource.dynamicAnchors[name] else { continue }
        dynamicNodes[name, default: [:]][number] = try self.node(at: place)
      }
    }
    return node
  }

  private mutating func node(at place: Documents.Place) throws(SchemaError) -> Int {
    let key = Key(document: documents.resources[place.resource].document, pointer: place.pointer)
    if let known = compiled[key] { return known }
    guard nodes.count < Self.mostNodes else {
      throw SchemaError(
        pointer: place.pointer, sentence: "is one schema too many: \(Self.mostNodes) are allowed")
    }
    guard depth < Self.deepest else {
      throw SchemaError(pointer: place.pointer, sentence: "is reached by too many references in a row")
    }
    depth += 1
    defer { depth -= 1 }
    // Known before it is ready, since it may refer to itself.
    let number = nodes.count
    compiled[key] = number
    nodes.append(Node(resource: place.resource))
    switch place.value {
    case .bool(true): break
    case .bool(false): nodes[number].keywords = [.never]
    case .object(let schema):
      var node = Node(resource: place.resource)
      try assertions(of: schema, at: place, into: &node)
      try applicators(of: schema, at: place, into: &node)
      node.words = Self.words(of: schema, node)
      nameMissing(in: &node)
      nodes[number] = node
    default: throw SchemaError(pointer: place.pointer, sentence: "must be an object, true or false")
    }
    return number
  }

  private mutating func subschema(
    _ keyword: String, _ token: String? = nil, _ value: JSONValue, of place: Documents.Place
  ) throws(SchemaError) -> Int {
    let end = token.map { "/" + Pointer.encoded($0) } ?? ""
    return try node(
      at: Documents.Place(
        resource: documents.resource(at: value, in: place.resource),
        pointer: "\(place.pointer)/\(Pointer.encoded(keyword))\(end)", value: value))
  }

  private mutating func optionalSubschema(
    _ keyword: String, in schema: JSONObject, of place: Documents.Place
  ) throws(SchemaError) -> Int? {
    guard let value = schema[keyword] else { return nil }
    return try subschema(keyword, nil, value, of: place)
  }

  private mutating func list(
    _ keyword: String, in schema: JSONObject, of place: Documents.Place
  ) throws(SchemaError) -> [Int]? {
    guard let value = schema[keyword] else { return nil }
    guard let elements = value.array, !elements.isEmpty else {
      throw SchemaError(pointer: "\(place.pointer)/\(keyword)", sentence: "must be an array of schemas")
    }
    var list: [Int] = []
    for (index, element) in elements.enumerated() {
      list.append(try subschema(keyword, "\(index)", element, of: place))
    }
    return list
  }

  private mutating func table(
    _ keyword: String, in schema: JSONObject, of place: Documents.Place
  ) throws(SchemaError) -> [(name: String, node: Int)]? {
    guard let value = schema[keyword] else { return nil }
    guard let members = value.object?.members else {
      throw SchemaError(pointer: "\(place.pointer)/\(keyword)", sentence: "must be an object of schemas")
    }
    var table: [(name: String, node: Int)] = []
    for (name, element) in members {
      table.append((name, try subschema(keyword, name, element, of: place)))
    }
    return table
  }

  // MARK: - Assertions

  private mutating func assertions(
    of schema: JSONObject, at place: Documents.Place, into node: inout Node
  ) throws(SchemaError) {
    let reader = KeywordReader(schema, pointer: place.pointer)
    let vocabulary = documents.resources[place.resource].vocabulary
    if vocabulary.assertsFormats, let format = try reader.string("format").flatMap(Format.init) {
      node.keywords.append(.format(format))
    }
    guard vocabulary.validates else { return }
    if let types = try reader.types() { node.keywords.append(.type(types)) }
    if let value = schema["const"] { node.keywords.append(.constant(value)) }
    if let values = try reader.array("enum") { node.keywords.append(.choices(values)) }
    if let limit = try reader.number("minimum") { node.keywords.append(.minimum(limit)) }
    if let limit = try reader.number("exclusiveMinimum") { node.keywords.append(.exclusiveMinimum(limit)) }
    if let limit = try reader.number("maximum") { node.keywords.append(.maximum(limit)) }
    if let limit = try reader.number("exclusiveMaximum") { node.keywords.append(.exclusiveMaximum(limit)) }
    if let divisor = try reader.number("multipleOf") {
      guard divisor.compared(to: 0) == 1 else { throw reader.error("multipleOf", "must be more than 0") }
      node.keywords.append(.multipleOf(divisor))
    }
    if let count = try reader.count("minLength"), count > 0 { node.keywords.append(.minLength(count)) }
    if let count = try reader.count("maxLength") { node.keywords.append(.maxLength(count)) }
    if let text = try reader.string("pattern") {
      node.keywords.append(.pattern(try reader.pattern(text, "pattern")))
    }
    if let count = try reader.count("minItems"), count > 0 { node.keywords.append(.minItems(count)) }
    if let count = try reader.count("maxItems") { node.keywords.append(.maxItems(count)) }
    if try reader.flag("uniqueItems") == true { node.keywords.append(.uniqueItems) }
    if let count = try reader.count("minProperties"), count > 0 {
      node.keywords.append(.minProperties(count))
    }
    if let count = try reader.count("maxProperties") { node.keywords.append(.maxProperties(count)) }
    if let names = try reader.strings("required"), !names.isEmpty {
      node.keywords.append(.required(names.map { ($0, nil) }))
    }
    if let table = try reader.object("dependentRequired") {
      var rows: [(name: String, needed: [String])] = []
      for (name, value) in table.members {
        rows.append((name, try reader.strings(value, "dependentRequired")))
      }
      node.keywords.append(.dependentRequired(rows))
    }
  }

  // MARK: - Applicators

  private mutating func applicators(
    of schema: JSONObject, at place: Documents.Place, into node: inout Node
  ) throws(SchemaError) {
    let reader = KeywordReader(schema, pointer: place.pointer)
    try members(of: schema, at: place, reader, into: &node)
    if let names = try optionalSubschema("propertyNames", in: schema, of: place) {
      node.keywords.append(.propertyNames(names))
    }
    let prefix = try list("prefixItems", in: schema, of: place) ?? []
    let rest = try optionalSubschema("items", in: schema, of: place)
    if !prefix.isEmpty || rest != nil { node.keywords.append(.elements(prefix: prefix, rest: rest)) }
    if let contained = try optionalSubschema("contains", in: schema, of: place) {
      let least = try reader.count("minContains") ?? 1
      node.keywords.append(.contains(contained, least: least, most: try reader.count("maxContains")))
    }
    if let text = try reader.string("$ref") {
      let target = try documents.place(text, from: place.resource, at: "\(place.pointer)/$ref").place
      node.keywords.append(.reference(try self.node(at: target)))
    }
    if let text = try reader.string("$dynamicRef") {
      let (target, name) = try documents.place(text, from: place.resource, at: "\(place.pointer)/$dynamicRef")
      let otherwise = try self.node(at: target)
      if let name {
        dynamicNames.insert(name)
        node.keywords.append(.dynamicReference(name: name, otherwise: otherwise))
      } else {
        node.keywords.append(.reference(otherwise))
      }
    }
    if let nodes = try list("allOf", in: schema, of: place) { node.keywords.append(.all(nodes)) }
    if let nodes = try list("anyOf", in: schema, of: place) { node.keywords.append(.any(nodes)) }
    if let nodes = try list("oneOf", in: schema, of: place) { node.keywords.append(.one(nodes)) }
    if let negated = try optionalSubschema("not", in: schema, of: place) {
      node.keywords.append(.not(negated))
    }
    let then = try optionalSubschema("then", in: schema, of: place)
    let otherwise = try optionalSubschema("else", in: schema, of: place)
    if let condition = try optionalSubschema("if", in: schema, of: place) {
      node.keywords.append(.condition(if: condition, then: then, else: otherwise))
    }
    if let rows = try table("dependentSchemas", in: schema, of: place) {
      node.keywords.append(.dependents(rows))
    }
    // Last: they look at what the others have evaluated.
    if let rest = try optionalSubschema("unevaluatedItems", in: schema, of: place) {
      node.looksAtEvaluated = true
      node.keywords.append(.unevaluatedElements(rest))
    }
    if let rest = try optionalSubschema("unevaluatedProperties", in: schema, of: place) {
      node.looksAtEvaluated = true
      node.keywords.append(.unevaluatedMembers(rest))
    }
  }

  private mutating func members(
    of schema: JSONObject, at place: Documents.Place, _ reader: KeywordReader, into node: inout Node
  ) throws(SchemaError) {
    let named = try table("properties", in: schema, of: place)
    let patterned = try table("patternProperties", in: schema, of: place)
    let additional = try optionalSubschema("additionalProperties", in: schema, of: place)
    guard named != nil || patterned != nil || additional != nil else { return }
    var members = Members()
    members.table = NameTable((named ?? []).map(\.name))
    members.nodes = (named ?? []).map(\.node)
    for (text, node) in patterned ?? [] {
      members.patterns.append((try reader.pattern(text, "patternProperties"), node))
    }
    members.additional = additional
    members.isClosed = schema["additionalProperties"] == false
    node.keywords.append(.members(members))
  }

  /// Says what a required member should be, where `properties` knows.
  private func nameMissing(in node: inout Node) {
    guard let required = node.keywords.firstIndex(where: { if case .required = $0 { true } else { false } }),
      case .required(let rows) = node.keywords[required]
    else { return }
    for case .members(let members) in node.keywords {
      node.keywords[required] = .required(
        rows.map { row in (row.name, members.table[row.name].flatMap { nodes[members.nodes[$0]].words }) })
    }
  }

  /// "a non-empty string", "one of 'asc', 'desc'", or the schema's own title.
  private static func words(of schema: JSONObject, _ node: Node) -> String? {
    if let title = schema["title"]?.string, !title.isEmpty { return Wording.excerpt(title) }
    for keyword in node.keywords {
      if case .constant(let value) = keyword { return Wording.text(of: value) }
      if case .choices(let values) = keyword { return "one of \(Wording.list(values))" }
    }
    guard case .type(let types)? = node.keywords.first else { return nil }
    if types == .string, let least = schema["minLength"]?.integer, least > 0 { return "a non-empty string" }
    if types == .integer || types == .number {
      let least = schema["minimum"].map { Wording.text(of: $0) }
      let most = schema["maximum"].map { Wording.text(of: $0) }
      switch (least, most) {
      case (let least?, let most?): return "\(types.words) from \(least) to \(most)"
      case (let least?, nil): return "\(types.words) of at least \(least)"
      case (nil, let most?): return "\(types.words) of at most \(most)"
      default: break
      }
    }
    return types.words
  }
}
