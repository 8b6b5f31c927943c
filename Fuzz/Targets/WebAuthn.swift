internal import CBOR
internal import Crypto
internal import WebAuthn

extension FuzzTarget {
  /// What authenticators answer (WebAuthn Level 2 §6.1, §6.5): the bytes as an attestation object, and as what stands
  /// behind a proper rpIdHash in one.
  static let webAuthn = FuzzTarget(name: "webauthn") { bytes in
    guard let party = RelyingParty(origin: "https://gate.example") else { return }
    let challenge = Array("challenge".utf8)
    func clientData(_ type: String) -> [UInt8] {
      let text = Base64URL.encode(challenge)
      return Array(#"{"type":"\#(type)","challenge":"\#(text)","origin":"\#(party.origin)"}"#.utf8)
    }
    func registration(_ object: [UInt8], requiresVerification: Bool) -> Registration? {
      accepted {
        try Registration(
          clientData: clientData("webauthn.create"), attestationObject: object, challenge: challenge,
          at: party,
          requiresVerification: requiresVerification)
      }
    }
    let data = SHA256.hash(party.id) + bytes
    let object = CBOR.map([
      .text("fmt"): .text("none"), .text("attStmt"): .map([:]), .text("authData"): .bytes(data),
    ]).written
    for object in [bytes, object] {
      guard let found = registration(object, requiresVerification: false) else { continue }
      try hold(
        (1...1023).contains(found.credentialID.count), "an identifier of \(found.credentialID.count) bytes")
      try hold(
        accepted { try CredentialKey(cose: found.publicKey) } != nil, "a key that can't be used is kept")
      let verified = registration(object, requiresVerification: true)
      try hold((verified != nil) == found.isUserVerified, "who did not verify the person is taken for it")
      // Nobody signed this.
      let assertion = accepted {
        try Assertion(
          clientData: clientData("webauthn.get"), authenticatorData: data, signature: [],
          challenge: challenge,
          at: party, publicKey: found.publicKey, signCount: 0, requiresVerification: false)
      }
      try hold(assertion == nil, "an assertion without a signature is taken")
    }
    _ = accepted {
      try Registration(
        clientData: bytes, attestationObject: object, challenge: challenge, at: party,
        requiresVerification: false)
    }
  }
}
