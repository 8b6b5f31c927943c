/// How a number is computed from others of its record: `quantity * price_unit * (1 - discount / 100)`, or from those
/// of its lines: `sum(order_line.price_total)`. An empty number counts as 0, and what is divided by 0 is 0.
package struct Formula: Sendable, Equatable {
  /// What a formula needs to know.
  package enum Term: Sendable, Hashable {
    case field(String)
    /// Over the records behind a one2many.
    case sum(lines: String, field: String)
  }

  private indirect enum Node: Sendable, Equatable {
    case number(Double)
    case term(Term)
    case negative(Node)
    case sum(Node, Node)
    case difference(Node, Node)
    case product(Node, Node)
    case quotient(Node, Node)

    func value(_ known: (Term) throws -> Double) rethrows -> Double {
      switch self {
      case .number(let number): return number
      case .term(let term): return try known(term)
      case .negative(let a): return try -a.value(known)
      case .sum(let a, let b): return try a.value(known) + b.value(known)
      case .difference(let a, let b): return try a.value(known) - b.value(known)
      case .product(let a, let b): return try a.value(known) * b.value(known)
      case .quotient(let a, let b):
        let divisor = try b.value(known)
        return divisor == 0 ? 0 : try a.value(known) / divisor
      }
    }
  }

  /// As the document has it.
  package let text: String
  private let root: Node
  /// Everything that it needs to know.
  package let terms: Set<Term>

  /// - Returns: nil when the text is no formula.
  package init?(_ text: String) {
    guard text.utf8.count <= 512 else { return nil }
    var parser = Parser(text)
    guard let root = parser.sum(depth: 0), parser.isAtEnd else { return nil }
    self.text = text
    self.root = root
    terms = parser.terms
  }

  /// - Parameter known: answers what a term is worth.
  package func value(_ known: (Term) throws -> Double) rethrows -> Double { try root.value(known) }

  /// Whether it sums over other records.
  var sumsLines: Bool {
    terms.contains { if case .sum = $0 { true } else { false } }
  }

  private struct Parser {
    private var rest: Substring
    var terms: Set<Term> = []

    init(_ text: String) { rest = text[...] }

    var isAtEnd: Bool {
      rest.allSatisfy(\.isWhitespace)
    }

    private mutating func take(_ character: Character) -> Bool {
      rest = rest.drop(while: \.isWhitespace)
      guard rest.first == character else { return false }
      rest.removeFirst()
      return true
    }

    mutating func sum(depth: Int) -> Node? {
      guard depth < 16, var left = product(depth: depth) else { return nil }
      while true {
        if take("+") {
          guard let right = product(depth: depth) else { return nil }
          left = .sum(left, right)
        } else if take("-") {
          guard let right = product(depth: depth) else { return nil }
          left = .difference(left, right)
        } else {
          return left
        }
      }
    }

    private mutating func product(depth: Int) -> Node? {
      guard var left = factor(depth: depth) else { return nil }
      while true {
        if take("*") {
          guard let right = factor(depth: depth) else { return nil }
          left = .product(left, right)
        } else if take("/") {
          guard let right = factor(depth: depth) else { return nil }
          left = .quotient(left, right)
        } else {
          return left
        }
      }
    }

    private mutating func factor(depth: Int) -> Node? {
      guard depth < 16 else { return nil }
      if take("-") { return factor(depth: depth + 1).map(Node.negative) }
      if take("(") {
        guard let inner = sum(depth: depth + 1), take(")") else { return nil }
        return inner
      }
      let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
      rest = rest.dropFirst(word.count)
      guard let first = word.first else { return nil }
      if first.isNumber { return Double(word).map(Node.number) }
      if word == "sum", take("(") {
        let path = rest.prefix { $0 != ")" }
        rest = rest.dropFirst(path.count)
        let names = path.split(separator: ".", omittingEmptySubsequences: false)
        guard take(")"), names.count == 2 else { return nil }
        let term = Term.sum(lines: String(names[0]), field: String(names[1]))
        terms.insert(term)
        return .term(term)
      }
      guard !word.contains(".") else { return nil }
      let term = Term.field(String(word))
      terms.insert(term)
      return .term(term)
    }
  }
}
