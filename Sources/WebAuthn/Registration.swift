internal import CBOR
internal import Crypto

/// A new credential (WebAuthn Level 2 §7.1). Where it was made does not matter here: attestation is not asked for, and
/// what comes all the same is checked as far as it vouches for itself.
package struct Registration: Sendable {
  package let credentialID: [UInt8]
  /// The key as COSE writes it.
  package let publicKey: [UInt8]
  package let signCount: UInt32
  package let isUserVerified: Bool

  /// Checks what `navigator.credentials.create` gave.
  package init(
    clientData: [UInt8], attestationObject: [UInt8], challenge: [UInt8], at party: RelyingParty,
    requiresVerification: Bool
  ) throws(CeremonyError) {
    let client = try ClientData(clientData, .create, challenge: challenge, at: party)
    let object: CBOR
    do { object = try CBORReader.value(of: attestationObject) } catch { throw .malformed }
    guard let format = object["fmt"]?.text, let statement = object["attStmt"]?.map,
      let bytes = object["authData"]?.bytes
    else { throw .malformed }
    let data = try AuthenticatorData(bytes, at: party, requiresVerification: requiresVerification)
    guard let credential = data.credential else { throw .malformed }
    let key = try CredentialKey(cose: credential.publicKey)
    switch format {
    case "none":
      // §8.7: the statement is an empty map.
      guard statement.isEmpty else { throw .malformed }
    case "packed" where statement[.text("x5c")] == nil && statement[.text("ecdaaKeyId")] == nil:
      // §8.2: in self attestation the algorithm is the key's own, and the key signs.
      guard statement[.text("alg")]?.integer == key.algorithm, let signature = statement[.text("sig")]?.bytes
      else { throw .malformed }
      guard key.isValid(signature, for: bytes + client.digest) else { throw .wrongSignature }
    // Certificates of makers are not looked at: nobody's list of trusted makers is kept here.
    default: throw .unsupportedAttestation
    }
    credentialID = credential.id
    publicKey = credential.publicKey
    signCount = data.signCount
    isUserVerified = data.isUserVerified
  }
}
