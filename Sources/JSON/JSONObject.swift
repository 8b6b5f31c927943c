/// A JSON object (RFC 8259 §4) that keeps its members in the order in which they came and each name once.
package struct JSONObject: Sendable {
  /// The members in their order.
  package private(set) var members: [(name: String, value: JSONValue)]

  /// An object without members.
  package init() { members = [] }

  /// The reader has refused duplicates already.
  init(unchecked members: [(name: String, value: JSONValue)]) { self.members = members }

  /// Of two members with one name the later one counts.
  package init(_ elements: some Sequence<(String, JSONValue)>) {
    members = []
    members.reserveCapacity(elements.underestimatedCount)
    for (name, value) in elements { self[name] = value }
  }

  /// The member of that name; setting `nil` removes it, setting a new name appends it.
  package subscript(name: String) -> JSONValue? {
    get {
      for member in members where member.name.hasSameBytes(as: name) { return member.value }
      return nil
    }
    set {
      let index = members.firstIndex { $0.name.hasSameBytes(as: name) }
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append((name, value))
      case (nil, nil): break
      }
    }
  }

  /// How many members there are.
  package var count: Int { members.count }

  /// Whether there is no member.
  package var isEmpty: Bool { members.isEmpty }
}

extension JSONObject: Equatable {
  package static func == (a: JSONObject, b: JSONObject) -> Bool {
    guard a.count == b.count else { return false }
    if zip(a.members, b.members).allSatisfy({ $0.name.hasSameBytes(as: $1.name) }) {
      return zip(a.members, b.members).allSatisfy { $0.value == $1.value }
    }
    // Sorted, so that many members in another order don't cost the square of their number.
    return zip(a.sortedByName, b.sortedByName).allSatisfy { a, b in
      a.name.hasSameBytes(as: b.name) && a.value == b.value
    }
  }

  private var sortedByName: [(name: String, value: JSONValue)] {
    members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}

extension JSONObject: CustomStringConvertible {
  package var description: String { text }
}
