/// The elements of a `Forwarded` field (RFC 7239 §4), the last one first.
///
/// It is read from its end, since each proxy appends: what stands before our own proxy's element anybody may have
/// written, an open quotation mark among it, which must not swallow what comes behind.
struct ForwardedElements: Sequence, IteratorProtocol {
  private var rest: [UInt8]
  private var isDone = false

  init(_ field: String) { rest = Array(field.utf8) }

  /// The `for` of the element before; `.some(nil)` where there is an element that names nobody.
  mutating func next() -> String?? {
    guard !isDone else { return nil }
    var isQuoted = false
    var start = rest.count
    while start > 0 {
      let byte = rest[start - 1]
      if byte == UInt8(ascii: "\""), !isQuoted || !isEscaped(start - 1) { isQuoted.toggle() }
      if byte == UInt8(ascii: ","), !isQuoted { break }
      start -= 1
    }
    let element = Array(rest[start...])
    isDone = start == 0
    rest.removeLast(rest.count - Swift.max(0, start - 1))
    return .some(isQuoted ? nil : Self.node(of: element))
  }

  /// Whether an odd number of backslashes stands before it.
  private func isEscaped(_ index: Int) -> Bool {
    var count = 0
    while index - count > 0, rest[index - count - 1] == UInt8(ascii: "\\") { count += 1 }
    return count % 2 == 1
  }

  /// The value of `for` in `for=192.0.2.60;proto=http`, unquoted.
  private static func node(of element: [UInt8]) -> String? {
    var node: String?
    var index = 0
    func skip(_ isWanted: (UInt8) -> Bool) {
      while index < element.count, isWanted(element[index]) { index += 1 }
    }
    let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    while true {
      skip(isSpace)
      let first = index
      skip(isTokenCharacter)
      let name = String(decoding: element[first..<index], as: UTF8.self).lowercased()
      guard !name.isEmpty, index < element.count, element[index] == UInt8(ascii: "=") else { return nil }
      index += 1
      var value: [UInt8] = []
      if index < element.count, element[index] == UInt8(ascii: "\"") {
        index += 1
        var isClosed = false
        while index < element.count, !isClosed {
          switch element[index] {
          case UInt8(ascii: "\""): isClosed = true
          case UInt8(ascii: "\\") where index + 1 < element.count:
            index += 1
            value.append(element[index])
          default: value.append(element[index])
          }
          index += 1
        }
        guard isClosed else { return nil }
      } else {
        let first = index
        // A port behind an address would have to be quoted; our own proxy is understood without.
        skip { $0 != UInt8(ascii: ";") && !isSpace($0) }
        value = Array(element[first..<index])
      }
      if name == "for" {
        // RFC 7239 §4: each parameter MUST NOT occur more than once per element.
        guard node == nil, !value.isEmpty else { return nil }
        node = String(decoding: value, as: UTF8.self)
      }
      skip(isSpace)
      guard index < element.count else { return node }
      guard element[index] == UInt8(ascii: ";") else { return nil }
      index += 1
    }
  }
}
