/// Finds what looks like a secret within a text: our own keys and tokens, JWTs, what stands behind `Bearer` and its like,
/// behind `password=`, between `://user:` and `@`, and private keys in PEM.
struct SecretScanner {
  private let bytes: [UInt8]
  private var position = 0
  private var kept: [UInt8] = []

  init(_ text: String) { bytes = Array(text.utf8) }

  /// The text with every secret masked.
  mutating func masked() -> String {
    kept.reserveCapacity(bytes.count)
    while position < bytes.count {
      guard Self.isWord(bytes[position]) else {
        if !skipUserInformation() { keep(1) }
        continue
      }
      let end = endOfWord(from: position)
      let word = bytes[position..<end]
      if let start = startOfToken(in: word) {
        kept += bytes[position..<start]
        hide(to: endOfToken(from: start))
      } else if isKeyHeader(word) {
        hide(to: endOfKey(from: position))
      } else {
        keep(word.count)
        if Self.schemes.contains(Self.lowercased(word)) { skipCredentials() } else { skipValue(of: word) }
      }
    }
    return String(decoding: kept, as: UTF8.self)
  }

  private mutating func keep(_ count: Int) {
    kept += bytes[position..<(position + count)]
    position += count
  }

  private mutating func hide(to end: Int) {
    kept += Array(Masking.mask.utf8)
    position = end
  }

  // MARK: Words

  /// Letters, digits, and what stands inside of tokens and of names.
  private static func isWord(_ byte: UInt8) -> Bool {
    isLetterOrDigit(byte) || byte == 0x5f || byte == 0x2d || byte == 0x2e
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a)
  }

  private func endOfWord(from start: Int) -> Int {
    bytes[start...].firstIndex { !Self.isWord($0) } ?? bytes.count
  }

  private static func lowercased(_ word: ArraySlice<UInt8>) -> String {
    String(decoding: word.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }

  // MARK: Tokens

  /// The shortest of ours has more; words of people have less, or no such beginning.
  private static let shortestToken = 20

  /// Where one of our own (`gk_…`, `gr_…`) or a JWT begins within a word.
  private func startOfToken(in word: ArraySlice<UInt8>) -> Int? {
    guard word.count >= Self.shortestToken else { return nil }
    for start in word.indices where start == word.startIndex || !Self.isLetterOrDigit(bytes[start - 1]) {
      let rest = word[start...]
      guard rest.count >= Self.shortestToken else { return nil }
      // The header of a JWT is an object: its first two bytes are `{"`.
      if rest.starts(with: "eyJ".utf8) { return start }
      let second = bytes[start + 1]
      if bytes[start] == UInt8(ascii: "g"), second >= 0x61, second <= 0x7a,
        bytes[start + 2] == UInt8(ascii: "_")
      {
        return start
      }
    }
    return nil
  }

  private func endOfToken(from start: Int) -> Int { endOfWord(from: start) }

  // MARK: What stands behind a word

  private static let schemes: Set<String> = ["bearer", "basic", "dpop", "digest", "negotiate"]

  /// Behind the name of a scheme and a space (RFC 9110 §11.4): everything up to the next white space, if it is long enough
  /// not to be a word of a sentence.
  private mutating func skipCredentials() {
    let start = bytes[position...].firstIndex { $0 != UInt8(ascii: " ") } ?? bytes.count
    guard start > position else { return }
    let end = bytes[start...].firstIndex { Self.isEnd($0) } ?? bytes.count
    guard end - start >= 8 else { return }
    keep(start - position)
    hide(to: end)
  }

  /// Behind `password=`, `"token": "` and their like.
  private mutating func skipValue(of name: ArraySlice<UInt8>) {
    guard let separator = bytes[position...].prefix(3).firstIndex(where: { $0 == 0x3d || $0 == 0x3a }),
      bytes[position..<separator].allSatisfy({ Self.isQuoteOrSpace($0) }),
      Masking.namesSecret(String(decoding: name, as: UTF8.self))
    else { return }
    let start = bytes[(separator + 1)...].firstIndex { !Self.isQuoteOrSpace($0) } ?? bytes.count
    var end = bytes[start...].firstIndex { Self.isEnd($0) } ?? bytes.count
    // `Authorization: Bearer …`: the scheme is no secret, and not all of it.
    if Self.schemes.contains(Self.lowercased(bytes[start..<end])), end < bytes.count {
      let next = bytes[end...].firstIndex { !Self.isQuoteOrSpace($0) } ?? bytes.count
      end = bytes[next...].firstIndex { Self.isEnd($0) } ?? bytes.count
    }
    guard end > start else { return }
    keep(start - position)
    hide(to: end)
  }

  private static func isQuoteOrSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x22 || byte == 0x27 || byte == 0x5c
  }

  /// White space, quotes, and what separates the fields of a form or of a list.
  private static func isEnd(_ byte: UInt8) -> Bool {
    byte <= 0x20 || isQuoteOrSpace(byte) || byte == 0x26 || byte == 0x2c || byte == 0x3b || byte == 0x7d
  }

  /// `://user:password@host` (RFC 3986 §3.2.1).
  private mutating func skipUserInformation() -> Bool {
    guard bytes[position...].starts(with: "://".utf8) else { return false }
    let start = position + 3
    let end =
      bytes[start...].firstIndex { $0 == 0x2f || $0 == 0x3f || $0 == 0x23 || $0 <= 0x20 } ?? bytes.count
    guard let at = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")),
      let colon = bytes[start..<at].firstIndex(of: UInt8(ascii: ":"))
    else { return false }
    keep(colon + 1 - position)
    hide(to: at)
    return true
  }

  // MARK: Keys

  /// `-----BEGIN … PRIVATE KEY-----` (RFC 7468 §10).
  private func isKeyHeader(_ word: ArraySlice<UInt8>) -> Bool {
    guard word.starts(with: "-----BEGIN".utf8) else { return false }
    let line = bytes[position...].prefix(64)
    return String(decoding: line, as: UTF8.self).contains("PRIVATE KEY-----")
  }

  private func endOfKey(from start: Int) -> Int {
    let footer = Array("-----END".utf8)
    var index = start + 10
    while index + footer.count <= bytes.count {
      if bytes[index] == footer[0], bytes[index...].starts(with: footer) {
        return bytes[index...].firstIndex { $0 == 0x0a } ?? bytes.count
      }
      index += 1
    }
    return bytes.count
  }
}
