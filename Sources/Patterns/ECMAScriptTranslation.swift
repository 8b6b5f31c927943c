/// Rewrites a pattern of ECMA-262 (with the `u` flag) into PCRE2's words, and refuses what PCRE2 alone understands.
struct ECMAScriptTranslation {
  private var rest: Substring.UnicodeScalarView
  private var out = ""
  private var isInClass = false
  /// Whether what came last can be repeated, or is a repetition already, which PCRE2 would read `+` after as another
  /// kind of it.
  private var isAfterQuantifier = false

  init(_ source: String) { rest = Substring(source).unicodeScalars }

  mutating func translated() throws(PatternError) -> String {
    while let scalar = rest.popFirst() {
      let wasAfterQuantifier = isAfterQuantifier
      isAfterQuantifier = false
      switch scalar {
      case "\\": try escape()
      case "[" where isInClass: out += "\\["
      case "[":
        isInClass = true
        out += "["
        if rest.first == "^" {
          rest.removeFirst()
          out += "^"
        }
      case "]" where isInClass:
        isInClass = false
        out += "]"
      case "(" where !isInClass: try group()
      case "*", "+", "?", "{":
        try quantifier(scalar, follows: wasAfterQuantifier)
      case "}" where !isInClass:
        out += "}"
        isAfterQuantifier = true
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  private mutating func quantifier(_ scalar: Unicode.Scalar, follows: Bool) throws(PatternError) {
    out.unicodeScalars.append(scalar)
    guard !isInClass else { return }
    if follows {
      // After a quantifier there is only `?`, which makes it lazy.
      guard scalar == "?" else { throw PatternError(description: "nothing to repeat before '\(scalar)'") }
      return
    }
    isAfterQuantifier = scalar != "{"
  }

  /// Groups that ECMA-262 §22.2.1 knows; all others are PCRE2's own, its verbs among them, which can lift the limits.
  private mutating func group() throws(PatternError) {
    out += "("
    guard rest.first == "?" else {
      guard rest.first != "*" else { throw PatternError(description: "nothing to repeat after '('") }
      return
    }
    for start in ["?:", "?=", "?!", "?<=", "?<!"] where rest.starts(with: start.unicodeScalars) {
      rest.removeFirst(start.unicodeScalars.count)
      out += start
      return
    }
    guard rest.starts(with: "?<".unicodeScalars) else {
      throw PatternError(description: "a group begins with (, (?:, (?=, (?!, (?<=, (?<! or (?<name>")
    }
    rest.removeFirst(2)
    out += "?<" + (try name()) + ">"
  }

  /// The rest of `name>`.
  private mutating func name() throws(PatternError) -> String {
    var name = ""
    while let scalar = rest.popFirst(), scalar != ">" {
      guard scalar.properties.isAlphabetic || scalar == "_" || (!name.isEmpty && ("0"..."9").contains(scalar))
      else { throw PatternError(description: "a group's name has letters, digits and '_'") }
      name.unicodeScalars.append(scalar)
    }
    guard !name.isEmpty else { throw PatternError(description: "a group's name is missing") }
    return name
  }

  // What `\s` is in ECMA-262 §22.2.2.9: WhiteSpace and LineTerminator, a list without its brackets.
  private static let space =
    #"\t-\r \u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}"#

  private mutating func escape() throws(PatternError) {
    guard let scalar = rest.popFirst() else { throw PatternError(description: "'\\' at the end") }
    switch scalar {
    case "d", "D", "w", "W", "b", "t", "n", "f", "r": out += "\\\(scalar)"
    case "B" where !isInClass: out += "\\B"
    case "v": out += "\\x0b"
    case "s": out += isInClass ? Self.space : "[\(Self.space)]"
    case "S": out += isInClass ? "\\S" : "[^\(Self.space)]"
    case "c":
      guard let letter = rest.popFirst(), letter.isASCII, letter.properties.isAlphabetic else {
        throw PatternError(description: "'\\c' wants a letter")
      }
      out += "\\c\(letter)"
    case "k" where !isInClass:
      guard rest.popFirst() == "<" else { throw PatternError(description: "'\\k' wants <name>") }
      out += "\\k<" + (try name()) + ">"
    case "x": try scalarEscape(digits: 2)
    case "u": try unicodeEscape()
    case "p", "P": try property(isNegated: scalar == "P")
    case "0":
      guard !(rest.first.map { ("0"..."9").contains($0) } ?? false) else {
        throw PatternError(description: "octal escapes are not known")
      }
      out += "\\x00"
    case "1"..."9":
      guard !isInClass else { throw PatternError(description: "a class has no back references") }
      var number = String(scalar)
      while let digit = rest.first, ("0"..."9").contains(digit) {
        number.unicodeScalars.append(digit)
        rest.removeFirst()
      }
      // With braces, so that PCRE2 takes it for nothing else.
      out += "\\g{\(number)}"
    default:
      guard !(scalar.isASCII && scalar.properties.isAlphabetic) else {
        throw PatternError(description: "'\\\(scalar)' is no escape")
      }
      out += scalar.isASCII ? "\\\(scalar)" : String(scalar)
    }
  }

  private mutating func unicodeEscape() throws(PatternError) {
    guard rest.first == "{" else {
      let high = try number(digits: 4)
      guard (0xD800..<0xDC00).contains(high) else { return try append(high) }
      guard rest.starts(with: "\\u".unicodeScalars) else {
        throw PatternError(description: "half a surrogate pair")
      }
      rest.removeFirst(2)
      let low = try number(digits: 4)
      guard (0xDC00..<0xE000).contains(low) else { throw PatternError(description: "half a surrogate pair") }
      return try append(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    }
    rest.removeFirst()
    let text = try braced()
    guard text.utf8.count <= 8, text.allSatisfy(\.isHexDigit), let value = UInt32(text, radix: 16) else {
      throw PatternError(description: "'\\u{…}' wants hexadecimal digits")
    }
    try append(value)
  }

  /// The rest of `…}`.
  private mutating func braced() throws(PatternError) -> String {
    guard let end = rest.firstIndex(of: "}") else { throw PatternError(description: "'}' is missing") }
    let text = String(rest[..<end])
    rest = rest[rest.index(after: end)...]
    return text
  }

  private mutating func scalarEscape(digits: Int) throws(PatternError) {
    try append(try number(digits: digits))
  }

  private mutating func number(digits: Int) throws(PatternError) -> UInt32 {
    var text = ""
    for _ in 0..<digits {
      guard let digit = rest.first, digit.properties.isASCIIHexDigit else { break }
      text.unicodeScalars.append(digit)
      rest.removeFirst()
    }
    guard text.utf8.count == digits, let value = UInt32(text, radix: 16) else {
      throw PatternError(description: "an escape wants \(digits) hexadecimal digits")
    }
    return value
  }

  private mutating func append(_ value: UInt32) throws(PatternError) {
    guard Unicode.Scalar(value) != nil else { throw PatternError(description: "an escape is no character") }
    out += "\\u{\(String(value, radix: 16))}"
  }

  /// `\p{…}`: PCRE2 knows short names of general categories, and scripts.
  private mutating func property(isNegated: Bool) throws(PatternError) {
    guard rest.popFirst() == "{" else { throw PatternError(description: "'\\p' wants {a property}") }
    let text = try braced()
    let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    let name: String
    switch (parts.count, parts.first ?? "") {
    case (1, let category): name = Self.categories[category] ?? category
    case (2, "General_Category"), (2, "gc"): name = Self.categories[parts[1]] ?? parts[1]
    case (2, "Script"), (2, "sc"): name = "sc:\(parts[1])"
    case (2, "Script_Extensions"), (2, "scx"): name = "scx:\(parts[1])"
    default: throw PatternError(description: "'\\p{\(text.prefix(64))}' is no property")
    }
    guard name.utf8.allSatisfy({ Self.isWordOrColon($0) }) else {
      throw PatternError(description: "'\\p{\(text.prefix(64))}' is no property")
    }
    out += "\\\(isNegated ? "P" : "p"){\(name)}"
  }

  private static func isWordOrColon(_ byte: UInt8) -> Bool {
    let scalar = Unicode.Scalar(byte)
    return scalar.isASCII
      && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        || "_:&".unicodeScalars.contains(scalar))
  }

  private static let categories = [
    "Letter": "L", "Cased_Letter": "L&", "LC": "L&", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll",
    "Titlecase_Letter": "Lt", "Modifier_Letter": "Lm", "Other_Letter": "Lo", "Mark": "M",
    "Nonspacing_Mark": "Mn",
    "Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Number": "N", "Decimal_Number": "Nd", "digit": "Nd",
    "Letter_Number": "Nl", "Other_Number": "No", "Punctuation": "P", "punct": "P",
    "Connector_Punctuation": "Pc",
    "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps", "Close_Punctuation": "Pe",
    "Initial_Punctuation": "Pi",
    "Final_Punctuation": "Pf", "Other_Punctuation": "Po", "Symbol": "S", "Math_Symbol": "Sm",
    "Currency_Symbol": "Sc",
    "Modifier_Symbol": "Sk", "Other_Symbol": "So", "Separator": "Z", "Space_Separator": "Zs",
    "Line_Separator": "Zl",
    "Paragraph_Separator": "Zp", "Other": "C", "Control": "Cc", "cntrl": "Cc", "Format": "Cf",
    "Surrogate": "Cs",
    "Private_Use": "Co", "Unassigned": "Cn",
  ]
}
