/// The two numbers of an ECDSA signature over P-256: JWS wants them as 32 bytes each (RFC 7518 §3.4), OpenSSL as
/// DER (RFC 3279 §2.2.3).
struct ECDSASignature {
  /// r and s, 32 bytes each.
  let raw: [UInt8]

  /// RFC 7518 §3.4: the signature must be a 64-octet sequence.
  init?(raw: [UInt8]) {
    guard raw.count == 64 else { return nil }
    self.raw = raw
  }

  /// Takes `SEQUENCE { INTEGER r, INTEGER s }` as OpenSSL writes it.
  init?(der: [UInt8]) {
    guard der.count >= 2, der[0] == 0x30, Int(der[1]) == der.count - 2 else { return nil }
    var rest = der[2...]
    var raw: [UInt8] = []
    for _ in 0..<2 {
      guard rest.count >= 2, rest.removeFirst() == 0x02 else { return nil }
      let length = Int(rest.removeFirst())
      guard rest.count >= length else { return nil }
      let number = rest.prefix(length).drop { $0 == 0 }
      rest = rest.dropFirst(length)
      guard number.count <= 32 else { return nil }
      raw += [UInt8](repeating: 0, count: 32 - number.count) + number
    }
    guard rest.isEmpty else { return nil }
    self.raw = raw
  }

  /// The same in DER: without leading zeros, but with one where the number would read as negative.
  var der: [UInt8] {
    let numbers = [raw[..<32], raw[32...]].flatMap { half in
      var number = Array(half.drop { $0 == 0 })
      if number.first.map({ $0 >= 0x80 }) ?? true { number.insert(0, at: 0) }
      return [0x02, UInt8(number.count)] + number
    }
    return [0x30, UInt8(numbers.count)] + numbers
  }
}
