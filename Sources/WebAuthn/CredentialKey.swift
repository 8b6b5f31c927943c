internal import CBOR
internal import Crypto

/// The public key of a credential, out of its COSE form (RFC 9052 §7, RFC 9053 §7, RFC 8230 §4).
package struct CredentialKey: Sendable {
  /// The algorithms that are offered, best first, by their COSE numbers: EdDSA, ES256, RS256.
  package static let algorithms: [Int64] = [-8, -7, -257]

  private let key: PublicKey

  /// - Throws: `CeremonyError.unsupportedKey`, also for a key that is not sound.
  package init(cose bytes: [UInt8]) throws(CeremonyError) {
    do {
      let map = try CBORReader.value(of: bytes)
      switch (map[1]?.integer, map[3]?.integer, map[-1]) {
      case (2, -7, .unsigned(1)):
        guard let x = map[-2]?.bytes, let y = map[-3]?.bytes else { throw CeremonyError.unsupportedKey }
        key = try PublicKey(x: x, y: y)
      case (1, -8, .unsigned(6)):
        guard let x = map[-2]?.bytes else { throw CeremonyError.unsupportedKey }
        key = try PublicKey(ed25519: x)
      case (3, -257, .bytes(let modulus)):
        guard let exponent = map[-2]?.bytes else { throw CeremonyError.unsupportedKey }
        key = try PublicKey(modulus: modulus, exponent: exponent)
      default: throw CeremonyError.unsupportedKey
      }
    } catch { throw .unsupportedKey }
  }

  /// The COSE number of its algorithm.
  var algorithm: Int64 {
    switch key.algorithm {
    case .edDSA: -8
    case .es256: -7
    case .rs256: -257
    }
  }

  func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
    key.isValid(x509: signature, for: message)
  }
}
