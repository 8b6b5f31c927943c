/// Header fields in the order they came or go (RFC 9110 §5). Names compare without case.
package struct Fields: Sendable, ExpressibleByDictionaryLiteral {
  /// Names are kept in lower case, values without surrounding white space.
  package private(set) var lines: [(name: String, value: String)]

  package init() { lines = [] }

  package init(dictionaryLiteral elements: (String, String)...) {
    lines = elements.map { (name: $0.0.lowercased(), value: $0.1) }
  }

  /// The first value of that name; setting replaces all of them, `nil` removes them.
  ///
  /// - Parameter name: in lower case.
  package subscript(_ name: String) -> String? {
    get { lines.first { $0.name == name }?.value }
    set {
      lines.removeAll { $0.name == name }
      if let newValue { lines.append((name, newValue)) }
    }
  }

  /// Every value of that name, in order.
  package func all(_ name: String) -> [String] { lines.compactMap { $0.name == name ? $0.value : nil } }

  /// Adds one more line of that name (`Set-Cookie`, `Vary`).
  package mutating func add(_ name: String, _ value: String) { lines.append((name.lowercased(), value)) }

  /// Adds one more line whose name is known to be in lower case: the server's way, without lowering it again.
  package mutating func append(lowercase name: String, _ value: String) { lines.append((name, value)) }

  /// Room for `count` lines.
  package mutating func reserve(_ count: Int) { lines.reserveCapacity(count) }
}
