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
      self = high == 0 && low >> 32 == 0xffff ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high: high, low: low)
    default: return nil
    }
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
      let groups = (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> UInt64(48 - ($0 % 4) * 16)) }
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
