internal import JSON
internal import Storage

/// A condition on a stored value that leads nowhere; denials are done by the compiler.
struct ValueCondition {
  let condition: Domain.Condition
  let field: ModelField
  let value: JSONValue

  func sql(on column: SQL) throws(RecordsError) -> SQL {
    switch condition.comparison {
    case .equal, .in: return try equality(on: column)
    case .greater: return try inequality(on: column, "\(column) > ")
    case .greaterOrEqual: return try inequality(on: column, "\(column) >= ")
    case .less: return try inequality(on: column, "\(column) < ")
    case .lessOrEqual: return try inequality(on: column, "\(column) <= ")
    case .like, .ilike, .equalLike, .equalIlike: return try match(on: column)
    case .any: throw condition.misused(with: field, "needs a relation")
    case .notEqual, .notIn, .notLike, .notIlike, .notAny, .childOf, .parentOf:
      throw condition.misused(with: field, "needs a relation or 'id'")
    }
  }

  private func equality(on column: SQL) throws(RecordsError) -> SQL {
    var wanted: [SQLValue] = []
    var includesNothing = false
    for value in value.array ?? [value] {
      switch value {
      case .null: includesNothing = true
      case .bool(false): includesNothing = true
      default: wanted.append(try bound(value))
      }
    }
    var alternatives: [SQL] = []
    if wanted.count == 1 {
      alternatives.append("\(column) = \(wanted[0])")
    } else if !wanted.isEmpty {
      alternatives.append("\(column) IN \(list: wanted)")
    }
    if includesNothing {
      alternatives.append("\(column) IS NULL")
      // An empty text is nothing, and so is false.
      if field.type.isText { alternatives.append("\(column) = ''") }
      if field.type == .boolean { alternatives.append("\(column) = 0") }
    }
    return alternatives.isEmpty ? "(1 = 0)" : "(\(alternatives.joined(separator: " OR ")))"
  }

  private func inequality(on column: SQL, _ comparison: SQL) throws(RecordsError) -> SQL {
    guard field.type != .boolean else { throw condition.misused(with: field, "takes =, !=, in and not in") }
    switch value {
    case .null, .bool: throw condition.mismatched(value, "can't be more or less than nothing")
    default: break
    }
    if field.type == .datetime, let text = value.string, CalendarText.isDate(text) {
      // As Odoo has it, a day is over at its end: "> day" and "<= day" mean its last second.
      let isEnd = condition.comparison == .greater || condition.comparison == .lessOrEqual
      return "(\(comparison)\(text + (isEnd ? " 23:59:59" : " 00:00:00")))"
    }
    return "(\(comparison)\(try bound(value)))"
  }

  private func match(on column: SQL) throws(RecordsError) -> SQL {
    guard field.type.isText || field.type == .selection else {
      throw condition.misused(with: field, "needs a text, a selection or a relation")
    }
    guard let text = value.string else { throw condition.mismatched(value, "is matched with a text") }
    let isWhole = condition.comparison == .equalLike || condition.comparison == .equalIlike
    let ignoresCase = condition.comparison == .ilike || condition.comparison == .equalIlike
    return Pattern(text, isWhole: isWhole).condition(on: column, ignoresCase: ignoresCase)
  }

  /// The value as the column stores it.
  private func bound(_ value: JSONValue) throws(RecordsError) -> SQLValue {
    switch field.type {
    case .char, .text, .html:
      guard let text = value.string else {
        throw condition.mismatched(value, "is \(field.type.rawValue): expected a text")
      }
      return .text(text)
    case .selection:
      guard let text = value.string, field.selection.contains(where: { $0.value == text }) else {
        throw condition.mismatched(
          value,
          "takes one of " + field.selection.map { "'\($0.value)' (\($0.label))" }.joined(separator: ", "))
      }
      return .text(text)
    case .integer:
      switch value {
      case .integer(let number): return .integer(number)
      case .number(let number): return .real(number)
      default: throw condition.mismatched(value, "is integer: expected a number")
      }
    case .float, .monetary:
      guard let number = value.number else {
        throw condition.mismatched(value, "is \(field.type.rawValue): expected a number")
      }
      return .real(number)
    case .boolean:
      guard let flag = value.bool else {
        throw condition.mismatched(value, "is boolean: expected true or false")
      }
      return .integer(flag ? 1 : 0)
    case .date:
      guard let text = value.string, CalendarText.isDate(text) else {
        throw condition.mismatched(
          value, "is a date: expected a day of the calendar as YYYY-MM-DD",
          hint: "The time of day is left out of dates.")
      }
      return .text(text)
    case .datetime:
      guard let text = value.string, CalendarText.isDatetime(text) else {
        if let text = value.string, CalendarText.isDate(text) {
          throw condition.mismatched(
            value, "is a datetime: a bare date would mean midnight sharp",
            hint: "Use \">=\" with this day and \"<\" with the next.")
        }
        throw condition.mismatched(
          value, "is a datetime: expected YYYY-MM-DD HH:MM:SS in UTC, without T, Z or fractions")
      }
      return .text(text)
    case .many2one, .one2many, .many2many:
      throw condition.misused(with: field, "leads to records")
    }
  }
}
