/// Why a text is not accepted as JSON. Each description may be shown to the client who sent the text.
package enum JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Not the grammar of RFC 8259: also an empty text, bytes after the value, a byte order mark, a lone surrogate.
  case malformed
  /// One object names a member twice; the name is as it reads without escapes.
  case duplicateKey(String)
  /// Arrays and objects are nested deeper than the caller allows.
  case tooDeep
  /// Not UTF-8 (RFC 8259 §8.1).
  case invalidUTF8
  /// An integer that doesn't fit 64 bits with sign, or a number that doesn't fit a double.
  case numberOutOfRange
  /// More bytes than the parser takes (64 MiB).
  case tooLarge

  package var description: String {
    switch self {
    case .malformed: "the text is not valid JSON"
    case .duplicateKey(let name):
      // Scalars, since one character may have as many combining marks as a client likes.
      "the member \(JSONValue.string(String(String.UnicodeScalarView(name.unicodeScalars.prefix(64)))).text) appears twice"
    case .tooDeep: "the JSON is nested too deeply"
    case .invalidUTF8: "the text is not valid UTF-8"
    case .numberOutOfRange: "a number is too large"
    case .tooLarge: "the JSON is too large"
    }
  }
}
