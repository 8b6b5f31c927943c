internal import Accounts
internal import Governance
internal import JSON
internal import Storage
internal import Support
internal import Testing

@testable internal import Gatehouse

/// What an administrator decides at the command line is on record in the transaction that does it.
@Suite struct `Decisions on record` {
  /// A command with `ID` for a connection and `FILE` for a policy, and one that shows what it changes.
  static let commands: [(command: [String], shows: [String])] = [
    (["policy", "set", "FILE", "--connection", "ID"], ["policy", "list"]),
    (["policy", "clear", "--everything"], ["policy", "list"]),
    (["switch", "off"], ["switch", "show"]),
    (["tool", "disable", "whoami"], ["tool", "list"]),
    (["tool", "enable", "read_group"], ["tool", "list"]),
    (["key", "create", "--user", "sales", "--name", "new"], ["connection", "list"]),
    (["connection", "revoke", "ID"], ["connection", "list"]),
    (["connection", "restrict", "ID", "--allow", "10.0.0.0/8"], ["connection", "show", "ID"]),
    (
      ["connection", "limit", "ID", "--per-minute", "7", "--per-day", "8", "--tool", "whoami"],
      ["connection", "show", "ID"]
    ),
    (["connection", "approver", "ID", "--user", "admin"], ["connection", "show", "ID"]),
    (["connection", "rotate", "ID"], ["connection", "show", "ID"]),
  ]

  @Test(arguments: commands)
  func `where the entry can't be written, nothing is changed; where it can, both are`(
    command: [String], shows: [String]
  ) async throws {
    let shell = try await Shell()
    try shell.directory.write(Array(#"{"version":"1","default":"allow"}"#.utf8), to: "policy.json")
    let made = try await shell.run("key", "create", "--user", "sales", "--name", "old", "--json")
    let id = try #require(made.json["connection_id"]?.string)
    func filled(_ words: [String]) -> [String] {
      words.map { $0 == "ID" ? id : $0 == "FILE" ? shell.directory.absolute("policy.json") : $0 }
        + ["--data", shell.data]
    }
    _ = try await shell.bare(filled(["policy", "set", "FILE", "--everything"]))
    _ = try await shell.run("tool", "disable", "read_group")
    let house = try await shell.house()
    func state() async throws -> [String] {
      let approver = try await house.connections.connection(id)?.approverID
      return try await shell.bare(filled(shows) + ["--json"]).out
        + [house.apiKeys.display(of: id) ?? "", approver?.description ?? ""]
    }
    let (before, entries) = (try await state(), try await house.audit.verify().entries)
    try await shell.tamper(
      "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no entry today'); END")
    #expect(try await shell.bare(filled(command)).code == 1)
    #expect(try await state() == before)
    #expect(try await house.audit.verify().entries == entries)
    try await shell.tamper("DROP TRIGGER full")
    #expect(try await shell.bare(filled(command)).code == 0)
    #expect(try await state() != before)
    let verified = try await house.audit.verify()
    #expect(verified.entries == entries + 1 && verified.firstBad == nil)
  }
}
