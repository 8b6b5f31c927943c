/// A range of addresses in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3): `10.0.0.0/8`, `fc00::/7`, or one address alone.
package struct IPNetwork: Sendable, Hashable, CustomStringConvertible {
  private let base: IPAddress
  private let prefix: Int

  /// - Returns: nil for a malformed address or prefix length, and when bits behind the prefix are set: nobody should
  ///   have to guess which end of a range was meant.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let base = IPAddress(first) else { return nil }
    var prefix = base.width
    if parts.count == 2 {
      guard (1...3).contains(parts[1].utf8.count),
        parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
        let given = Int(parts[1])
      else { return nil }
      // Of an IPv4-mapped address the prefix counts from the beginning of all 128 bits.
      let hidden = base.width == 32 && first.utf8.contains(UInt8(ascii: ":")) ? 96 : 0
      guard (hidden...hidden + base.width).contains(given) else { return nil }
      prefix = given - hidden
    }
    self.base = base
    self.prefix = prefix
    guard base.bits & ~mask == 0 else { return nil }
  }

  private var mask: UInt128 {
    let all = base.width == 32 ? UInt128(UInt32.max) : UInt128.max
    let free = UInt128(base.width - prefix)
    return prefix == 0 ? 0 : (all >> free) << free
  }

  /// Whether the address lies in it. An IPv4 range holds no IPv6 address, and the other way round.
  package func contains(_ address: IPAddress) -> Bool {
    address.width == base.width && address.bits & mask == base.bits
  }

  package var description: String { "\(base)/\(prefix)" }
}

extension IPAddress {
  fileprivate var width: Int { if case .v4 = self { 32 } else { 128 } }

  fileprivate var bits: UInt128 {
    switch self {
    case .v4(let bits): UInt128(bits)
    case .v6(let high, let low): UInt128(high) << 64 | UInt128(low)
    }
  }
}
