internal import Crypto
internal import Glibc
internal import HTTP
internal import JSON
internal import OAuth
internal import World

/// Signs what the fuzzer makes up, and knows what of it may be believed.
struct Notary: Sendable {
  static let shared = Result { try Notary() }

  let key: SigningKey
  private let ours: SigningKeys

  private static let now = Instant(seconds: 1_800_000_000)
  private static let issuer = "https://gate.example"
  private static let target = "https://gate.example/token"

  private struct NoDirectory: Error {}

  private init() throws {
    var template = Array("/tmp/gatehouse-fuzz-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw NoDirectory() }
    let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      for file in ["signing.pem", "root.key", "lock"] { _ = unsafe unlink(directory + "/" + file) }
      _ = unsafe rmdir(directory)
    }
    ours = try Keyring(directory: directory, world: World(now: { Self.now }, random: Random.bytes)).signing
    key = ours.signer(at: Self.now)
  }

  /// A text that nobody signed: whatever it says, nobody may believe it.
  func refuse(_ text: String) throws {
    try hold(accessToken(text) == nil, "an access token without a signature is taken")
    try hold(proof(text) == nil, "a proof without a signature is taken")
    // These two are believed only with `isSigned`.
    for jwt in [assertion(text)?.jwt, identity(text)?.jwt, CompactJWT(text)] {
      try hold(jwt?.isSigned(by: key.publicKey) != true, "a text without a signature is signed")
    }
  }

  /// A text that was signed with our key.
  func check(_ text: String, _ header: JSONObject, _ claims: JSONObject) throws {
    let type = header["typ"]?.string?.lowercased()
    let kind = type.map { $0.hasPrefix("application/") ? String($0.dropFirst(12)) : $0 }
    let isProper = header["alg"]?.string == "ES256" && header["crit"] == nil
    if let token = accessToken(text) {
      try hold(isProper && kind == "at+jwt", "an access token of another kind is taken: \(header)")
      try hold(Self.now < token.expiresAt && token.issuedAt <= Self.now + .minutes(1), "its time is over")
      try hold(accessToken(try token.signed(by: key)) == token, "\(token) is not read as itself")
    }
    if let assertion = assertion(text) {
      try hold(isProper && kind != "at+jwt" && kind != "dpop+jwt", "an assertion of another kind: \(header)")
      try hold(claims["aud"]?.string == Self.issuer, "an assertion for somebody else")
      try hold(claims["iss"] == .string(assertion.clientID), "an assertion of somebody else")
      try hold(Self.now < assertion.expiresAt, "an assertion that is over")
      try hold(assertion.jwt.isSigned(by: key.publicKey), "a signature that does not count")
    }
    if let identity = identity(text) {
      try hold(isProper && kind == "oauth-id-jag+jwt", "an identity of another kind: \(header)")
      try hold(!identity.subject.isEmpty && !identity.issuer.isEmpty, "an identity of nobody")
    }
    if let proof = proof(text) {
      try hold(isProper && kind == "dpop+jwt", "a proof of another kind: \(header)")
      try hold(proof.thumbprint.text == key.publicKey.thumbprint, "a proof of another key")
      // RFC 9449 §4.2: the jwk MUST NOT contain a private key.
      try hold(header["jwk"]?["d"] == nil, "a proof with a private key")
      try hold(claims["htm"]?.string == "POST", "a proof for another method")
      try hold(abs((proof.issuedAt - Self.now).wholeSeconds) <= 300, "a proof of another time")
    }
  }

  private func accessToken(_ text: String) -> AccessToken? {
    accepted {
      try AccessToken(
        verifying: text, keys: ours, issuer: Self.issuer, audience: Self.issuer + "/mcp", now: Self.now)
    }
  }

  private func assertion(_ text: String) -> ClientAssertion? {
    accepted { try ClientAssertion(text, issuer: Self.issuer, now: Self.now) }
  }

  private func identity(_ text: String) -> IdentityAssertion? {
    accepted { try IdentityAssertion(text, audience: Self.issuer, now: Self.now) }
  }

  private func proof(_ text: String) -> DPoPProof? {
    accepted { try DPoPProof(text, method: "POST", target: Self.target, now: Self.now) }
  }
}
