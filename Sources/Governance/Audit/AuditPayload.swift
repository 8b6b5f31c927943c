internal import Crypto
package import JSON

/// What a request carried and what came of it: kept beside its entry where an administrator switched that on.
package struct AuditPayload: Sendable, Equatable {
  package var arguments: JSONValue?
  package var result: JSONValue?

  package init(arguments: JSONValue? = nil, result: JSONValue? = nil) {
    self.arguments = arguments
    self.result = result
  }

  /// How many bytes of arguments, and of a result, are kept.
  static let limit = 16_384

  /// What is kept of it: secrets masked, then cut where it is too long.
  ///
  /// - Parameter salt: chance, so that the digest in the chain tells nobody what a dropped payload was.
  func kept(salt: [UInt8]) -> [UInt8] {
    var object = JSONObject()
    if let arguments { object["arguments"] = Self.bounded(Masking.masked(arguments)) }
    if let result { object["result"] = Self.bounded(Masking.masked(result)) }
    object["salt"] = .string(Base64URL.encode(salt))
    return object.canonical()
  }

  /// The value, or how long it is and what it begins with.
  private static func bounded(_ value: JSONValue) -> JSONValue {
    let text = value.serialized()
    guard text.count > limit else { return value }
    // A character that is cut through is no character.
    return [
      "truncated": true, "bytes": .integer(Int64(text.count)),
      "start": .string(String(decoding: text.prefix(limit), as: UTF8.self)),
    ]
  }
}
