/// A public key that signatures are checked with, ours or somebody else's. The key decides the algorithm: what a token
/// says of it has to agree, and decides nothing (RFC 8725 §3.1).
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
  /// The members that make the key in a JWK (RFC 7518 §6, RFC 8037 §2), in lexicographic order.
  package let members: [(name: String, value: String)]
  /// The JWK thumbprint with SHA-256 (RFC 7638), in base64url: what this house calls the key ("kid").
  package let thumbprint: String
  private let kind: Kind

  private init(_ kind: Kind, _ algorithm: Algorithm, _ members: [(name: String, value: String)]) {
    self.kind = kind
    self.algorithm = algorithm
    self.members = members
    // RFC 7638 §3.2: the required members alone, in lexicographic order, without white space; none of the values has
    // anything to escape.
    let text = members.map { "\"\($0.name)\":\"\($0.value)\"" }.joined(separator: ",")
    thumbprint = Base64URL.encode(SHA256.hash("{\(text)}"))
  }

  /// A point on P-256: its coordinates, 32 bytes each (RFC 7518 §6.2.1).
  ///
  /// - Throws: `CryptoError.malformedKey`.
  package init(x: [UInt8], y: [UInt8]) throws(CryptoError) {
    self.init(
      .p256(try VerifyingKey(x: x, y: y)), .es256,
      [("crv", "P-256"), ("kty", "EC"), ("x", Base64URL.encode(x)), ("y", Base64URL.encode(y))])
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
    self.init(
      .other(try VerifyingHandle(modulus: modulus, exponent: exponent)), .rs256,
      [("e", Base64URL.encode(exponent)), ("kty", "RSA"), ("n", Base64URL.encode(modulus))])
  }

  /// A point on Ed25519, 32 bytes (RFC 8037 §2).
  ///
  /// - Throws: `CryptoError.malformedKey`.
  package init(ed25519 point: [UInt8]) throws(CryptoError) {
    guard point.count == 32 else { throw .malformedKey }
    self.init(
      .other(try VerifyingHandle(ed25519: point)), .edDSA,
      [("crv", "Ed25519"), ("kty", "OKP"), ("x", Base64URL.encode(point))])
  }

  /// A member of the JWK, decoded; empty when it has none of that name.
  package subscript(_ name: String) -> [UInt8] {
    members.first { $0.name == name }.flatMap { Base64URL.decode($0.value) } ?? []
  }

  /// The coordinates of a point, as in a JWK (RFC 7518 §6.2.1).
  package var x: [UInt8] { self["x"] }
  package var y: [UInt8] { self["y"] }

  /// Whether `signature`, in the form that JWS has it, is one of `message`.
  package func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
    switch kind {
    case .p256(let key): key.isValid(signature, for: message)
    case .other(let handle): handle.isValid(signature, for: message)
    }
  }
}
