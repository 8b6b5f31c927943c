extension PublicKey {
  /// Whether `signature`, in the form that X.509 and WebAuthn have it, is one of `message`: for ECDSA the DER of both
  /// numbers (RFC 3279 §2.2.3), for the others the same as in JWS.
  package func isValid(x509 signature: [UInt8], for message: [UInt8]) -> Bool {
    guard algorithm == .es256 else { return isValid(signature, for: message) }
    guard let numbers = ECDSASignature(der: signature) else { return false }
    return isValid(numbers.raw, for: message)
  }
}
