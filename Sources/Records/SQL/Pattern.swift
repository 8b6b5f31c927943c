internal import Storage

/// A pattern of `like` and its like: `%` for any text, `_` for one character, `\` before a character that means
/// itself.
struct Pattern {
  enum Part: Equatable {
    case anyText, anyCharacter
    case character(Unicode.Scalar)
  }

  let parts: [Part]

  /// - Parameter isWhole: whether the text must match as it is (`=like`), or may stand anywhere (`like`).
  init(_ text: String, isWhole: Bool) {
    var parts: [Part] = isWhole ? [] : [.anyText]
    var isEscaped = false
    // Scalars, as SQLite counts: a percent sign with an accent on it is still a wildcard.
    for character in text.unicodeScalars {
      switch character {
      case "\\" where !isEscaped: isEscaped = true
      case "%" where !isEscaped:
        // Two in a row mean one, and cost more.
        if parts.last != .anyText { parts.append(.anyText) }
      case "_" where !isEscaped: parts.append(.anyCharacter)
      default:
        parts.append(.character(character))
        isEscaped = false
      }
    }
    // A backslash at the end has nothing to guard.
    if isEscaped { parts.append(.character("\\")) }
    if !isWhole, parts.last != .anyText { parts.append(.anyText) }
    self.parts = parts
  }

  /// Whether the text of `expression` matches. SQLite's LIKE takes ASCII letters for equal in both cases; its GLOB
  /// takes no letters for equal.
  func condition(on expression: SQL, ignoresCase: Bool) -> SQL {
    ignoresCase
      ? "(\(expression) LIKE \(text(any: "%", one: "_", special: "%_\\") { "\\\($0)" }) ESCAPE '\\')"
      : "(\(expression) GLOB \(text(any: "*", one: "?", special: "*?[") { "[\($0)]" }))"
  }

  private func text(any: String, one: String, special: String, guarded: (Unicode.Scalar) -> String) -> String
  {
    var text = ""
    for part in parts {
      switch part {
      case .anyText: text += any
      case .anyCharacter: text += one
      case .character(let scalar):
        text += special.unicodeScalars.contains(scalar) ? guarded(scalar) : String(scalar)
      }
    }
    return text
  }
}
