internal import JSON
internal import Patterns
internal import Words

/// One walk over a value with a schema.
///
/// With `mostProblems` at zero it stops at the first thing that doesn't fit; otherwise it writes down what doesn't.
struct Evaluation {
  private let schema: JSONSchema
  private let mostProblems: Int
  private(set) var problems: [SchemaProblem] = []

  /// Whether problems are written down: not inside a branch of which another may fit.
  private var tells: Bool
  /// Where the walk is, as the tokens of a pointer; kept only while problems are told.
  private var path: [String] = []
  /// The resources that were entered, outermost first (2020-12 Core §7.1).
  private var scope: [Int] = []
  private var depth = 0
  private var steps = 0
  private var isExhausted = false
  private var patternTime = Duration.zero

  /// Schemas within schemas within values; a reference that leads to itself gets here.
  private static let deepest = 200
  private static let mostSteps = 2_000_000
  /// What all patterns of one walk may take together.
  private static let mostPatternTime = Duration.milliseconds(100)

  init(_ schema: JSONSchema, mostProblems: Int) {
    self.schema = schema
    self.mostProblems = mostProblems
    self.tells = mostProblems > 0
  }

  mutating func accepts(_ value: JSONValue) -> Bool {
    var nothing: Evaluated?
    let fits = evaluate(schema.root, value, &nothing)
    guard !isExhausted else {
      // Fail closed: what can't be decided doesn't fit.
      if mostProblems > 0 {
        problems = [
          SchemaProblem(pointer: "", keyword: "", sentence: "takes too long to check; make it smaller")
        ]
      }
      return false
    }
    return fits
  }

  // MARK: - Nodes

  private mutating func evaluate(_ number: Int, _ value: JSONValue, _ outer: inout Evaluated?) -> Bool {
    steps += 1
    guard !isExhausted, depth < Self.deepest, steps < Self.mostSteps else {
      isExhausted = true
      return false
    }
    let node = schema.nodes[number]
    guard !node.keywords.isEmpty else { return true }
    depth += 1
    let enters = !schema.dynamicNodes.isEmpty && scope.last != node.resource
    if enters { scope.append(node.resource) }
    defer {
      depth -= 1
      if enters { scope.removeLast() }
    }
    guard node.looksAtEvaluated else { return every(node.keywords, value, &outer) }
    var own: Evaluated? = Evaluated()
    let fits = every(node.keywords, value, &own)
    if let own, outer != nil { outer?.formUnion(own) }
    return fits
  }

  private mutating func every(
    _ keywords: [Keyword], _ value: JSONValue, _ evaluated: inout Evaluated?
  ) -> Bool {
    var fits = true
    for keyword in keywords {
      if holds(keyword, value, &evaluated) { continue }
      fits = false
      guard tells, !isExhausted else { return false }
      // What is said of a value of a wrong type helps nobody.
      if case .type = keyword { return false }
    }
    return fits
  }

  /// The way down: each keyword has a function of its own, so that a frame of this one, of which there are as many as
  /// schemas are deep, stays small.
  private mutating func holds(_ keyword: Keyword, _ value: JSONValue, _ evaluated: inout Evaluated?) -> Bool {
    switch keyword {
    case .reference(let node): evaluate(node, value, &evaluated)
    case .dynamicReference(let name, let otherwise):
      evaluate(dynamicTarget(name) ?? otherwise, value, &evaluated)
    case .all(let nodes): all(nodes, value, &evaluated)
    case .any(let nodes): any(nodes, value, &evaluated)
    case .one(let nodes): one(nodes, value, &evaluated)
    case .not(let node):
      fitsQuietly(node, value) == nil || fail("not", "has a form that is not allowed here")
    case .condition(let test, let then, let otherwise): condition(test, then, otherwise, value, &evaluated)
    case .dependents(let rows): dependents(rows, value, &evaluated)
    case .members(let members): holds(members, value, &evaluated)
    case .elements(let prefix, let rest): holds(prefix, rest, value, &evaluated)
    case .contains(let node, let least, let most): contains(node, least, most, value, &evaluated)
    case .unevaluatedElements(let node): unevaluatedElements(node, value, &evaluated)
    case .unevaluatedMembers(let node): unevaluatedMembers(node, value, &evaluated)
    case .propertyNames(let node): propertyNames(node, value)
    default: asserts(keyword, value)
    }
  }

  @inline(never) private func dynamicTarget(_ name: String) -> Int? {
    let nodes = schema.dynamicNodes[name]
    return scope.lazy.compactMap { nodes?[$0] }.first
  }

  @inline(never) private mutating func all(
    _ nodes: [Int], _ value: JSONValue, _ evaluated: inout Evaluated?
  ) -> Bool {
    var fits = true
    for node in nodes where !evaluate(node, value, &evaluated) {
      fits = false
      guard tells, !isExhausted else { return false }
    }
    return fits
  }

  @inline(never) private mutating func condition(
    _ test: Int, _ then: Int?, _ otherwise: Int?, _ value: JSONValue, _ evaluated: inout Evaluated?
  ) -> Bool {
    let next: Int?
    if let found = fitsQuietly(test, value, collects: evaluated != nil) {
      evaluated?.formUnion(found)
      next = then
    } else {
      next = otherwise
    }
    guard let next else { return true }
    return evaluate(next, value, &evaluated)
  }

  @inline(never) private mutating func dependents(
    _ rows: [(name: String, node: Int)], _ value: JSONValue, _ evaluated: inout Evaluated?
  ) -> Bool {
    guard case .object(let object) = value else { return true }
    var fits = true
    for (name, node) in rows where object[name] != nil {
      if !evaluate(node, value, &evaluated) { fits = false }
    }
    return fits
  }

  @inline(never) private mutating func unevaluatedElements(
    _ node: Int, _ value: JSONValue, _ evaluated: inout Evaluated?
  ) -> Bool {
    guard case .array(let elements) = value else { return true }
    var fits = true
    for (index, element) in elements.enumerated() where evaluated?.hasElement(index) == false {
      if !descend("\(index)", node, element) { fits = false }
      guard fits || tells else { return false }
    }
    evaluated?.markAllElements()
    return fits
  }

  @inline(never) private mutating func unevaluatedMembers(
    _ node: Int, _ value: JSONValue, _ evaluated: inout Evaluated?
  ) -> Bool {
    guard case .object(let object) = value else { return true }
    var fits = true
    for (index, member) in object.members.enumerated() where evaluated?.hasMember(index) == false {
      if !unexpected(member, node, keyword: "unevaluatedProperties", known: []) { fits = false }
      guard fits || tells else { return false }
    }
    evaluated?.markAllMembers()
    return fits
  }

  @inline(never) private mutating func propertyNames(_ node: Int, _ value: JSONValue) -> Bool {
    guard case .object(let object) = value else { return true }
    var fits = true
    for (name, _) in object.members where fitsQuietly(node, .string(name)) == nil {
      fits = fail("propertyNames", "has a name that is not allowed", at: name)
      guard tells else { return false }
    }
    return fits
  }

  // MARK: - Branches

  /// Evaluates where another branch may fit instead: without telling, and apart from what others have evaluated.
  ///
  /// - Returns: what it has evaluated; nil when the value does not fit.
  private mutating func fitsQuietly(_ node: Int, _ value: JSONValue, collects: Bool = false) -> Evaluated? {
    let told = tells
    tells = false
    defer { tells = told }
    var own: Evaluated? = collects ? Evaluated() : nil
    guard evaluate(node, value, &own) else { return nil }
    return own ?? Evaluated()
  }

  @inline(never) private mutating func any(
    _ nodes: [Int], _ value: JSONValue, _ evaluated: inout Evaluated?
  ) -> Bool {
    var fits = false
    for node in nodes {
      guard let found = fitsQuietly(node, value, collects: evaluated != nil) else { continue }
      fits = true
      // The others count only for what they have evaluated.
      guard evaluated != nil else { return true }
      evaluated?.formUnion(found)
    }
    return fits || misfit("anyOf", nodes, value)
  }

  @inline(never) private mutating func one(
    _ nodes: [Int], _ value: JSONValue, _ evaluated: inout Evaluated?
  ) -> Bool {
    var fitting: [Int] = []
    for (index, node) in nodes.enumerated() {
      guard let found = fitsQuietly(node, value, collects: evaluated != nil) else { continue }
      fitting.append(index)
      evaluated?.formUnion(found)
      if fitting.count > 1 { break }
    }
    switch fitting.count {
    case 1: return true
    case 0: return misfit("oneOf", nodes, value)
    default:
      return fail("oneOf", "fits more than one of \(nodes.count) forms, must fit exactly one of them")
    }
  }

  /// Tells why no branch fits: what the likeliest one misses, or what all of them want.
  @inline(never) private mutating func misfit(_ keyword: String, _ nodes: [Int], _ value: JSONValue) -> Bool {
    guard tells, !isExhausted else { return false }
    var likeliest: [[SchemaProblem]] = []
    for node in nodes {
      let before = problems.count
      var nothing: Evaluated?
      _ = evaluate(node, value, &nothing)
      let found = Array(problems[before...])
      problems.removeSubrange(before...)
      let here = pointer()
      let isOtherKind = found.contains {
        $0.pointer == here
          && ["type", "const", "enum", "additionalProperties", "not", ""].contains($0.keyword)
      }
      // A member that tells the kinds apart.
      let isOtherTag = found.contains { $0.keyword == "const" }
      if !isOtherKind && !isOtherTag && !found.isEmpty { likeliest.append(found) }
    }
    if likeliest.count == 1 {
      for problem in likeliest[0] { add(problem) }
      return false
    }
    let words = nodes.compactMap { schema.nodes[$0].words }
    guard words.count == nodes.count, Set(words).count == words.count else {
      return fail(keyword, "fits none of \(nodes.count) forms that it may have")
    }
    return fail(keyword, "must be \(words.joinedByOr), is \(Wording.text(of: value))")
  }

  // MARK: - Members and elements

  private mutating func descend(_ token: @autoclosure () -> String, _ node: Int, _ value: JSONValue) -> Bool {
    var nothing: Evaluated?
    guard tells else { return evaluate(node, value, &nothing) }
    path.append(token())
    defer { path.removeLast() }
    return evaluate(node, value, &nothing)
  }

  @inline(never) private mutating func holds(
    _ members: Members, _ value: JSONValue, _ evaluated: inout Evaluated?
  ) -> Bool {
    guard case .object(let object) = value else { return true }
    var fits = true
    for (index, member) in object.members.enumerated() {
      var isKnown = false
      if let position = members.table[member.name] {
        isKnown = true
        if !descend(member.name, members.nodes[position], member.value) { fits = false }
      }
      for (pattern, node) in members.patterns {
        guard let isFound = find(pattern, in: member.name) else { return false }
        guard isFound else { continue }
        isKnown = true
        if !descend(member.name, node, member.value) { fits = false }
      }
      if !isKnown, let additional = members.additional {
        isKnown = true
        if !unexpected(member, additional, keyword: "additionalProperties", known: members.table.names) {
          fits = false
        }
      }
      if isKnown { evaluated?.markMember(index) }
      guard fits || tells, !isExhausted else { return false }
    }
    return fits
  }

  /// A member that no other keyword has dealt with.
  @inline(never) private mutating func unexpected(
    _ member: (name: String, value: JSONValue), _ node: Int, keyword: String, known: [String]
  ) -> Bool {
    guard tells, case .never? = schema.nodes[node].keywords.first else {
      return descend(member.name, node, member.value)
    }
    let suggestion = Wording.suggestion(known.nearest(to: member.name))
    let list = known.isEmpty ? "" : " (known: \(Wording.names(known)))"
    return fail(keyword, "is not known\(suggestion)\(list)", at: member.name)
  }

  @inline(never) private mutating func holds(
    _ prefix: [Int], _ rest: Int?, _ value: JSONValue, _ evaluated: inout Evaluated?
  ) -> Bool {
    guard case .array(let elements) = value else { return true }
    var fits = true
    for (index, element) in elements.enumerated() {
      guard let node = index < prefix.count ? prefix[index] : rest else { break }
      if !descend("\(index)", node, element) { fits = false }
      if evaluated != nil { evaluated?.markElement(index) }
      guard fits || tells, !isExhausted else { return false }
    }
    if rest != nil { evaluated?.markAllElements() }
    return fits
  }

  @inline(never) private mutating func contains(
    _ node: Int, _ least: Int, _ most: Int?, _ value: JSONValue, _ evaluated: inout Evaluated?
  ) -> Bool {
    guard case .array(let elements) = value else { return true }
    var count = 0
    for (index, element) in elements.enumerated() where fitsQuietly(node, element) != nil {
      count += 1
      evaluated?.markElement(index)
    }
    let what = schema.nodes[node].words.map { " that is \($0)" } ?? " of a certain form"
    if count < least {
      return fail("contains", "must have at least \(Wording.count(least, "element"))\(what), has \(count)")
    }
    if let most, count > most {
      return fail("maxContains", "must have at most \(Wording.count(most, "element"))\(what), has \(count)")
    }
    return true
  }

  // MARK: - Assertions

  @inline(never) private mutating func asserts(_ keyword: Keyword, _ value: JSONValue) -> Bool {
    switch (keyword, value) {
    case (.never, _): return fail("", "is not allowed")
    case (.type(let types), _):
      return types.accepts(value) || fail("type", "must be \(types.words), is \(Wording.text(of: value))")
    case (.constant(let constant), _):
      return value.isSame(as: constant)
        || fail("const", "must be \(Wording.text(of: constant)), is \(Wording.text(of: value))")
    case (.choices(let values), _):
      return values.contains { $0.isSame(as: value) } || isNone(of: values, value)
    case (.minimum(let limit), .integer), (.minimum(let limit), .number):
      return (value.compared(to: limit) ?? -1) >= 0
        || fail("minimum", "must be at least \(limit), is \(value)")
    case (.exclusiveMinimum(let limit), .integer), (.exclusiveMinimum(let limit), .number):
      return (value.compared(to: limit) ?? -1) > 0
        || fail("exclusiveMinimum", "must be more than \(limit), is \(value)")
    case (.maximum(let limit), .integer), (.maximum(let limit), .number):
      return (value.compared(to: limit) ?? 1) <= 0 || fail("maximum", "must be at most \(limit), is \(value)")
    case (.exclusiveMaximum(let limit), .integer), (.exclusiveMaximum(let limit), .number):
      return (value.compared(to: limit) ?? 1) < 0
        || fail("exclusiveMaximum", "must be less than \(limit), is \(value)")
    case (.multipleOf(let divisor), .integer), (.multipleOf(let divisor), .number):
      return value.isMultiple(of: divisor) == true
        || fail("multipleOf", "must be a multiple of \(divisor), is \(value)")
    case (.minLength(let least), .string(let text)):
      let count = text.unicodeScalars.count
      guard count < least else { return true }
      return fail(
        "minLength",
        count == 0
          ? "must not be empty" : "must have at least \(Wording.count(least, "character")), has \(count)")
    case (.maxLength(let most), .string(let text)):
      // No text has more characters than bytes.
      guard text.utf8.count > most else { return true }
      let count = text.unicodeScalars.count
      return count <= most
        || fail("maxLength", "must have at most \(Wording.count(most, "character")), has \(count)")
    case (.pattern(let pattern), .string(let text)):
      guard let isFound = find(pattern, in: text) else { return false }
      return isFound
        || fail(
          "pattern",
          "must match the pattern \(Wording.excerpt(pattern.source)), is \(Wording.text(of: value))")
    case (.format(let format), .string(let text)):
      return format.accepts(text) || fail("format", "must be \(format.words), is \(Wording.text(of: value))")
    case (.minItems(let least), .array(let elements)):
      return elements.count >= least
        || fail("minItems", "must have at least \(Wording.count(least, "element")), has \(elements.count)")
    case (.maxItems(let most), .array(let elements)):
      return elements.count <= most
        || fail("maxItems", "must have at most \(Wording.count(most, "element")), has \(elements.count)")
    case (.uniqueItems, .array(let elements)):
      guard let (first, second) = Self.twins(elements) else { return true }
      return fail("uniqueItems", "must have no element twice; elements \(first) and \(second) are the same")
    case (.minProperties(let least), .object(let object)):
      return object.count >= least
        || fail("minProperties", "must have at least \(Wording.count(least, "member")), has \(object.count)")
    case (.maxProperties(let most), .object(let object)):
      return object.count <= most
        || fail("maxProperties", "must have at most \(Wording.count(most, "member")), has \(object.count)")
    case (.required(let names), .object(let object)):
      var fits = true
      for (name, words) in names where object[name] == nil {
        fits = fail("required", "is required\(words.map { ": \($0)" } ?? "")", at: name)
        guard tells else { return false }
      }
      return fits
    case (.dependentRequired(let rows), .object(let object)):
      var fits = true
      for (name, needed) in rows where object[name] != nil {
        for other in needed where object[other] == nil {
          fits = fail("dependentRequired", "is required where '\(Wording.excerpt(name))' is given", at: other)
        }
      }
      return fits
    default: return true
    }
  }

  private mutating func isNone(of values: [JSONValue], _ value: JSONValue) -> Bool {
    guard tells else { return false }
    let nearest = value.string.map { values.compactMap(\.string).nearest(to: $0) } ?? []
    return fail(
      "enum",
      "must be one of \(Wording.list(values)), is \(Wording.text(of: value))\(Wording.suggestion(nearest))")
  }

  /// The first two elements that are the same.
  private static func twins(_ elements: [JSONValue]) -> (Int, Int)? {
    if elements.count <= 16 {
      for second in elements.indices {
        for first in 0..<second where elements[first].isSame(as: elements[second]) { return (first, second) }
      }
      return nil
    }
    // By their canonical texts, so that many elements don't cost the square of their number.
    var seen: [[UInt8]: Int] = [:]
    for (index, element) in elements.enumerated() {
      if let first = seen.updateValue(index, forKey: element.canonical()) { return (first, index) }
    }
    return nil
  }

  /// - Returns: nil when it can't be said, which ends the walk.
  private mutating func find(_ pattern: Pattern, in text: String) -> Bool? {
    let began = ContinuousClock.now
    defer {
      patternTime += ContinuousClock.now - began
      if patternTime > Self.mostPatternTime { isExhausted = true }
    }
    do throws(PatternTooCostly) { return try pattern.isFound(in: text) } catch {
      isExhausted = true
      return nil
    }
  }

  // MARK: - Problems

  private func pointer(_ name: String? = nil) -> String {
    var pointer = ""
    for token in path + (name.map { [$0] } ?? []) { pointer += "/" + Pointer.encoded(Wording.excerpt(token)) }
    return pointer
  }

  /// Writes a problem down, if anybody wants to hear it.
  ///
  /// - Parameter name: of the member that it is about, where that is not the value itself.
  /// - Returns: false.
  private mutating func fail(
    _ keyword: String, _ sentence: @autoclosure () -> String, at name: String? = nil
  ) -> Bool {
    guard tells, problems.count < mostProblems else { return false }
    add(SchemaProblem(pointer: pointer(name), keyword: keyword, sentence: sentence()))
    return false
  }

  private mutating func add(_ problem: SchemaProblem) {
    guard problems.count < mostProblems, !problems.contains(problem) else { return }
    problems.append(problem)
  }
}
