internal import JSON

/// How values are told in sentences: short, whatever was sent.
enum Wording {
  static func excerpt(_ text: String) -> String {
    // Scalars, since one character may be a megabyte of accents.
    text.utf8.count > 64 && text.unicodeScalars.count > 64
      ? String(text.unicodeScalars.prefix(63)) + "…" : text
  }

  static func text(of value: JSONValue) -> String {
    switch value {
    case .string(let text): "'\(excerpt(text))'"
    case .array(let values): "an array of \(values.count)"
    case .object: "an object"
    default: value.text
    }
  }

  /// The first values of many.
  static func list(_ values: [JSONValue]) -> String {
    let shown = values.prefix(24).map { text(of: $0) }.joined(separator: ", ")
    return values.count > 24 ? "\(shown) and \(values.count - 24) more" : shown
  }

  static func names(_ names: [String]) -> String {
    let shown = names.prefix(24).map { excerpt($0) }.joined(separator: ", ")
    return names.count > 24 ? "\(shown) and \(names.count - 24) more" : shown
  }

  static func count(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
  }

  /// "; did you mean 'limit'?"
  static func suggestion(_ nearest: [String]) -> String {
    nearest.isEmpty ? "" : "; did you mean \(nearest.map { "'\(excerpt($0))'" }.joinedByOr)?"
  }
}
