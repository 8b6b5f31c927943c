/// One term of an order: `date_order desc`.
package struct OrderTerm: Sendable, Equatable {
  package let field: String
  package let isDescending: Bool

  package init(_ field: String, isDescending: Bool = false) {
    self.field = field
    self.isDescending = isDescending
  }

  /// More terms sort nothing any more.
  static let most = 8

  /// Reads `date_order desc, id`.
  ///
  /// - Returns: nil when it is not a list of names, each with `asc`, `desc` or nothing.
  package static func list(_ text: String) -> [OrderTerm]? {
    var terms: [OrderTerm] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let words = part.split(whereSeparator: \.isWhitespace)
      guard let field = words.first, words.count <= 2, terms.count < most else { return nil }
      switch words.count == 2 ? words[1].lowercased() : "asc" {
      case "asc": terms.append(OrderTerm(String(field)))
      case "desc": terms.append(OrderTerm(String(field), isDescending: true))
      default: return nil
      }
    }
    return terms
  }
}
