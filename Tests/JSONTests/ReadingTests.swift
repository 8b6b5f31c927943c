import JSON
import Testing

@Suite("RFC 8259 reading") struct ReadingTests {
  @Test(
    arguments: [
      ("null", .null),
      ("true", true),
      ("false", false),
      ("0", 0),
      ("-0", 0),
      ("-1", -1),
      ("9223372036854775807", .integer(.max)),
      ("-9223372036854775808", .integer(.min)),
      ("0.0", 0.0),
      ("1.5", 1.5),
      ("-1.5e-3", -0.0015),
      ("1E2", 100.0),
      ("1e+2", 100.0),
      ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
      ("5e-324", .number(.leastNonzeroMagnitude)),
      ("1e-400", 0.0),
      (#""""#, ""),
      (#""a""#, "a"),
      (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
      (#""\u0000""#, "\0"),
      (#""\u00e9""#, "\u{e9}"),
      (#""\uD83D\uDE00""#, "😀"),
      (#""😀""#, "😀"),
      ("\"\u{7f}\"", "\u{7f}"),
      ("\"\u{2028}\"", "\u{2028}"),
      ("[]", []),
      ("{}", [:]),
      (" [ 1 , 2 ] ", [1, 2]),
      ("\t\r\n[null]\n", [nil]),
      (#"{"":0}"#, ["": 0]),
      (#"{"a":{"b":[{"c":null}]}}"#, ["a": ["b": [["c": nil]]]]),
      (#"{"\u00e9":1,"e\u0301":2}"#, ["\u{e9}": 1, "e\u{301}": 2]),
      (#"{"a":1,"A":2}"#, ["A": 2, "a": 1]),
    ] as [(String, JSONValue)])
  func `§2 a text of the grammar is read`(text: String, value: JSONValue) throws {
    #expect(try JSONValue(parsing: text) == value)
  }

  @Test(arguments: [
    "", " ", "\n", "nul", "nulll", "True", "NaN", "Infinity", "-Infinity", "undefined", "+1", "01", "-01",
    "-", "1.",
    ".5", "1.e1", "1e", "1e+", "0x10", "1_000", "1 2", "1,", "'a'", "a", "\"", "\"a", #""\"#, #""\x41""#,
    #""\u12""#, #""\u12G4""#, #""\U0041""#, #""\u{41}""#, "\"\t\"", "\"\n\"", "\"\0\"", #""\uD800""#,
    #""\uDC00""#, #""\uD800\uD800""#, #""\uD800A""#, #""\uDE00\uD83D""#, #""\uD83D\n""#, #"{"\uD800":1}"#,
    "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[1}", "[1:2]", "{", "}", "{]", #"{"a"}"#,
    #"{"a":}"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a" 1}"#, #"{"a":1 "b":2}"#, #"{a:1}"#, "{1:1}", "{null:1}",
    #"{"a":1}}"#, #"{"a":1}{"b":2}"#, "[1]]", "[1][2]", "null null", "true,", "// a\n1", "/* a */ 1", "1 # a",
    "[1]\0", "\u{feff}1", "\u{a0}1", "\u{2028}1", "\u{c}1", "\u{b}[1]", "[1,-]", "[01]", "[1.]",
  ])
  func `§2 a text outside the grammar is refused`(text: String) {
    #expect(throws: JSONError.malformed) { try JSONValue(parsing: text) }
  }

  @Test(
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0x80, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xC0, 0xAF, 0x22],
      [0x22, 0xE0, 0x80, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xED, 0xBF, 0xBF, 0x22],
      [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xF8, 0x88, 0x80, 0x80, 0x80, 0x22],
      [0x22, 0xF0, 0x9F, 0x98, 0x22],
      [0x5B, 0xFF, 0x5D],
    ] as [[UInt8]])
  func `§8.1 a text that is not UTF-8 is refused`(bytes: [UInt8]) {
    #expect(throws: JSONError.invalidUTF8) { try JSONValue(parsing: bytes) }
  }

  @Test(
    arguments: [
      [0xFE, 0xFF, 0x00, 0x31], [0xFF, 0xFE, 0x31, 0x00], [0x31, 0x00], [0x00, 0x31], [0x00],
      [0xEF, 0xBB, 0xBF, 0x31],
      [0xEF, 0xBB, 0xBF],
    ] as [[UInt8]])
  func `§8.1 a byte order mark and other encodings are refused`(bytes: [UInt8]) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
  }

  @Test(arguments: [
    "9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
    "100000000000000000000000", "1e400", "-1e400", "[1,1e309]", #"{"01":1e999}"#,
  ])
  func `§6 a number that doesn't fit is refused`(text: String) {
    #expect(throws: JSONError.numberOutOfRange) { try JSONValue(parsing: text) }
  }

  @Test(arguments: [
    (#"{"a":1,"a":2}"#, "a"),
    (#"{"a":1,"a":1}"#, "a"),
    (#"{"a":1,"\u0061":2}"#, "a"),
    (#"{"\u0061":1,"a":2}"#, "a"),
    (#"{"a/b":1,"a\/b":2}"#, "a/b"),
    (#"{"":1,"":2}"#, ""),
    (#"{"x":{"a":1,"b":2,"a":3}}"#, "a"),
    (#"[[{"\ud83d\ude00":1,"😀":2}]]"#, "😀"),
    (#"{"\u0000":1,"\u0000":2}"#, "\0"),
  ])
  func `§4 a name that stands twice in one object is refused`(text: String, name: String) {
    #expect(throws: JSONError.duplicateKey(name)) { try JSONValue(parsing: text) }
  }

  @Test(arguments: [16, 17, 18, 1000])
  func `§4 a name that stands twice among many is refused`(count: Int) throws {
    let names = (0..<count).map { "\"n\($0)\":\($0)" }
    let object = try JSONValue(parsing: "{\(names.joined(separator: ","))}")
    #expect(object.object?.count == count)
    #expect(object["n\(count - 1)"] == .integer(Int64(count - 1)))
    #expect(throws: JSONError.duplicateKey("n3")) {
      try JSONValue(parsing: "{\(names.joined(separator: ",")),\"\\u006e3\":0}")
    }
  }

  @Test func `§4 one name may stand in two objects`() throws {
    #expect(try JSONValue(parsing: #"[{"a":1},{"a":{"a":2}}]"#) == [["a": 1], ["a": ["a": 2]]])
  }

  @Test(arguments: [
    (#"[]"#, 1, true), ("[]", 0, false), ("{}", 0, false), ("1", 0, true), ("[[]]", 1, false),
    ("[[]]", 2, true),
    (#"{"a":[]}"#, 1, false), (#"{"a":[]}"#, 2, true), ("[[],[],[]]", 2, true),
  ])
  func `§9 the depth is limited as the caller says`(text: String, depth: Int, isAccepted: Bool) {
    let result = Result { () throws(JSONError) in try JSONValue(parsing: text, maximumDepth: depth) }
    #expect(result.error == (isAccepted ? nil : .tooDeep))
  }

  @Test(arguments: [("[", "]"), (#"{"a":"#, "}")])
  func `§9 64 levels are read and 65 refused`(opening: String, closing: String) throws {
    let levels = { String(repeating: opening, count: $0) + "1" + String(repeating: closing, count: $0) }
    _ = try JSONValue(parsing: levels(64))
    #expect(throws: JSONError.tooDeep) { try JSONValue(parsing: levels(65)) }
    #expect(throws: JSONError.tooDeep) { try JSONValue(parsing: levels(100_000)) }
  }

  @Test func `§9 a large text is read, and a small one after it`() throws {
    let large = "[" + (0..<100_000).map { "\"item \($0)\"" }.joined(separator: ",") + "]"
    #expect(try JSONValue(parsing: large).array?.count == 100_000)
    #expect(try JSONValue(parsing: "[1]") == [1])
    #expect(try JSONValue(parsing: large).array?.last == "item 99999")
  }

  @Test func `a text of any length ends where it ends`() throws {
    // simdjson reads past the end into padding: what stood there before must not be taken for the text.
    _ = try JSONValue(parsing: "[" + String(repeating: "1,", count: 500) + "1]")
    for length in 1...200 {
      let text = String(repeating: "7", count: min(length, 18))
      let padded = text + String(repeating: " ", count: length - text.count)
      #expect(try JSONValue(parsing: padded) == .integer(Int64(text) ?? -1))
      #expect(throws: JSONError.malformed) { try JSONValue(parsing: "[" + padded) }
    }
  }

  @Test func `an error's words are fit for the client`() {
    #expect("\(JSONError.duplicateKey("a\"\n"))" == #"the member "a\"\n" appears twice"#)
    #expect("\(JSONError.duplicateKey(String(repeating: "x", count: 1000)))".utf8.count < 100)
  }
}

extension Result {
  fileprivate var error: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}
