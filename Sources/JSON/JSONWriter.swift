extension JSONValue {
  /// The JSON text without insignificant white space, members in their order.
  package func serialized() -> [UInt8] {
    var writer = JSONWriter(isCanonical: false)
    writer.write(self)
    return writer.bytes
  }

  /// The canonical form of RFC 8785: members sorted by UTF-16 code units, numbers as ECMAScript writes them.
  ///
  /// Integers beyond 2⁵³ keep all their digits, which ECMAScript would round: two different values must never
  /// have one canonical form.
  package func canonical() -> [UInt8] {
    var writer = JSONWriter(isCanonical: true)
    writer.write(self)
    return writer.bytes
  }

  /// `serialized()` as a string.
  package var text: String { String(decoding: serialized(), as: UTF8.self) }
}

extension JSONObject {
  /// The JSON text without insignificant white space, members in their order.
  package func serialized() -> [UInt8] { JSONValue.object(self).serialized() }

  /// The canonical form of RFC 8785; see `JSONValue.canonical()`.
  package func canonical() -> [UInt8] { JSONValue.object(self).canonical() }

  /// `serialized()` as a string.
  package var text: String { JSONValue.object(self).text }
}

/// Writes a value into one buffer.
private struct JSONWriter: ~Copyable {
  private var buffer = ByteBuffer(capacity: 1024)
  private let isCanonical: Bool

  init(isCanonical: Bool) { self.isCanonical = isCanonical }

  var bytes: [UInt8] { buffer.bytes }

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: buffer.append("null")
    case .bool(true): buffer.append("true")
    case .bool(false): buffer.append("false")
    case .integer(let integer): write(integer)
    case .number(let number): write(number)
    case .string(let text): write(text)
    case .array(let elements): write(elements)
    case .object(let object): write(isCanonical ? Self.sorted(object.members) : object.members)
    }
  }

  private mutating func write(_ elements: [JSONValue]) {
    buffer.append(UInt8(ascii: "["))
    var isFirst = true
    for element in elements {
      if !isFirst { buffer.append(UInt8(ascii: ",")) }
      isFirst = false
      write(element)
    }
    buffer.append(UInt8(ascii: "]"))
  }

  private mutating func write(_ members: [(name: String, value: JSONValue)]) {
    buffer.append(UInt8(ascii: "{"))
    var isFirst = true
    for (name, value) in members {
      if !isFirst { buffer.append(UInt8(ascii: ",")) }
      isFirst = false
      write(name)
      buffer.append(UInt8(ascii: ":"))
      write(value)
    }
    buffer.append(UInt8(ascii: "}"))
  }

  /// RFC 8785 §3.2.3: names are compared as arrays of UTF-16 code units.
  private static func sorted(
    _ members: [(name: String, value: JSONValue)]
  ) -> [(name: String, value: JSONValue)] {
    members.sorted { a, b in
      a.name.utf8Span.isKnownASCII && b.name.utf8Span.isKnownASCII
        ? a.name < b.name : a.name.utf16.lexicographicallyPrecedes(b.name.utf16)
    }
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
    if integer < 0 { buffer.append(UInt8(ascii: "-")) }
    for index in start..<20 { buffer.append(digits[index]) }
  }

  private mutating func write(_ number: Double) {
    guard number.isFinite else { return buffer.append("null") }
    for byte in (isCanonical ? number.ecmaScriptText : number.description).utf8 { buffer.append(byte) }
  }

  /// RFC 8259 §7: only the quotation mark, the reverse solidus and the control characters must be escaped.
  private mutating func write(_ text: String) {
    buffer.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let index = unsafe Self.firstToEscape(in: rest) {
        unsafe buffer.append(UnsafeRawBufferPointer(rebasing: rest[..<index]))
        unsafe write(escaped: rest[index])
        unsafe rest = UnsafeRawBufferPointer(rebasing: rest[(index + 1)...])
      }
      unsafe buffer.append(rest)
    }
    buffer.append(UInt8(ascii: "\""))
  }

  /// Looks at eight bytes at once. Subtracting sets the high bit of each byte below the limit; a borrow may set
  /// others above it, never below, and only the lowest counts.
  @inline(always) private static func firstToEscape(in bytes: UnsafeRawBufferPointer) -> Int? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highBits = ones << 7
    var index = 0
    while index + 8 <= bytes.count {
      let word = unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let quote = word ^ (ones &* 0x22)
      let solidus = word ^ (ones &* 0x5C)
      let control = (word &- (ones &* 0x20)) & ~word
      let hits = (control | ((quote &- ones) & ~quote) | ((solidus &- ones) & ~solidus)) & highBits
      if hits != 0 { return index + hits.trailingZeroBitCount / 8 }
      index += 8
    }
    while index < bytes.count {
      let byte = unsafe bytes[index]
      if byte < 0x20 || byte == 0x22 || byte == 0x5C { return index }
      index += 1
    }
    return nil
  }

  private mutating func write(escaped byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): buffer.append("\\\"")
    case UInt8(ascii: "\\"): buffer.append("\\\\")
    case 0x08: buffer.append("\\b")
    case 0x09: buffer.append("\\t")
    case 0x0A: buffer.append("\\n")
    case 0x0C: buffer.append("\\f")
    case 0x0D: buffer.append("\\r")
    default:
      buffer.append("\\u00")
      buffer.append(byte >> 4 + UInt8(ascii: "0"))
      let low = byte & 0xF
      buffer.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
    }
  }
}
