/// The formats that can be asserted (2020-12 Validation §7.3); others are annotations.
enum Format: String, Sendable {
  case date, time, email, ipv4, uri, uuid
  case dateTime = "date-time"

  /// What a sentence calls it.
  var words: String {
    switch self {
    case .date: "a date (YYYY-MM-DD)"
    case .time: "a time with its offset (12:30:00Z)"
    case .dateTime: "a date and time with its offset (2026-01-31T12:30:00Z)"
    case .email: "an e-mail address"
    case .ipv4: "an IPv4 address"
    case .uri: "a URI with its scheme"
    case .uuid: "a UUID"
    }
  }

  func accepts(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return switch self {
    case .date: Self.isDate(bytes[...])
    case .time: Self.isTime(bytes[...])
    case .dateTime:
      bytes.count > 11 && Self.isDate(bytes[..<10]) && (bytes[10] | 0x20) == UInt8(ascii: "t")
        && Self.isTime(bytes[11...])
    case .email: Self.isEmail(bytes)
    case .ipv4: Self.isAddress(bytes[...])
    case .uri: Self.isURI(bytes)
    case .uuid: Self.isUUID(bytes)
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
    var value = 0
    for byte in bytes {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    return bytes.isEmpty ? nil : value
  }

  /// RFC 3339 §5.6 `full-date`.
  private static func isDate(_ bytes: ArraySlice<UInt8>) -> Bool {
    let b = Array(bytes)
    guard b.count == 10, b[4] == UInt8(ascii: "-"), b[7] == UInt8(ascii: "-"), let year = number(b[0..<4]),
      let month = number(b[5..<7]), let day = number(b[8..<10]), (1...12).contains(month)
    else { return false }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...days[month - 1]).contains(day)
  }

  /// RFC 3339 §5.6 `full-time`; a leap second is one at the end of a day in UTC alone.
  private static func isTime(_ bytes: ArraySlice<UInt8>) -> Bool {
    var b = Array(bytes)
    guard b.count >= 9, b[2] == UInt8(ascii: ":"), b[5] == UInt8(ascii: ":"), let hour = number(b[0..<2]),
      let minute = number(b[3..<5]), let second = number(b[6..<8]), hour < 24, minute < 60, second <= 60
    else { return false }
    b.removeFirst(8)
    if b.first == UInt8(ascii: ".") {
      let digits = b.dropFirst().prefix { (0x30...0x39).contains($0) }
      guard !digits.isEmpty else { return false }
      b.removeFirst(digits.count + 1)
    }
    var minutes = hour * 60 + minute
    if b.count == 1, (b[0] | 0x20) == UInt8(ascii: "z") {
      return second < 60 || minutes == 23 * 60 + 59
    }
    guard b.count == 6, b[0] == UInt8(ascii: "+") || b[0] == UInt8(ascii: "-"), b[3] == UInt8(ascii: ":"),
      let hours = number(b[1..<3]), let rest = number(b[4..<6]), hours < 24, rest < 60
    else { return false }
    minutes += (hours * 60 + rest) * (b[0] == UInt8(ascii: "+") ? -1 : 1)
    return second < 60 || (minutes + 2880) % 1440 == 23 * 60 + 59
  }

  /// RFC 5321 §4.1.2 `Mailbox`, without its rarest forms.
  private static func isEmail(_ bytes: [UInt8]) -> Bool {
    guard bytes.count <= 254, let at = bytes.lastIndex(of: UInt8(ascii: "@")) else { return false }
    let (local, domain) = (bytes[..<at], bytes[(at + 1)...])
    let isQuoted =
      local.count >= 2 && local.first == UInt8(ascii: "\"") && local.last == UInt8(ascii: "\"")
    let specials = Array("!#$%&'*+-/=?^_`{|}~".utf8)
    let isLocal =
      isQuoted
      ? local.dropFirst().dropLast().allSatisfy { (0x20...0x7e).contains($0) }
      : local.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { atom in
        !atom.isEmpty && atom.allSatisfy { isAlphanumeric($0) || specials.contains($0) }
      }
    return isLocal && local.count <= 64 && isDomain(domain)
  }

  private static func isDomain(_ bytes: ArraySlice<UInt8>) -> Bool {
    if bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") {
      let literal = bytes.dropFirst().dropLast()
      guard literal.starts(with: Array("IPv6:".utf8)) else { return isAddress(literal) }
      return literal.dropFirst(5).allSatisfy {
        isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
      }
    }
    return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
      (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
        && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
  }

  /// RFC 2673 §3.2: four decimal numbers without leading zeros.
  private static func isAddress(_ bytes: ArraySlice<UInt8>) -> Bool {
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        part.count <= 3 && (part.count == 1 || part.first != 0x30) && (number(part).map { $0 < 256 } ?? false)
      }
  }

  /// RFC 3986 §3: a scheme, and only characters that a URI has, percent-encoding included.
  private static func isURI(_ bytes: [UInt8]) -> Bool {
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), let first = bytes.first, isLetter(first),
      bytes[..<colon].allSatisfy({
        isAlphanumeric($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
      })
    else { return false }
    let allowed = Array("-._~:/?#[]@!$&'()*+,;=".utf8)
    var rest = bytes[(colon + 1)...]
    var hashes = 0
    if rest.starts(with: Array("//".utf8)) {
      let authority = rest.dropFirst(2).prefix { !Array("/?#".utf8).contains($0) }
      guard isAuthority(authority) else { return false }
      rest = rest.dropFirst(2 + authority.count)
    }
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%") {
        guard rest.count >= 2, rest.prefix(2).allSatisfy({ isHexadecimal($0) }) else { return false }
        rest = rest.dropFirst(2)
        continue
      }
      guard isAlphanumeric(byte) || allowed.contains(byte), byte != UInt8(ascii: "["),
        byte != UInt8(ascii: "]")
      else { return false }
      if byte == UInt8(ascii: "#") { hashes += 1 }
    }
    return hashes <= 1
  }

  /// RFC 3986 §3.2: `[userinfo@]host[:port]`.
  private static func isAuthority(_ bytes: ArraySlice<UInt8>) -> Bool {
    var host = bytes
    if let at = bytes.lastIndex(of: UInt8(ascii: "@")) {
      guard !bytes[..<at].contains(where: { Array("@[]".utf8).contains($0) }) else { return false }
      host = bytes[(at + 1)...]
    }
    if host.first == UInt8(ascii: "[") {
      guard let end = host.firstIndex(of: UInt8(ascii: "]")) else { return false }
      let port = host[(end + 1)...]
      return port.isEmpty
        || (port.first == UInt8(ascii: ":") && port.dropFirst().allSatisfy { (0x30...0x39).contains($0) })
    }
    guard !host.contains(where: { Array("[]\\^`{|}<>\" ".utf8).contains($0) || $0 >= 0x80 }) else {
      return false
    }
    guard let colon = host.firstIndex(of: UInt8(ascii: ":")) else { return true }
    return host[(colon + 1)...].allSatisfy { (0x30...0x39).contains($0) }
  }

  /// RFC 4122 §3.
  private static func isUUID(_ bytes: [UInt8]) -> Bool {
    bytes.count == 36
      && bytes.enumerated().allSatisfy { index, byte in
        [8, 13, 18, 23].contains(index) ? byte == UInt8(ascii: "-") : isHexadecimal(byte)
      }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) && byte < 0x80 }
  private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLetter(byte) || (0x30...0x39).contains(byte) }
  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
  }
}
