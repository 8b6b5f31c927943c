/// A CBOR value (RFC 8949 §3), as far as CTAP2's canonical form has it: no tags, no floats, and lengths always said
/// beforehand.
package enum CBOR: Sendable, Hashable {
  case unsigned(UInt64)
  /// -1 minus the number.
  case negative(UInt64)
  case bytes([UInt8])
  case text(String)
  case array([CBOR])
  case map([CBOR: CBOR])
  case bool(Bool)
  case null

  /// A key such as COSE has them.
  package static func integer(_ number: Int64) -> CBOR {
    number >= 0 ? .unsigned(UInt64(number)) : .negative(UInt64(-1 - number))
  }

  package var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
  package var text: String? { if case .text(let text) = self { text } else { nil } }
  package var map: [CBOR: CBOR]? { if case .map(let map) = self { map } else { nil } }

  package var integer: Int64? {
    switch self {
    case .unsigned(let number): Int64(exactly: number)
    case .negative(let number): Int64(exactly: number).map { -1 - $0 }
    default: nil
    }
  }

  /// The member of a map under a text or a number.
  package subscript(key: String) -> CBOR? { map?[.text(key)] }
  package subscript(key: Int64) -> CBOR? { map?[.integer(key)] }
}
