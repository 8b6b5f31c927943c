internal import CCBOR

/// Why bytes are not read as CBOR.
package enum CBORError: Error, Sendable {
  /// They end too early, or are malformed.
  case malformed
  /// A tag, a float, `undefined`, or a string, array or map without a length.
  case unsupported
  case tooLong
  case tooDeep
  case repeatedKey
}

/// Reads one value after another out of bytes that a stranger sent.
package struct CBORReader {
  private let bytes: [UInt8]
  /// Where the next value begins.
  package private(set) var position: Int

  /// Arrays and maps inside of each other; CTAP2 §8 allows four.
  package static let deepest = 4
  /// Bytes altogether.
  package static let longest = 64 * 1024
  /// Values altogether, each costs far more than its byte.
  private static let most = 512
  private var count = 0

  /// - Throws: `CBORError.tooLong`.
  package init(_ bytes: [UInt8], from position: Int = 0) throws(CBORError) {
    guard bytes.count <= Self.longest, (0...bytes.count).contains(position) else { throw .tooLong }
    self.bytes = bytes
    self.position = position
  }

  /// Whether everything was read.
  package var isAtEnd: Bool { position == bytes.count }

  /// The one value that these bytes are.
  package static func value(of bytes: [UInt8]) throws(CBORError) -> CBOR {
    var reader = try CBORReader(bytes)
    let value = try reader.next()
    guard reader.isAtEnd else { throw .malformed }
    return value
  }

  /// The next value.
  package mutating func next() throws(CBORError) -> CBOR { try next(depth: 0) }

  private mutating func next(depth: Int) throws(CBORError) -> CBOR {
    count += 1
    guard count <= Self.most else { throw .tooLong }
    let head = try head()
    switch head.kind {
    case .unsigned: return .unsigned(head.value)
    case .negative: return .negative(head.value)
    case .bytes: return .bytes(head.bytes)
    case .text:
      guard let text = String(validating: head.bytes, as: UTF8.self) else { throw .malformed }
      return .text(text)
    case .false: return .bool(false)
    case .true: return .bool(true)
    case .null: return .null
    case .array:
      var elements: [CBOR] = []
      for _ in 0..<(try length(head.value, depth)) { elements.append(try next(depth: depth + 1)) }
      return .array(elements)
    case .map:
      var members: [CBOR: CBOR] = [:]
      for _ in 0..<(try length(head.value, depth)) {
        let key = try next(depth: depth + 1)
        guard members.updateValue(try next(depth: depth + 1), forKey: key) == nil else { throw .repeatedKey }
      }
      return .map(members)
    }
  }

  /// How many elements a head may rightly promise: each takes a byte at least.
  private func length(_ claimed: UInt64, _ depth: Int) throws(CBORError) -> Int {
    guard depth < Self.deepest else { throw .tooDeep }
    guard claimed <= UInt64(bytes.count - position) else { throw .malformed }
    return Int(claimed)
  }

  private struct Head {
    enum Kind { case unsigned, negative, bytes, text, array, map, `false`, `true`, null }
    let kind: Kind
    let value: UInt64
    var bytes: [UInt8] = []
  }

  private mutating func head() throws(CBORError) -> Head {
    var item = unsafe gatehouse_cbor_item()
    let (start, rest) = (position, bytes.count - position)
    guard rest > 0 else { throw .malformed }
    var content: [UInt8] = []
    let read = unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      let read = unsafe gatehouse_cbor_next(base + start, rest, &item)
      if read > 0, let string = unsafe item.bytes {
        unsafe content = Array(UnsafeBufferPointer(start: string, count: Int(item.value)))
      }
      return read
    }
    guard read > 0 else { throw .malformed }
    position += read
    let kind: Head.Kind
    switch unsafe item.kind {
    case GATEHOUSE_CBOR_UNSIGNED: kind = .unsigned
    case GATEHOUSE_CBOR_NEGATIVE: kind = .negative
    case GATEHOUSE_CBOR_BYTES: kind = .bytes
    case GATEHOUSE_CBOR_TEXT: kind = .text
    case GATEHOUSE_CBOR_ARRAY: kind = .array
    case GATEHOUSE_CBOR_MAP: kind = .map
    case GATEHOUSE_CBOR_FALSE: kind = .false
    case GATEHOUSE_CBOR_TRUE: kind = .true
    case GATEHOUSE_CBOR_NULL: kind = .null
    default: throw .unsupported
    }
    return Head(kind: kind, value: unsafe item.value, bytes: content)
  }
}
