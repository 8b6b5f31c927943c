internal import JSON
internal import Patterns

/// One schema, compiled: what it asks of a value, the cheapest first.
struct Node: Sendable {
  var keywords: [Keyword] = []
  /// Which schema resource it stands in: what `$dynamicRef` looks at.
  var resource = 0
  /// Whether it looks at what other keywords have evaluated, which then has to be written down.
  var looksAtEvaluated = false
  /// What a sentence calls a value that fits: from `title` or the type.
  var words: String?
}

/// One keyword with its value; subschemas are positions of nodes.
enum Keyword: Sendable {
  case never
  case type(TypeSet)
  case constant(JSONValue)
  case choices([JSONValue])
  case minimum(JSONValue)
  case exclusiveMinimum(JSONValue)
  case maximum(JSONValue)
  case exclusiveMaximum(JSONValue)
  case multipleOf(JSONValue)
  case minLength(Int)
  case maxLength(Int)
  case pattern(Pattern)
  case format(Format)
  case minItems(Int)
  case maxItems(Int)
  case uniqueItems
  case minProperties(Int)
  case maxProperties(Int)
  /// With what a sentence calls the value that is missing.
  case required([(name: String, words: String?)])
  case dependentRequired([(name: String, needed: [String])])
  case propertyNames(Int)
  case members(Members)
  case elements(prefix: [Int], rest: Int?)
  case contains(Int, least: Int, most: Int?)
  case all([Int])
  case any([Int])
  case one([Int])
  case not(Int)
  case condition(if: Int, then: Int?, else: Int?)
  case dependents([(name: String, node: Int)])
  case reference(Int)
  case dynamicReference(name: String, otherwise: Int)
  case unevaluatedElements(Int)
  case unevaluatedMembers(Int)
}

/// `properties`, `patternProperties` and `additionalProperties`, which one walk over the members decides.
struct Members: Sendable {
  var table = NameTable([])
  var nodes: [Int] = []
  var patterns: [(pattern: Pattern, node: Int)] = []
  var additional: Int?
  /// Whether `additional` is `false`, as it nearly always is.
  var isClosed = false
}
