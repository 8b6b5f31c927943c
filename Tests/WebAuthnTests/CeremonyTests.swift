internal import Crypto
internal import Testing
internal import WebAuthn

@Suite("WebAuthn Level 2 §7: the ceremonies")
struct CeremonyTests {
  let challenge = [UInt8](repeating: 7, count: 32)
  let party: RelyingParty

  init() throws { party = try #require(RelyingParty(origin: "https://gate.example")) }

  @Test(
    arguments: [
      ("https://gate.example", "gate.example"), ("https://gate.example:8443", "gate.example"),
      ("http://localhost:8080", "localhost"), ("http://127.0.0.1:8080", nil), ("http://[::1]:8080", nil),
      ("nonsense", nil),
    ] as [(String, String?)])
  func `§5_1_2 a relying party has a name, not an address`(origin: String, id: String?) {
    #expect(RelyingParty(origin: origin)?.id == id)
  }

  @Test func `§7_1 a credential without attestation is taken`() throws {
    let key = try SoftAuthenticator()
    let made = try key.register(challenge, at: party)
    #expect(made.credentialID == key.id && made.publicKey == key.cose && made.isUserVerified)
  }

  @Test func `§8_2 self attestation is taken when the key signed it, and only then`() throws {
    let key = try SoftAuthenticator()
    let (data, client) = (key.credentialData(), key.clientData("webauthn.create", challenge))
    func register(_ statement: [UInt8]) throws {
      _ = try Registration(
        clientData: client, attestationObject: key.attestation(data, format: "packed", statement: statement),
        challenge: challenge, at: party, requiresVerification: true)
    }
    try register(key.selfStatement(data, client))
    #expect(throws: CeremonyError.wrongSignature) { try register(key.selfStatement(data, [1])) }
    #expect(throws: CeremonyError.malformed) {
      try register(key.selfStatement(data, client, algorithm: 0x27))
    }
    #expect(throws: CeremonyError.unsupportedAttestation) {
      try register([0xa1] + key.text("x5c") + [0x80])
    }
  }

  @Test(arguments: ["fido-u2f", "tpm", "", "None"]) func `other attestations are refused`(
    format: String
  ) throws {
    let key = try SoftAuthenticator()
    #expect(throws: CeremonyError.unsupportedAttestation) {
      try Registration(
        clientData: key.clientData("webauthn.create", challenge),
        attestationObject: key.attestation(key.credentialData(), format: format), challenge: challenge,
        at: party, requiresVerification: true)
    }
  }

  enum Lie: String, CaseIterable {
    case origin, subdomain, port, party, challenge, present, verified, type, crossOrigin
  }

  private func tell(_ lie: Lie, _ key: SoftAuthenticator) -> CeremonyError {
    switch lie {
    case .origin:
      key.origin = "https://evil.example"
      return .wrongOrigin
    case .subdomain:
      key.origin = "https://a.gate.example"
      return .wrongOrigin
    case .port:
      key.origin = "https://gate.example:444"
      return .wrongOrigin
    case .party:
      key.partyID = "evil.example"
      return .wrongRelyingParty
    case .challenge: return .wrongChallenge
    case .present:
      key.flags = 0x04
      return .userNotPresent
    case .verified:
      key.flags = 0x01
      return .userNotVerified
    case .type:
      key.type = "payment.get"
      return .wrongType
    case .crossOrigin:
      key.crossOrigin = "true"
      return .crossOrigin
    }
  }

  @Test(arguments: Lie.allCases) func `C20 §7_1 a registration that lies is refused`(lie: Lie) throws {
    let key = try SoftAuthenticator()
    let error = tell(lie, key)
    let asked = lie == .challenge ? [UInt8](repeating: 8, count: 32) : challenge
    #expect(throws: error) {
      try Registration(
        clientData: key.clientData("webauthn.create", asked),
        attestationObject: key.attestation(key.credentialData()), challenge: challenge, at: party,
        requiresVerification: true)
    }
  }

  @Test(arguments: Lie.allCases) func `C20 §7_2 an assertion that lies is refused`(lie: Lie) throws {
    let key = try SoftAuthenticator()
    let error = tell(lie, key)
    let answer = try key.answer(lie == .challenge ? [UInt8](repeating: 8, count: 32) : challenge)
    #expect(throws: error) { try assertion(answer, key) }
  }

  private func assertion(
    _ answer: (client: [UInt8], data: [UInt8], signature: [UInt8]), _ key: SoftAuthenticator,
    stored: UInt32 = 0, uv: Bool = true
  ) throws -> Assertion {
    try Assertion(
      clientData: answer.client, authenticatorData: answer.data, signature: answer.signature,
      challenge: challenge, at: party, publicKey: key.cose, signCount: stored, requiresVerification: uv)
  }

  @Test func `§7_2 an assertion of the key is taken`() throws {
    let key = try SoftAuthenticator()
    let taken = try assertion(key.answer(challenge), key)
    #expect(taken.signCount == 1 && taken.isUserVerified)
  }

  @Test func `C20 verification that is not required is not faked`() throws {
    let key = try SoftAuthenticator()
    key.flags = 0x01
    #expect(try !assertion(key.answer(challenge), key, uv: false).isUserVerified)
  }

  @Test func `§7_2 somebody else's key, another message and a cut signature are refused`() throws {
    let (key, other) = (try SoftAuthenticator(), try SoftAuthenticator())
    var answer = try key.answer(challenge)
    #expect(throws: CeremonyError.wrongSignature) { try assertion(answer, other) }
    answer.signature.removeLast()
    #expect(throws: CeremonyError.wrongSignature) { try assertion(answer, key) }
    answer = try key.answer(challenge)
    answer.data[36] ^= 1
    #expect(throws: CeremonyError.wrongSignature) { try assertion(answer, key) }
  }

  @Test(arguments: [(0, 0, true), (0, 1, true), (5, 6, true), (5, 5, false), (5, 4, false), (5, 0, false)])
  func `C20 §7_2 step 21 a counter that goes back is a copy`(
    stored: UInt32, sent: UInt32, isTaken: Bool
  ) throws {
    let key = try SoftAuthenticator()
    key.count = sent
    let (client, data) = (key.clientData("webauthn.get", challenge), key.head())
    let answer = (client, data, try key.sign(data + SHA256.hash(client)))
    if isTaken {
      #expect(try assertion(answer, key, stored: stored).signCount == sent)
    } else {
      #expect(throws: CeremonyError.counterRolledBack) { try assertion(answer, key, stored: stored) }
    }
  }

  @Test(arguments: ["empty", "cut", "more behind it", "no credential", "not JSON", "a list"])
  func `bytes that are nothing are refused`(what: String) throws {
    let key = try SoftAuthenticator()
    var data = key.credentialData()
    var client = key.clientData("webauthn.create", challenge)
    switch what {
    case "empty": data = []
    case "cut": data.removeLast(3)
    case "more behind it": data += [0]
    case "no credential": data = key.head()
    case "not JSON": client = [0xff]
    default: client = Array("[]".utf8)
    }
    #expect(throws: CeremonyError.self) {
      try Registration(
        clientData: client, attestationObject: key.attestation(data), challenge: challenge, at: party,
        requiresVerification: true)
    }
  }

  @Test(
    arguments: [
      [0xa0], [0xa1, 0x01, 0x02], [0xa3, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01],
      // A point that is not on the curve; a secret key type; an RSA key of 8 bits.
      [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20] + [UInt8](repeating: 1, count: 32)
        + [0x22, 0x58, 0x20] + [UInt8](repeating: 1, count: 32),
      [0xa2, 0x01, 0x04, 0x20, 0x41, 1],
      [0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x41, 0xff, 0x21, 0x41, 3],
    ] as [[UInt8]])
  func `RFC 9053 a key that is none is refused`(bytes: [UInt8]) {
    #expect(throws: CeremonyError.unsupportedKey) { try CredentialKey(cose: bytes) }
  }
}
