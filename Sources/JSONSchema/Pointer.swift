internal import JSON

/// JSON Pointer (RFC 6901).
enum Pointer {
  /// A reference token as a pointer holds it: `~` is `~0` and `/` is `~1`.
  static func encoded(_ name: String) -> String {
    guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
      return name
    }
    var text = ""
    for scalar in name.unicodeScalars {
      switch scalar {
      case "~": text += "~0"
      case "/": text += "~1"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// The name that a reference token stands for; `~1` before `~0` (RFC 6901 §4).
  static func decoded(_ token: some StringProtocol) -> String {
    guard token.utf8.contains(UInt8(ascii: "~")) else { return String(token) }
    var text = ""
    var isAfterTilde = false
    for scalar in token.unicodeScalars {
      switch (isAfterTilde, scalar) {
      case (false, "~"): isAfterTilde = true
      case (false, _): text.unicodeScalars.append(scalar)
      case (true, "1"):
        text += "/"
        isAfterTilde = false
      case (true, "0"):
        text += "~"
        isAfterTilde = false
      case (true, _):
        text += "~"
        text.unicodeScalars.append(scalar)
        isAfterTilde = false
      }
    }
    return isAfterTilde ? text + "~" : text
  }

  /// The part of a value that a token names.
  static func step(_ token: Substring, in value: JSONValue) -> JSONValue? {
    switch value {
    case .object(let object): return object[decoded(token)]
    case .array(let elements):
      // RFC 6901 §4: digits without leading zeros.
      guard token == "0" || !token.hasPrefix("0"), token.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let index = Int(token), elements.indices.contains(index)
      else { return nil }
      return elements[index]
    default: return nil
    }
  }
}
