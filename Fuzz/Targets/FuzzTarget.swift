/// One parser that strangers reach, and what has to hold for whatever they send.
///
/// The same targets are driven twice: by libFuzzer, which looks for new inputs (`Fuzz/run`), and by the tests, which
/// go through those that were kept (`Tests/FuzzTests`). To add one, write its file and add it to `all`.
package struct FuzzTarget: Sendable, CustomStringConvertible {
  /// Of its folder in `Fuzz/Corpus`, too.
  package let name: String
  /// Reads the bytes; that they are refused is fine.
  ///
  /// - Throws: `Violation` of what has to hold for those that are taken.
  package let check: @Sendable (_ bytes: [UInt8]) throws -> Void

  package var description: String { name }

  package static let all: [FuzzTarget] = [
    address, authorization, cbor, clientDocument, cookie, domain, encoding, form, http, json, jsonSchema, jwt,
    keySet,
    mediaType,
    redirectURI, scope, webAuthn,
  ]
}

/// Something that a parser promises and did not keep.
package struct Violation: Error, Sendable, CustomStringConvertible {
  package let description: String
}

/// - Throws: `Violation` unless `condition` holds.
func hold(_ condition: Bool, _ sentence: @autoclosure () -> String) throws(Violation) {
  guard condition else { throw Violation(description: sentence()) }
}

/// Bytes as a header field or a parameter has them once it is text.
func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

/// What `read` gives, nil for what it refuses.
func accepted<Value>(_ read: () throws -> Value) -> Value? {
  do { return try read() } catch { return nil }
}
