internal import Crypto
internal import Governance
internal import JSON
internal import Support
internal import Telemetry
internal import Testing
internal import World

@testable internal import Gatehouse

/// `gatehouse key-rotation`, and what a server makes of it.
@Suite(.timeLimit(.minutes(1))) struct `The signing keys` {
  private func house(_ shell: Shell, at clock: TestWorld) async throws -> House {
    try await House(settings(shell), world: clock.world, log: .silent)
  }

  private func settings(_ shell: Shell, _ more: [String: String] = [:]) throws -> Settings {
    try Settings(
      flags: ["data": shell.data].merging(more) { $1 }, environment: [:],
      file: shell.directory.absolute("none.json"))
  }

  @Test func `a list tells name, algorithm, state and times`() async throws {
    let shell = try await Shell()
    let row = try await shell.run("key-rotation", "list", "--json").json
    #expect(row["algorithm"] == "ES256" && row["state"] == "signing")
    #expect(row["kid"]?.string?.count == 43 && row["published_until"] == nil)
    let line = try await shell.run("key-rotation", "list").out
    #expect(line.count == 1 && line[0].contains("signing") && line[0].contains("ES256"))
  }

  @Test func `now makes a key that waits, a second time makes none, and both are told of it`() async throws {
    let shell = try await Shell()
    let first = try await shell.run("key-rotation", "now", "--json")
    #expect(first.code == 0 && first.json["state"] == "next", "\(first)")
    let second = try await shell.run("key-rotation", "now", "--json")
    #expect(second.code == 0 && second.json["kid"] == first.json["kid"])
    #expect(second.err.contains { $0.contains("nothing was made") })
    let rows = try await shell.run("key-rotation", "list", "--json").rows
    #expect(rows.map { $0["state"]?.string } == ["signing", "next"])
    #expect(rows[0]["published_until"]?.string != nil)
    let audit = try await shell.run("audit", "list", "--json").rows
    #expect(audit.count { $0["method"] == "key-rotation/now" } == 1)
  }

  @Test func `a key that is compromised is gone at once`() async throws {
    let shell = try await Shell()
    let before = try await shell.run("key-rotation", "list", "--json").json
    let made = try await shell.run("key-rotation", "now", "--compromised", "--json").json
    #expect(made["state"] == "signing" && made["kid"] != before["kid"])
    #expect(try await shell.run("key-rotation", "list", "--json").rows.count == 1)
  }

  @Test func `a server takes over what a command wrote, and rotates by schedule`() async throws {
    let shell = try await Shell()
    let clock = TestWorld()
    let house = try await house(shell, at: clock)
    let keys = house.keyring.signing
    let rotation = try KeyRotation(house, settings(shell, ["key-rotation": "30"]))
    let first = keys.signer(at: clock.now).publicKey.thumbprint
    await rotation.look()
    let start = keys.timeline.newest.from
    #expect(keys.timeline.entries.count == 1)
    clock.advance(start - clock.now + .days(29))
    await rotation.look()
    #expect(keys.timeline.entries.count == 2 && keys.timeline.newest.from == start + .days(30))
    #expect(keys.signer(at: clock.now).publicKey.thumbprint == first)
    clock.advance(.days(1))
    await rotation.look()
    #expect(keys.signer(at: clock.now).publicKey.thumbprint != first)
    clock.advance(.hours(1))
    await rotation.look()
    #expect(keys.timeline.entries.count == 1, "what no token needs is off the disk")
    let audit = try await house.audit.list(limit: 5)
    #expect(audit.contains { $0.entry.method == "key-rotation/schedule" })
    // Another process, such as the command.
    let other = try await self.house(shell, at: clock)
    guard case .added(let entry) = try other.keyring.signing.rotate(.compromised, at: clock.now) else {
      Issue.record("nothing was made")
      return
    }
    #expect(keys.signer(at: clock.now).publicKey.thumbprint != entry.key.publicKey.thumbprint)
    await rotation.look()
    #expect(keys.signer(at: clock.now).publicKey.thumbprint == entry.key.publicKey.thumbprint)
  }

  @Test func `another algorithm by setting is a rotation`() async throws {
    let shell = try await Shell()
    let clock = TestWorld()
    let house = try await house(shell, at: clock)
    clock.advance(house.keyring.signing.timeline.newest.from - clock.now)
    try await KeyRotation(house, settings(shell, ["signing-algorithm": "EdDSA"])).look()
    #expect(house.keyring.signing.signer(at: clock.now).publicKey.algorithm == .es256)
    clock.advance(SigningTimeline.notice)
    #expect(house.keyring.signing.signer(at: clock.now).publicKey.algorithm == .edDSA)
  }

  @Test(arguments: ["EdDSA", "RS256"])
  func `a new house begins with the algorithm that it is told`(algorithm: String) async throws {
    let shell = try await Shell(isEmpty: true)
    let made = try await shell.bare(
      ["setup", "--password-stdin", "--data", shell.data],
      environment: ["GATEHOUSE_SIGNING_ALGORITHM": algorithm], input: "a-long-passphrase")
    #expect(made.code == 0, "\(made)")
    #expect(try await shell.run("key-rotation", "list", "--json").json["algorithm"]?.string == algorithm)
  }

  @Test(arguments: [
    ("--signing-algorithm", "HS256"), ("--signing-algorithm", "none"), ("--signing-algorithm", "es256"),
    ("--key-rotation", "-1"), ("--key-rotation", "often"),
  ])
  func `a setting that can't be meant is 78`(flag: String, value: String) async throws {
    let shell = try await Shell()
    let outcome = try await shell.run("serve", "--listen", "127.0.0.1:0", "\(flag)=\(value)")
    #expect(outcome.code == 78 && outcome.error?.contains(flag) == true, "\(outcome)")
  }

  @Test func `an unknown file among the keys is 78, and named`() async throws {
    let shell = try await Shell()
    try shell.directory.write([1], to: "data/keys/signing.pem~")
    let outcome = try await shell.run("doctor")
    #expect(outcome.code == 78 && outcome.error?.contains("'signing.pem~'") == true)
    #expect(outcome.hint?.contains("move it") == true)
  }

  @Test func `signing keys of another house are 78`() async throws {
    let (shell, other) = (try await Shell(), try await Shell(isEmpty: true))
    #expect(try await other.run("setup", "--password-stdin", input: "a-long-passphrase").code == 0)
    try shell.directory.write(try other.directory.read("data/keys/signing.pem"), to: "data/keys/signing.pem")
    let outcome = try await shell.run("doctor")
    #expect(outcome.code == 78 && outcome.error?.contains("not of this house") == true, "\(outcome)")
    #expect(outcome.hint?.contains("backup") == true)
  }

  @Test func `the doctor tells how long the key has signed`() async throws {
    let lines = try await Shell().run("doctor").out
    #expect(lines.contains { $0.hasPrefix("keys: ") && $0.contains("ES256 has signed for") })
  }
}
