/// `tchar` of RFC 9110 §5.6.2: what names of methods, fields and parameters are made of.
package func isTokenCharacter(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"):
    true
  case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
    UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
    UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
    true
  default: false
  }
}

/// Splits a list at a separator that stands outside quoted strings, and trims each part (RFC 9110 §5.6.1, §5.6.4).
func split(_ text: some StringProtocol, at separator: UInt8) -> [Substring] {
  let text = Substring(text)
  var parts: [Substring] = []
  var start = text.startIndex
  var isQuoted = false
  var isEscaped = false
  for index in text.utf8.indices {
    let byte = text.utf8[index]
    if isEscaped {
      isEscaped = false
    } else if isQuoted && byte == UInt8(ascii: "\\") {
      isEscaped = true
    } else if byte == UInt8(ascii: "\"") {
      isQuoted.toggle()
    } else if byte == separator && !isQuoted {
      parts.append(trimmed(text[start..<index]))
      start = text.utf8.index(after: index)
    }
  }
  parts.append(trimmed(text[start...]))
  return parts
}

/// Without the spaces and tabs around it (OWS, RFC 9110 §5.6.3).
func trimmed(_ text: Substring) -> Substring {
  let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
  guard let first = text.utf8.firstIndex(where: { !isSpace($0) }),
    let last = text.utf8.lastIndex(where: { !isSpace($0) })
  else { return "" }
  return Substring(text.utf8[first...last])
}

/// A token as it is, a quoted string without its quotes and escapes; nil when it is neither.
func unquoted(_ text: some StringProtocol) -> String? {
  guard text.utf8.first == UInt8(ascii: "\"") else {
    return !text.isEmpty && text.utf8.allSatisfy(isTokenCharacter) ? String(text) : nil
  }
  var out: [UInt8] = []
  var iterator = text.utf8.dropFirst().makeIterator()
  while let byte = iterator.next() {
    switch byte {
    case UInt8(ascii: "\""): return iterator.next() == nil ? String(decoding: out, as: UTF8.self) : nil
    case UInt8(ascii: "\\"):
      guard let escaped = iterator.next() else { return nil }
      out.append(escaped)
    default: out.append(byte)
    }
  }
  return nil
}
