internal import CSimdjson

extension JSONValue {
  /// Reads one JSON text, strictly: RFC 8259 in UTF-8 with nothing before or after the value, no name twice in
  /// one object, no lone surrogate, every number representable.
  ///
  /// - Parameters:
  ///   - bytes: the whole text.
  ///   - maximumDepth: how many arrays and objects may stand inside each other.
  package init(parsing bytes: [UInt8], maximumDepth: Int = 64) throws(JSONError) {
    let result: Result<JSONValue, JSONError> = unsafe bytes.withUnsafeBufferPointer { buffer in
      let document = unsafe gatehouse_json_parse(buffer.baseAddress, buffer.count)
      guard unsafe document.status == GATEHOUSE_JSON_OK,
        let tape = unsafe document.tape, let strings = unsafe document.strings
      else { return unsafe .failure(JSONError(document.status)) }
      // The tape begins with a root word and ends with another.
      var reader = unsafe TapeReader(tape: tape, strings: strings, index: 1)
      do throws(JSONError) {
        return .success(try reader.value(depth: maximumDepth))
      } catch {
        return .failure(error)
      }
    }
    self = try result.get()
  }

  /// Reads one JSON text; see `init(parsing:maximumDepth:)` for bytes.
  package init(parsing text: String, maximumDepth: Int = 64) throws(JSONError) {
    try self.init(parsing: Array(text.utf8), maximumDepth: maximumDepth)
  }
}

extension JSONError {
  fileprivate init(_ status: gatehouse_json_status) {
    switch status {
    case GATEHOUSE_JSON_TOO_DEEP: self = .tooDeep
    case GATEHOUSE_JSON_NOT_UTF8: self = .invalidUTF8
    case GATEHOUSE_JSON_NUMBER_OUT_OF_RANGE: self = .numberOutOfRange
    case GATEHOUSE_JSON_TOO_LARGE: self = .tooLarge
    default: self = .malformed
    }
  }
}

/// Walks simdjson's tape: a word has its type in the top byte and a payload in the other 56 bits.
@safe private struct TapeReader {
  private let tape: UnsafePointer<UInt64>
  private let strings: UnsafePointer<UInt8>
  private var index: Int

  init(tape: UnsafePointer<UInt64>, strings: UnsafePointer<UInt8>, index: Int) {
    unsafe self.tape = tape
    unsafe self.strings = strings
    self.index = index
  }

  private mutating func nextWord() -> UInt64 {
    let word = unsafe tape[index]
    index += 1
    return word
  }

  mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    let word = nextWord()
    switch UInt8(truncatingIfNeeded: word >> 56) {
    case UInt8(ascii: "\""): return .string(string(word))
    case UInt8(ascii: "l"): return .integer(Int64(bitPattern: nextWord()))
    case UInt8(ascii: "d"): return .number(Double(bitPattern: nextWord()))
    case UInt8(ascii: "t"): return .bool(true)
    case UInt8(ascii: "f"): return .bool(false)
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "{"): return .object(try object(word, depth: depth - 1))
    case UInt8(ascii: "["): return .array(try array(word, depth: depth - 1))
    case UInt8(ascii: "u"): throw .numberOutOfRange  // fits 64 bits only without a sign
    default: throw .malformed
    }
  }

  private mutating func array(_ word: UInt64, depth: Int) throws(JSONError) -> [JSONValue] {
    guard depth >= 0 else { throw .tooDeep }
    let end = closing(word)
    var elements: [JSONValue] = []
    elements.reserveCapacity(count(word))
    while index < end { elements.append(try value(depth: depth)) }
    index = end + 1
    return elements
  }

  private mutating func object(_ word: UInt64, depth: Int) throws(JSONError) -> JSONObject {
    guard depth >= 0 else { throw .tooDeep }
    let end = closing(word)
    let count = count(word)
    var members: [(name: String, value: JSONValue)] = []
    members.reserveCapacity(count)
    var names: [Name] = []
    names.reserveCapacity(count)
    while index < end {
      let name = name(nextWord())
      // Quadratic while there are few; many are sorted below, so that nobody can make us slow.
      if count <= 16, names.contains(where: { $0.isSame(as: name) }) { throw .duplicateKey(name.text) }
      names.append(name)
      members.append((name.text, try value(depth: depth)))
    }
    index = end + 1
    if count > 16, let twice = Self.repeated(&names) { throw .duplicateKey(twice) }
    return JSONObject(unchecked: members)
  }

  private static func repeated(_ names: inout [Name]) -> String? {
    names.sort { $0.precedes($1) }
    for index in names.indices.dropFirst() where names[index].isSame(as: names[index - 1]) {
      return names[index].text
    }
    return nil
  }

  /// Where the word of the closing bracket stands: the payload's low half is the index after it.
  private func closing(_ word: UInt64) -> Int { Int(word & 0xFFFF_FFFF) - 1 }

  /// How many elements or members there are, as far as 24 bits can tell.
  private func count(_ word: UInt64) -> Int { Int(word >> 32 & 0xFF_FFFF) }

  private func string(_ word: UInt64) -> String { name(word).text }

  private func name(_ word: UInt64) -> Name {
    let start = unsafe UnsafeRawPointer(strings + Int(word & 0x00FF_FFFF_FFFF_FFFF))
    let length = unsafe Int(start.loadUnaligned(as: UInt32.self))
    return unsafe Name(UnsafeRawBufferPointer(start: start + 4, count: length))
  }
}

/// A string where simdjson left it, valid while the tape is.
@safe private struct Name {
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = bytes }

  var text: String { unsafe String(decoding: bytes, as: UTF8.self) }

  func isSame(as other: Name) -> Bool {
    unsafe bytes.count == other.bytes.count && bytes.elementsEqual(other.bytes)
  }

  func precedes(_ other: Name) -> Bool {
    unsafe bytes.count != other.bytes.count
      ? bytes.count < other.bytes.count : bytes.lexicographicallyPrecedes(other.bytes)
  }
}
