internal import World

/// What a person reads off one screen and types into another (RFC 8628 §6.1): eight letters of an alphabet of twenty,
/// without vowels, so that no code is a word, and without digits, so that none looks like a letter.
///
/// There are 20⁸ codes, 34.6 bits. A code lives for ten minutes and guesses are counted (`CodeThrottle`), which needs
/// far fewer bits than that.
struct UserCode: Sendable, Hashable {
  /// Eight upper-case letters.
  let text: String

  private static let alphabet = Array("BCDFGHJKLMNPQRSTVWXZ".utf8)
  private static let length = 8
  /// 20⁸, and the numbers below which every code is as likely as any other.
  private static let count: UInt64 = 25_600_000_000
  private static let fair = UInt64.max - UInt64.max % count

  /// A new code.
  init(world: World) {
    var number = UInt64.max
    // Turned down once in 10⁹ times.
    while number >= Self.fair { number = world.random(8).reduce(0) { $0 << 8 | UInt64($1) } }
    var letters: [UInt8] = []
    for _ in 0..<Self.length {
      letters.append(Self.alphabet[Int(number % 20)])
      number /= 20
    }
    text = String(decoding: letters, as: UTF8.self)
  }

  /// Reads what a person typed; case, spaces and hyphens do not matter.
  init?(typed text: String) {
    guard text.utf8.count <= 64 else { return nil }
    let letters = text.uppercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: " ") }
    guard letters.count == Self.length, letters.allSatisfy(Self.alphabet.contains) else { return nil }
    self.text = String(decoding: letters, as: UTF8.self)
  }

  /// As it is shown: `WDJB-MJHT`.
  var display: String { text.prefix(4) + "-" + text.suffix(4) }
}
