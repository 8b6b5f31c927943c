internal import Crypto
internal import JSON

/// What the browser says of a ceremony, and what the authenticator signs the digest of (WebAuthn Level 2 §5.8.1).
struct ClientData {
  enum Ceremony: String { case create = "webauthn.create", get = "webauthn.get" }

  let digest: [UInt8]

  private static let longest = 4096

  /// Steps 7 to 10 of §7.1, 11 to 14 of §7.2.
  init(
    _ bytes: [UInt8], _ ceremony: Ceremony, challenge: [UInt8], at party: RelyingParty
  ) throws(CeremonyError) {
    guard bytes.count <= Self.longest else { throw .malformed }
    let data: JSONValue
    do { data = try JSONValue(parsing: bytes) } catch { throw .malformed }
    guard data["type"]?.string == ceremony.rawValue else { throw .wrongType }
    guard let given = data["challenge"]?.string.flatMap({ Base64URL.decode($0) }) else { throw .malformed }
    guard constantTimeEqual(given, challenge) else { throw .wrongChallenge }
    guard data["origin"]?.string == party.origin else { throw .wrongOrigin }
    guard data["crossOrigin"]?.bool != true, data["topOrigin"] == nil else { throw .crossOrigin }
    digest = SHA256.hash(bytes)
  }
}
