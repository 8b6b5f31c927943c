/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) is held as the IPv4 address that it is,
/// so that a rule written for one can't be passed by writing the other.
package enum IPAddress: Sendable, Hashable, CustomStringConvertible {
  case v4(UInt32)
  case v6(high: UInt64, low: UInt64)

  package static let loopback = IPAddress.v4(0x7f00_0001)

  /// - Parameter octets: 4 or 16 bytes in network order; anything else gives nil.
  package init?(octets: [UInt8]) {
    switch octets.count {
    case 4:
      self = .v4(octets.reduce(0) { $0 << 8 | UInt32($1) })
    case 16:
      let high = octets[0..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      let low = octets[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      self =
        high == 0 && low >> 32 == 0xffff ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high: high, low: low)
    default: return nil
    }
  }

  /// The 128 bits of an IPv6 address, which may be an IPv4-mapped one.
  package init(high: UInt64, low: UInt64) {
    self = high == 0 && low >> 32 == 0xffff ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high: high, low: low)
  }

  /// Reads dotted decimal, or IPv6 text as in RFC 4291 §2.2.
  ///
  /// - Returns: nil for everything else: octal or short forms of IPv4, zones, brackets, surrounding space.
  package init?(_ text: some StringProtocol) {
    if let bits = Self.dotted(text) {
      self = .v4(bits)
      return
    }
    // At most one "::" stands for the groups that are missing.
    var halves: [[UInt16]] = []
    var rest = text[...]
    if let gap = rest.firstRange(of: "::") {
      guard let groups = Self.groups(rest[..<gap.lowerBound], mayEndDotted: false) else { return nil }
      halves.append(groups)
      rest = rest[gap.upperBound...]
    }
    guard let groups = Self.groups(rest, mayEndDotted: true) else { return nil }
    halves.append(groups)
    let count = halves.reduce(0) { $0 + $1.count }
    guard halves.count == 1 ? count == 8 : count <= 7 else { return nil }
    let all = halves[0] + Array(repeating: 0, count: 8 - count) + halves.dropFirst().joined()
    self.init(
      high: all[0..<4].reduce(0) { $0 << 16 | UInt64($1) },
      low: all[4..<8].reduce(0) { $0 << 16 | UInt64($1) })
  }

  private static func dotted(_ text: some StringProtocol) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      // A leading zero means octal to some readers: nobody should have to guess.
      guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        part.utf8.first != 0x30 || part.utf8.count == 1,
        let octet = UInt8(part)
      else { return nil }
      bits = bits << 8 | UInt32(octet)
    }
    return bits
  }

  private static func groups(_ text: some StringProtocol, mayEndDotted: Bool) -> [UInt16]? {
    guard !text.isEmpty else { return [] }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var groups: [UInt16] = []
    for (index, part) in parts.enumerated() {
      if mayEndDotted, index == parts.count - 1, let bits = dotted(part) {
        groups += [UInt16(truncatingIfNeeded: bits >> 16), UInt16(truncatingIfNeeded: bits)]
      } else {
        guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ hexDigit($0) != nil }),
          let group = UInt16(part, radix: 16)
        else { return nil }
        groups.append(group)
      }
    }
    return groups
  }

  /// 127.0.0.0/8 or ::1.
  package var isLoopback: Bool {
    switch self {
    case .v4(let bits): bits >> 24 == 127
    case .v6(let high, let low): high == 0 && low == 1
    }
  }

  /// Dotted decimal, or the canonical IPv6 text (RFC 5952).
  package var description: String {
    switch self {
    case .v4(let bits):
      return "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)"
    case .v6(let high, let low):
      let groups = (0..<8).map {
        UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> UInt64(48 - ($0 % 4) * 16))
      }
      var longest = 0..<0
      var index = 0
      while index < 8 {
        var end = index
        while end < 8 && groups[end] == 0 { end += 1 }
        if end - index > max(longest.count, 1) { longest = index..<end }
        index = end + 1
      }
      let hex = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
      guard !longest.isEmpty else { return hex(groups[...]) }
      return hex(groups[..<longest.lowerBound]) + "::" + hex(groups[longest.upperBound...])
    }
  }
}
