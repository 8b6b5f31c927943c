internal import Crypto
internal import HTTP

/// A client's identifier and secret as HTTP Basic carries them (RFC 7617 §2).
package struct BasicCredentials: Sendable {
  /// Never empty.
  package let id: String
  /// Empty for a client that has none.
  package let secret: String

  /// Reads an `Authorization` field. RFC 6749 §2.3.1: both parts are form-encoded before they are joined by a colon.
  ///
  /// - Returns: nil for another scheme, and for what is not properly encoded.
  package init?(_ field: String) {
    let parts = field.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "basic", let bytes = Base64.decode(parts[1]),
      let text = String(validating: bytes, as: UTF8.self),
      let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")),
      let id = Self.decoded(text[..<colon]), let secret = Self.decoded(text[text.index(after: colon)...]),
      !id.isEmpty
    else { return nil }
    self.id = id
    self.secret = secret
  }

  private static func decoded(_ text: Substring) -> String? {
    percentDecoded(text.utf8.contains(UInt8(ascii: "+")) ? text.replacing("+", with: " ")[...] : text)
  }
}
