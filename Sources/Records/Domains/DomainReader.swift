package import JSON

/// Reads Odoo's prefix notation and refuses what is malformed by naming the element and its place.
struct DomainReader {
  /// Operators inside each other; chains of one operator count once.
  static let deepest = 64
  static let mostConditions = 256
  /// Values in lists, of the whole domain.
  static let mostValues = 10_000
  /// Fields in a dotted path.
  static let longestPath = 8
  static let longestText = 4096
  /// A pattern is matched against every record: its length and wildcards bound what that costs.
  static let longestPattern = 256
  static let mostWildcards = 8

  /// Whether `user.id` and its like stand for the subject's values: in record rules.
  let takesVariables: Bool
  private var conditions = 0
  private var values = 0

  init(takesVariables: Bool) { self.takesVariables = takesVariables }

  /// A domain and how many levels it has.
  typealias Read = (domain: Domain, depth: Int)

  mutating func domain(_ json: JSONValue, at position: String) throws(RecordsError) -> Domain {
    try read(json, at: position, depth: 0).domain
  }

  /// - Parameter depth: how many levels stand around.
  private mutating func read(_ json: JSONValue, at position: String, depth: Int) throws(RecordsError) -> Read
  {
    guard depth < Self.deepest else { throw Self.tooDeep(position) }
    guard let elements = json.array else {
      throw .domain(position, json, "a domain is a list, such as [[\"name\", \"ilike\", \"acme\"]]")
    }
    guard elements.count <= Self.mostConditions * 3 else { throw Self.tooLong(position) }
    // Read from the end, an operator finds its operands done: no recursion, however the input is nested.
    var done: [Read] = []
    for index in elements.indices.reversed() {
      let place = "\(position)[\(index)]"
      switch elements[index] {
      case .string("&"), .string("|"):
        let isAnd = elements[index] == "&"
        guard let left = done.popLast(), let right = done.popLast() else {
          throw .domain(place, elements[index], "the operator needs two operands after it")
        }
        done.append(Self.joined(left, right, isAnd: isAnd))
      case .string("!"):
        guard let inner = done.popLast() else {
          throw .domain(place, elements[index], "the operator needs an operand after it")
        }
        done.append((.not(inner.domain), inner.depth + 1))
      case .array(let parts):
        done.append(try condition(parts, at: place, depth: depth))
      case .string:
        throw .domain(
          place, elements[index], "expected \"&\", \"|\", \"!\" or a condition [field, operator, value]",
          hint: elements.count == 3
            ? "A domain is a list of conditions: put one more pair of brackets around it." : nil)
      default:
        throw .domain(
          place, elements[index], "expected \"&\", \"|\", \"!\" or a condition [field, operator, value]")
      }
      if let deepest = done.last?.depth, depth + deepest > Self.deepest { throw Self.tooDeep(position) }
    }
    guard var whole = done.popLast() else { return (.everything, 1) }
    while let next = done.popLast() { whole = Self.joined(whole, next, isAnd: true) }
    guard depth + whole.depth <= Self.deepest else { throw Self.tooDeep(position) }
    return whole
  }

  private static func joined(_ left: Read, _ right: Read, isAnd: Bool) -> Read {
    let level = { (part: Read) in
      switch (part.domain, isAnd) {
      case (.all, true), (.any, false): part.depth
      default: part.depth + 1
      }
    }
    let domain = isAnd ? left.domain.and(right.domain) : left.domain.or(right.domain)
    return (domain, max(level(left), level(right)))
  }

  mutating func condition(
    _ parts: [JSONValue], at position: String, depth: Int
  ) throws(RecordsError) -> Read {
    conditions += 1
    guard conditions <= Self.mostConditions else { throw Self.tooLong(position) }
    guard parts.count == 3 else {
      throw .domain(position, .array(parts), "a condition has three elements: [field, operator, value]")
    }
    guard let symbol = parts[1].string, let comparison = Comparison(rawValue: symbol) else {
      let known = Comparison.allCases.map(\.rawValue).joined(separator: "  ")
      throw .domain("\(position)[1]", parts[1], "not an operator", hint: "Operators: \(known)")
    }
    // Odoo's constants: [1, "=", 1] holds always, [0, "=", 1] never.
    if let constant = parts[0].integer {
      guard comparison == .equal, parts[2].integer == 1, constant == 0 || constant == 1 else {
        throw .domain(position, .array(parts), "a constant is [1, \"=\", 1] or [0, \"=\", 1]")
      }
      return (constant == 1 ? .everything : .nothing, 1)
    }
    let path = try path(parts[0], at: "\(position)[0]")
    if comparison.takesDomain {
      let inner = try read(parts[2], at: "\(position)[2]", depth: depth + 1)
      return (.condition(.init(path, comparison, .domain(inner.domain), position: position)), 1 + inner.depth)
    }
    if takesVariables, let name = parts[2].string, let variable = Domain.Variable(rawValue: name) {
      return (.condition(.init(path, comparison, .variable(variable), position: position)), 1)
    }
    try check(parts[2], for: comparison, at: "\(position)[2]")
    return (.condition(.init(path, comparison, .value(parts[2]), position: position)), 1)
  }

  private func path(_ json: JSONValue, at position: String) throws(RecordsError) -> [String] {
    guard let text = json.string else {
      throw .domain(position, json, "expected the name of a field, or a path such as \"partner_id.name\"")
    }
    let path = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard path.count <= Self.longestPath else {
      throw .domain(position, json, "a path has at most \(Self.longestPath) fields")
    }
    guard path.allSatisfy({ !$0.isEmpty && $0.utf8.count <= Identifier.longest }) else {
      throw .domain(position, json, "not the name of a field")
    }
    return path
  }

  private mutating func check(
    _ value: JSONValue, for comparison: Comparison, at position: String
  ) throws(RecordsError) {
    switch value {
    case .array(let elements):
      guard comparison.takesList || comparison.isHierarchy else {
        throw .domain(
          position, value, "'\(comparison.rawValue)' compares with one value, not with a list",
          hint: "Use \"in\" or \"not in\" for a list.")
      }
      values += elements.count
      guard values <= Self.mostValues else {
        throw .domain(position, value, "a domain holds at most \(Self.mostValues) values in lists")
      }
      for (index, element) in elements.enumerated() {
        try checkOne(element, for: comparison, at: "\(position)[\(index)]")
      }
    default:
      guard !comparison.takesList else {
        throw .domain(position, value, "'\(comparison.rawValue)' needs a list of values")
      }
      try checkOne(value, for: comparison, at: position)
    }
  }

  private func checkOne(
    _ value: JSONValue, for comparison: Comparison, at position: String
  ) throws(RecordsError) {
    switch value {
    case .object, .array: throw .domain(position, value, "expected a text, a number, true, false or null")
    case .string(let text):
      guard !text.utf8.contains(0) else { throw .domain(position, value, "a text may not hold a NUL") }
      guard text.utf8.count <= Self.longestText else {
        throw .domain(position, value, "a text has at most \(Self.longestText) bytes")
      }
      guard comparison.takesPattern else { return }
      let wildcards = text.utf8.count { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "_") }
      guard text.utf8.count <= Self.longestPattern, wildcards <= Self.mostWildcards else {
        throw .domain(
          position, value,
          "a pattern has at most \(Self.longestPattern) bytes and \(Self.mostWildcards) wildcards (% and _)",
          hint: "Write \\_ and \\% for the characters themselves.")
      }
    default:
      guard !comparison.takesPattern else { throw .domain(position, value, "expected a text") }
    }
  }

  private static func tooDeep(_ position: String) -> RecordsError {
    RecordsError(
      .invalidDomain, "\(position): operators are nested more than \(deepest) deep",
      hint: "Use \"in\" with a list instead of many conditions on one field.")
  }

  private static func tooLong(_ position: String) -> RecordsError {
    RecordsError(
      .invalidDomain, "\(position): a domain holds at most \(mostConditions) conditions",
      hint: "Use \"in\" with a list instead of many conditions on one field.")
  }
}

extension Domain {
  /// Reads a domain in Odoo's prefix notation.
  ///
  /// - Throws: `invalidDomain`, naming the offending element and where it stands, such as `domain[2][1]`.
  package init(_ json: JSONValue) throws(RecordsError) {
    var reader = DomainReader(takesVariables: false)
    self = try reader.domain(json, at: "domain")
  }

  /// Reads one condition, `[field, operator, value]`.
  ///
  /// - Parameter position: what the sentence of an error calls the condition, such as `conditions[2]`.
  /// - Throws: `invalidDomain`.
  package init(condition: [JSONValue], at position: String) throws(RecordsError) {
    var reader = DomainReader(takesVariables: false)
    self = try reader.condition(condition, at: position, depth: 0).domain
  }

  /// Reads a record rule's domain, in which `user.id` and its like stand for the subject's values.
  init(rule json: JSONValue) throws(RecordsError) {
    var reader = DomainReader(takesVariables: true)
    self = try reader.domain(json, at: "domain")
  }
}

extension RecordsError {
  /// A malformed element of a domain: where, what, why.
  static func domain(
    _ position: String, _ element: JSONValue, _ reason: String, hint: String? = nil
  ) -> RecordsError {
    RecordsError(.invalidDomain, "\(position) (\(element.excerpt)): \(reason)", hint: hint)
  }
}

extension JSONValue {
  /// The value's text, cut to what fits in a sentence.
  var excerpt: String {
    switch self {
    // Only the beginning of something long is written at all.
    case .array(let elements) where elements.count > 8: return "a list of \(elements.count)"
    case .object: return "an object"
    case .string(let long) where long.utf8.count > 60: return JSONValue.string(long.prefix(57) + "…").text
    default:
      let text = text
      return text.count > 80 ? text.prefix(79) + "…" : text
    }
  }
}
