internal import CBOR
internal import Crypto

/// What the authenticator says of itself and of the person (WebAuthn Level 2 §6.1).
struct AuthenticatorData {
  let bytes: [UInt8]
  let isUserPresent: Bool
  let isUserVerified: Bool
  let signCount: UInt32
  let credential: AttestedCredential?

  struct AttestedCredential {
    let id: [UInt8]
    /// The key as COSE writes it, byte for byte.
    let publicKey: [UInt8]
  }

  private static let headLength = 37

  init(
    _ bytes: [UInt8], at party: RelyingParty, requiresVerification: Bool
  ) throws(CeremonyError) {
    guard bytes.count >= Self.headLength, bytes.count <= CBORReader.longest else { throw .malformed }
    self.bytes = bytes
    // §7.1 step 13, §7.2 step 15: the rpIdHash is the SHA-256 hash of the RP ID expected by the Relying Party.
    guard constantTimeEqual(Array(bytes[0..<32]), SHA256.hash(party.id)) else { throw .wrongRelyingParty }
    let flags = bytes[32]
    isUserPresent = flags & 0x01 != 0
    isUserVerified = flags & 0x04 != 0
    let (hasCredential, hasExtensions) = (flags & 0x40 != 0, flags & 0x80 != 0)
    signCount = bytes[33..<37].reduce(0) { $0 << 8 | UInt32($1) }

    var position = Self.headLength
    var credential: AttestedCredential?
    do {
      if hasCredential {
        guard bytes.count >= position + 18 else { throw CBORError.malformed }
        let length = Int(bytes[position + 16]) << 8 | Int(bytes[position + 17])
        position += 18
        // §5.8.3: a credential id has 1023 bytes at most.
        guard (1...1023).contains(length), bytes.count > position + length else { throw CBORError.malformed }
        let id = Array(bytes[position..<position + length])
        position += length
        var reader = try CBORReader(bytes, from: position)
        _ = try reader.next()
        credential = AttestedCredential(id: id, publicKey: Array(bytes[position..<reader.position]))
        position = reader.position
      }
      if hasExtensions {
        var reader = try CBORReader(bytes, from: position)
        guard try reader.next().map != nil else { throw CBORError.malformed }
        position = reader.position
      }
    } catch { throw .malformed }
    guard position == bytes.count else { throw .malformed }
    self.credential = credential
    // §7.1 step 14, §7.2 step 16: the User Present bit is set.
    guard isUserPresent else { throw .userNotPresent }
    // §7.1 step 15, §7.2 step 17: if user verification is required, the User Verified bit is set.
    guard isUserVerified || !requiresVerification else { throw .userNotVerified }
  }
}
