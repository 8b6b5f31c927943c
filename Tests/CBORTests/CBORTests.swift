import CBOR
import Testing

@Suite("RFC 8949 CBOR, as far as CTAP2 has it")
struct CBORTests {
  @Test(
    arguments: [
      ([0x00], .unsigned(0)), ([0x17], .unsigned(23)), ([0x18, 0x64], .unsigned(100)),
      ([0x19, 0x03, 0xe8], .unsigned(1000)), ([0x1a, 0, 0x0f, 0x42, 0x40], .unsigned(1_000_000)),
      ([0x1b] + [UInt8](repeating: 0xff, count: 8), .unsigned(.max)), ([0x20], .integer(-1)),
      ([0x39, 0x01, 0x00], .integer(-257)), ([0x43, 1, 2, 3], .bytes([1, 2, 3])), ([0x40], .bytes([])),
      ([0x63, 0x66, 0x6d, 0x74], .text("fmt")), ([0x82, 0x01, 0x02], .array([.unsigned(1), .unsigned(2)])),
      ([0xa1, 0x01, 0x26], .map([.integer(1): .integer(-7)])), ([0xf4], .bool(false)), ([0xf5], .bool(true)),
      ([0xf6], .null), ([0xa0], .map([:])),
    ] as [([UInt8], CBOR)])
  func `RFC 8949 appendix A values`(bytes: [UInt8], value: CBOR) throws {
    #expect(try CBORReader.value(of: bytes) == value)
  }

  @Test(
    arguments: [
      ("nothing", [], .malformed), ("a head cut off", [0x19, 0x03], .malformed),
      ("a string cut off", [0x43, 1, 2], .malformed),
      ("a string of 2^63 bytes", [0x5b, 0x7f] + [UInt8](repeating: 0xff, count: 7), .malformed),
      ("an array that promises 2^32", [0x9a, 0xff, 0xff, 0xff, 0xff], .malformed),
      ("a map cut off", [0xa2, 0x01, 0x02], .malformed), ("more behind it", [0x01, 0x01], .malformed),
      ("a key twice", [0xa2, 0x01, 0x02, 0x01, 0x03], .repeatedKey),
      ("text that is no UTF-8", [0x61, 0xff], .malformed), ("reserved", [0x1c], .malformed),
      ("a tag", [0xc0, 0x00], .unsupported), ("a float", [0xf9, 0x3c, 0x00], .unsupported),
      ("undefined", [0xf7], .unsupported),
      ("a string without a length", [0x5f, 0x41, 1, 0xff], .unsupported),
      ("an array without a length", [0x9f, 0xff], .unsupported), ("a break", [0xff], .unsupported),
      ("five arrays in each other", [0x81, 0x81, 0x81, 0x81, 0x81, 0x00], .tooDeep),
      ("a thousand values", [0x99, 0x03, 0xe8] + [UInt8](repeating: 0, count: 1000), .tooLong),
      ("more than 64 KiB", [UInt8](repeating: 0, count: 65537), .tooLong),
    ] as [(String, [UInt8], CBORError)])
  func `RFC 8949 §10 what could hurt is refused`(what: String, bytes: [UInt8], error: CBORError) {
    #expect(throws: error) { try CBORReader.value(of: bytes) }
  }

  @Test func `four arrays in each other are read`() throws {
    #expect(
      try CBORReader.value(of: [0x81, 0x81, 0x81, 0x81, 0x00])
        == .array([.array([.array([.array([.unsigned(0)])])])]))
  }

  @Test func `values behind each other are read one by one`() throws {
    var reader = try CBORReader([9, 9, 0x01, 0x61, 0x61], from: 2)
    #expect(try reader.next() == .unsigned(1))
    #expect(reader.position == 3 && !reader.isAtEnd)
    #expect(try reader.next() == .text("a"))
    #expect(reader.isAtEnd)
  }
}
