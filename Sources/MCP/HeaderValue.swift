internal import Crypto

/// The value encoding of `Mcp-Name` and `Mcp-Param-*` (2026-07-28 streamable-http, "Value Encoding").
enum HeaderValue {
  /// Decodes a value as it came off the wire.
  ///
  /// - Returns: the value itself, or what its `=?base64?…?=` holds; nil when it has characters that no header may
  ///   have, or when its Base64 is malformed or not canonical, so that a corrupt header equals nothing.
  static func decoded(_ value: String) -> String? {
    guard value.utf8.allSatisfy({ $0 == 0x09 || (0x20...0x7e).contains($0) }) else { return nil }
    // The markers are case-sensitive and MUST appear exactly as shown.
    guard value.hasPrefix("=?base64?"), value.hasSuffix("?="), value.utf8.count >= 11 else { return value }
    guard let bytes = Base64.decode(value.dropFirst(9).dropLast(2)) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}
