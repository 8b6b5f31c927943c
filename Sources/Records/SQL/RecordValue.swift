internal import JSON
internal import Storage

/// How stored values become JSON.
enum RecordValue {
  static func json(_ value: SQLValue, of type: FieldType) -> JSONValue {
    switch (type, value) {
    // A flag that was never set is not set.
    case (.boolean, .integer(let flag)): .bool(flag != 0)
    case (.boolean, _): false
    case (.float, .integer(let number)), (.monetary, .integer(let number)): .number(Double(number))
    case (.monetary, .real(let number)): .number(number.inCents)
    case (_, .integer(let number)): .integer(number)
    case (_, .real(let number)): .number(number)
    case (_, .text(let text)): text.isEmpty ? .null : .string(text)
    case (_, .null), (_, .blob): .null
    }
  }

  /// `[id, name]`, as Odoo has it.
  static func related(id: SQLValue, name: SQLValue) -> JSONValue {
    guard case .integer(let id) = id else { return .null }
    if case .text(let name) = name { return [.integer(id), .string(name)] }
    return [.integer(id), .null]
  }
}

extension Double {
  /// Rounded to hundredths: sums of amounts in binary fractions drift.
  var inCents: Double {
    let cents = (self * 100).rounded()
    return cents.isFinite ? cents / 100 : self
  }
}
