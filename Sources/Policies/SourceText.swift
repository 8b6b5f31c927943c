/// A JSON text, as its author sees it: which line a value stands on.
///
/// It follows the grammar only as far as it needs to; the strict reader has the last word on what is JSON.
struct SourceText {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The line of the value that a pointer leads to, or of the nearest one around it; for a text that is no JSON, the
  /// line up to which it could be followed.
  func line(of pointer: String) -> Int {
    var walk = Walk(bytes)
    let tokens = pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
      Array($0.replacing("~1", with: "/").replacing("~0", with: "~").utf8)
    }
    return line(at: walk.find(tokens[...]))
  }

  /// The line on which a text stops being JSON.
  func lineOfMistake() -> Int {
    var walk = Walk(bytes)
    let isWhole = walk.skipValue(64)
    walk.skipSpace()
    return line(at: isWhole && walk.index == bytes.count ? 0 : min(walk.index, max(0, bytes.count - 1)))
  }

  private func line(at offset: Int) -> Int {
    1 + bytes.prefix(offset).count { $0 == UInt8(ascii: "\n") }
  }
}

private struct Walk {
  let bytes: [UInt8]
  var index = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || (0x09...0x0d).contains(byte) { index += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard next == byte else { return false }
    index += 1
    return true
  }

  /// The offset of the value that the tokens lead to.
  mutating func find(_ tokens: ArraySlice<[UInt8]>) -> Int {
    skipSpace()
    let start = index
    guard let token = tokens.first else { return start }
    if take(UInt8(ascii: "{")) {
      while true {
        skipSpace()
        let nameStart = index
        guard let name = string(), take(UInt8(ascii: ":")) else { return start }
        if name == token {
          // A name says more of its place than the value below it.
          let inner = find(tokens.dropFirst())
          return tokens.count == 1 ? nameStart : inner
        }
        guard skipValue(64), take(UInt8(ascii: ",")) else { return start }
      }
    }
    if take(UInt8(ascii: "[")), let count = Int(String(decoding: token, as: UTF8.self)) {
      for _ in 0..<count { guard skipValue(64), take(UInt8(ascii: ",")) else { return start } }
      return find(tokens.dropFirst())
    }
    return start
  }

  /// A string without its escapes but the simplest: names of a policy have none.
  private mutating func string() -> [UInt8]? {
    guard take(UInt8(ascii: "\"")) else { return nil }
    var text: [UInt8] = []
    while let byte = next {
      index += 1
      switch byte {
      case UInt8(ascii: "\""): return text
      case UInt8(ascii: "\\"):
        guard let escaped = next else { return nil }
        index += 1
        text.append(escaped)
      case 0..<0x20:
        index -= 1
        return nil
      default: text.append(byte)
      }
    }
    return nil
  }

  /// Steps over one value; stops where that is not possible.
  mutating func skipValue(_ depth: Int) -> Bool {
    skipSpace()
    guard depth > 0, let byte = next else { return false }
    switch byte {
    case UInt8(ascii: "\""): return string() != nil
    case UInt8(ascii: "{"):
      index += 1
      if take(UInt8(ascii: "}")) { return true }
      while true {
        skipSpace()
        guard string() != nil, take(UInt8(ascii: ":")), skipValue(depth - 1) else { return false }
        if take(UInt8(ascii: "}")) { return true }
        guard take(UInt8(ascii: ",")) else { return false }
      }
    case UInt8(ascii: "["):
      index += 1
      if take(UInt8(ascii: "]")) { return true }
      while true {
        guard skipValue(depth - 1) else { return false }
        if take(UInt8(ascii: "]")) { return true }
        guard take(UInt8(ascii: ",")) else { return false }
      }
    default:
      let start = index
      while let byte = next, byte.isLetterOrDigit || "+-.".utf8.contains(byte) { index += 1 }
      let word = bytes[start..<index]
      if word.isEmpty { return false }
      let isWord = ["true", "false", "null"].contains { word.elementsEqual($0.utf8) }
      if !isWord, !(word.first == UInt8(ascii: "-") || (0x30...0x39).contains(word.first ?? 0)) {
        index = start
        return false
      }
      return true
    }
  }
}

extension UInt8 {
  fileprivate var isLetterOrDigit: Bool {
    (0x30...0x39).contains(self) || (0x41...0x5a).contains(self) || (0x61...0x7a).contains(self)
  }
}
