internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import Glibc
internal import Storage
internal import Synchronization
internal import Telemetry
internal import Testing
internal import WebAuthn
internal import World

/// People with passkeys, in a database of their own.
struct PasskeyHouse {
  let store: Store
  let users: Users
  let passkeys: Passkeys
  let factors: SecondFactors
  let party: RelyingParty
  let sam: User
  let eve: User
  let world: World

  struct Unusable: Error {}

  init() async throws {
    let world = World(now: { Instant(seconds: 1_795_000_000) }, random: Random.bytes)
    self.world = world
    store = try Store(.temporary, log: RecordedLog(world: world).log)
    try await store.migrate(Schema.migrations + AuthorizationServer.migrations)
    var template = Array("/tmp/gatehouse-keys-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw Unusable() }
    let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let keyring = try Keyring(directory: directory, world: world)
    for file in ["signing.pem", "root.key", "lock"] { _ = unsafe unlink(directory + "/" + file) }
    _ = unsafe rmdir(directory)
    users = try await Users(
      store: store, hasher: try PasswordHasher(parameters: .init(kibibytes: 64, passes: 1), concurrency: 1),
      world: world)
    passkeys = Passkeys(store: store, keyring: keyring, world: world)
    factors = try SecondFactors(store: store, keyring: keyring, world: world)
    guard let party = RelyingParty(origin: "https://gate.example") else { throw Unusable() }
    self.party = party
    sam = try await users.add(Users.Draft(login: "sam"))
    eve = try await users.add(Users.Draft(login: "eve"))
  }

  func add(_ key: SoftAuthenticator, to user: User) async throws {
    let challenge = passkeys.newChallenge()
    try await passkeys.add(
      key.register(challenge, at: party), name: "Key", for: user.id, spending: challenge)
  }

  /// Whom a challenge answered by `key` proves.
  func prove(
    _ key: SoftAuthenticator, _ challenge: [UInt8]? = nil, handle: [UInt8]?, userID: Int64? = nil,
    uv: Bool = true
  ) async throws -> Int64? {
    let challenge = challenge ?? passkeys.newChallenge()
    let answer = try key.answer(challenge)
    return try await passkeys.prove(
      Passkeys.Answer(
        credentialID: key.id, clientData: answer.client, authenticatorData: answer.data,
        signature: answer.signature, userHandle: handle), challenge: challenge, at: party, userID: userID,
      requiresVerification: uv)?.userID
  }
}

@Suite("Passkeys")
struct PasskeyTests {
  @Test func `a passkey says who it is by its handle`() async throws {
    let house = try await PasskeyHouse()
    let key = try SoftAuthenticator()
    try await house.add(key, to: house.sam)
    let (sam, eve) = (house.passkeys.handle(of: house.sam.id), house.passkeys.handle(of: house.eve.id))
    #expect(try await house.prove(key, handle: sam) == house.sam.id)
    #expect(try await house.prove(key, handle: eve) == nil)
    #expect(try await house.prove(key, handle: nil) == nil)
    #expect(try await house.prove(key, handle: nil, userID: house.sam.id) == house.sam.id)
    #expect(try await house.prove(key, handle: nil, userID: house.eve.id) == nil)
    #expect(try await house.prove(SoftAuthenticator(id: [9]), handle: sam) == nil)
  }

  @Test func `C20 a challenge is answered once`() async throws {
    let house = try await PasskeyHouse()
    let key = try SoftAuthenticator()
    try await house.add(key, to: house.sam)
    let challenge = house.passkeys.newChallenge()
    #expect(try await house.prove(key, challenge, handle: nil, userID: house.sam.id) != nil)
    #expect(try await house.prove(key, challenge, handle: nil, userID: house.sam.id) == nil)
  }

  @Test func `C20 a counter that went back is refused, and the stored one stays`() async throws {
    let house = try await PasskeyHouse()
    let key = try SoftAuthenticator()
    try await house.add(key, to: house.sam)
    key.count = 40
    #expect(try await house.prove(key, handle: nil, userID: house.sam.id) != nil)
    key.count = 10
    await #expect(throws: CeremonyError.counterRolledBack) {
      try await house.prove(key, handle: nil, userID: house.sam.id)
    }
    key.count = 41
    #expect(try await house.prove(key, handle: nil, userID: house.sam.id) != nil)
  }

  @Test func `§7_1 step 22 a credential belongs to one person, and its challenge is spent`() async throws {
    let house = try await PasskeyHouse()
    let key = try SoftAuthenticator()
    try await house.add(key, to: house.sam)
    await #expect(throws: Passkeys.Refusal.known) { try await house.add(key, to: house.eve) }
    let challenge = house.passkeys.newChallenge()
    let (one, other) = (try SoftAuthenticator(id: [5]), try SoftAuthenticator(id: [6]))
    try await house.passkeys.add(
      one.register(challenge, at: house.party), name: "1", for: house.eve.id, spending: challenge)
    await #expect(throws: Passkeys.Refusal.challengeSpent) {
      try await house.passkeys.add(
        other.register(challenge, at: house.party), name: "2", for: house.eve.id, spending: challenge)
    }
  }

  @Test func `a person has twenty passkeys at most`() async throws {
    let house = try await PasskeyHouse()
    for id in 0..<20 { try await house.add(SoftAuthenticator(id: [UInt8(id)]), to: house.sam) }
    await #expect(throws: Passkeys.Refusal.tooMany) {
      try await house.add(SoftAuthenticator(id: [99]), to: house.sam)
    }
  }

  @Test func `a passkey that was taken away proves nothing, and with the last factor go the recovery codes`()
    async throws
  {
    let house = try await PasskeyHouse()
    let key = try SoftAuthenticator()
    try await house.add(key, to: house.sam)
    _ = try await house.factors.makeRecoveryCodes(for: house.sam.id)
    let listed = try await house.passkeys.all(of: house.sam.id)
    #expect(listed.map(\.credentialID) == [key.id])
    #expect(
      try await !house.passkeys.remove(listed[0].id, of: house.eve.id, keeping: nil, CredentialPolicy()))
    #expect(try await house.passkeys.remove(listed[0].id, of: house.sam.id, keeping: nil, CredentialPolicy()))
    #expect(try await house.prove(key, handle: nil, userID: house.sam.id) == nil)
    #expect(try await house.factors.standing(of: house.sam).recoveryCodesLeft == 0)
  }
}
