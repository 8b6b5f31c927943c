internal import Crypto
internal import World

/// An API key as a person holds it: `gk_<env>_<id>_<secret>_<crc>`.
///
/// Letters and digits alone, so that a double click selects it whole; a fixed prefix and a checksum, so that a scanner
/// finds it and a typing error costs no look-up. The secret holds 192 bits.
package struct APIKey: Sendable {
  /// What it is looked up by; no secret.
  package let id: String
  /// The whole key: shown once, then only its MAC and its Argon2 hash are kept.
  package let text: String

  /// Keys of a live installation.
  static let environment = "live"
  private static let idBytes = 8
  private static let secretBytes = 24
  /// What these give in Base62.
  private static let idLength = 11
  private static let secretLength = 33

  /// A new key.
  init(world: World) {
    id = Base62.encode(world.random(Self.idBytes))
    let body = "gk_\(Self.environment)_\(id)_\(Base62.encode(world.random(Self.secretBytes)))"
    text = "\(body)_\(Self.checksum(body.utf8))"
  }

  /// Reads a presented key.
  ///
  /// - Returns: nil when its form or its checksum is wrong, or it belongs to another environment. Nothing is looked up
  ///   for such a key.
  package init?(_ text: some StringProtocol) {
    let text = String(text)
    let parts = text.utf8.split(separator: UInt8(ascii: "_"), maxSplits: 5, omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0].elementsEqual("gk".utf8), parts[1].elementsEqual(Self.environment.utf8),
      parts[2].count == Self.idLength, parts[3].count == Self.secretLength,
      parts[2].allSatisfy(Self.isLetterOrDigit), parts[3].allSatisfy(Self.isLetterOrDigit),
      parts[4].elementsEqual(Self.checksum(text.utf8.prefix(text.utf8.count - parts[4].count - 1)).utf8)
    else { return nil }
    self.id = String(decoding: parts[2], as: UTF8.self)
    self.text = text
  }

  /// The last four characters of the secret, by which a person recognises a key.
  var last4: String { String(text.dropLast(7).suffix(4)) }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a)
  }

  private static func checksum(_ body: some Sequence<UInt8>) -> String {
    let sum = CRC32.checksum(Array(body))
    return Base62.encode([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> $0) })
  }
}
