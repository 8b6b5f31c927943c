internal import Accounts
internal import Authentication
internal import AuthorizationServer
internal import Crypto
internal import Glibc
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Synchronization
internal import Telemetry
internal import Testing
internal import World

@Suite("Keys directory")
final class KeyringTests {
  private let parent: String
  private var directory: String { parent + "/keys" }

  init() throws {
    var template = Array("/tmp/gatehouse-keyring-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw House.Unusable() }
    parent = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for path in ["/keys/signing.pem", "/keys/root.key", "/keys/lock", "/keys/notes.txt"] {
      _ = unsafe unlink(parent + path)
    }
    for path in ["/keys", ""] { _ = unsafe rmdir(parent + path) }
  }

  private func open(_ expecting: Keyring.Expectation = .nothing(.es256)) throws -> Keyring {
    try Keyring(directory: directory, expecting: expecting, world: world)
  }

  private let world = World(now: { Instant(seconds: 1_795_000_000) }, random: Random.bytes)
  private func signer(_ keyring: Keyring) -> SigningKey { keyring.signing.signer(at: world.now) }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return 0 }
    return status.st_mode & 0o777
  }

  private func write(_ text: String, to file: String) {
    let descriptor = unsafe Glibc.open(directory + "/" + file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    let bytes = Array(text.utf8)
    #expect(unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
  }

  @Test func `it is made at first start, for the owner alone`() throws {
    let before = umask(0)
    defer { umask(before) }
    _ = try open()
    #expect(mode(directory) == 0o700)
    #expect(mode(directory + "/signing.pem") == 0o600)
    #expect(mode(directory + "/root.key") == 0o600)
  }

  @Test func `the same directory gives the same keys, another gives others`() throws {
    let (first, second) = (try open(), try open())
    #expect(signer(first).publicKey.thumbprint == signer(second).publicKey.thumbprint)
    #expect(first.key(for: "tickets") == second.key(for: "tickets"))
    #expect(first.fingerprint == second.fingerprint)
    #expect(first.key(for: "tickets") != first.key(for: "sessions"))
    let message = Array("x".utf8)
    #expect(signer(second).publicKey.isValid(try signer(first).sign(message), for: message))
    let other = try Keyring.temporary()
    #expect(other.fingerprint != first.fingerprint)
    #expect(signer(other).publicKey.thumbprint != signer(first).publicKey.thumbprint)
  }

  @Test(
    arguments: ["", "/signing.pem", "/root.key", "/lock"], [0o004, 0o040, 0o020, 0o002, 0o001] as [mode_t])
  func `whatever others may read, write or enter is refused, with the command that closes it`(
    path: String, extra: mode_t
  ) throws {
    _ = try open()
    _ = unsafe chmod(directory + path, (path.isEmpty ? 0o700 : 0o600) | extra)
    let failure = #expect(throws: Keyring.Failure.self) { try open() }
    #expect(failure?.hint.contains("chmod go-rwx \(directory + path)") ?? false)
    _ = unsafe chmod(directory + path, path.isEmpty ? 0o700 : 0o600)
    _ = try open()
  }

  @Test(arguments: [
    ("signing.pem", ""), ("signing.pem", "garbage"),
    ("signing.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
    ("root.key", ""), ("root.key", "short"), ("root.key", "\n"), ("root.key", "%%%%"),
    ("root.key", String(repeating: "A", count: 42)), ("root.key", String(repeating: "A", count: 44)),
  ])
  func `a damaged file is refused and left as it is`(file: String, text: String) throws {
    _ = try open()
    write(text, to: file)
    let failure = #expect(throws: Keyring.Failure.self) { try open() }
    #expect(failure?.description.contains(file) ?? false)
    #expect(throws: Keyring.Failure.self) { try open() }
  }

  @Test func `an editor's line end does no harm`() throws {
    let first = try open()
    let descriptor = unsafe Glibc.open(directory + "/root.key", O_WRONLY | O_APPEND)
    #expect(unsafe Glibc.write(descriptor, [10], 1) == 1)
    close(descriptor)
    #expect(try open().fingerprint == first.fingerprint)
  }

  @Test func `a directory that can't be made or is none`() throws {
    #expect(throws: Keyring.Failure.self) { try Keyring(directory: parent + "/a/b", world: world) }
    #expect(throws: Keyring.Failure.self) { try Keyring(directory: "/dev/null", world: world) }
  }

  @Test(arguments: ["signing.pem", "root.key"], [false, true])
  func `what is lost is not made anew where data was made with it`(
    file: String, areSealed: Bool
  ) throws {
    let known = try open().fingerprint
    #expect(unsafe unlink(directory + "/" + file) == 0)
    let failure = #expect(throws: Keyring.Failure.self) {
      try open(.keys(fingerprint: known, areSealed: areSealed))
    }
    #expect(failure?.description.contains("are not in \(directory)") ?? false)
    #expect(unsafe access(directory + "/" + file, F_OK) != 0)
  }

  @Test func `a file that is none of ours is named`() throws {
    let known = try open().fingerprint
    write("x", to: "notes.txt")
    let failure = #expect(throws: Keyring.Failure.self) {
      try open(.keys(fingerprint: known, areSealed: false))
    }
    #expect(failure?.description.contains("'notes.txt'") ?? false)
    #expect(unsafe unlink(directory + "/notes.txt") == 0)
    _ = try open(.keys(fingerprint: known, areSealed: false))
  }

  @Test func `what a process left that was killed while it wrote does no harm`() throws {
    let first = try open()
    let sealed = Keyring.Expectation.keys(fingerprint: first.fingerprint, areSealed: true)
    write("half a k", to: "signing.pem.new")
    let second = try open(sealed)
    #expect(signer(first).publicKey.thumbprint == signer(second).publicKey.thumbprint)
    guard case .added = try second.signing.rotate(.now, at: world.now) else {
      Issue.record("nothing was added")
      return
    }
    #expect(unsafe access(directory + "/signing.pem.new", F_OK) != 0)
    #expect(try open(sealed).signing.timeline.entries.count == 2)
  }

  @Test func `a signing key of the first version is taken, sealed, and bare ones refused from then on`()
    throws
  {
    let known = try open().fingerprint
    let sealed = Keyring.Expectation.keys(fingerprint: known, areSealed: true)
    let key = try SigningKey.generate()
    write(key.pem, to: "signing.pem")
    let old = try open(.keys(fingerprint: known, areSealed: false))
    #expect(signer(old).publicKey.thumbprint == key.publicKey.thumbprint)
    #expect(!old.signing.isSealed)
    guard case .notDue = try old.signing.rotate(.scheduled(every: nil, .es256), at: world.now) else {
      Issue.record("a rotation without need")
      return
    }
    #expect(old.signing.isSealed)
    #expect(signer(try open(sealed)).publicKey.thumbprint == key.publicKey.thumbprint)
    write(try SigningKey.generate().pem, to: "signing.pem")
    let failure = #expect(throws: Keyring.Failure.self) { try open(sealed) }
    #expect(failure?.description.contains("not of this house") ?? false)
    // A server that runs keeps what it has.
    #expect(throws: Keyring.Failure.self) { try old.signing.look() }
    #expect(signer(old).publicKey.thumbprint == key.publicKey.thumbprint)
  }

  @Test(arguments: ["date", "other house", "cut", "no seal"])
  func `a sealed file that was changed is refused`(how: String) throws {
    let keyring = try open()
    let sealed = Keyring.Expectation.keys(fingerprint: keyring.fingerprint, areSealed: true)
    _ = try keyring.signing.rotate(.now, at: world.now)
    let descriptor = unsafe Glibc.open(directory + "/signing.pem", O_RDONLY)
    var bytes = [UInt8](repeating: 0, count: 8192)
    let count = unsafe Glibc.read(descriptor, &bytes, bytes.count)
    close(descriptor)
    let text = String(decoding: bytes.prefix(count), as: UTF8.self)
    let changed =
      switch how {
      case "date": text.replacing("1795000600000000", with: "1795000000000000")
      case "cut": String(text.dropLast(20))
      case "no seal": String(text.prefix { $0 != "S" } + text.dropFirst(text.count / 2))
      default: text
      }
    if how == "other house" {
      write(Base64URL.encode(Random.bytes(32)), to: "root.key")
    } else {
      #expect(changed != text)
    }
    write(changed, to: "signing.pem")
    #expect(throws: Keyring.Failure.self) { try open(sealed) }
  }

  @Test func `nothing prints a key`() throws {
    let keyring = try open()
    let printed = "\(keyring) \(String(reflecting: keyring)) \(keyring.key(for: "tickets"))"
    #expect(!printed.contains("PRIVATE") && printed.contains("•••"))
  }
}
