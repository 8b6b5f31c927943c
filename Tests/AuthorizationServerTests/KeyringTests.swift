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
    for path in ["/keys/signing.pem", "/keys/root.key"] { _ = unsafe unlink(parent + path) }
    for path in ["/keys", ""] { _ = unsafe rmdir(parent + path) }
  }

  private func open() throws -> Keyring { try Keyring(directory: directory) { Random.bytes($0) } }

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
    #expect(first.signing.publicKey.thumbprint == second.signing.publicKey.thumbprint)
    #expect(first.key(for: "tickets") == second.key(for: "tickets"))
    #expect(first.fingerprint == second.fingerprint)
    #expect(first.key(for: "tickets") != first.key(for: "sessions"))
    let message = Array("x".utf8)
    #expect(second.signing.publicKey.isValid(try first.signing.sign(message), for: message))
    let other = try Keyring.temporary()
    #expect(other.fingerprint != first.fingerprint)
    #expect(other.signing.publicKey.thumbprint != first.signing.publicKey.thumbprint)
  }

  @Test(arguments: ["", "/signing.pem", "/root.key"], [0o004, 0o040, 0o020, 0o002, 0o001] as [mode_t])
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
    #expect(throws: Keyring.Failure.self) { try Keyring(directory: parent + "/a/b") { Random.bytes($0) } }
    #expect(throws: Keyring.Failure.self) { try Keyring(directory: "/dev/null") { Random.bytes($0) } }
  }

  @Test func `nothing prints a key`() throws {
    let keyring = try open()
    let printed = "\(keyring) \(String(reflecting: keyring)) \(keyring.key(for: "tickets"))"
    #expect(!printed.contains("PRIVATE") && printed.contains("•••"))
  }
}
