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

  /// A new key.
  init(world: World) {
    id = Base62.encode(world.random(Self.idBytes))
    let body = "gk_\(Self.environment)_\(id)_\(Base62.encode(world.random(Self.secretBytes)))"
    text = "\(body)_\(Self.checksum(body))"
  }

  /// Reads a presented key.
  ///
  /// - Returns: nil when its form or its checksum is wrong, or it belongs to another environment. Nothing is looked up
  ///   for such a key.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "_", maxSplits: 5, omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0] == "gk", parts[1] == Self.environment,
      Base62.decode(parts[2], count: Self.idBytes) != nil, Base62.decode(parts[3], count: Self.secretBytes) != nil
    else { return nil }
    guard parts[4] == Self.checksum(parts[0..<4].joined(separator: "_")) else { return nil }
    self.id = String(parts[2])
    self.text = String(text)
  }

  /// The last four characters of the secret, by which a person recognises a key.
  var last4: String { String(text.dropLast(7).suffix(4)) }

  private static func checksum(_ body: String) -> String {
    let sum = CRC32.checksum(Array(body.utf8))
    return Base62.encode([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> $0) })
  }
}
