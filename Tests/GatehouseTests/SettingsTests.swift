internal import JSON
internal import Support
internal import Testing

@testable internal import Gatehouse

/// Where settings come from, and which are refused.
@Suite(.timeLimit(.minutes(1))) struct `The settings` {
  @Test func `config prints every setting with its default, unit and meaning`() async throws {
    let shell = try await Shell(isEmpty: true)
    let outcome = try await shell.bare(["config", "--json"])
    #expect(outcome.code == 0)
    #expect(outcome.rows.map { $0["name"]?.string } == Setting.all.map(\.key))
    for (row, setting) in zip(outcome.rows, Setting.all) {
      #expect(row["environment"]?.string == setting.environment)
      #expect(row["default"]?.string == setting.standard)
      #expect(row["unit"]?.string?.isEmpty == false)
      #expect(row["meaning"]?.string?.isEmpty == false)
      #expect(row["source"] == "default")
    }
    let text = try await shell.bare(["config"]).out
    for setting in Setting.all {
      #expect(text.contains { $0.hasPrefix("\(setting.key) = ") })
      #expect(text.contains { $0.contains(setting.environment) })
    }
    #expect(Set(Setting.all.map(\.key)).count == Setting.all.count)
  }

  @Test(arguments: [[], ["--json"]])
  func `config hides what is secret, wherever it comes from`(words: [String]) async throws {
    let shell = try await Shell(isEmpty: true)
    for outcome in [
      try await shell.bare(
        ["config"] + words, environment: ["GATEHOUSE_DEMO_PASSWORD": "s3cret-passphrase"]),
      try await shell.bare(["config", "--demo-password", "s3cret-passphrase"] + words),
      try await shell.bare(["config"] + words, file: #"{"demo-password":"s3cret-passphrase"}"#),
    ] {
      #expect(outcome.code == 0)
      #expect(!outcome.out.joined().contains("s3cret"))
      #expect(outcome.out.joined().contains("•••"))
    }
  }

  @Test func `a flag counts before the environment, that before the file, that before the default`()
    async throws
  {
    let shell = try await Shell(isEmpty: true)
    let file = #"{"log-level":"warning"}"#
    let environment = ["GATEHOUSE_LOG_LEVEL": "notice"]
    func level(_ words: [String], _ environment: [String: String], _ file: String) async throws -> [String?] {
      let row = try await shell.bare(
        ["config", "--json"] + words, environment: environment, file: file
      ).rows.first { $0["name"] == "log-level" }
      return [row?["value"]?.string, row?["source"]?.string]
    }
    #expect(try await level(["--log-level", "debug"], environment, file) == ["debug", "flag"])
    #expect(try await level([], environment, file) == ["notice", "GATEHOUSE_LOG_LEVEL"])
    #expect(try await level([], [:], file) == ["warning", "gatehouse.json"])
    #expect(try await level([], [:], "{}") == ["info", "default"])
  }

  @Test func `the file may say it with numbers and truth values`() async throws {
    let shell = try await Shell(isEmpty: true)
    let rows = try await shell.bare(
      ["config", "--json"], file: #"{"body-limit":4096,"registration":false,"demo":true}"#
    ).rows
    func value(_ name: String) -> String? { rows.first { $0["name"]?.string == name }?["value"]?.string }
    #expect(value("body-limit") == "4096")
    #expect(value("registration") == "off")
    #expect(value("demo") == "on")
  }

  @Test(
    arguments: [
      #"{"lisen":"127.0.0.1:8080"}"#, #"{"listen":"127.0.0.1:8080","unknown":1}"#, #"{"listen":["a"]}"#,
      #"{"listen":null}"#, #"{"body-limit":1.5}"#, "{", #"{"listen":"a","listen":"b"}"#, "[]", "\"x\"", "",
    ])
  func `a gatehouse.json that can't be meant is 78 for every command`(file: String) async throws {
    let shell = try await Shell(isEmpty: true)
    for words in [["config"], ["serve"], ["user", "list"], ["doctor"]] {
      let outcome = try await shell.bare(words + ["--data", shell.data], file: file)
      #expect(outcome.code == 78, "\(words) \(outcome)")
      #expect(outcome.out.isEmpty)
      #expect(outcome.error?.contains("gatehouse.json") == true)
    }
  }

  @Test(
    arguments: [
      ["--listen", "nonsense"], ["--listen", "127.0.0.1"], ["--listen", "127.0.0.1:99999"],
      ["--listen", "example.com:8080"], ["--listen", ""],
      // Not on the loopback address, and nobody says under which name.
      ["--listen", "0.0.0.0:0"], ["--listen", "[::]:0"], ["--listen", "192.0.2.1:8080"],
      // OAuth 2.1 §1.5: no TLS.
      ["--issuer", "http://gate.example"], ["--issuer", "http://192.168.0.7:8080"],
      ["--issuer", "http://127.0.0.1.evil.example"], ["--issuer", "http://localhost.evil.example"],
      ["--listen", "0.0.0.0:0", "--issuer", "http://gate.example"],
      // RFC 8414 §2: no query, no fragment.
      ["--issuer", "https://gate.example?a=b"], ["--issuer", "https://gate.example#f"],
      ["--issuer", "gate.example"], ["--issuer", "ftp://gate.example"],
      ["--log-level", "loud"], ["--log-format", "xml"],
    ])
  func `what serve can't start with is 78 before anything is made`(words: [String]) async throws {
    let shell = try await Shell(isEmpty: true)
    let outcome = try await shell.bare(["serve", "--data", shell.data] + words)
    #expect(outcome.code == 78, "\(outcome)")
    #expect(outcome.out.isEmpty)
    #expect(outcome.error != nil)
    #expect(outcome.hint != nil)
    #expect(try shell.directory.names().isEmpty)
  }

  @Test(
    arguments: [
      ["--body-limit", "0"], ["--body-limit", "many"], ["--header-limit", "1"], ["--header-time", "0"],
      ["--idle-time", "-1"], ["--max-connections", "0"], ["--registration", "maybe"],
      ["--tls-certificate", "/nothing.pem"], ["--tls-key", "/nothing.pem"], ["--metrics-listen", "nonsense"],
      ["--mcp-path", "mcp"], ["--listen", "nonsense"], ["--log-level", "loud"],
      ["--dpop-nonce", "on"], ["--step-up-max-age", "0"], ["--step-up-max-age", "soon"],
    ])
  func `a value that can't be used is 78, named with its setting, before anything is made`(
    words: [String]
  )
    async throws
  {
    let shell = try await Shell(isEmpty: true)
    let outcome = try await shell.bare(["serve", "--data", shell.data, "--listen", "127.0.0.1:0"] + words)
    #expect(outcome.code == 78, "\(outcome)")
    #expect(outcome.out.isEmpty)
    #expect(outcome.error?.contains(words[0]) == true, "\(outcome)")
    #expect(try shell.directory.names().isEmpty)
  }

  @Test func `a gatehouse.json that can't be read is 78, not a file that says nothing`() async throws {
    let shell = try await Shell(isEmpty: true)
    try shell.directory.make("gatehouse.json")
    #expect(try await shell.bare(["config"]).code == 78)
    try shell.directory.remove("gatehouse.json")
    let long = "{" + String(repeating: " ", count: 1 << 20) + "}"
    let outcome = try await shell.bare(["config"], file: long)
    #expect(outcome.code == 78)
    #expect(outcome.error?.contains("can't be read") == true)
  }

  @Test(arguments: [
    ("a b c", "abc"), ("https://a.example, https://b.example", "https://a.example|https://b.example"),
    ("", ""),
  ])
  func `a list is parted by commas`(text: String, items: String) throws {
    let settings = try Settings(flags: ["allowed-origins": text], environment: [:], file: "")
    #expect(settings.list(.allowedOrigins).joined(separator: "|") == items)
  }

  @Test(
    arguments: [
      ("127.0.0.1:8080", "127.0.0.1:8080"), ("localhost:1", "127.0.0.1:1"), ("[::1]:8080", "[::1]:8080"),
      ("0.0.0.0:443", "0.0.0.0:443"), (":8080", nil), ("8080", nil), ("127.0.0.1:", nil),
      ("127.0.0.1:-1", nil),
      ("127.0.0.1:65536", nil), ("[::1:8080", nil), ("1.2.3:80", nil),
    ] as [(String, String?)])
  func `a listen address is an address and a port`(text: String, shown: String?) {
    #expect(ListenAddress(text)?.description == shown)
  }
}
