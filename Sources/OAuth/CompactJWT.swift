package import Crypto
package import JSON
package import World

/// A JWT in compact form (RFC 7515 §3.1) that was taken apart, and of which nothing is believed yet.
package struct CompactJWT: Sendable {
  package let header: JSONObject
  package let claims: JSONObject
  private let signed: [UInt8]
  private let signature: [UInt8]

  /// How long a JWT that somebody else made may be, in bytes.
  package static let lengthLimit = 8192

  /// - Parameter limit: bytes.
  /// - Returns: nil for what is not three parts, two of them JSON objects, or is too long.
  package init?(_ text: some StringProtocol, limit: Int = Self.lengthLimit) {
    let parts = text.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
    guard text.utf8.count <= limit, parts.count == 3, let header = Self.object(parts[0]),
      let claims = Self.object(parts[1]), let signature = Base64URL.decode(parts[2])
    else { return nil }
    self.header = header
    self.claims = claims
    self.signature = signature
    signed = Array(text.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
  }

  /// Its kind (`typ`, RFC 8725 §3.11) in lower case, without the `application/` that may stand before it.
  package var type: String? {
    header["typ"]?.string.map { $0.lowercased() }.map {
      $0.hasPrefix("application/") ? String($0.dropFirst("application/".count)) : $0
    }
  }

  /// RFC 8725 §3.1: one of the algorithms that we choose from; `none` and symmetric ones are not, and neither is a
  /// token with extensions that have to be understood (RFC 7515 §4.1.11).
  package var algorithm: PublicKey.Algorithm? {
    header["crit"] == nil ? header["alg"]?.string.flatMap(PublicKey.Algorithm.init(rawValue:)) : nil
  }

  /// Which key it says that it was signed with.
  package var keyID: String? { header["kid"]?.string }

  package func isSigned(by key: PublicKey) -> Bool {
    key.algorithm == algorithm && key.isValid(signature, for: signed)
  }

  /// Whether one of these keys signed it, of those that it may have been signed with.
  package func isSigned(by keys: KeySet) -> Bool {
    guard let algorithm else { return false }
    return keys.candidates(keyID, algorithm).contains { $0.isValid(signature, for: signed) }
  }

  /// A claim that is a moment. RFC 7519 §2: a NumericDate may have a fraction.
  package func instant(_ claim: String) -> Instant? {
    let range: ClosedRange<Double> = 0...253_402_300_800
    switch claims[claim] {
    case .integer(let seconds) where range.contains(Double(seconds)): return Instant(seconds: seconds)
    case .number(let seconds) where range.contains(seconds):
      return Instant(microseconds: Int64(seconds * 1_000_000))
    default: return nil
    }
  }

  /// A claim that is a text of moderate length.
  package func text(_ claim: String) -> String? {
    claims[claim]?.string.flatMap { (1...512).contains($0.utf8.count) ? $0 : nil }
  }

  private static func object(_ part: some StringProtocol) -> JSONObject? {
    guard let bytes = Base64URL.decode(part) else { return nil }
    do { return try JSONValue(parsing: bytes).object } catch { return nil }
  }
}
