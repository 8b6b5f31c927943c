/// Some of the answers, and how many there are in all.
package struct Page<Element: Sendable>: Sendable {
  package let elements: [Element]
  package let offset: Int
  package let total: Int

  package init(_ elements: [Element], offset: Int, total: Int) {
    self.elements = elements
    self.offset = offset
    self.total = total
  }

  /// Whether there are more after these.
  package var hasMore: Bool { nextOffset != nil }

  /// Where the next page begins; nil after the last one.
  package var nextOffset: Int? {
    let next = offset + elements.count
    return elements.isEmpty || next >= total ? nil : next
  }
}
