internal import Crypto

/// A proof that somebody holds a credential (WebAuthn Level 2 §7.2).
package struct Assertion: Sendable {
  package let signCount: UInt32
  package let isUserVerified: Bool

  /// Checks what `navigator.credentials.get` gave against what was kept of the credential.
  package init(
    clientData: [UInt8], authenticatorData: [UInt8], signature: [UInt8], challenge: [UInt8],
    at party: RelyingParty, publicKey: [UInt8], signCount stored: UInt32, requiresVerification: Bool
  ) throws(CeremonyError) {
    let client = try ClientData(clientData, .get, challenge: challenge, at: party)
    let data = try AuthenticatorData(authenticatorData, at: party, requiresVerification: requiresVerification)
    let key = try CredentialKey(cose: publicKey)
    guard key.isValid(signature, for: authenticatorData + client.digest) else { throw .wrongSignature }
    // §7.2 step 21: less than or equal to the stored signCount is a signal that the authenticator may be cloned.
    // Passkeys that are synced say 0 for ever.
    guard (data.signCount == 0 && stored == 0) || data.signCount > stored else { throw .counterRolledBack }
    signCount = data.signCount
    isUserVerified = data.isUserVerified
  }
}
