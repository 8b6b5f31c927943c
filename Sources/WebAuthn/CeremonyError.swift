/// Why an answer of an authenticator is not taken (WebAuthn Level 2 §7). For the log: a person hears only that it did
/// not work.
package enum CeremonyError: String, Error, Sendable {
  /// It is not what WebAuthn says it has to look like.
  case malformed
  /// It was made for the other ceremony.
  case wrongType
  case wrongChallenge
  case wrongOrigin
  /// It was made in a frame of another site.
  case crossOrigin
  case wrongRelyingParty
  /// Nobody touched the authenticator.
  case userNotPresent
  /// The authenticator did not make sure who touched it.
  case userNotVerified
  case unsupportedKey
  case unsupportedAttestation
  case wrongSignature
  /// Its counter went back: there may be a copy of it.
  case counterRolledBack
}
