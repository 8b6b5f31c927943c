import JSON
import Testing

@Suite("RFC 8259 writing") struct WritingTests {
  @Test(
    arguments: [
      (nil, "null"),
      (true, "true"),
      (0, "0"),
      (-7, "-7"),
      (.integer(.max), "9223372036854775807"),
      (.integer(.min), "-9223372036854775808"),
      (1.0, "1.0"),
      (0.1, "0.1"),
      (1e21, "1e+21"),
      (1e-7, "1e-07"),
      (.number(.infinity), "null"),
      (.number(.nan), "null"),
      ("", #""""#),
      ("a\"b\\c/d", #""a\"b\\c/d""#),
      ("\u{8}\t\n\u{c}\r\0\u{1f}\u{7f}", "\"\\b\\t\\n\\f\\r\\u0000\\u001f\u{7f}\""),
      ("é😀\u{2028}", "\"é😀\u{2028}\""),
      ([], "[]"),
      ([:], "{}"),
      ([1, [2, []], ["a": 3]], #"[1,[2,[]],{"a":3}]"#),
      (["b": 1, "a": ["\n": nil]], #"{"b":1,"a":{"\n":null}}"#),
    ] as [(JSONValue, String)])
  func `§2 a value is written without white space`(value: JSONValue, text: String) {
    #expect(value.text == text)
    #expect(value.serialized() == Array(text.utf8))
  }

  @Test func `§7 at any place only what must be escaped is`() {
    // The writer looks at eight bytes at once, so each byte takes each place, among neighbours of all kinds.
    let escapes = [
      0x08: #"\b"#, 0x09: #"\t"#, 0x0A: #"\n"#, 0x0C: #"\f"#, 0x0D: #"\r"#, 0x22: #"\""#, 0x5C: #"\\"#,
    ]
    for filling in ["x", " ", "!", "]", "\u{7f}", "\u{e9}", "\u{ffff}"] {
      for code in 0..<0x80 {
        let control = "\\u00" + (code < 16 ? "0" : "") + String(code, radix: 16)
        let character = String(Unicode.Scalar(UInt8(code)))
        let written = escapes[code] ?? (code < 0x20 ? control : character)
        for place in 0...17 {
          let before = String(repeating: filling, count: place)
          let after = String(repeating: filling, count: 17 - place)
          #expect(JSONValue.string(before + character + after).text == "\"\(before)\(written)\(after)\"")
        }
      }
    }
  }

  @Test func `what is written reads back as the same, a thousand times over`() throws {
    var chance = SeededGenerator(state: 20_261_121)
    for _ in 0..<1000 {
      let value = JSONValue.random(depth: 5, using: &chance)
      #expect(try JSONValue(parsing: value.serialized()) == value)
      // Canonical numbers may change from 1.0 to 1, but the canonical form is always its own.
      let canonical = value.canonical()
      #expect(try JSONValue(parsing: canonical).canonical() == canonical)
    }
  }

  @Test func `bytes at random are read or refused, never worse`() throws {
    var chance = SeededGenerator(state: 8259)
    let letters = Array(#"{}[]",:\u0123456789abcdefn tru-+.eE"#.utf8) + [0xFF, 0xC3, 0x00, 0x0A]
    var accepted = 0
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...24, using: &chance)).map { _ in
        letters[Int.random(in: 0..<letters.count, using: &chance)]
      }
      do {
        let value = try JSONValue(parsing: bytes)
        accepted += 1
        #expect(try JSONValue(parsing: value.serialized()) == value)
      } catch {
        continue
      }
    }
    #expect(accepted > 0)
  }

  @Test func `a text changed in one byte is read or refused, never worse`() throws {
    let text = Array(
      #"{"jsonrpc":"2.0","id":7,"params":{"a":[1,2.5e3,null,"\u00e9\n"],"b":{"c":false}}}"#.utf8)
    for index in text.indices {
      for byte in UInt8.min...UInt8.max {
        var changed = text
        changed[index] = byte
        do {
          let value = try JSONValue(parsing: changed)
          #expect(try JSONValue(parsing: value.serialized()) == value)
        } catch {
          continue
        }
      }
    }
  }
}

/// SplitMix64: the same values on every run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension JSONValue {
  static func random(depth: Int, using chance: inout SeededGenerator) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &chance) {
    case 0: return .null
    case 1: return .bool(.random(using: &chance))
    case 2:
      return .integer(Int64(truncatingIfNeeded: chance.next()) >> Int64.random(in: 0..<64, using: &chance))
    case 3, 4:
      let number = Double(bitPattern: chance.next())
      // From 2⁶³ to 10²¹ the canonical form is digits alone, an integer that doesn't fit.
      return .number(number.isFinite && !(0x1p63...1e21).contains(number.magnitude) ? number : 0.5)
    case 5: return .string(text(using: &chance))
    case 6:
      return .array(
        (0..<Int.random(in: 0..<6, using: &chance)).map { _ in random(depth: depth - 1, using: &chance) })
    default:
      let members = (0..<Int.random(in: 0..<24, using: &chance)).map { _ in
        (text(using: &chance), random(depth: depth - 3, using: &chance))
      }
      return .object(JSONObject(members))
    }
  }

  private static func text(using chance: inout SeededGenerator) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0..<24, using: &chance) {
      let limit: UInt32 = [0x20, 0x80, 0x800, 0x11_0000].randomElement(using: &chance) ?? 0x80
      guard let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &chance)) else { continue }
      text.unicodeScalars.append(scalar)
    }
    return text
  }
}
