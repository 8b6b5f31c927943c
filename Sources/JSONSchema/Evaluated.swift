/// Which members and elements of one value keywords have evaluated (2020-12 Core §11).
struct Evaluated {
  private(set) var members: [Bool] = []
  private(set) var elements: [Bool] = []
  private var allMembers = false
  private var allElements = false

  mutating func markMember(_ index: Int) { Self.mark(&members, index) }
  mutating func markElement(_ index: Int) { Self.mark(&elements, index) }
  mutating func markAllMembers() { allMembers = true }
  mutating func markAllElements() { allElements = true }

  func hasMember(_ index: Int) -> Bool { allMembers || (index < members.count && members[index]) }
  func hasElement(_ index: Int) -> Bool { allElements || (index < elements.count && elements[index]) }

  mutating func formUnion(_ other: Evaluated) {
    allMembers = allMembers || other.allMembers
    allElements = allElements || other.allElements
    for index in other.members.indices where other.members[index] { markMember(index) }
    for index in other.elements.indices where other.elements[index] { markElement(index) }
  }

  private static func mark(_ marks: inout [Bool], _ index: Int) {
    if index >= marks.count { marks += Array(repeating: false, count: index + 1 - marks.count) }
    marks[index] = true
  }
}
