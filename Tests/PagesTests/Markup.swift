/// As much of HTML's tokeniser as it takes to see what a browser would see in our pages: elements, attributes, text.
struct Markup {
  struct Element {
    var name: String
    var attributes: [(name: String, value: String)]
    subscript(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
  }

  var elements: [Element] = []
  /// Every text between two tags, decoded.
  var texts: [String] = []
  /// Tags and attribute names in order, without what they hold: the same for every value that stayed a value.
  var skeleton: [String] = []

  init(_ html: String) {
    var rest = Substring(html)
    while let open = rest.firstIndex(of: "<") {
      addText(rest[..<open])
      rest = rest[open...].dropFirst()
      var name = ""
      while let next = rest.first, !next.isWhitespace, next != ">" {
        name.append(next)
        rest.removeFirst()
      }
      var attributes: [(String, String)] = []
      while true {
        rest = rest.drop { $0.isWhitespace }
        guard let next = rest.first else { break }
        if next == ">" {
          rest.removeFirst()
          break
        }
        let attribute = rest.prefix { !$0.isWhitespace && $0 != "=" && $0 != ">" }
        rest = rest.dropFirst(attribute.count)
        var value: Substring = ""
        if rest.first == "=" {
          rest.removeFirst()
          if let quote = rest.first, quote == "\"" || quote == "'" {
            rest.removeFirst()
            value = rest.prefix { $0 != quote }
            rest = rest.dropFirst(value.count).dropFirst()
          } else {
            value = rest.prefix { !$0.isWhitespace && $0 != ">" }
            rest = rest.dropFirst(value.count)
          }
        }
        attributes.append((String(attribute).lowercased(), Self.decoded(value)))
      }
      elements.append(Element(name: name.lowercased(), attributes: attributes))
      skeleton.append(([name.lowercased()] + attributes.map(\.0)).joined(separator: " "))
    }
    addText(rest)
  }

  /// The elements of that name.
  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

  /// Every text and attribute value, decoded.
  var values: [String] { texts + elements.flatMap { $0.attributes.map(\.value) } }

  private mutating func addText(_ text: Substring) {
    if !text.isEmpty { texts.append(Self.decoded(text)) }
  }

  private static func decoded(_ text: Substring) -> String {
    var out = ""
    var rest = text
    let names = ["&lt;": "<", "&gt;": ">", "&quot;": "\"", "&#39;": "'", "&amp;": "&"]
    while let next = rest.first {
      if next == "&", let known = names.first(where: { rest.hasPrefix($0.key) }) {
        out += known.value
        rest = rest.dropFirst(known.key.count)
      } else {
        out.append(next)
        rest.removeFirst()
      }
    }
    return out
  }
}
