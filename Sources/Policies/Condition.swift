internal import JSON
internal import Patterns

/// Where an argument stands: `args.partner.id`. Objects alone are looked into.
package struct ArgumentPath: Sendable, Hashable {
  package let text: String
  private let names: [String]

  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1, parts[0] == "args", !parts.contains("") else { return nil }
    self.text = text
    names = Array(parts.dropFirst())
  }

  /// - Returns: nil where there is nothing; `null` counts for nothing.
  func value(in arguments: JSONObject) -> JSONValue? {
    var found = JSONValue.object(arguments)
    for name in names {
      guard let next = found.object?[name] else { return nil }
      found = next
    }
    guard !found.isNull else { return nil }
    return found
  }
}

/// One comparison of an argument.
struct Condition: Sendable {
  enum Operator: String, Sendable, CaseIterable {
    case eq, neq, `in`, notIn = "not_in", lt, lte, gt, gte, regex, contains, exists
  }

  /// What came of a comparison. What can't be told counts against the call, whichever way the rule is written.
  enum Truth: Sendable { case yes, no, unknown }

  let path: ArgumentPath
  let op: Operator
  let value: JSONValue
  let pattern: Pattern?

  func holds(in arguments: JSONObject) -> Truth {
    let argument = path.value(in: arguments)
    if op == .exists { return (argument != nil) == (value.bool ?? true) ? .yes : .no }
    guard let argument else { return .no }
    switch op {
    case .exists: return .no
    case .eq: return Self.equal(argument, value)
    case .neq: return Self.equal(argument, value).opposite
    case .in: return Self.isOne(argument, of: value.array ?? [])
    case .notIn: return Self.isOne(argument, of: value.array ?? []).opposite
    case .lt: return Self.compare(argument, value) { $0 < 0 }
    case .lte: return Self.compare(argument, value) { $0 <= 0 }
    case .gt: return Self.compare(argument, value) { $0 > 0 }
    case .gte: return Self.compare(argument, value) { $0 >= 0 }
    case .regex:
      guard let pattern, let text = Self.text(argument) else { return .unknown }
      do { return try pattern.isFound(in: text) ? .yes : .no } catch { return .unknown }
    case .contains:
      switch argument {
      case .string(let text):
        guard let part = Self.text(value) else { return .unknown }
        return text.utf8.contains(part.utf8) ? .yes : .no
      case .array(let elements): return Self.isOne(value, of: elements)
      case .object(let object):
        guard let name = value.string else { return .unknown }
        return object[name] == nil ? .no : .yes
      default: return .unknown
      }
    }
  }

  /// For people: "args.amount is at most 100".
  var sentence: String {
    let words =
      switch op {
      case .eq: "is"
      case .neq: "is not"
      case .in: "is one of"
      case .notIn: "is none of"
      case .lt: "is less than"
      case .lte: "is at most"
      case .gt: "is more than"
      case .gte: "is at least"
      case .regex: "matches"
      case .contains: "contains"
      case .exists: value.bool ?? true ? "is given" : "is not given"
      }
    return op == .exists ? "\(path.text) \(words)" : "\(path.text) \(words) \(value.text)"
  }

  // MARK: Comparing

  /// A number written as a text is that number: a model that writes "1000" must not get past a limit for 1000.
  private static func number(_ value: JSONValue) -> Double? {
    if let number = value.number { return number.isFinite ? number : nil }
    guard let text = value.string, (1...40).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }),
      let number = Double(text), number.isFinite
    else { return nil }
    return number
  }

  private static func text(_ value: JSONValue) -> String? {
    switch value {
    case .string(let text): text
    case .integer, .number, .bool: value.text
    default: nil
    }
  }

  private static func equal(_ a: JSONValue, _ b: JSONValue) -> Truth {
    if case (.integer(let a), .integer(let b)) = (a, b) { return a == b ? .yes : .no }
    if let a = number(a), let b = number(b) { return a == b ? .yes : .no }
    switch (a, b) {
    case (.array, .array), (.object, .object): return a == b ? .yes : .no
    // A list where one value is expected may hold that value.
    case (.array, _), (.object, _), (_, .array), (_, .object): return .unknown
    default:
      return text(a).flatMap { a in text(b).map { a.utf8.elementsEqual($0.utf8) } } ?? false ? .yes : .no
    }
  }

  private static func isOne(_ value: JSONValue, of list: [JSONValue]) -> Truth {
    var truth = Truth.no
    for element in list {
      switch equal(value, element) {
      case .yes: return .yes
      case .unknown: truth = .unknown
      case .no: continue
      }
    }
    return truth
  }

  private static func compare(_ a: JSONValue, _ b: JSONValue, _ isMet: (Int) -> Bool) -> Truth {
    let order: Int
    if case (.integer(let a), .integer(let b)) = (a, b) {
      order = a < b ? -1 : a > b ? 1 : 0
    } else if let a = number(a), let b = number(b) {
      order = a < b ? -1 : a > b ? 1 : 0
    } else if case (.string(let a), .string(let b)) = (a, b), number(.string(a)) == nil,
      number(.string(b)) == nil
    {
      order = a.utf8.elementsEqual(b.utf8) ? 0 : a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
    } else {
      return .unknown
    }
    return isMet(order) ? .yes : .no
  }
}

extension Condition.Truth {
  fileprivate var opposite: Condition.Truth {
    switch self {
    case .yes: .no
    case .no: .yes
    case .unknown: .unknown
    }
  }
}
