/// Somebody else's public key, which signatures of theirs are checked with. The key decides the algorithm: what a
/// token says of it has to agree, and decides nothing (RFC 8725 §3.1).
package struct PublicKey: Sendable {
  /// The JWS algorithms that are spoken (RFC 7518 §3.1, RFC 8037 §3.1).
  package enum Algorithm: String, Sendable, CaseIterable {
    /// ECDSA on P-256 with SHA-256.
    case es256 = "ES256"
    /// RSASSA-PKCS1-v1_5 with SHA-256, and a modulus of 2048 to 4096 bits.
    case rs256 = "RS256"
    /// Ed25519.
    case edDSA = "EdDSA"
  }

  private enum Kind: Sendable {
    case p256(VerifyingKey)
    case other(VerifyingHandle)
  }

  package let algorithm: Algorithm
  private let kind: Kind

  /// A point on P-256: its coordinates, 32 bytes each (RFC 7518 §6.2.1).
  ///
  /// - Throws: `CryptoError.malformedKey`.
  package init(x: [UInt8], y: [UInt8]) throws(CryptoError) {
    kind = .p256(try VerifyingKey(x: x, y: y))
    algorithm = .es256
  }

  /// An RSA key: both numbers big-endian and without leading zeros (RFC 7518 §6.3.1).
  ///
  /// - Throws: `CryptoError.malformedKey` unless the modulus has 2048 to 4096 bits and the exponent is a usual one.
  package init(modulus: [UInt8], exponent: [UInt8]) throws(CryptoError) {
    // RFC 7518 §3.3: a key of size 2048 bits or larger MUST be used; beyond 4096 one check costs too much.
    let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
    guard (2048...4096).contains(bits), modulus.first != 0, let last = modulus.last, last & 1 == 1,
      (1...4).contains(exponent.count), exponent.first != 0, let least = exponent.last, least & 1 == 1,
      exponent != [1]
    else { throw .malformedKey }
    kind = .other(try VerifyingHandle(modulus: modulus, exponent: exponent))
    algorithm = .rs256
  }

  /// A point on Ed25519, 32 bytes (RFC 8037 §2).
  ///
  /// - Throws: `CryptoError.malformedKey`.
  package init(ed25519 point: [UInt8]) throws(CryptoError) {
    guard point.count == 32 else { throw .malformedKey }
    kind = .other(try VerifyingHandle(ed25519: point))
    algorithm = .edDSA
  }

  /// Whether `signature`, in the form that JWS has it, is one of `message`.
  package func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
    switch kind {
    case .p256(let key): key.isValid(signature, for: message)
    case .other(let handle): handle.isValid(signature, for: message)
    }
  }
}
