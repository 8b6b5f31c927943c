internal import Crypto
internal import WebAuthn

/// An authenticator and a browser in one, which can be told to lie.
final class SoftAuthenticator {
  let key: SigningKey
  let id: [UInt8]
  var origin = "https://gate.example"
  var partyID = "gate.example"
  /// User present, user verified.
  var flags: UInt8 = 0x05
  var count: UInt32 = 0
  var crossOrigin = "false"
  var type: String?

  init(id: [UInt8] = [1, 2, 3, 4]) throws {
    key = try SigningKey.generate()
    self.id = id
  }

  func clientData(_ type: String, _ challenge: [UInt8]) -> [UInt8] {
    Array(
      #"{"type":"\#(self.type ?? type)","challenge":"\#(Base64URL.encode(challenge))","origin":"\#(origin)","crossOrigin":\#(crossOrigin)}"#
        .utf8)
  }

  /// kty EC2, alg ES256, crv P-256, x, y.
  var cose: [UInt8] {
    [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20] + key.publicKey.x + [0x22, 0x58, 0x20]
      + key.publicKey.y
  }

  func head(_ more: UInt8 = 0) -> [UInt8] {
    SHA256.hash(partyID) + [flags | more]
      + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> UInt32($0)) }
  }

  func credentialData() -> [UInt8] {
    head(0x40) + [UInt8](repeating: 0, count: 16) + [0, UInt8(id.count)] + id + cose
  }

  /// An attestation object: `fmt`, `attStmt`, `authData`.
  func attestation(_ data: [UInt8], format: String = "none", statement: [UInt8] = [0xa0]) -> [UInt8] {
    let length = [0x59, UInt8(data.count >> 8), UInt8(data.count & 255)] as [UInt8]
    return [0xa3] + text("fmt") + text(format) + text("attStmt") + statement + text("authData") + length
      + data
  }

  func selfStatement(_ data: [UInt8], _ clientData: [UInt8], algorithm: UInt8 = 0x26) throws -> [UInt8] {
    let signature = try sign(data + SHA256.hash(clientData))
    return [0xa2] + text("alg") + [algorithm] + text("sig") + [0x58, UInt8(signature.count)] + signature
  }

  func text(_ text: String) -> [UInt8] { [0x60 | UInt8(text.utf8.count)] + Array(text.utf8) }

  /// As X.509 has it: DER.
  func sign(_ message: [UInt8]) throws -> [UInt8] {
    let raw = try key.sign(message)
    let numbers = [raw[..<32], raw[32...]].flatMap { half -> [UInt8] in
      var number = Array(half.drop { $0 == 0 })
      if (number.first ?? 0x80) >= 0x80 { number.insert(0, at: 0) }
      return [0x02, UInt8(number.count)] + number
    }
    return [0x30, UInt8(numbers.count)] + numbers
  }

  func register(_ challenge: [UInt8], at party: RelyingParty, uv: Bool = true) throws -> Registration {
    try Registration(
      clientData: clientData("webauthn.create", challenge), attestationObject: attestation(credentialData()),
      challenge: challenge, at: party, requiresVerification: uv)
  }

  /// Client data, authenticator data and signature.
  func answer(_ challenge: [UInt8]) throws -> (client: [UInt8], data: [UInt8], signature: [UInt8]) {
    count += 1
    let client = clientData("webauthn.get", challenge)
    let data = head()
    return (client, data, try sign(data + SHA256.hash(client)))
  }
}
