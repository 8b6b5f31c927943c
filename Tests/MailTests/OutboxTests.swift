internal import Accounts
internal import Crypto
internal import Glibc
internal import Mail
internal import Storage
internal import Synchronization
internal import Telemetry
internal import Testing
internal import World

/// A clock that the test moves.
final class Clock: Sendable {
  private let moment = Mutex(Instant(seconds: 1_795_000_000))
  func advance(_ duration: Duration) { moment.withLock { $0 = $0 + duration } }
  var world: World { World(now: { self.moment.withLock { $0 } }, random: Random.bytes) }
}

@Suite("The outbox")
struct OutboxTests {
  let clock = Clock()
  let store: Store
  let outbox: Outbox

  struct Unusable: Error {}

  init() async throws {
    let world = clock.world
    let log = RecordedLog(world: world).log
    store = try Store(.temporary, log: log)
    try await store.migrate(Schema.migrations)
    var template = Array("/tmp/gatehouse-keys-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw Unusable() }
    let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let keyring = try Keyring(directory: directory, world: world)
    for file in ["signing.pem", "root.key", "lock"] { _ = unsafe unlink(directory + "/" + file) }
    _ = unsafe rmdir(directory)
    outbox = try Outbox(store: store, keyring: keyring, world: world, log: log)
  }

  private func letter(_ subject: String = "Hello") throws -> Letter {
    try #require(Letter(to: "sam@example.com", subject: subject, text: "https://gate.example/link/secret\n"))
  }

  private func waiting() async throws -> Int64 {
    try await store.rows("SELECT count(*) FROM outbox").first?.integer(0) ?? -1
  }

  @Test func `a letter is sent once, and is gone`() async throws {
    try await outbox.put(letter())
    var sent: [Letter] = []
    #expect(try await outbox.deliver { letter throws(Postman.Failure) in sent.append(letter) } == 1)
    #expect(try await outbox.deliver { _ throws(Postman.Failure) in } == 0)
    #expect(try sent == [letter()])
    #expect(try await waiting() == 0)
  }

  @Test func `a letter at rest shows nobody its link`() async throws {
    try await outbox.put(letter())
    let bytes = try #require(try await store.rows("SELECT message FROM outbox").first).bytes(0)
    #expect(bytes.firstRange(of: Array("secret".utf8)) == nil)
  }

  @Test func `what the server does not take now is tried again, later each time, and given up after a day`()
    async throws
  {
    try await outbox.put(letter())
    var tries = 0
    func fail(_ letter: Letter) throws(Postman.Failure) {
      tries += 1
      throw Postman.Failure(description: "busy", isFinal: false)
    }
    _ = try await outbox.deliver(by: fail)
    _ = try await outbox.deliver(by: fail)
    #expect(tries == 1)
    clock.advance(.seconds(30))
    _ = try await outbox.deliver(by: fail)
    clock.advance(.seconds(30))
    _ = try await outbox.deliver(by: fail)
    #expect(tries == 2)
    for _ in 0..<60 {
      clock.advance(.minutes(30))
      _ = try await outbox.deliver(by: fail)
    }
    #expect(try await waiting() == 0)
    #expect(tries < 40)
  }

  @Test func `RFC 5321 §4_2_1 what is refused for good is not tried again`() async throws {
    try await outbox.put(letter())
    _ = try await outbox.deliver { _ throws(Postman.Failure) in
      throw Postman.Failure(description: "550", isFinal: true)
    }
    #expect(try await waiting() == 0)
  }

  @Test func `the outbox is bounded`() async throws {
    try await store.write { transaction in
      for number in 0..<Outbox.most {
        _ = try transaction.run(
          "INSERT INTO outbox (id, message, made_at, next_try_at, tries) VALUES (\(String(number)), \([0 as UInt8]), 0, 0, 0)"
        )
      }
    }
    await #expect(throws: Outbox.Full.self) { try await outbox.put(letter()) }
    // What can't be read is dropped, and makes room.
    _ = try await outbox.deliver { _ throws(Postman.Failure) in }
    try await outbox.put(letter())
  }

  @Test func `of two processes one sends a letter`() async throws {
    for number in 0..<10 { try await outbox.put(letter("Letter \(number)")) }
    let outbox = outbox
    let sent = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<4 { group.addTask { try await outbox.deliver { _ throws(Postman.Failure) in } } }
      return try await group.reduce(0, +)
    }
    #expect(sent == 10)
    #expect(try await waiting() == 0)
  }

  @Test func `a letter whose process is killed while it sends is tried again`() async throws {
    try await outbox.put(letter())
    // As it stands while it is sent.
    let next = clock.world.now + .minutes(1)
    try await store.write { _ = try $0.run("UPDATE outbox SET next_try_at = \(next)") }
    #expect(try await outbox.deliver { _ throws(Postman.Failure) in } == 0)
    clock.advance(.minutes(1))
    #expect(try await outbox.deliver { _ throws(Postman.Failure) in } == 1)
  }

  @Test func `a clock that is set back holds no letter up`() async throws {
    try await outbox.put(letter())
    clock.advance(.days(-30))
    #expect(try await outbox.deliver { _ throws(Postman.Failure) in } == 1)
  }
}
