/// Whether a name that a stranger chose reads like our own.
///
/// Letters of other alphabets, digits and accents are taken for the Latin letter that they look like, by their Unicode
/// names; spaces and signs between them don't count.
enum LookAlike {
  /// More than this of a name is not looked at, as it is not shown either.
  private static let limit = 200

  static func isOfGatehouse(_ name: String) -> Bool {
    skeleton(name).contains("gatehouse")
  }

  private static func skeleton(_ name: String) -> String {
    String(String.UnicodeScalarView(name.unicodeScalars.prefix(limit).compactMap(letter)))
  }

  /// The Latin letter that it looks like; nil for what is none.
  private static func letter(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar {
    case "a"..."z": return scalar
    case "A"..."Z": return Unicode.Scalar(UInt8(scalar.value) | 0x20)
    case "0": return "o"
    case "3": return "e"
    case "4", "@": return "a"
    case "5", "$": return "s"
    case "6", "9": return "g"
    case "7", "+": return "t"
    default: break
    }
    // LATIN SMALL LETTER E WITH ACUTE, FULLWIDTH LATIN CAPITAL LETTER E, MATHEMATICAL BOLD SMALL E, CYRILLIC SMALL LETTER IE
    guard !scalar.isASCII, let words = scalar.properties.name?.split(separator: " ") else { return nil }
    for word in words.prefix(while: { $0 != "WITH" }).reversed() {
      if let same = alike[String(word)] { return same }
      if word.utf8.count == 1, let byte = word.utf8.first, (0x41...0x5a).contains(byte) {
        return Unicode.Scalar(byte | 0x20)
      }
    }
    return nil
  }

  private static let alike: [String: Unicode.Scalar] = [
    "ALPHA": "a", "IE": "e", "EPSILON": "e", "EN": "h", "ETA": "h", "SHHA": "h", "OMICRON": "o", "DZE": "s",
    "TAU": "t", "TE": "t", "UPSILON": "u", "SEH": "u", "GHE": "g",
  ]
}
