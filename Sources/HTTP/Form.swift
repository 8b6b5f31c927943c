/// Fields of `application/x-www-form-urlencoded` (WHATWG URL §5.1), from a body or from a query.
package struct Form: Sendable {
  /// Every pair in order, decoded.
  package let pairs: [(name: String, value: String)]

  /// More than any form of ours has; each costs far more than its bytes.
  package static let mostPairs = 1000

  /// Reads a form or a query.
  ///
  /// - Returns: nil when an escape is malformed, the decoded text is no UTF-8, or there are more than `mostPairs`.
  package init?(decoding text: some Sequence<UInt8>) { self.init(bytes: Array(text)) }

  private init?(bytes: [UInt8]) {
    var pairs: [(String, String)] = []
    for pair in bytes.split(separator: UInt8(ascii: "&")) {
      let equals = pair.firstIndex(of: UInt8(ascii: "="))
      guard pairs.count < Self.mostPairs, let name = Self.decoded(pair[..<(equals ?? pair.endIndex)]),
        let value = Self.decoded(equals.map { pair[($0 + 1)...] } ?? [])
      else { return nil }
      pairs.append((name, value))
    }
    self.pairs = pairs
  }

  private static func decoded(_ text: ArraySlice<UInt8>) -> String? {
    guard text.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
      return String(validating: text, as: UTF8.self)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      switch text[index] {
      case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        guard index + 2 < text.endIndex, let high = hexDigit(text[index + 1]),
          let low = hexDigit(text[index + 2])
        else { return nil }
        bytes.append(high << 4 | low)
        index += 2
      default: bytes.append(text[index])
      }
      index += 1
    }
    return String(validating: bytes, as: UTF8.self)
  }

  package init(_ pairs: [(name: String, value: String)]) { self.pairs = pairs }

  /// The value of that name, or nil when it is missing, empty (OAuth 2.1 §3.1: as omitted) or given twice.
  package subscript(_ name: String) -> String? {
    var found: String?
    for pair in pairs where pair.name == name {
      guard found == nil else { return nil }
      found = pair.value
    }
    return found.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Every non-empty value of that name.
  package func all(_ name: String) -> [String] {
    pairs.compactMap { $0.name == name && !$0.value.isEmpty ? $0.value : nil }
  }

  /// The names that appear more than once.
  package var repeated: Set<String> {
    var seen: Set<String> = []
    var twice: Set<String> = []
    for pair in pairs where !seen.insert(pair.name).inserted { twice.insert(pair.name) }
    return twice
  }

  /// `a=b&c=d`, escaped so that every receiver reads the same.
  package var encoded: String {
    pairs.map { percentEncoded($0.name) + "=" + percentEncoded($0.value) }.joined(separator: "&")
  }
}

/// Percent-encodes all but RFC 3986's unreserved characters.
package func percentEncoded(_ text: String) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var out: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      out.append(byte)
    default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: out, as: UTF8.self)
}

/// Undoes percent-encoding, leaving `+` alone.
///
/// - Returns: nil when an escape is malformed or the result is no UTF-8.
package func percentDecoded(_ text: some StringProtocol) -> String? {
  let bytes = Array(text.utf8)
  guard bytes.contains(UInt8(ascii: "%")) else { return String(text) }
  var out: [UInt8] = []
  var iterator = bytes.makeIterator()
  while let byte = iterator.next() {
    guard byte == UInt8(ascii: "%") else {
      out.append(byte)
      continue
    }
    guard let high = iterator.next().flatMap(hexDigit), let low = iterator.next().flatMap(hexDigit) else {
      return nil
    }
    out.append(high << 4 | low)
  }
  return String(validating: out, as: UTF8.self)
}

func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}
