extension JSONValue {
  /// The JSON text without insignificant white space, members in their order.
  package func serialized() -> [UInt8] {
    var writer = JSONWriter(canonical: false)
    writer.write(self)
    return writer.bytes
  }

  /// The canonical form of RFC 8785: members sorted by UTF-16 code units, numbers as ECMAScript writes them.
  ///
  /// Integers beyond 2⁵³ keep all their digits, which ECMAScript would round: two different values must never
  /// have one canonical form.
  package func canonical() -> [UInt8] {
    var writer = JSONWriter(canonical: true)
    writer.write(self)
    return writer.bytes
  }

  /// `serialized()` as a string.
  package var text: String { String(decoding: serialized(), as: UTF8.self) }
}

extension JSONObject {
  /// The JSON text without insignificant white space, members in their order.
  package func serialized() -> [UInt8] { JSONValue.object(self).serialized() }

  /// The canonical form of RFC 8785.
  package func canonical() -> [UInt8] { JSONValue.object(self).canonical() }

  /// `serialized()` as a string.
  package var text: String { JSONValue.object(self).text }
}

extension [UInt8] {
  /// Appends the text that `serialized()` gives, without an array of its own.
  package mutating func append(json value: JSONValue) {
    let text = self
    self = []
    var writer = JSONWriter(continuing: text)
    writer.write(value)
    self = writer.bytes
  }
}

/// Writes values one after the other into one array.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  private let canonical: Bool

  init(canonical: Bool) {
    self.canonical = canonical
    bytes.reserveCapacity(512)
  }

  /// Goes on where other text ends.
  init(continuing bytes: consuming [UInt8]) {
    self.bytes = bytes
    self.canonical = false
  }

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: write(ascii: "null")
    case .bool(true): write(ascii: "true")
    case .bool(false): write(ascii: "false")
    case .integer(let integer): write(integer)
    case .number(let number): write(number)
    case .string(let text): write(text)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      var isFirst = true
      for element in elements {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        write(element)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object):
      bytes.append(UInt8(ascii: "{"))
      var isFirst = true
      for (name, value) in canonical ? Self.sorted(object.members) : object.members {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        write(name)
        bytes.append(UInt8(ascii: ":"))
        write(value)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  /// RFC 8785 §3.2.3: names are compared as arrays of UTF-16 code units.
  private static func sorted(
    _ members: [(name: String, value: JSONValue)]
  ) -> [(name: String, value: JSONValue)] {
    members.sorted { $0.name.utf16.lexicographicallyPrecedes($1.name.utf16) }
  }

  private mutating func write(ascii text: StaticString) {
    text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
  }

  private mutating func write(_ integer: Int64) {
    var magnitude = integer.magnitude
    var digits: [20 of UInt8] = InlineArray(repeating: 0)
    var start = 20
    repeat {
      start -= 1
      digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
      magnitude /= 10
    } while magnitude > 0
    if integer < 0 { bytes.append(UInt8(ascii: "-")) }
    for index in start..<20 { bytes.append(digits[index]) }
  }

  private mutating func write(_ number: Double) {
    guard number.isFinite else { return write(ascii: "null") }
    let text = canonical ? number.ecmaScriptText : number.description
    bytes.append(contentsOf: text.utf8)
  }

  /// RFC 8259 §7: only the quotation mark, the reverse solidus and the control characters must be escaped.
  private mutating func write(_ text: String) {
    var text = text
    bytes.append(UInt8(ascii: "\""))
    text.withUTF8 { buffer in
      var start = 0
      for index in buffer.indices {
        let byte = unsafe buffer[index]
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
        unsafe bytes.append(contentsOf: buffer[start..<index])
        start = index + 1
        write(escaped: byte)
      }
      unsafe bytes.append(contentsOf: buffer[start...])
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func write(escaped byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): write(ascii: "\\\"")
    case UInt8(ascii: "\\"): write(ascii: "\\\\")
    case 0x08: write(ascii: "\\b")
    case 0x09: write(ascii: "\\t")
    case 0x0A: write(ascii: "\\n")
    case 0x0C: write(ascii: "\\f")
    case 0x0D: write(ascii: "\\r")
    default:
      write(ascii: "\\u00")
      bytes.append(byte >> 4 + UInt8(ascii: "0"))
      let low = byte & 0xF
      bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
    }
  }
}
