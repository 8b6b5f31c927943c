internal import JSON
internal import Patterns

/// Where an argument stands: `args.partner.id`. Objects alone are looked into.
package struct ArgumentPath: Sendable, Hashable {
  package let text: String
  private let first: String
  private let rest: [String]

  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1, parts[0] == "args", !parts.contains("") else { return nil }
    self.text = text
    first = parts[1]
    rest = Array(parts.dropFirst(2))
  }

  /// What stands there.
  enum Found {
    case value(JSONValue)
    /// Nothing; `null` counts for nothing.
    case nothing
    /// The way leads through a list or a text, in which the value may be hidden.
    case hidden
  }

  func find(in arguments: JSONObject) -> Found {
    guard var found = arguments[first], !found.isNull else { return .nothing }
    guard !rest.isEmpty else { return .value(found) }
    for name in rest {
      guard let object = found.object else { return .hidden }
      guard let next = object[name], !next.isNull else { return .nothing }
      found = next
    }
    return .value(found)
  }
}

/// One comparison of an argument. A class, since a policy may have thousands, each looked at for every call: they are
/// shared, not copied.
final class Condition: Sendable {
  enum Operator: String, Sendable, CaseIterable {
    case eq, neq, `in`, notIn = "not_in", lt, lte, gt, gte, regex, contains, exists
  }

  /// What came of a comparison. What can't be told counts against the call, whichever way the rule is written.
  enum Truth: Sendable { case yes, no, unknown }

  let path: ArgumentPath
  let op: Operator
  let value: JSONValue
  let pattern: Pattern?

  init(path: ArgumentPath, op: Operator, value: JSONValue, pattern: Pattern?) {
    self.path = path
    self.op = op
    self.value = value
    self.pattern = pattern
  }

  func holds(in arguments: JSONObject) -> Truth {
    let argument: JSONValue
    switch path.find(in: arguments) {
    case .hidden: return .unknown
    case .nothing: return op == .exists && value == false ? .yes : .no
    case .value(let found): argument = found
    }
    if op == .exists { return value == false ? .no : .yes }
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

  private static func text(_ value: JSONValue) -> String? {
    switch value {
    case .string(let text): text
    case .integer, .number, .bool: value.text
    default: nil
    }
  }

  /// Whether two values are the same. Values of unlike kinds can't be told apart for sure: whoever reads the argument
  /// later may take the one for the other.
  private static func equal(_ a: JSONValue, _ b: JSONValue) -> Truth {
    switch (a, b) {
    case (.bool(let a), .bool(let b)): return a == b ? .yes : .no
    case (.string(let a), .string(let b)):
      if a.hasSameBytes(as: b) { return .yes }
      // "123" and "000123" are two names and one number.
      return Decimal(a).flatMap { a in Decimal(b).map { a.isSame(as: $0) } } ?? false ? .unknown : .no
    case (.array(let a), .array(let b)):
      guard a.count == b.count else { return .no }
      let truths = zip(a, b).map(equal)
      return truths.contains(.no) ? .no : truths.contains(.unknown) ? .unknown : .yes
    case (.object, .object): return a == b ? .yes : .unknown
    default:
      // A number written as a text is that number: a model that writes "1000" must not get past a rule for 1000.
      guard let a = Decimal(a), let b = Decimal(b) else { return .unknown }
      return a.isSame(as: b) ? .yes : .no
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
    if let a = Decimal(a), let b = Decimal(b) { return isMet(a.order(b)) ? .yes : .no }
    guard case (.string(let a), .string(let b)) = (a, b), Decimal(a) == nil, Decimal(b) == nil, isPlain(a)
    else {
      return .unknown
    }
    let order = a.utf8.elementsEqual(b.utf8) ? 0 : a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
    return isMet(order) ? .yes : .no
  }

  /// Whether a text may be put in order: one with space around it is before or behind all others.
  private static func isPlain(_ text: String) -> Bool {
    let isVisible = { (byte: UInt8?) in byte.map { $0 > 0x20 && $0 < 0x7f } ?? false }
    return isVisible(text.utf8.first) && isVisible(text.utf8.last)
  }
}

/// A number exactly as it was written, as far as one can be compared so: 40 digits at most.
struct Decimal: Equatable {
  private let isNegative: Bool
  /// Without zeros at either end; the number is 0.d₁d₂… times ten to the exponent.
  private let digits: [UInt8]
  private let exponent: Int

  init?(_ value: JSONValue) {
    switch value {
    case .integer, .number: self.init(value.text)
    case .string(let text): self.init(text)
    default: return nil
    }
  }

  /// - Returns: nil for what is no decimal number, or has too many digits.
  init?(_ text: String) {
    var rest = text.utf8[...]
    // Most texts are none, which their first byte tells.
    guard let first = rest.first, first < 0x3a, (1...60).contains(rest.count) else { return nil }
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    var (digits, point, power): ([UInt8], Int?, Int) = ([], nil, 0)
    while let byte = rest.first {
      rest = rest.dropFirst()
      switch byte {
      case 0x30...0x39: digits.append(byte - 0x30)
      case UInt8(ascii: ".") where point == nil: point = digits.count
      case UInt8(ascii: "e") where !digits.isEmpty, UInt8(ascii: "E") where !digits.isEmpty:
        guard let number = Int(String(Substring(rest))), (-400...400).contains(number) else { return nil }
        power = number
        rest = rest.prefix(0)
      default: return nil
      }
    }
    guard !digits.isEmpty, digits.count <= 40 else { return nil }
    var exponent = (point ?? digits.count) + power
    let zeros = digits.prefix { $0 == 0 }.count
    digits.removeFirst(zeros)
    exponent -= zeros
    while digits.last == 0 { digits.removeLast() }
    self.isNegative = isNegative && !digits.isEmpty
    self.digits = digits
    self.exponent = digits.isEmpty ? 0 : exponent
  }

  func isSame(as other: Decimal) -> Bool { self == other }

  /// -1, 0 or 1.
  func order(_ other: Decimal) -> Int {
    if self == other { return 0 }
    let signs = (sign, other.sign)
    guard signs.0 == signs.1 else { return signs.0 < signs.1 ? -1 : 1 }
    let isSmaller =
      exponent != other.exponent ? exponent < other.exponent : digits.lexicographicallyPrecedes(other.digits)
    return isSmaller == (signs.0 > 0) ? -1 : 1
  }

  private var sign: Int { digits.isEmpty ? 0 : isNegative ? -1 : 1 }
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
