internal import Authentication
internal import AuthorizationServer
internal import Crypto
internal import Glibc
internal import HTTP
internal import JSON
internal import OAuth
internal import Synchronization
internal import Testing
internal import World

@testable internal import AuthorizationServer

@Suite("Rotation of signing keys")
final class KeyRotationTests {
  private let directory: String

  init() throws {
    var template = Array("/tmp/gatehouse-rotation-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw House.Unusable() }
    directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for file in ["signing.pem", "root.key", "lock"] { _ = unsafe unlink(directory + "/" + file) }
    _ = unsafe rmdir(directory)
  }

  /// Keys as one more process reads them.
  private func open(_ algorithm: PublicKey.Algorithm = .es256) throws -> Keyring {
    try Keyring(
      directory: directory, expecting: .nothing(algorithm),
      world: World(now: { TestWorld().now }, random: Random.bytes))
  }

  private func house(_ algorithm: PublicKey.Algorithm = .es256) async throws -> House {
    try await House(keyring: open(algorithm))
  }

  private func names(_ house: House) async -> [String] {
    await house.get("/oauth/jwks").json["keys"]?.array?.compactMap { $0["kid"]?.string } ?? []
  }

  private func header(_ token: String) throws -> JSONValue {
    let part = try #require(token.split(separator: ".").first)
    return try JSONValue(parsing: try #require(Base64URL.decode(part)))
  }

  private func added(_ rotated: SigningKeys.Rotated) throws -> String {
    guard case .added(let entry) = rotated else { throw House.Unexpected(answer: "\(rotated)") }
    return entry.key.publicKey.thumbprint
  }

  @Test func `A10 a rotation from its first minute to its last, while nobody restarts`() async throws {
    let house = try await house()
    let keys = house.keyring.signing
    let client = try await house.client()
    let first = house.signer.publicKey.thumbprint
    #expect(await names(house) == [first])

    let second = try added(keys.rotate(.now, at: house.clock.now))
    #expect(await names(house) == [first, second], "the next key is published before it signs")
    house.clock.advance(SigningTimeline.notice - .seconds(1))
    let before = try await house.tokens(client)
    #expect(try header(before.access)["kid"]?.string == first)
    #expect(await house.verdict(of: before.access) == "200")

    house.clock.advance(.seconds(1))
    let after = try await house.tokens(client)
    #expect(try header(after.access)["kid"]?.string == second)
    #expect(await names(house) == [second, first])
    #expect(
      await house.verdict(of: before.access) == "200", "a token signed before the rotation is good after it")
    #expect(await house.verdict(of: after.access) == "200")

    // One second before the last token of the old key expires, and after the clocks of other nodes agree that it has.
    house.clock.advance(TokenEndpoint.lifetime - .seconds(2))
    #expect(await house.verdict(of: before.access) == "200")
    #expect(await names(house) == [second, first])
    house.clock.advance(.seconds(1))
    #expect(await house.verdict(of: before.access) == "401 invalid_token")
    house.clock.advance(SigningTimeline.retention - TokenEndpoint.lifetime + .seconds(1))
    #expect(await names(house) == [second])
    guard case .notDue = try keys.rotate(.scheduled(every: nil, .es256), at: house.clock.now) else {
      Issue.record("a rotation without need")
      return
    }
    #expect(keys.timeline.entries.count == 1, "and its private half has left the disk")
  }

  @Test func `no token outlives the key that signed it`() {
    #expect(TokenEndpoint.lifetime < SigningTimeline.retention)
    // A key set is kept for 300 s and looked at every 10 s: all know a key before it signs.
    #expect(SigningTimeline.notice > .seconds(300) + SigningKeys.interval)
  }

  @Test func `introspection and revocation know the tokens of an old key, and sign with the new one`()
    async throws
  {
    let house = try await house()
    let asker = try await house.client(method: .secretPost, grants: [.authorizationCode, .refreshToken])
    let tokens = try await house.tokens(asker)
    let second = try added(house.keyring.signing.rotate(.now, at: house.clock.now - SigningTimeline.notice))
    house.clock.advance(.seconds(1))
    let answer = await house.post(
      "/oauth/introspect", [("token", tokens.access)] + asker.credentials,
      ["accept": "application/token-introspection+jwt"])
    #expect(try header(answer.text)["kid"]?.string == second)
    let payload = try #require(answer.text.split(separator: ".").dropFirst().first)
    let claims = try JSONValue(parsing: try #require(Base64URL.decode(payload)))
    #expect(claims["token_introspection"]?["active"] == true)
    let revoked = await house.post("/oauth/revoke", [("token", tokens.access)] + asker.credentials)
    #expect(revoked.status == 200)
    #expect(await house.verdict(of: tokens.access) == "401 invalid_token")
  }

  @Test func `a stolen key is refused at once, though its tokens were remembered as good`() async throws {
    let house = try await house()
    let tokens = try await house.tokens(try house.client())
    #expect(await house.verdict(of: tokens.access) == "200")
    let second = try added(house.keyring.signing.rotate(.compromised, at: house.clock.now))
    #expect(await house.verdict(of: tokens.access) == "401 invalid_token")
    #expect(await names(house) == [second])
  }

  @Test func `another process sees a rotation when it looks, and only then`() async throws {
    let (one, other) = (try open(), try open())
    #expect(try !other.signing.look())
    let second = try added(one.signing.rotate(.now, at: TestWorld().now))
    #expect(other.signing.key(second, at: TestWorld().now) == nil)
    #expect(try other.signing.look())
    #expect(other.signing.key(second, at: TestWorld().now)?.thumbprint == second)
    #expect(try !other.signing.look())
  }

  @Test func `of many that rotate at once one wins, and all find its key`() async throws {
    let rings = try (0..<8).map { _ in try open() }
    let names = try await withThrowingTaskGroup(of: (Bool, String).self) { group in
      for ring in rings {
        group.addTask {
          switch try ring.signing.rotate(.now, at: TestWorld().now) {
          case .added(let entry): (true, entry.key.publicKey.thumbprint)
          case .waiting(let entry): (false, entry.key.publicKey.thumbprint)
          case .notDue: (false, "")
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(names.count { $0.0 } == 1)
    #expect(Set(names.map(\.1)).count == 1)
    #expect(try open().signing.timeline.entries.count == 2)
  }

  @Test func `while another program holds the lock a rotation gives up in time`() throws {
    let keyring = try open()
    let holder = unsafe Glibc.open(directory + "/lock", O_RDWR)
    defer { close(holder) }
    #expect(flock(holder, LOCK_EX | LOCK_NB) == 0)
    let failure = #expect(throws: Keyring.Failure.self) {
      try keyring.signing.rotate(.now, at: TestWorld().now, patience: .milliseconds(20))
    }
    #expect(failure?.description.contains("another program") ?? false)
    #expect(keyring.signing.timeline.entries.count == 1)
  }

  @Test func `by schedule a key is made a day before the old one has signed for its time`() throws {
    let (keys, start) = (try open().signing, TestWorld().now)
    let rotation = SigningKeys.Rotation.scheduled(every: .days(90), .es256)
    for moment in [Duration.zero, .days(88), .days(89) - .seconds(1)] {
      guard case .notDue = try keys.rotate(rotation, at: start + moment) else {
        Issue.record("too early, at \(moment)")
        return
      }
    }
    guard case .added(let entry) = try keys.rotate(rotation, at: start + .days(89)) else {
      Issue.record("too late")
      return
    }
    #expect(entry.from == start + .days(90))
    guard case .waiting = try keys.rotate(rotation, at: start + .days(89) + .hours(23)) else {
      Issue.record("one waits already")
      return
    }
    // A server that was off for a year gives notice all the same.
    guard case .added(let late) = try keys.rotate(rotation, at: start + .days(500)) else {
      Issue.record("a year late")
      return
    }
    #expect(late.from == start + .days(500) + SigningTimeline.notice)
    #expect(keys.timeline.entries.count == 2)
  }

  @Test(arguments: PublicKey.Algorithm.allCases)
  func `0 days is never, and another algorithm is a rotation that gives notice`(
    algorithm: PublicKey.Algorithm
  ) throws {
    let (keys, start) = (try open().signing, TestWorld().now)
    let rotated = try keys.rotate(.scheduled(every: nil, algorithm), at: start + .days(10_000))
    if algorithm == .es256 {
      guard case .notDue = rotated else {
        Issue.record("\(rotated)")
        return
      }
    } else {
      guard case .added(let entry) = rotated else {
        Issue.record("\(rotated)")
        return
      }
      #expect(entry.key.publicKey.algorithm == algorithm)
      #expect(entry.from == start + .days(10_000) + SigningTimeline.notice)
    }
  }

  @Test(arguments: PublicKey.Algorithm.allCases)
  func `A10 RFC 7517 §4 the key set has the public members of the algorithm alone, and the metadata names it`(
    algorithm: PublicKey.Algorithm
  ) async throws {
    let house = try await house(algorithm)
    let answer = await house.get("/oauth/jwks")
    let key = try #require(answer.json["keys"]?.array?.first?.object)
    let members = Set(key.members.map(\.name))
    let own: Set<String> =
      switch algorithm {
      case .es256: ["crv", "x", "y"]
      case .rs256: ["n", "e"]
      case .edDSA: ["crv", "x"]
      }
    #expect(members == own.union(["kty", "use", "alg", "kid"]))
    #expect(key["alg"]?.string == algorithm.rawValue && key["use"] == "sig")
    #expect(answer.fields["cache-control"] == "public, max-age=300")
    let document = await house.get("/.well-known/openid-configuration").json
    #expect(document["introspection_signing_alg_values_supported"] == [.string(algorithm.rawValue)])
    #expect(document["id_token_signing_alg_values_supported"] == [.string(algorithm.rawValue)])
    // Both algorithms while two keys are published.
    let other: PublicKey.Algorithm = algorithm == .es256 ? .edDSA : .es256
    _ = try house.keyring.signing.rotate(.scheduled(every: nil, other), at: house.clock.now)
    let both = await house.get("/.well-known/oauth-authorization-server").json
    #expect(
      both["introspection_signing_alg_values_supported"]
        == [.string(algorithm.rawValue), .string(other.rawValue)])
  }

  /// J4 with each algorithm: the key decides, whatever the token says.
  @Test(
    arguments: PublicKey.Algorithm.allCases,
    [
      "good", "none", "none, signed", "HS256 with the JWK", "HS256 with the first member",
      "HS256 with the kid",
      "another algorithm", "kid path", "kid of nobody", "embedded jwk", "jku", "x5u",
      "another key under our kid",
      "signature of another key's algorithm", "empty signature", "cut signature",
    ])
  func `J4 RFC 8725 §3_1 the algorithm is bound to the key`(
    algorithm: PublicKey.Algorithm, how: String
  ) async throws {
    let house = try await house(algorithm)
    let tokens = try await house.tokens(try house.client())
    let (key, stranger) = (house.signer, try SigningKey.generate(algorithm))
    let different = try SigningKey.generate(algorithm == .es256 ? .edDSA : .es256)
    var changes: [String: JSONValue] = [:]
    var sign: ([UInt8]) throws -> [UInt8] = { try key.sign($0) }
    func mac(_ secret: [UInt8]) {
      changes["alg"] = "HS256"
      sign = { HMACKey(Secret(secret)).code(for: $0) }
    }
    switch how {
    case "none":
      changes["alg"] = "none"
      sign = { _ in [] }
    case "none, signed": changes["alg"] = "none"
    case "HS256 with the JWK": mac(JSONValue.object(key.publicKey.jwk).serialized())
    case "HS256 with the first member": mac(key.publicKey[algorithm == .rs256 ? "n" : "x"])
    case "HS256 with the kid": mac(Array(key.publicKey.thumbprint.utf8))
    case "another algorithm": changes["alg"] = algorithm == .es256 ? "EdDSA" : "ES256"
    case "kid path": changes["kid"] = "../../etc/passwd"
    case "kid of nobody": changes["kid"] = .string(stranger.publicKey.thumbprint)
    case "embedded jwk":
      changes["jwk"] = .object(stranger.publicKey.jwk)
      sign = { try stranger.sign($0) }
    case "jku", "x5u":
      changes[how] = "https://evil.example/jwks"
      sign = { try stranger.sign($0) }
    case "another key under our kid": sign = { try stranger.sign($0) }
    case "signature of another key's algorithm":
      changes["alg"] = .string(different.publicKey.algorithm.rawValue)
      sign = { try different.sign($0) }
    case "empty signature": sign = { _ in [] }
    case "cut signature": sign = { try key.sign($0).dropLast() }
    default: break
    }
    let parts = tokens.access.split(separator: ".").map(String.init)
    var header = try #require(try header(tokens.access).object)
    for (name, value) in changes { header[name] = value }
    let signed = Base64URL.encode(JSONValue.object(header).serialized()) + "." + parts[1]
    let token = try signed + "." + Base64URL.encode(sign(Array(signed.utf8)))
    #expect(await house.verdict(of: token) == (how == "good" ? "200" : "401 invalid_token"))
  }
}
