internal import JSON
internal import World

/// How an event becomes a line.
enum LogLine {
  /// For people: `2026-11-21T08:15:30.250Z notice  token issued client=…`
  static func text(
    _ time: Instant, _ level: Log.Level, _ event: String,
    _ fields: some Collection<(key: String, value: LogValue)>
  ) -> [UInt8] {
    let name = level.name
    var line = time.rfc3339 + " " + name + String(repeating: " ", count: max(1, 8 - name.count))
    append(escaped: event, to: &line)
    for (name, value) in fields {
      line += " "
      append(name, to: &line)
      line += "="
      switch value {
      case .string(let text): append(text, to: &line)
      case .integer(let integer): line += String(integer)
      case .double(let double): line += double.description
      case .bool(let bool): line += bool ? "true" : "false"
      }
    }
    return Array(line.utf8) + [UInt8(ascii: "\n")]
  }

  /// For machines: one JSON object.
  static func json(
    _ time: Instant, _ level: Log.Level, _ event: String,
    _ fields: some Collection<(key: String, value: LogValue)>
  ) -> [UInt8] {
    var object: JSONObject = [
      "time": .string(time.rfc3339), "level": .string(level.name), "event": .string(event),
    ]
    for (name, value) in fields {
      // A field never takes the place of one that stands already.
      object[object[name] == nil ? name : name + "_"] =
        switch value {
        case .string(let text): .string(text)
        case .integer(let integer): .integer(integer)
        case .double(let double): .number(double)
        case .bool(let bool): .bool(bool)
        }
    }
    return object.serialized() + [UInt8(ascii: "\n")]
  }

  /// A bare word stays as it is; anything else is put between quotation marks.
  private static func append(_ text: String, to line: inout String) {
    guard text.isEmpty || !text.unicodeScalars.allSatisfy(isWordLike) else {
      line += text
      return
    }
    line += "\""
    append(escaped: text, to: &line)
    line += "\""
  }

  private static func isWordLike(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case " ", "\"", "\\", "=": false
    default: !canForge(scalar)
    }
  }

  private static func append(escaped text: String, to line: inout String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": line += "\\\""
      case "\\": line += "\\\\"
      case "\n": line += "\\n"
      case "\r": line += "\\r"
      case "\t": line += "\\t"
      default:
        if canForge(scalar) {
          line += "\\u{" + String(scalar.value, radix: 16) + "}"
        } else {
          line.unicodeScalars.append(scalar)
        }
      }
    }
  }

  /// What moves a terminal's cursor, begins a line, or reorders or hides what stands beside it.
  private static func canForge(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
    default: false
    }
  }
}
