internal import CBOR
internal import WebAuthn

extension FuzzTarget {
  /// CBOR as authenticators write it (RFC 8949, CTAP2 §8), and COSE keys in it.
  static let cbor = FuzzTarget(name: "cbor") { bytes in
    if let value = accepted({ try CBORReader.value(of: bytes) }) {
      let written = value.written
      guard let again = accepted({ try CBORReader.value(of: written) }) else {
        throw Violation(description: "what was read is not read again: \(value)")
      }
      try hold(again == value, "\(value) became \(again)")
    }
    if var reader = accepted({ try CBORReader(bytes) }) {
      var before = -1
      while !reader.isAtEnd, accepted({ try reader.next() }) != nil {
        try hold(reader.position > before && reader.position <= bytes.count, "the reader does not move on")
        before = reader.position
      }
    }
    _ = accepted { try CredentialKey(cose: bytes) }
  }
}

extension CBOR {
  /// The shortest encoding there is.
  var written: [UInt8] {
    switch self {
    case .unsigned(let number): Self.head(0, number)
    case .negative(let number): Self.head(1, number)
    case .bytes(let bytes): Self.head(2, UInt64(bytes.count)) + bytes
    case .text(let text): Self.head(3, UInt64(text.utf8.count)) + Array(text.utf8)
    case .array(let elements): Self.head(4, UInt64(elements.count)) + elements.flatMap(\.written)
    case .map(let members):
      Self.head(5, UInt64(members.count)) + members.flatMap { $0.key.written + $0.value.written }
    case .bool(let value): [value ? 0xf5 : 0xf4]
    case .null: [0xf6]
    }
  }

  private static func head(_ major: UInt8, _ value: UInt64) -> [UInt8] {
    func bytes(_ count: UInt64) -> [UInt8] {
      (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
    switch value {
    case 0..<24: return [major << 5 | UInt8(value)]
    case 24..<0x100: return [major << 5 | 24] + bytes(1)
    case 0x100..<0x1_0000: return [major << 5 | 25] + bytes(2)
    case 0x1_0000..<0x1_0000_0000: return [major << 5 | 26] + bytes(4)
    default: return [major << 5 | 27] + bytes(8)
    }
  }
}
