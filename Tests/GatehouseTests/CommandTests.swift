internal import Accounts
internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Support
internal import Telemetry
internal import Testing
internal import World

@testable internal import Gatehouse

/// The contract of the command line that scripts rely on.
@Suite struct `The command line` {
  // MARK: Usage

  @Test(arguments: [[], ["help"], ["--help"], ["-h"]])
  func `help is data`(words: [String]) async throws {
    let outcome = try await Shell(isEmpty: true).bare(words)
    #expect(outcome.code == 0)
    #expect(outcome.err.isEmpty)
    #expect(outcome.out.first?.hasPrefix("Gatehouse lets AI assistants") == true)
    for command in ["serve", "setup", "doctor", "user add", "user list", "key create", "connection list"] {
      #expect(outcome.out.contains { $0.hasPrefix("  " + command) }, "\(command)")
    }
  }

  @Test func `the version is one line, or JSON`() async throws {
    let shell = try await Shell(isEmpty: true)
    #expect(try await shell.bare(["version"]).out == ["gatehouse \(Gatehouse.version)"])
    #expect(try await shell.bare(["--version"]).out == ["gatehouse \(Gatehouse.version)"])
    #expect(
      try await shell.bare(["version", "--json"]).json == ["version": .string(Gatehouse.version)])
  }

  @Test(
    arguments: [
      ["nonsense"], ["user"], ["user", "remove"], ["key"], ["key", "make"], ["connection"],
      ["connection", "drop"], ["client"], ["client", "x"], ["audit"], ["audit", "erase"], ["Serve"], [""],
      ["user", "add"], ["user", "add", "a", "b", "--password-stdin"], ["user", "add", "carol"],
      ["user", "add", "carol", "--password-stdin", "--nonsense"], ["user", "list", "--admin"],
      ["key", "create"], ["key", "create", "--user", "sales"], ["key", "create", "--user"],
      ["key", "create", "--user", "sales", "--name", "K", "--scope", "mcp:all"],
      ["key", "create", "--user", "sales", "--name", "K", "--scope", "mcp:admin"],
      ["key", "create", "--user", "sales", "--name", "K", "--per-minute", "-1"],
      ["key", "create", "--user", "sales", "--name", "K", "--per-minute", "many"],
      ["connection", "show"], ["connection", "revoke"], ["connection", "rotate", "a", "b"],
      ["client", "add"], ["client", "add", "--name", "N"],
      ["client", "add", "--redirect-uri", "https://c.example/cb"],
      ["client", "add", "--name", "N", "--redirect-uri", "http://c.example/cb"],
      ["client", "add", "--name", "N", "--redirect-uri", "javascript:alert(1)"],
      [
        "client", "add", "--name", "N", "--redirect-uri", "https://c.example/cb", "--public",
        "--confidential",
      ],
      ["client", "add", "--name", "N", "--public", "--service-user", "accountant"],
      ["client", "add", "--name", "N", "--redirect-uri", "https://c.example/cb", "--scope", "everything"],
      ["audit", "list", "--limit", "0"], ["audit", "list", "--limit", "x"], ["doctor", "--demo"],
      ["serve", "--lisen", "127.0.0.1:0"], ["config", "--list"], ["setup", "--password"],
      ["user", "invite"], ["user", "invite", "--mail", "nobody"], ["user", "reset"], ["user", "disable"],
      ["connection", "list", "--user=sales", "--json=yes"],
    ])
  func `wrong words are 64, with an error and a hint, and nothing is printed or made`(
    words: [String]
  )
    async throws
  {
    let shell = try await Shell(isEmpty: true)
    let outcome = try await shell.bare(words + ["--data", shell.data])
    #expect(outcome.code == 64, "\(outcome)")
    #expect(outcome.out.isEmpty)
    #expect(outcome.err.count == 2)
    #expect(outcome.error != nil)
    #expect(outcome.hint == "gatehouse: hint: gatehouse help")
    #expect(try shell.directory.names().isEmpty)
  }

  @Test(
    arguments: [
      ["connection", "show", "nothing"], ["connection", "revoke", "nothing"],
      ["connection", "rotate", "nothing"], ["connection", "reactivate", "nothing"],
      ["connection", "list", "--user", "nobody"], ["key", "create", "--user", "nobody", "--name", "K"],
      ["client", "add", "--name", "N", "--service-user", "nobody"],
      ["setup", "--password-stdin"], ["setup"], ["user", "add", "sales", "--password-stdin"],
      ["user", "reset", "nobody"], ["user", "disable", "nobody"], ["user", "enable", "sales"],
      ["user", "add", "bad name", "--password-stdin"],
    ])
  func `what can't be done is 1, with an error, and nothing on standard output`(words: [String]) async throws
  {
    let shell = try await Shell()
    let outcome = try await shell.bare(words + ["--data", shell.data], input: "a-long-passphrase\n")
    #expect(outcome.code == 1, "\(outcome)")
    #expect(outcome.out.isEmpty)
    #expect(outcome.error != nil)
  }

  @Test func `an option may hold its value after an equals sign, and words stand behind two dashes`()
    async throws
  {
    let shell = try await Shell()
    let made = try await shell.run("key", "create", "--user=sales", "--name=a=b", "--json")
    let id = try #require(made.json["connection_id"]?.string)
    #expect(
      try await shell.bare(["connection", "show", "--json", "--data=\(shell.data)", "--", id]).json["name"]
        == "a=b")
  }

  // MARK: People

  @Test func `setup makes the first administrator, and only the first`() async throws {
    let shell = try await Shell(isEmpty: true)
    let made = try await shell.run("setup", "--password-stdin", "--json", input: "a-long-passphrase\r\nrest")
    #expect(made.code == 0, "\(made)")
    #expect(made.out == [#"{"user_id":1,"login":"admin"}"#])
    let again = try await shell.run("setup", "--password-stdin", input: "a-long-passphrase\n")
    #expect(again.code == 1)
    #expect(again.hint?.contains("user add") == true)
    // The first line is the password, without its end.
    let house = try await shell.house()
    #expect(
      try await house.users.authenticate(login: "admin", password: .init("a-long-passphrase")) != nil)
    #expect(try await shell.run("doctor").code == 0)
  }

  @Test func `setup, invite and reset print a link below the issuer, which works once`() async throws {
    let shell = try await Shell(isEmpty: true)
    let issuer = "https://gate.example/tenant"
    func link(_ words: String...) async throws -> String {
      let made = try await shell.bare(words + ["--json", "--issuer", issuer, "--data", shell.data])
      #expect(made.code == 0, "\(made)")
      let link = try #require(made.json["link"]?.string)
      #expect(link.hasPrefix(issuer + "/link/"))
      return String(link.dropFirst((issuer + "/link/").count))
    }
    let stale = try await link("setup")
    let setup = try await link("setup")
    let invitation = try await link("user", "invite", "--mail", "Eve@example.com", "--group", "sales/user")
    let house = try await shell.house()
    #expect(try await house.links.link(stale) == nil)
    let password = Secret("a-long-passphrase")
    let root = try await house.links.makeAccount(setup, login: "Root", name: "Root", password: password)
    #expect(root.isAdministrator && root.login == "root" && root.groups == ["base/admin"])
    await #expect(throws: OneTimeLinks.Refusal.over) {
      _ = try await house.links.makeAccount(setup, login: "again", name: "Again", password: password)
    }
    // A login that is taken uses nothing up.
    await #expect(throws: Users.Refusal.self) {
      _ = try await house.links.makeAccount(invitation, login: "root", name: "Eve", password: password)
    }
    let eve = try await house.links.makeAccount(invitation, login: "eve", name: "Eve", password: password)
    #expect(!eve.isAdministrator && eve.groups == ["sales/user"] && eve.email == "eve@example.com")
    let reset = try await link("user", "reset", "eve")
    await #expect(throws: OneTimeLinks.Refusal.over) {
      _ = try await house.links.makeAccount(reset, login: "x", name: "X", password: password)
    }
    _ = try await house.links.reset(reset, password: Secret("another-passphrase"), CredentialPolicy())
    #expect(try await house.users.authenticate(login: "eve", password: Secret("another-passphrase")) != nil)
    await #expect(throws: OneTimeLinks.Refusal.over) {
      _ = try await house.links.reset(reset, password: password, CredentialPolicy())
    }
  }

  @Test func `a person is disabled and enabled, and groups are made to have a second factor`() async throws {
    let shell = try await Shell()
    #expect(try await shell.run("user", "disable", "sales").out == ["sales is disabled"])
    #expect(
      try await shell.run("user", "list").out.contains { $0.hasPrefix("sales\t") && $0.contains("disabled") })
    #expect(try await shell.run("user", "disable", "sales").code == 1)
    #expect(try await shell.run("user", "enable", "sales").out == ["sales is enabled"])
    #expect(try await shell.run("user", "require-factor", "--group", "sales/user").out == ["sales/user"])
    #expect(
      try await shell.run("user", "require-factor", "--group", "base/admin").out == [
        "base/admin", "sales/user",
      ])
    #expect(
      try await shell.run("user", "require-factor", "--group", "sales/user", "--off").out == ["base/admin"])
    #expect(try await shell.run("user", "require-factor", "--json").out == [#"{"group":"base/admin"}"#])
  }

  @Test func `a user is added with company, name, groups and rights, and listed`() async throws {
    let shell = try await Shell()
    let made = try await shell.run(
      "user", "add", "Carol", "--password-stdin", "--company", "Nordlicht Sverige AB", "--name", "Carol C",
      "--email", "c@c.example", "--group", "sales/user", "--group", "base/user", "--json",
      input: "carols-long-passphrase\n")
    #expect(made.out == [#"{"user_id":6,"login":"carol"}"#])
    #expect(
      try await shell.run("user", "add", "dan", "--password-stdin", "--admin", input: "dans-passphrase").out
        == ["added administrator dan"])
    let rows = try await shell.run("user", "list", "--json").rows
    #expect(rows.count == 7)
    let carol = try #require(rows.first { $0["login"]?.string == "carol" })
    #expect(
      carol == [
        "user_id": 6, "login": "carol", "name": "Carol C", "is_administrator": false, "is_disabled": false,
        "groups": ["sales/user", "base/user"],
      ])
    let text = try await shell.run("user", "list").out
    #expect(text.contains("carol\tCarol C\tuser\tsales/user base/user"))
    #expect(text.contains { $0.hasPrefix("dan\tdan\tadministrator\t") })
    #expect(try await shell.house().user("carol").companyIDs == [2])
  }

  @Test(arguments: ["", "short", "\n", "1234567\n12345678"])
  func `NIST SP 800-63B §5.1.1.2 a password shorter than 8 characters is refused`(input: String) async throws
  {
    let shell = try await Shell()
    let outcome = try await shell.run("user", "add", "carol", "--password-stdin", input: input)
    #expect(outcome.code == 1)
    #expect(outcome.error?.contains("8 to 1024") == true)
    #expect(try await shell.run("user", "list").out.count == 5)
  }

  // MARK: Keys and connections

  @Test func `key create --json is connection_id and key, and nothing else`() async throws {
    let shell = try await Shell()
    let made = try await shell.run("key", "create", "--user", "sales", "--name", "Laptop", "--json")
    #expect(made.code == 0)
    #expect(made.err.isEmpty)
    let object = try #require(made.json.object)
    #expect(object.members.map(\.name) == ["connection_id", "key"])
    let key = try #require(object["key"]?.string)
    #expect(key.hasPrefix("gk_live_"))
    #expect(APIKey(key) != nil)
    // Without --json the key alone is data; that it is shown once is said beside it.
    let text = try await shell.run("key", "create", "--user", "sales", "--name", "Laptop")
    #expect(text.out.count == 1 && APIKey(text.out[0]) != nil)
    #expect(text.err.count == 1 && text.err[0].contains("shown this once"))
  }

  @Test func `a connection is listed, shown, rotated, revoked and reactivated`() async throws {
    let shell = try await Shell()
    let made = try await shell.run(
      "key", "create", "--user", "sales", "--name", "Laptop", "--scope", "mcp:write", "--per-minute", "0",
      "--json"
    ).json
    let id = try #require(made["connection_id"]?.string)
    _ = try await shell.run("key", "create", "--user", "accountant", "--name", "Other", "--json")
    #expect(try await shell.run("connection", "list", "--json").rows.count == 2)
    #expect(try await shell.run("connection", "list", "--user", "sales").out.count == 1)

    let row = try await shell.run("connection", "show", id, "--json").json
    #expect(
      row.object?.members.map(\.name) == [
        "connection_id", "user", "kind", "name", "status", "scope", "per_minute", "per_day", "created_at",
        "key",
      ])
    #expect(row["connection_id"]?.string == id)
    #expect(row["user"] == "sales")
    #expect(row["kind"] == "key")
    #expect(row["status"] == "awaiting")
    #expect(row["scope"] == "mcp:write")
    #expect(row["per_minute"] == 0)
    // Never the key itself.
    let key = try #require(made["key"]?.string)
    #expect(row["key"]?.string?.contains("…") == true && row["key"]?.string != key)

    let rotated = try await shell.run("connection", "rotate", id, "--json").json
    #expect(rotated.object?.members.map(\.name) == ["connection_id", "key"])
    #expect(rotated["connection_id"]?.string == id)
    #expect(rotated["key"]?.string != key)

    #expect(
      try await shell.run("connection", "revoke", id, "--json").json
        == ["connection_id": .string(id), "done": "revoked"])
    #expect(try await shell.run("connection", "revoke", id).code == 1)
    #expect(try await shell.run("connection", "show", id, "--json").json["status"] == "revoked")
    let back = try await shell.run("connection", "reactivate", id, "--json")
    #expect(back.json == ["connection_id": .string(id), "done": "reactivated"])
    #expect(back.err.first?.contains("fresh credential") == true)
    #expect(try await shell.run("connection", "reactivate", id).code == 1)
    let verified = try await shell.run("audit", "verify", "--json").json
    #expect(verified["entries"] == 5 && verified["ok"] == true && verified["first"] == 1)
    #expect(verified["head"]?.string?.hasPrefix("5:") == true)
  }

  // MARK: Clients

  @Test func `client add --json is client_id, and client_secret where there is one`() async throws {
    let shell = try await Shell()
    let open = try await shell.run(
      "client", "add", "--name", "App", "--redirect-uri", "https://c.example/cb", "--redirect-uri",
      "http://127.0.0.1/cb", "--public", "--json")
    #expect(open.json.object?.members.map(\.name) == ["client_id"])
    let confidential = try await shell.run(
      "client", "add", "--name", "Server", "--redirect-uri", "https://c.example/cb", "--confidential",
      "--scope", "mcp:read offline_access", "--json")
    #expect(confidential.json.object?.members.map(\.name) == ["client_id", "client_secret"])
    let service = try await shell.run("client", "add", "--name", "Job", "--service-user", "accountant")
    #expect(service.out.count == 2)
    #expect(service.out[0].hasPrefix("client_id\tc_") && service.out[1].hasPrefix("client_secret\tgs_"))
    #expect(service.err.count == 1)
    let rows = try await shell.run("client", "list", "--json").rows
    #expect(rows.count == 3)
    let app = try #require(rows.first { $0["name"] == "App" })
    #expect(
      app.object?.members.map(\.name) == ["client_id", "name", "is_dynamic", "redirect_uris", "created_at"])
    #expect(app["redirect_uris"]?.array == ["https://c.example/cb", "http://127.0.0.1/cb"])
    #expect(app["is_dynamic"] == false)
    #expect(try await shell.run("client", "list").out.count == 3)
  }

  // MARK: Audit

  @Test func `audit list, export and verify tell what was done`() async throws {
    let shell = try await Shell()
    for name in ["a", "b", "c"] {
      _ = try await shell.run("key", "create", "--user", "sales", "--name", name)
    }
    let list = try await shell.run("audit", "list", "--json", "--limit", "2").rows
    #expect(list.map { $0["sequence"]?.integer } == [3, 2])
    #expect(list[0]["method"] == "key.create")
    #expect(list[0]["kind"] == "administration")
    #expect(list[0]["address"] == "cli")
    #expect(list[0]["hash"]?.string?.count == 64)
    #expect(try await shell.run("audit", "list").out.count == 3)
    let export = try await shell.run("audit", "export")
    #expect(export.rows.count == 3)
    #expect(export.rows.allSatisfy { $0.object != nil })
    let id = try #require(list[0]["connection_id"]?.string)
    #expect(try await shell.run("audit", "list", "--connection", id).out.count == 1)
    #expect(try await shell.run("audit", "verify").out == ["3 entries, the chain holds"])
  }

  @Test func `audit verify is 1 and names the entry that somebody changed`() async throws {
    let shell = try await Shell()
    for name in ["a", "b", "c"] {
      _ = try await shell.run("key", "create", "--user", "sales", "--name", name)
    }
    try await shell.tamper("DROP TRIGGER audit_is_not_changed")
    try await shell.tamper("UPDATE audit SET login = 'x' WHERE sequence = 2")
    let outcome = try await shell.run("audit", "verify", "--json")
    #expect(outcome.code == 1)
    #expect(outcome.out.isEmpty)
    #expect(outcome.error?.contains("entry 2") == true)
    #expect(try await shell.run("doctor").code == 1)
  }
}

extension Shell {
  /// The house on this data, for a look inside.
  func house() async throws -> House {
    try await House(
      Settings(flags: ["data": data], environment: [:], file: ""), world: .live, log: .silent,
      argon2: Company.cheap)
  }

  /// Changes the database behind the program's back.
  func tamper(_ sql: SQL) async throws {
    let store = try Store(.file(data + "/gatehouse.db"), log: .silent)
    try await store.write { transaction in _ = try transaction.run(sql) }
  }
}
