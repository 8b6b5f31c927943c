internal import Dispatch
internal import JSON
internal import Storage
internal import Support
internal import Telemetry
internal import Testing

@testable internal import Gatehouse

/// `gatehouse doctor` finds what keeps the house from working, and says what to do.
@Suite(.timeLimit(.minutes(1))) struct `The doctor` {
  private func finds(
    _ code: Int32, _ words: String..., hint: String, in shell: Shell,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    for command in ["doctor", "serve"] {
      if command == "serve", code != 78 { continue }
      let outcome = try await shell.bare(
        [command, "--data", shell.data] + (command == "serve" ? ["--listen", "127.0.0.1:0"] : []))
      #expect(outcome.code == code, "\(command) \(outcome)", sourceLocation: sourceLocation)
      for word in words {
        #expect(outcome.error?.contains(word) == true, "\(outcome)", sourceLocation: sourceLocation)
      }
      #expect(outcome.hint?.contains(hint) == true, "\(outcome)", sourceLocation: sourceLocation)
    }
  }

  @Test func `a house in order is 0, part by part`() async throws {
    let shell = try await Shell()
    let outcome = try await shell.run("doctor", "--json")
    #expect(outcome.code == 0)
    #expect(outcome.rows.map { $0["part"]?.string } == ["database", "audit log", "keys", "people"])
    #expect(outcome.rows.allSatisfy { $0["ok"] == true })
    #expect(try await shell.run("doctor").out.last == "people: 1 administrator")
  }

  @Test func `no data directory is 78, and none is made`() async throws {
    let shell = try await Shell(isEmpty: true)
    let outcome = try await shell.run("doctor")
    #expect(outcome.code == 78)
    #expect(outcome.hint?.contains("gatehouse serve") == true)
    #expect(try shell.directory.names().isEmpty)
  }

  @Test(arguments: [("data/keys", 0o755), ("data/keys/root.key", 0o644), ("data/keys/signing.pem", 0o640)])
  func `keys that others can read are 78`(name: String, mode: Int) async throws {
    let shell = try await Shell()
    try shell.directory.setMode(mode, of: name)
    try await finds(78, name, "can be read by other users", hint: "chmod go-rwx", in: shell)
    try shell.directory.setMode(mode & 0o700, of: name)
    #expect(try await shell.run("doctor").code == 0)
  }

  @Test(arguments: ["data/keys", "data/keys/root.key", "data/keys/signing.pem"])
  func `keys that are missing are 78, and no new ones are made in their place`(name: String) async throws {
    let shell = try await Shell()
    try shell.directory.rename(name, to: "elsewhere")
    try await finds(78, "keys", hint: "--keys", in: shell)
    #expect(throws: (any Error).self) { try shell.directory.mode(of: name) }
    try shell.directory.rename("elsewhere", to: name)
    #expect(try await shell.run("doctor").code == 0)
  }

  @Test func `keys of another house are 78`() async throws {
    let (shell, other) = (try await Shell(), try await Shell(isEmpty: true))
    _ = try await other.run("setup", "--password-stdin", input: "a-long-passphrase")
    try shell.directory.write(try other.directory.read("data/keys/root.key"), to: "data/keys/root.key")
    try await finds(78, "not those", hint: "--keys", in: shell)
    let elsewhere = try await shell.run("doctor", "--keys", other.directory.absolute("data/keys"))
    #expect(elsewhere.code == 78)
  }

  @Test(arguments: ["data/keys/root.key", "data/keys/signing.pem"])
  func `keys that are damaged are 78`(name: String) async throws {
    let shell = try await Shell()
    for bytes in [[], Array("nonsense".utf8), [UInt8](repeating: 0xff, count: 4000)] {
      try shell.directory.write(bytes, to: name)
      try await finds(78, name, hint: "backup", in: shell)
    }
  }

  @Test func `keys that lie elsewhere are found again, and move with a flag`() async throws {
    let shell = try await Shell(isEmpty: true)
    let keys = shell.directory.absolute("elsewhere")
    let made = try await shell.run("setup", "--password-stdin", "--keys", keys, input: "a-long-passphrase")
    #expect(made.code == 0)
    #expect(try await shell.run("doctor").code == 0)
    #expect(try shell.directory.names(in: "elsewhere") == ["lock", "root.key", "signing.pem"])
    #expect(try shell.directory.mode(of: "elsewhere/root.key") == 0o600)
    #expect(try shell.directory.mode(of: "data/gatehouse.db") == 0o600)
  }

  @Test func `data of a newer version is 78 and left as it is`() async throws {
    let shell = try await Shell()
    try await shell.tamper("UPDATE schema_version SET version = version + 90 WHERE part = 'audit'")
    try await finds(78, "'audit'", "at version 9", hint: "newer Gatehouse", in: shell)
    let part: SQL = "INSERT INTO schema_version (part, version) VALUES ('tomorrow', 1)"
    try await shell.tamper("UPDATE schema_version SET version = version - 90 WHERE part = 'audit'")
    #expect(try await shell.run("doctor").code == 0)
    try await shell.tamper(part)
    try await finds(78, "'tomorrow'", hint: "newer Gatehouse", in: shell)
  }

  @Test func `a file that is no database is 78`() async throws {
    let shell = try await Shell()
    try shell.directory.write([UInt8](repeating: 0x55, count: 8192), to: "data/gatehouse.db")
    // What is in the write-ahead log would stand in for it.
    try shell.directory.write([], to: "data/gatehouse.db-wal")
    try await finds(78, "gatehouse.db", hint: "backup", in: shell)
  }

  @Test(arguments: [2, 7, 40, 1 << 20])
  func `a database with damaged pages is 78, wherever they are`(stride: Int) async throws {
    let shell = try await Shell()
    // The last one to leave takes the journal over into the file, which then is what is read.
    try await shell.tamper(
      """
      CREATE TABLE big AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
      SELECT i, zeroblob(3000) AS content FROM n
      """)
    try #require(try !shell.directory.names(in: "data").contains("gatehouse.db-wal"))
    var bytes = try shell.directory.read("data/gatehouse.db")
    let page = 4096
    // From the end, where nothing that a start reads lies; one page alone with the largest stride.
    for number in Swift.stride(from: bytes.count / page - 5, to: 3, by: -stride) {
      for offset in 0..<64 { bytes[number * page + offset] = 0xa5 }
    }
    try shell.directory.write(bytes, to: "data/gatehouse.db")
    let outcome = try await shell.run("doctor")
    #expect(outcome.code == 78, "\(outcome)")
    #expect(outcome.hint?.contains("backup") == true, "\(outcome)")
  }

  @Test func `a database that another program holds is 78`() async throws {
    let shell = try await Shell()
    let other = try Store(.file(shell.data + "/gatehouse.db"), log: .silent)
    let (held, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let writing = Task {
      try await other.write { transaction in
        _ = try transaction.run("UPDATE company SET name = name")
        held.signal()
        guard release.wait(timeout: .now() + 30) == .success else { throw Unusable() }
      }
    }
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        held.wait()
        continuation.resume()
      }
    }
    let outcome = try await shell.run("doctor")
    #expect(outcome.code == 78, "\(outcome)")
    #expect(outcome.hint?.contains("another program") == true)
    release.signal()
    try await writing.value
    #expect(try await shell.run("doctor").code == 0)
  }

  @Test func `a house without an administrator is 1`() async throws {
    let shell = try await Shell(isEmpty: true)
    _ = try await shell.run("user", "list")
    try await finds(1, "no administrator", hint: "gatehouse setup", in: shell)
  }

  @Test func `a data directory that can't be made is 78`() async throws {
    let shell = try await Shell(isEmpty: true)
    let outcome = try await shell.bare(
      ["user", "list", "--data", shell.directory.absolute("no/such/place")])
    #expect(outcome.code == 78)
    #expect(outcome.hint?.contains("--data") == true)
  }
}
