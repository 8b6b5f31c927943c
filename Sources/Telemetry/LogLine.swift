internal import JSON
internal import World

/// How an event becomes a line.
enum LogLine {
  /// For people: `2026-11-21T08:15:30.250Z notice  token issued client=…`
  static func text(
    _ time: Instant, _ level: Log.Level, _ event: String,
    _ fields: some Collection<(key: String, value: LogValue)>
  ) -> [UInt8] {
    var line = TextLine(time, level)
    line.append(escaped: event)
    for (name, value) in fields {
      line.append(UInt8(ascii: " "))
      line.append(word: name)
      line.append(UInt8(ascii: "="))
      switch value {
      case .string(let text): line.append(word: text.bounded)
      case .integer(let integer): line.append(plain: String(integer))
      case .double(let double): line.append(plain: double.description)
      case .bool(let bool): line.append(plain: bool ? "true" : "false")
      }
    }
    line.append(UInt8(ascii: "\n"))
    return line.bytes
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
        case .string(let text): .string(text.bounded)
        case .integer(let integer): .integer(integer)
        case .double(let double): .number(double)
        case .bool(let bool): .bool(bool)
        }
    }
    return object.serialized() + [UInt8(ascii: "\n")]
  }
}

/// One line for people, in the making.
private struct TextLine {
  private(set) var bytes: [UInt8] = []

  init(_ time: Instant, _ level: Log.Level) {
    bytes.reserveCapacity(256)
    append(plain: time.rfc3339)
    append(UInt8(ascii: " "))
    append(plain: level.name)
    for _ in level.name.utf8.count..<8 { append(UInt8(ascii: " ")) }
  }

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  /// What this file has written itself and can't be forged.
  mutating func append(plain text: String) { bytes.append(contentsOf: text.utf8) }

  /// A bare word stays as it is; anything else is put between quotation marks.
  mutating func append(word text: String) {
    guard text.isEmpty || !text.utf8.allSatisfy(Self.isBare) else { return append(plain: text) }
    let start = bytes.count
    append(escaped: text)
    // Letters beyond ASCII need no quotation marks either, unless something had to be escaped or parts the word.
    let isWord =
      !text.isEmpty && bytes[start...].elementsEqual(text.utf8) && text.utf8.allSatisfy(Self.isWhole)
    guard !isWord else { return }
    bytes.insert(UInt8(ascii: "\""), at: start)
    append(UInt8(ascii: "\""))
  }

  mutating func append(escaped text: String) {
    guard !text.utf8.allSatisfy(Self.isPrintable) else { return append(plain: text) }
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": append(plain: "\\\"")
      case "\\": append(plain: "\\\\")
      case "\n": append(plain: "\\n")
      case "\r": append(plain: "\\r")
      case "\t": append(plain: "\\t")
      default:
        append(plain: Self.canForge(scalar) ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar))
      }
    }
  }

  /// ASCII that stands for itself in a bare word.
  private static func isBare(_ byte: UInt8) -> Bool { isPrintable(byte) && isWhole(byte) }

  /// ASCII that stands for itself between quotation marks.
  private static func isPrintable(_ byte: UInt8) -> Bool {
    0x20..<0x7F ~= byte && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// What doesn't part a word from the next field.
  private static func isWhole(_ byte: UInt8) -> Bool {
    byte != UInt8(ascii: " ") && byte != UInt8(ascii: "=")
  }

  /// What moves a terminal's cursor, begins a line, or reorders or hides what stands beside it.
  private static func canForge(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
    default: false
    }
  }
}
