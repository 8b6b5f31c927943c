/// Finds a name's position; two names are one when their code points are, not when Unicode calls them equivalent.
struct NameTable: Sendable {
  /// In the schema's order.
  let names: [String]
  private var positions: [String: [Int]] = [:]

  init(_ names: [String]) {
    self.names = names
    for (position, name) in names.enumerated() { positions[name, default: []].append(position) }
  }

  subscript(_ name: String) -> Int? {
    guard let found = positions[name] else { return nil }
    return found.first { names[$0].utf8.elementsEqual(name.utf8) }
  }
}
