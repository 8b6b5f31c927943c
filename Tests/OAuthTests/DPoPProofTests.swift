internal import Crypto
internal import HTTP
internal import JSON
internal import Synchronization
internal import Testing
internal import World

@testable internal import OAuth

@Suite("DPoP proofs (RFC 9449 §4)")
struct DPoPProofTests {
  private let now = Instant(seconds: 1_795_000_000)
  private let target = "https://gate.example/oauth/token"
  private let prover: Prover

  init() throws { prover = try Prover() }

  /// `good`, or the reason of the refusal.
  private func verdict(
    _ text: String, method: String = "POST", target: String? = nil, accessToken: String? = nil
  ) -> String {
    do {
      _ = try DPoPProof(
        text, method: method, target: target ?? self.target, accessToken: accessToken, now: now)
      return "good"
    } catch { return error.rawValue }
  }

  @Test func `§4_1 the example of the RFC, at its time`() throws {
    let proof = try DPoPProof(
      ForeignProofs.rfc9449, method: "POST", target: "https://server.example.com/token",
      now: Instant(seconds: 1_562_262_616))
    #expect(proof.thumbprint.text == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
    #expect(proof.identifier == "-BwC3ESc6acc2lTc")
  }

  @Test(arguments: [
    (ForeignProofs.rs256, ForeignProofs.rs256Thumbprint),
    (ForeignProofs.edDSA, ForeignProofs.edDSAThumbprint),
  ])
  func `RFC 7638 RS256 and EdDSA proofs of another library, and the names of their keys`(
    text: String, thumbprint: String
  ) throws {
    #expect(try DPoPProof(text, method: "POST", target: target, now: now).thumbprint.text == thumbprint)
  }

  @Test func `RFC 7518 §3_3 an RSA key of less than 2048 bits is refused`() {
    #expect(verdict(ForeignProofs.rsa1024) == "unusableKey")
  }

  @Test func `what it says is what it was made with`() throws {
    let proof = try DPoPProof(
      try prover.proof(["jti": "j", "nonce": "n"]), method: "POST", target: target, now: now)
    #expect(proof.thumbprint.text == prover.thumbprint)
    #expect(proof.identifier == "j" && proof.nonce == "n" && proof.issuedAt == now)
  }

  @Test(
    arguments: [
      (["htm": "GET"], "wrongMethod"), (["htm": "post"], "wrongMethod"), (["htm": nil], "missingClaim"),
      (["htu": nil], "missingClaim"), (["htu": "https://gate.example/mcp"], "wrongTarget"),
      (["htu": "/oauth/token"], "wrongTarget"), (["htu": ""], "wrongTarget"),
      (["htu": "https://evil.example/oauth/token"], "wrongTarget"),
      (["htu": "http://gate.example/oauth/token"], "wrongTarget"),
      (["htu": "https://gate.example:444/oauth/token"], "wrongTarget"),
      (["htu": "https://gate.example/oauth/token/"], "wrongTarget"),
      (["htu": "https://gate.example/OAuth/token"], "wrongTarget"),
      (["htu": "https://sam@gate.example/oauth/token"], "wrongTarget"),
      (["htu": "https://gate.example/oauth/token?a=b#c"], "good"),
      (["htu": "HTTPS://Gate.EXAMPLE:443/oauth/token"], "good"),
      (["htu": "https://gate.example/%6fauth/t%6Fken"], "good"),
      (["htu": "https://gate.example/oauth%2Ftoken"], "wrongTarget"),
      (["htu": "https://gate.example/oauth/token%"], "wrongTarget"),
      (["iat": nil], "missingClaim"), (["iat": "1795000000"], "missingClaim"),
      (["iat": 1_795_000_060], "good"), (["iat": 1_795_000_061], "notYetValid"),
      (["iat": 1_794_999_700], "good"), (["iat": 1_794_999_699], "tooOld"),
      (["iat": 1_795_000_000.5], "good"),
      (["jti": nil], "missingClaim"), (["jti": ""], "missingClaim"), (["jti": 7], "missingClaim"),
      (["jti": .string(String(repeating: "x", count: 513))], "missingClaim"), (["nonce": 7], "missingClaim"),
    ] as [([String: JSONValue?], String)])
  func `K15 K16 K17 §4_3 the claims`(claims: [String: JSONValue?], expected: String) throws {
    #expect(verdict(try prover.proof(claims)) == expected)
  }

  @Test(
    arguments: [
      (["typ": "JWT"], "wrongType"), (["typ": nil], "wrongType"), (["typ": "at+jwt"], "wrongType"),
      (["typ": "DPoP+JWT"], "good"), (["typ": "application/dpop+jwt"], "good"),
      (["alg": "none"], "wrongAlgorithm"), (["alg": "HS256"], "wrongAlgorithm"),
      (["alg": nil], "wrongAlgorithm"),
      (["alg": "RS256"], "wrongAlgorithm"), (["alg": "ES384"], "wrongAlgorithm"),
      (["crit": ["exp"]], "wrongAlgorithm"), (["jwk": nil], "unusableKey"), (["jwk": "k"], "unusableKey"),
      (["jwk": ["kty": "oct", "k": "c2VjcmV0"]], "privateKey"), (["jwk": ["kty": "EC"]], "unusableKey"),
      (["kid": "elsewhere"], "good"),
    ] as [([String: JSONValue?], String)])
  func `K19 §4_3 the header`(header: [String: JSONValue?], expected: String) throws {
    #expect(verdict(try prover.proof(header: header)) == expected)
  }

  @Test(arguments: ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
  func `K20 §4_3 the jwk must not contain a private key`(member: String) throws {
    var jwk = prover.jwk
    jwk[member] = "AQAB"
    #expect(verdict(try prover.proof(header: ["jwk": .object(jwk)])) == "privateKey")
  }

  @Test func `§4_3 the signature must verify with the key in the header`() throws {
    let other = try Prover()
    #expect(verdict(try prover.proof(header: ["jwk": .object(other.jwk)])) == "badSignature")
    var text = try prover.proof()
    let last = text.removeLast()
    #expect(verdict(text) != "good")
    #expect(verdict(text + (last == "A" ? "Q" : "A")) != "good")
  }

  @Test(arguments: ["", "a", "a.b", "a.b.c", "....", "é.é.é"])
  func `§4_3 what is not a JWT`(text: String) {
    #expect(verdict(text) == "malformed")
  }

  @Test func `§4_3 two proofs joined by a comma, and an oversized one, are none`() throws {
    #expect(verdict(try prover.proof() + "," + prover.proof()) == "malformed")
    #expect(
      verdict(try prover.proof(["x": .string(String(repeating: "x", count: 8192))])) == "malformed")
  }

  @Test func `§4_3 §7 with an access token, ath is its hash`() throws {
    let hash = JSONValue.string(Base64URL.encode(SHA256.hash("token")))
    #expect(verdict(try prover.proof(["ath": hash]), accessToken: "token") == "good")
    #expect(verdict(try prover.proof(["ath": hash]), accessToken: "Token") == "wrongToken")
    #expect(verdict(try prover.proof(), accessToken: "token") == "wrongToken")
    #expect(verdict(try prover.proof(["ath": hash])) == "good")
  }

  @Test(arguments: [
    ("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", true), ("", false),
    ("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4", false),
    ("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J", false),
    ("0ZcOCORZNYy+DWpqq30jZyJGHTN0d2HglBV3uiguA4I", false),
  ])
  func `§10 a thumbprint is the base64url form of 32 bytes`(text: String, isOne: Bool) {
    #expect((KeyThumbprint(text) != nil) == isOne)
  }
}

@Suite("DPoP at a door (RFC 9449 §7, §8, §11)")
struct DPoPCheckTests {
  private final class Clock: Sendable {
    private let moment = Mutex(Instant(seconds: 1_795_000_000))
    var now: Instant { moment.withLock { $0 } }
    func advance(_ duration: Duration) { moment.withLock { $0 = $0 + duration } }
    var world: World { World(now: { self.now }, random: { [UInt8](repeating: 7, count: $0) }) }
  }

  private let clock = Clock()
  private let prover: Prover
  private let nonces = DPoPNonces(key: HMACKey(Secret("nonces")))

  init() throws { prover = try Prover() }

  private func check(requiresNonce: Bool = false) throws -> DPoPCheck {
    DPoPCheck(
      issuer: try #require(Issuer("https://gate.example")), nonces: nonces, isNonceRequired: requiresNonce,
      world: clock.world)
  }

  private func verdict(_ check: DPoPCheck, _ proofs: String...) -> String {
    verdict(proofs) { _ = try check.proof(of: $0) }
  }

  private func verdict(_ proofs: [String], _ body: (Request) throws -> Void) -> String {
    var fields = Fields()
    for proof in proofs { fields.add("DPoP", proof) }
    do {
      try body(Request(method: .post, path: "/oauth/token", query: "a=b", fields: fields))
      return "good"
    } catch DPoPCheck.Failure.invalid(let refusal) {
      return refusal.rawValue
    } catch { return "\(error)" }
  }

  private func proof(_ claims: [String: JSONValue?] = [:]) throws -> String {
    try prover.proof(["iat": .integer(clock.now.seconds)].merging(claims) { $1 })
  }

  @Test func `K18 §11_1 a proof is good once, for as long as it could be used`() throws {
    let check = try check()
    let first = try proof(["iat": .integer(clock.now.seconds + 60)])
    #expect(verdict(check, first) == "good")
    #expect(verdict(check, first) == "replayed")
    for _ in 0..<6 {
      clock.advance(.seconds(60))
      #expect(verdict(check, try proof()) == "good")
      #expect(verdict(check, first) == "replayed")
    }
    clock.advance(.seconds(1))
    #expect(verdict(check, first) == "tooOld")
  }

  @Test func `§4_3 one jti of two keys is two proofs`() throws {
    let check = try check()
    #expect(verdict(check, try proof(["jti": "j"])) == "good")
    #expect(verdict(check, try Prover().proof(["jti": "j"])) == "good")
    #expect(verdict(check, try proof(["jti": "j"])) == "replayed")
  }

  @Test func `§4_3 there must not be more than one field`() throws {
    let check = try check()
    #expect(verdict(check, try proof(), try proof()) == "several")
    #expect(try check.proof(of: Request(method: .post, path: "/oauth/token")) == nil)
  }

  @Test func `K21 §8 a nonce is good for its step and the next, everywhere where the key is`() throws {
    let (one, other) = (try check(requiresNonce: true), try check(requiresNonce: true))
    #expect(verdict(one, try proof()) == "nonceNeeded")
    #expect(verdict(one, try proof(["nonce": "made up"])) == "nonceNeeded")
    let nonce = JSONValue.string(one.nonce)
    #expect(one.nonce == other.nonce)
    #expect(verdict(one, try proof(["nonce": nonce])) == "good")
    clock.advance(DPoPNonces.step)
    #expect(verdict(other, try proof(["nonce": nonce])) == "good")
    #expect(.string(one.nonce) != nonce)
    clock.advance(DPoPNonces.step)
    #expect(verdict(one, try proof(["nonce": nonce])) == "nonceNeeded")
  }

  @Test func `§8 where nonces are only offered, a wrong one is refused all the same`() throws {
    let check = try check()
    #expect(verdict(check, try proof(["nonce": "made up"])) == "nonceNeeded")
    #expect(verdict(check, try proof(["nonce": .string(check.nonce)])) == "good")
    #expect(verdict(check, try proof()) == "good")
  }

  @Test func `§11_1 a proof from before a start has to show that it is younger`() throws {
    let (key, token) = (try #require(KeyThumbprint(prover.thumbprint)), "token")
    let hash = JSONValue.string(Base64URL.encode(SHA256.hash(token)))
    func verdict(_ check: DPoPCheck, _ claims: [String: JSONValue?] = [:]) throws -> String {
      self.verdict([try proof(["ath": hash].merging(claims) { $1 })]) {
        try check.admit($0, accessToken: token, boundTo: key)
      }
    }
    let before = try check()
    clock.advance(.seconds(30))
    let old: [String: JSONValue?] = ["iat": .integer(clock.now.seconds - 1), "jti": "old"]
    clock.advance(.seconds(1))
    let after = try check()
    #expect(try verdict(before, old) == "good")
    #expect(try verdict(after, old) == "nonceNeeded")
    #expect(try verdict(after, old.merging(["nonce": .string(after.nonce)]) { $1 }) == "nonceNeeded")
    #expect(try verdict(after) == "good")
    // The clock of a client may be slow: a nonce of a later step proves as much.
    clock.advance(DPoPNonces.step)
    #expect(try verdict(after, old.merging(["nonce": .string(after.nonce)]) { $1 }) == "good")
    #expect(try verdict(after, old.merging(["nonce": .string(after.nonce)]) { $1 }) == "replayed")
  }

  @Test func `§11_1 memory is bounded, and what was forgotten is known`() throws {
    let used = UsedProofs(since: clock.now, limit: 2)
    func spend(_ identifier: String) throws -> Bool {
      used.spend(
        try DPoPProof(
          proof(["jti": .string(identifier)]), method: "POST", target: "https://gate.example/oauth/token",
          now: clock.now), at: clock.now)
    }
    let start = used.since
    #expect(try spend("1") && spend("2"))
    clock.advance(.seconds(1))
    #expect(try spend("3") && spend("4"))
    #expect(try !spend("1"))
    #expect(used.since == start)
    clock.advance(.seconds(1))
    #expect(try spend("5"))
    #expect(used.since == start + .seconds(1))
    #expect(try !spend("3"))
  }
}
