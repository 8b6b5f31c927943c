internal import Accounts
internal import Authentication
internal import AuthorizationServer
internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Telemetry
internal import Testing
internal import World

@Suite("L. API keys")
struct APIKeyTests {
  /// A key of this id with another secret and a checksum that fits.
  private func guess(like key: String, secret: String? = nil, environment: String = "live") -> String {
    let parts = key.split(separator: "_")
    let body = "gk_\(environment)_\(parts[2])_\(secret ?? Base62.encode([UInt8](repeating: 9, count: 24)))"
    let sum = CRC32.checksum(Array(body.utf8))
    return "\(body)_\(Base62.encode([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> $0) }))"
  }

  @Test func `a key opens the door with its own scopes, and its form is as documented`() async throws {
    let house = try await House()
    let made = try await house.apiKeys.create(for: house.sam.id, name: "laptop", scopes: [.write])
    #expect(await house.call(["authorization": "Bearer \(made.key)"]).text == "sam mcp:write")
    let parts = made.key.split(separator: "_")
    #expect(parts.map(\.count) == [2, 4, 11, 33, 6] && parts[0] == "gk" && parts[1] == "live")
  }

  @Test func `the guesser's own tools work`() async throws {
    let house = try await House()
    let made = try await house.apiKeys.create(for: house.sam.id, name: "laptop", scopes: [.read])
    let same = guess(like: made.key, secret: String(made.key.split(separator: "_")[3]))
    #expect(same == made.key)
  }

  @Test(arguments: [
    "checksum", "id", "secret", "short", "long", "test environment", "other prefix", "upper",
    "checksum missing",
  ])
  func `L1 L9 a key of the wrong form is refused without a look-up`(what: String) async throws {
    let house = try await House()
    let key = try await house.apiKeys.create(for: house.sam.id, name: "laptop", scopes: [.read]).key
    // Whoever looks anything up now gets an error, not a refusal.
    try await house.store.write { _ = try $0.run("ALTER TABLE api_key RENAME TO elsewhere") }
    #expect(await house.verdict(of: key).hasPrefix("503"))
    func swapped(_ index: Int) -> String {
      var letters = Array(key)
      letters[index] = letters[index] == "A" ? "B" : "A"
      return String(letters)
    }
    let wrong =
      switch what {
      case "checksum": swapped(key.count - 1)
      case "id": swapped(10)
      case "secret": swapped(30)
      case "short": String(key.dropLast())
      case "long": key + "0"
      case "test environment": guess(like: key, environment: "test")
      case "other prefix": "gx" + key.dropFirst(2)
      case "upper": key.uppercased()
      default: String(key.dropLast(7))
      }
    #expect(await house.verdict(of: wrong) == "401 invalid_token")
  }

  @Test func `L3 a wrong secret never reaches Argon2, the right one does, once a minute`() async throws {
    let house = try await House()
    let made = try await house.apiKeys.create(for: house.sam.id, name: "laptop", scopes: [.read])
    // Whoever asks Argon2 now gets an error, not a refusal.
    try await house.store.write { _ = try $0.run("UPDATE api_key SET argon2 = 'broken'") }
    #expect(await house.verdict(of: guess(like: made.key)) == "401 invalid_token")
    #expect(await house.verdict(of: made.key).hasPrefix("503"))
  }

  @Test func `L3 a verification is remembered for a minute, a revocation is not waited for`() async throws {
    let house = try await House()
    let made = try await house.apiKeys.create(for: house.sam.id, name: "laptop", scopes: [.read])
    #expect(await house.verdict(of: made.key) == "200")
    try await house.store.write { _ = try $0.run("UPDATE api_key SET argon2 = 'broken'") }
    house.clock.advance(.seconds(59))
    #expect(await house.verdict(of: made.key) == "200")
    house.clock.advance(.seconds(1))
    #expect(await house.verdict(of: made.key).hasPrefix("503"))
  }

  @Test func `L3 a key whose Argon2 hash is another's is refused`() async throws {
    let house = try await House()
    let made = try await house.apiKeys.create(for: house.sam.id, name: "laptop", scopes: [.read])
    try await house.store.write {
      _ = try $0.run("UPDATE api_key SET argon2 = (SELECT password FROM account WHERE login = 'sam')")
    }
    #expect(await house.verdict(of: made.key) == "401 invalid_token")
  }

  @Test func `L3 L12 a stolen database proves nothing without the pepper`() async throws {
    let house = try await House()
    let made = try await house.apiKeys.create(for: house.sam.id, name: "laptop", scopes: [.read])
    let elsewhere = APIKeys(
      store: house.store, hasher: try PasswordHasher(parameters: House.cheap, concurrency: 1),
      pepper: HMACKey(Secret([UInt8](repeating: 1, count: 32))), world: house.clock.world)
    #expect(try await elsewhere.standing(of: try #require(APIKey(made.key))) == nil)
    #expect(try await house.apiKeys.standing(of: try #require(APIKey(made.key))) != nil)
    #expect(
      !"\(try await house.store.rows("SELECT * FROM api_key"))".contains(made.key.split(separator: "_")[3]))
  }

  @Test func `L4 a revoked key is dead at the next request`() async throws {
    let house = try await House()
    let made = try await house.apiKeys.create(for: house.sam.id, name: "laptop", scopes: [.read])
    #expect(await house.verdict(of: made.key) == "200")
    #expect(try await house.connections.revoke(made.connectionID))
    #expect(await house.verdict(of: made.key) == "401 invalid_token")
    #expect(try await house.connections.reactivate(made.connectionID))
    #expect(await house.verdict(of: made.key) == "401 invalid_token")
  }

  @Test(arguments: [(3599, "200"), (3600, "401 invalid_token")])
  func `L5 an expired key, verified before or not`(seconds: Int, verdict: String) async throws {
    let house = try await House()
    let expiry = house.clock.now + .hours(1)
    let made = try await house.apiKeys.create(
      for: house.sam.id, name: "laptop", scopes: [.read], expiresAt: expiry)
    house.clock.advance(.seconds(seconds - 10))
    _ = await house.verdict(of: made.key)
    house.clock.advance(.seconds(10))
    #expect(await house.verdict(of: made.key) == verdict)
  }

  @Test func `L5 a key of a disabled person`() async throws {
    let house = try await House()
    let made = try await house.apiKeys.create(for: house.sam.id, name: "laptop", scopes: [.read])
    #expect(await house.verdict(of: made.key) == "200")
    try await house.disable(house.sam)
    #expect(await house.verdict(of: made.key) == "401 invalid_token")
  }

  @Test(arguments: [
    ("10.0.0.0/8", "", "10.1.2.3", "200"), ("10.0.0.0/8", "", "192.0.2.1", "403 access_denied"),
    ("", "192.0.2.0/24", "192.0.2.1", "403 access_denied"), ("", "192.0.2.0/24", "10.1.2.3", "200"),
  ])
  func `L6 a key from an address that is not allowed`(
    allow: String, block: String, address: String, verdict: String
  ) async throws {
    let house = try await House()
    let rules = try AddressRules(allow: allow, block: block)
    let made = try await house.apiKeys.create(
      for: house.sam.id, name: "laptop", scopes: [.read], addresses: rules)
    let answer = try await house.call(
      ["authorization": "Bearer \(made.key)"], peer: #require(IPAddress(address)))
    #expect(answer.verdict == verdict)
    // A challenge would send the client to a login that changes nothing.
    #expect(answer.fields["www-authenticate"] == nil)
  }

  @Test
  func `L6 rules hold from the next request on, for tokens too, and rules that can't be read let nobody in`()
    async throws
  {
    let house = try await House()
    let made = try await house.apiKeys.create(for: house.sam.id, name: "laptop", scopes: [.read])
    #expect(await house.verdict(of: made.key) == "200")
    #expect(try await house.connections.restrict(made.connectionID, to: AddressRules(allow: "10.0.0.0/8")))
    #expect(await house.verdict(of: made.key) == "403 access_denied")
    #expect(try await house.connections.restrict(made.connectionID, to: .none))
    #expect(await house.verdict(of: made.key) == "200")
    try await house.store.write {
      _ = try $0.run("UPDATE connection SET allowed_addresses = 'x', blocked_addresses = ''")
    }
    #expect(await house.verdict(of: made.key) == "403 access_denied")
    #expect(try await !house.connections.restrict("nobody", to: .none))
  }

  @Test func `L7 a key in the query is not looked at`() async throws {
    let house = try await House()
    let made = try await house.apiKeys.create(for: house.sam.id, name: "laptop", scopes: [.read])
    for name in ["key", "api_key", "access_token"] {
      #expect(await house.call([:], query: "\(name)=\(made.key)").verdict == "401 unauthorized")
    }
  }

  @Test func `L8 a key is shown by its prefix and its last four`() async throws {
    let house = try await House()
    let made = try await house.apiKeys.create(for: house.sam.id, name: "laptop", scopes: [.read])
    let parts = made.key.split(separator: "_")
    let shown = try #require(try await house.apiKeys.display(of: made.connectionID))
    #expect(shown == "gk_live_\(parts[2])_…\(parts[3].suffix(4))")
    _ = await house.verdict(of: guess(like: made.key))
    #expect(!house.log.lines.joined().contains(parts[3]))
  }

  @Test func `A7 a rotated key is dead at once, the new one works with the same connection`() async throws {
    let house = try await House()
    let old = try await house.apiKeys.create(for: house.sam.id, name: "laptop", scopes: [.write])
    #expect(await house.verdict(of: old.key) == "200")
    let new = try #require(try await house.apiKeys.rotate(old.connectionID))
    #expect(new.connectionID == old.connectionID && new.key != old.key)
    #expect(await house.verdict(of: old.key) == "401 invalid_token")
    #expect(await house.call(["authorization": "Bearer \(new.key)"]).text == "sam mcp:write")
    #expect(try await house.apiKeys.rotate("unknown") == nil)
  }

  @Test(arguments: [(29, "200"), (30, "401 invalid_token")])
  func `A7 a rotated key lives as long as the one before, not for ever`(
    days: Int64, verdict: String
  ) async throws {
    let house = try await House()
    let expiry = house.clock.now + .days(30)
    let old = try await house.apiKeys.create(
      for: house.sam.id, name: "laptop", scopes: [.read], expiresAt: expiry)
    house.clock.advance(.days(20))
    let new = try #require(try await house.apiKeys.rotate(old.connectionID))
    house.clock.advance(.days(days))
    #expect(await house.verdict(of: new.key) == verdict)
  }

  @Test func `A7 a connection without a key has none to rotate`() async throws {
    let house = try await House()
    _ = try await house.tokens(try house.client())
    #expect(try await house.apiKeys.rotate(try #require(await house.connections.all().first).id) == nil)
  }

  @Test func `L3 many first uses at once are one verification`() async throws {
    // One place to wait: a second verification of 64 would find no room.
    let slow = try PasswordHasher(
      parameters: .init(kibibytes: 16 * 1024, passes: 2), concurrency: 1, waiting: 1)
    let house = try await House(hasher: slow)
    let made = try await house.apiKeys.create(for: house.sam.id, name: "laptop", scopes: [.read])
    let verdicts = await withTaskGroup(of: String.self) { group in
      for _ in 0..<64 { group.addTask { await house.verdict(of: made.key) } }
      return await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(verdicts == ["200"])
  }
}
