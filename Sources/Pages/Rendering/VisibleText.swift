/// Makes text that a stranger wrote show what it is: a client may call itself anything, and characters that turn the
/// writing direction, hide or pile up could make its name read like somebody else's.
enum VisibleText {
  /// Longer text is cut and ends in an ellipsis; counted in UTF-8 bytes.
  static let limit = 400
  /// Accents beyond this many on one letter are left out.
  static let marksPerLetter = 3

  /// One line: line breaks and tabs become spaces, invisible and direction-turning characters become `�`.
  static func line(_ text: String) -> String {
    let isPlain = text.utf8.count <= limit && text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
    if isPlain { return text }

    var line = ""
    var marks = 0
    for scalar in text.unicodeScalars {
      if line.utf8.count >= limit {
        line += "…"
        break
      }
      let properties = scalar.properties
      switch properties.generalCategory {
      case .nonspacingMark, .enclosingMark:
        marks += 1
        if marks > marksPerLetter { continue }
      default: marks = 0
      }
      line.unicodeScalars.append(visible(scalar, properties))
    }
    return line
  }

  private static func visible(
    _ scalar: Unicode.Scalar, _ properties: Unicode.Scalar.Properties
  ) -> Unicode.Scalar {
    switch scalar {
    case "\t", "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": return " "
    // Joiners and variation selectors belong to words of many languages, and to emoji.
    case "\u{200C}", "\u{200D}", "\u{FE00}"..."\u{FE0F}": return scalar
    default: break
    }
    switch properties.generalCategory {
    case .control, .format, .unassigned, .privateUse, .surrogate: return "\u{FFFD}"
    default: return properties.isDefaultIgnorableCodePoint ? "\u{FFFD}" : scalar
    }
  }
}
