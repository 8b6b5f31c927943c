internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import Governance
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Support
internal import Telemetry
internal import Testing
internal import World

@testable internal import Gatehouse

extension Client {
  /// What the metrics listener answers.
  func metrics(_ path: String = "/metrics") async throws -> Answer {
    let response = await app.respondMetrics(to: Request(method: .get, path: path))
    guard case .bytes(let bytes) = response.body else { throw Unusable() }
    return Answer(status: response.status, fields: response.fields, bytes: bytes)
  }
}

/// Health, numbers and log lines, at both depths.
@Suite struct `Those who run it` {
  @Test(arguments: Depth.allCases, ["/healthz", "/readyz"])
  func `health is plain text for anybody and never cached`(depth: Depth, path: String) async throws {
    try await withHouse(depth) { client in
      for method in [HTTP.Method.get, .head] {
        let answer = try await client.send(method, path)
        #expect(answer.status == 200)
        #expect(answer["cache-control"] == "no-store")
        #expect(answer["content-type"] == "text/plain; charset=utf-8")
        #expect(answer.text == (method == .head ? "" : "ok\n"))
      }
    }
  }

  @Test(arguments: Depth.allCases)
  func `without its tables the house is alive and not ready`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      try await client.house.store.write { transaction in
        _ = try transaction.run("ALTER TABLE setting RENAME TO gone")
      }
      #expect(try await client.get("/healthz").status == 200)
      #expect(try await client.get("/readyz").verdict == "503 not_ready")
      #expect(client.log.lines.contains { $0.contains("not ready") })
    }
  }

  @Test(arguments: [("GET", 200), ("HEAD", 200), ("POST", 405), ("DELETE", 405), ("PUT", 405)])
  func `metrics are read and nothing else`(method: String, status: Int) async throws {
    try await withHouse(.inProcess) { client in
      let response = await client.app.respondMetrics(to: Request(method: .init(method), path: "/metrics"))
      #expect(response.status == status)
      #expect(status == 200 || response.fields["allow"] == "GET, HEAD, OPTIONS")
    }
  }

  @Test(arguments: Depth.allCases)
  func `metrics are on their own listener, and nothing else is`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      #expect(try await client.get("/metrics").status == 404)
      let page = try await client.metrics()
      #expect(page.status == 200)
      #expect(page["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
      for path in ["/", "/healthz", "/mcp", "/account", "/oauth/token"] {
        #expect(try await client.metrics(path).status == 404)
      }
    }
  }

  @Test(arguments: Depth.allCases)
  func `metrics name routes, never what came in`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let made = try await client.key()
      _ = try await client.get("/s3cret-path-1?q=s3cret-query")
      _ = try await client.get("/assets/s3cret-file.css")
      _ = try await client.get("/account/connections/s3cret-id/revoke")
      _ = try await client.call("s3cret_tool", bearer: made.key)
      _ = try await client.send(HTTP.Method("PATCH"), "/oauth/token")
      _ = try await client.get("/.well-known/openid-configuration/mcp")
      let text = try await client.metrics().text
      #expect(!text.contains("s3cret"))
      #expect(!text.contains(made.connectionID))
      for series in [
        #"{route="not_found",status="404"} 1"#, #"{route="mcp",status="400"} 1"#,
        #"{route="method_not_allowed",status="405"} 1"#,
        #"{route="authorization server metadata",status="200"} 1"#,
        #"{route="/account/connections/:id/revoke",status="200"} 1"#,
      ] {
        #expect(text.contains("gatehouse_http_requests_total" + series), "\(text)")
      }
      // The text format 0.0.4: a TYPE for every family, a number at the end of every line.
      let lines = text.split(separator: "\n")
      let types = lines.filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
      #expect(Set(types).count == types.count)
      for line in lines where !line.hasPrefix("#") {
        #expect(types.contains { line.hasPrefix($0) }, "\(line)")
        #expect(line.split(separator: " ").last.flatMap { Double($0) } != nil, "\(line)")
      }
    }
  }

  @Test(arguments: Depth.allCases)
  func `a refused credential is counted`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      for _ in 0..<3 { _ = try await client.call("whoami", bearer: "nonsense") }
      _ = try await client.call("whoami", bearer: nil)
      #expect(try await client.metrics().text.contains("gatehouse_credentials_refused_total 3\n"))
    }
  }

  @Test(arguments: Depth.allCases)
  func `at debug a request is one line with its route and status`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      _ = try await client.get("/s3cret-path?token=s3cret")
      _ = try await client.get("/healthz")
      let lines = client.log.lines.filter { $0.contains("request") }
      #expect(lines.count == 2)
      #expect(lines[0].contains("not_found") && lines[0].contains("404"))
      #expect(lines[1].contains("/healthz") && lines[1].contains("200"))
      #expect(!lines.joined().contains("s3cret"))
    }
  }

  @Test(arguments: Depth.allCases)
  func `no secret of any flow is in a log line, an audit entry or a number`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      var secrets: [String: String] = ["password": Company.password]
      // Every way in …
      let (application, person) = (try await Application(client), Person(client))
      let callback = try await person.authorize(application.link())
      let code = try #require(callback.callback?["code"])
      secrets["code"] = code
      secrets["verifier"] = application.verifier
      let tokens = try await application.exchange(code)
      (secrets["access"], secrets["refresh"]) = (tokens.access, tokens.refresh)
      let second = try Tokens(await application.refresh(tokens.refresh))
      (secrets["second access"], secrets["second refresh"]) = (second.access, second.refresh)
      _ = try await client.call("search_read", `The main job`.orders, bearer: second.access)
      let account = try await person.get("/account")
      let ticket = try #require(account.input("ticket"))
      let page = try await person.post("/account/keys", [("ticket", ticket), ("name", "Key")])
      let key = try #require(Self.key(in: page))
      secrets["key"] = key
      secrets["key's secret"] = String(key.split(separator: "_")[3])
      _ = try await client.call("whoami", bearer: key)
      var draft = Clients.Draft(
        name: "Job", method: .secretBasic, redirectURIs: [], grantTypes: [.clientCredentials])
      draft.serviceUserID = try await client.house.user("accountant").id
      draft.scopes = [.read]
      let added = try await client.house.clients.add(draft)
      let (service, secret) = (added.client, added.secret)
      let clientSecret = try #require(secret)
      secrets["client secret"] = clientSecret
      let basic = Base64.encode(Array("\(service.id):\(clientSecret)".utf8))
      secrets["basic"] = basic
      let granted = try await client.post(
        "/oauth/token", [("grant_type", "client_credentials")], ["authorization": "Basic " + basic])
      secrets["service access"] = try #require(granted.json["access_token"]?.string)
      // … and every way that fails.
      let stranger = Person(client)
      secrets["wrong password"] = "wrong-password-77"
      _ = try await stranger.signIn(try await stranger.get("/account"), password: "wrong-password-77")
      await #expect(throws: Unexpected.self) { try await application.exchange(code) }
      _ = try await application.refresh(tokens.refresh)
      _ = try await application.revoke(second.refresh)
      for bearer in [second.access, key + "x", String(key.dropLast()), "s3cret-token-in-a-header"] {
        _ = try await client.call("whoami", bearer: bearer)
      }
      secrets["made up"] = "s3cret-token-in-a-header"
      _ = try await client.post(
        "/oauth/token",
        [
          ("grant_type", "client_credentials"), ("client_id", service.id),
          ("client_secret", clientSecret + "x"),
        ])
      _ = try await client.post("/oauth/token?client_secret=" + clientSecret, [("grant_type", "x")])
      _ = try await client.get(
        "/oauth/authorize?state=s3cret-state-1234&client_id=" + clientSecret.dropFirst(3))
      secrets["state"] = "s3cret-state-1234"
      for (index, page) in (person.pages + stranger.pages).enumerated() {
        for value in page.inputs("ticket") { secrets["ticket \(index)"] = value }
      }
      for (name, value) in person.cookies.merging(stranger.cookies, uniquingKeysWith: { $1 }) {
        secrets["cookie \(name)"] = value
      }
      #expect(secrets.count >= 20)
      #expect(secrets.values.allSatisfy { $0.count >= 8 })

      let lines = client.log.lines
      #expect(lines.count > 20)
      let audit = try await client.house.audit.list(limit: 1000).map { JSONValue.object($0.object).text }
      #expect(audit.count > 10)
      let metrics = try await client.metrics().text
      for (name, secret) in secrets {
        #expect(!lines.contains { $0.contains(secret) }, "\(name) is in the log")
        #expect(!audit.contains { $0.contains(secret) }, "\(name) is in the audit log")
        #expect(!metrics.contains(secret), "\(name) is in the metrics")
      }
      // Nor is any stored as it is.
      for (name, secret) in secrets where !name.hasPrefix("cookie gatehouse-visit") {
        for file in ["data/gatehouse.db", "data/gatehouse.db-wal"] {
          #expect(try !client.directory.holds(secret, in: file), "\(name) is in \(file)")
        }
      }
    }
  }

  static func key(in page: Answer) -> String? {
    guard let start = page.text.firstRange(of: "value=\"gk_live_") else { return nil }
    return "gk_live_" + page.text[start.upperBound...].prefix { $0 != "\"" }
  }
}
