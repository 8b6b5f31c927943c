internal import JSON
internal import Storage

/// Values that a record holds itself, checked by the type of their field.
enum ScalarValue {
  /// In Unicode scalar values.
  static let longestChar = 4096
  static let longestText = 1_000_000
  /// Beyond it not every integer is a JSON number (RFC 8259 §6).
  static let greatestInteger: Int64 = 1 << 53 - 1

  /// The value as the column stores it; `null`, `false` for what isn't boolean, and an empty text are nothing.
  ///
  /// - Parameter place: of the value in the arguments: `values.name`.
  /// - Throws: `invalidValue` with the field, what it takes and what it got.
  static func stored(
    _ json: JSONValue, for field: ModelField, at place: String
  ) throws(RecordsError) -> SQLValue {
    switch json {
    case .null: return field.type == .boolean ? .integer(0) : .null
    case .bool(false) where field.type != .boolean: return .null
    default: break
    }
    switch field.type {
    case .char, .text, .html: return try text(json, field, place)
    case .selection:
      guard let value = json.string, field.selection.contains(where: { $0.value.hasSameBytes(as: value) })
      else {
        let known = field.selection.map { "'\($0.value)' (\($0.label))" }.joined(separator: ", ")
        throw .misfit(json, field, place, "one of \(known)")
      }
      return .text(value)
    case .integer:
      guard let number = json.wholeNumber, number.magnitude <= greatestInteger.magnitude else {
        throw .misfit(json, field, place, "a whole number from -(2^53 - 1) to 2^53 - 1")
      }
      return .integer(number)
    case .float, .monetary:
      guard let number = json.number, number.isFinite else { throw .misfit(json, field, place, "a number") }
      return .real(field.type == .monetary ? number.inCents : number)
    case .boolean:
      guard let flag = json.bool else { throw .misfit(json, field, place, "true or false") }
      return .integer(flag ? 1 : 0)
    case .date:
      guard let text = json.string, CalendarText.isDate(text) else {
        throw .misfit(json, field, place, "a day of the calendar as YYYY-MM-DD")
      }
      return .text(text)
    case .datetime:
      guard let text = json.string, CalendarText.isDatetime(text) else {
        throw .misfit(json, field, place, "YYYY-MM-DD HH:MM:SS in UTC, a moment that the calendar has")
      }
      return .text(text)
    case .many2one:
      return .integer(try id(json, field, place))
    case .one2many, .many2many:
      throw .misfit(json, field, place, "a list of ids or commands")
    }
  }

  /// An id of a record.
  static func id(_ json: JSONValue, _ field: ModelField, _ place: String) throws(RecordsError) -> Int64 {
    guard let id = json.wholeNumber, id > 0, id <= greatestInteger else {
      throw .misfit(
        json, field, place, "the id of a record of \(field.relation ?? "its model")",
        hint: "search_records finds ids by name. Of [id, name] give the id alone.")
    }
    return id
  }

  private static func text(
    _ json: JSONValue, _ field: ModelField, _ place: String
  ) throws(RecordsError) -> SQLValue {
    guard let text = json.string else { throw .misfit(json, field, place, "a text") }
    let longest = field.type == .char ? longestChar : longestText
    // A text of fewer bytes can't have more characters.
    guard text.utf8.count <= longest || text.unicodeScalars.count <= longest else {
      throw .misfit(json, field, place, "at most \(longest) characters")
    }
    guard !text.utf8.contains(0) else { throw .misfit(json, field, place, "a text without NUL") }
    return text.isEmpty ? .null : .text(text)
  }
}

extension JSONValue {
  /// The integer that it is, written with a point or without.
  var wholeNumber: Int64? {
    switch self {
    case .integer(let number): number
    case .number(let number): Int64(exactly: number)
    default: nil
    }
  }
}

extension RecordsError {
  /// The value does not fit its field.
  static func misfit(
    _ json: JSONValue, _ field: ModelField, _ place: String, _ expected: String, hint: String? = nil
  ) -> RecordsError {
    RecordsError(
      .invalidValue,
      "\(place): '\(field.name)' is \(field.type.rawValue) and takes \(expected), not \(json.excerpt).",
      hint: hint, details: ["field": .string(field.name)])
  }
}
