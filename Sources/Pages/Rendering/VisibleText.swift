/// Makes text that a stranger wrote show what it is: a client may call itself anything, and characters that turn the
/// writing direction, hide or pile up could make its name read like somebody else's.
enum VisibleText {
  /// Longer text is cut and ends in an ellipsis; counted in UTF-8 bytes. No host name is that long (RFC 1035 §2.3.4):
  /// its end, which says whose it is, is always there.
  static let lineLimit = 400
  /// The same for names, so that none pushes a warning off the screen.
  static let nameLimit = 100
  /// Accents beyond this many on one letter are left out.
  static let marksPerLetter = 3

  /// One line: line breaks and tabs become spaces, invisible and direction-turning characters become `�`.
  static func line(_ text: String, limit: Int = lineLimit) -> String {
    if text.utf8.count <= limit && text.utf8.allSatisfy(isPlain) { return text }

    var line: [UInt8] = []
    line.reserveCapacity(limit + 8)
    var marks = 0
    for scalar in text.unicodeScalars {
      if line.count >= limit {
        line += "…".utf8
        break
      }
      if scalar.isASCII && isPlain(UInt8(truncatingIfNeeded: scalar.value)) {
        marks = 0
        line.append(UInt8(truncatingIfNeeded: scalar.value))
        continue
      }
      let category = scalar.properties.generalCategory
      marks = category == .nonspacingMark || category == .enclosingMark ? marks + 1 : 0
      if marks <= marksPerLetter { line += visible(scalar, category).utf8 }
    }
    return String(decoding: line, as: UTF8.self)
  }

  /// Printable ASCII.
  private static func isPlain(_ byte: UInt8) -> Bool { (0x20...0x7e).contains(byte) }

  private static func visible(_ scalar: Unicode.Scalar, _ category: Unicode.GeneralCategory) -> Unicode.Scalar
  {
    switch scalar {
    case "\t", "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": return " "
    // Joiners and variation selectors belong to words of many languages, and to emoji.
    case "\u{200C}", "\u{200D}", "\u{FE00}"..."\u{FE0F}": return scalar
    default: break
    }
    switch category {
    case .control, .format, .unassigned, .privateUse, .surrogate: return "\u{FFFD}"
    default: return scalar.properties.isDefaultIgnorableCodePoint ? "\u{FFFD}" : scalar
    }
  }
}
