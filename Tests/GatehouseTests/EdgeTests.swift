internal import Accounts
internal import HTTP
internal import JSON
internal import OAuth
internal import Support
internal import Telemetry
internal import Testing
internal import World

@testable internal import Gatehouse

/// Who may knock, under which names and paths, at both depths.
@Suite struct `The door` {
  // MARK: Origin and Host

  @Test(
    arguments: Depth.allCases,
    ["https://evil.example", "null", "http://127.0.0.1:8081", "https://127.0.0.1:8080", "http://127.0.0.1"])
  func `Streamable HTTP "Security" a foreign Origin is 403, whoever asks`(
    depth: Depth, origin: String
  )
    async throws
  {
    try await withHouse(depth) { client in
      let key = try await client.key().key
      let before = try await client.entries()
      for bearer in [key, nil] {
        let answer = try await client.call("whoami", bearer: bearer, ["origin": origin])
        #expect(answer.status == 403)
        #expect(answer.result == nil)
        // A page that may not come in is not led to a login either.
        #expect(answer["www-authenticate"] == nil)
      }
      #expect(try await client.entries() == before)
    }
  }

  @Test(arguments: Depth.allCases)
  func `our own Origin and those that are listed come in`(depth: Depth) async throws {
    try await withHouse(depth, ["allowed-origins": "https://claude.ai, https://chat.example"]) { client in
      let key = try await client.key().key
      for origin in ["http://127.0.0.1:8080", "https://claude.ai", "https://chat.example"] {
        let answer = try await client.call("whoami", bearer: key, ["origin": origin])
        #expect(answer.status == 200)
        #expect(answer["access-control-allow-origin"] == "*")
      }
      #expect(
        try await client.call("whoami", bearer: key, ["origin": "https://claude.ai.evil.example"]).status
          == 403)
    }
  }

  @Test(
    arguments: Depth.allCases,
    [
      ("127.0.0.1:8080", 401), ("localhost:8080", 401), ("LOCALHOST:8080", 401), ("[::1]:8080", 401),
      ("evil.example", 403), ("127.0.0.1:8081", 403), ("127.0.0.1.evil.example:8080", 403),
      ("evil.example:8080", 403), ("127.0.0.1", 403),
    ])
  func `a rebound name is 403`(depth: Depth, named: (host: String, status: Int)) async throws {
    try await withHouse(depth) { client in
      let answer = try await client.call("whoami", bearer: nil, ["host": named.host])
      #expect(answer.status == named.status)
    }
  }

  // MARK: CORS

  static let openPaths = [
    "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration",
    "/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp", "/oauth/jwks",
    "/oauth/token", "/token", "/oauth/register", "/register", "/oauth/revoke", "/mcp", "/odoo/mcp",
  ]

  @Test(arguments: Depth.allCases, openPaths)
  func `Fetch §3.3 what a client in a browser calls is open to it, preflight first`(
    depth: Depth, path: String
  ) async throws {
    try await withHouse(depth) { client in
      let method = path.hasPrefix("/.well-known") || path.hasSuffix("jwks") ? "GET" : "POST"
      let preflight = try await client.send(
        .options, path,
        [
          "origin": "https://app.example", "access-control-request-method": method,
          "access-control-request-headers": "authorization, content-type, mcp-protocol-version",
        ])
      #expect(preflight.status == 204)
      #expect(preflight["access-control-allow-origin"] == "*")
      let listed = Self.list(preflight["access-control-allow-methods"])
      #expect(listed.contains(method.lowercased()))
      #expect(
        Self.list(preflight["access-control-allow-headers"]).isSuperset(of: [
          "authorization", "content-type", "accept", "mcp-protocol-version", "mcp-method", "mcp-name",
          "mcp-session-id", "last-event-id",
        ]))
      // Credentials of the browser are never asked for.
      #expect(preflight["access-control-allow-credentials"] == nil)
      let answer = try await client.send(HTTP.Method(method), path, ["origin": "https://app.example"])
      #expect(answer["access-control-allow-origin"] == "*")
      #expect(Self.list(answer["access-control-expose-headers"]).contains("www-authenticate"))
      #expect(answer["access-control-allow-credentials"] == nil)
    }
  }

  @Test(arguments: Depth.allCases, openPaths)
  func `A8 a method that a path does not have is refused readably, with the fields of safety`(
    depth: Depth, path: String
  ) async throws {
    try await withHouse(depth, issuer: "https://gate.example") { client in
      let answer = try await client.send(.put, path, ["origin": "https://app.example"])
      #expect(answer.status == 405)
      #expect(answer["access-control-allow-origin"] == "*")
      #expect(answer["x-content-type-options"] == "nosniff")
      #expect(answer["cache-control"] == "no-store")
      #expect(answer["strict-transport-security"] != nil)
    }
  }

  @Test func `A8 what the edge refuses by itself is as readable, where the path is open`() async throws {
    try await withHouse(.socket, issuer: "https://gate.example", ["body-limit": "1024"]) { client in
      let body = [UInt8](repeating: 0x61, count: 2000)
      for (path, isOpen) in [("/oauth/token", true), ("/oauth/authorize", false), ("/nothing", false)] {
        let answer = try await client.send(.post, path, [:], body: body)
        #expect(answer.status == 413, "\(path)")
        #expect((answer["access-control-allow-origin"] == "*") == isOpen, "\(path)")
        #expect(answer["x-content-type-options"] == "nosniff")
        #expect(answer["strict-transport-security"] != nil)
      }
    }
  }

  @Test(arguments: Depth.allCases)
  func `a page that may not come in leaves a line and a number, and its refusal is kept by nobody`(
    depth: Depth
  ) async throws {
    try await withHouse(depth) { client in
      let answer = try await client.call("whoami", bearer: nil, ["origin": "https://evil.example"])
      #expect(answer.status == 403)
      #expect(answer["cache-control"] == "no-store")
      #expect(answer["x-content-type-options"] == "nosniff")
      #expect(client.log.lines.contains { $0.contains("origin refused") && $0.contains("evil.example") })
      let key = try await client.key().key
      for method in [HTTP.Method.get, .delete] {
        #expect(try await client.send(method, "/mcp", ["authorization": "Bearer \(key)"]).status == 405)
      }
      let numbers = try await client.metrics().text
      #expect(numbers.contains(#"gatehouse_http_requests_total{route="mcp",status="403"} 1"#))
      #expect(numbers.contains(#"gatehouse_http_requests_total{route="mcp",status="405"} 2"#))
    }
  }

  @Test(arguments: Depth.allCases)
  func `errors are as readable as answers`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let answers = [
        try await client.post("/oauth/token", [("grant_type", "nonsense")]),
        try await client.post("/oauth/token", [("grant_type", "refresh_token"), ("client_id", "c_x")]),
        try await client.post("/oauth/register", json: "[]"),
        try await client.post("/oauth/revoke", [("token", "x")]),
        try await client.call("whoami", bearer: nil),
        try await client.call("whoami", bearer: "nonsense"),
        try await client.call("whoami", bearer: nil, ["origin": "https://evil.example"]),
      ]
      for answer in answers {
        #expect((400...403).contains(answer.status))
        #expect(answer["access-control-allow-origin"] == "*")
      }
    }
  }

  @Test(
    arguments: Depth.allCases,
    ["/oauth/authorize", "/authorize", "/", "/account", "/login", "/oauth/consent"])
  func `OAuth 2.1 §3.1 pages are closed to scripts of other origins`(
    depth: Depth, path: String
  )
    async throws
  {
    try await withHouse(depth) { client in
      let fields = ["origin": "https://app.example", "access-control-request-method": "GET"]
      for method in [HTTP.Method.get, .post, .options] {
        let answer = try await client.send(method, path, fields)
        #expect(!answer.fields.lines.contains { $0.name.hasPrefix("access-control-") }, "\(method) \(answer)")
      }
    }
  }

  private static func list(_ field: String?) -> Set<String> {
    Set((field ?? "").split(separator: ",").map { $0.filter { $0 != " " }.lowercased() })
  }

  // MARK: Methods and paths

  @Test(arguments: Depth.allCases, ["/mcp", "/odoo/mcp"])
  func `HEAD, GET and DELETE without a credential are challenged`(depth: Depth, path: String) async throws {
    try await withHouse(depth) { client in
      for method in [HTTP.Method.head, .get, .delete] {
        let answer = try await client.send(method, path)
        #expect(answer.status == 401)
        #expect(
          answer["www-authenticate"]?.hasPrefix(
            "Bearer resource_metadata=\"http://127.0.0.1:8080/.well-known/oauth-protected-resource\(path)\"")
            == true)
      }
      let key = try await client.key().key
      for method in [HTTP.Method.get, .delete] {
        let answer = try await client.send(method, path, ["authorization": "Bearer " + key])
        #expect(answer.status == 405)
        #expect(answer["allow"]?.contains("POST") == true)
      }
    }
  }

  @Test(
    arguments: Depth.allCases,
    [
      "/nothing", "/mcp/", "/mcp/x", "/MCP", "/oauth", "/oauth/", "/oauth/token/", "/authorize/", "//",
      "/.well-known/", "/.well-known/oauth-authorization-server/other",
      "/.well-known/oauth-protected-resource/other", "/.well-known/security.txt", "/metrics", "/sse",
      "/assets/", "/assets/nothing.css", "/assets/..%2f..%2fetc%2fpasswd", "/account/x", "/%2e%2e/etc/passwd",
      "/mcp%2f", "/favicon.png",
    ])
  func `an unknown path is 404 in JSON, whatever is done to it`(depth: Depth, path: String) async throws {
    try await withHouse(depth) { client in
      for method in [HTTP.Method.get, .post, .delete, .options] {
        if path.hasPrefix("/assets/"), path.count > 8, method != .get { continue }
        let answer = try await client.send(method, path)
        #expect(answer.status == 404, "\(method) \(answer)")
        #expect(answer["content-type"] == "application/json")
        #expect(answer.text == #"{"error":"not_found"}"#)
      }
      #expect(try await client.send(.head, path).status == 404)
    }
  }

  @Test(arguments: Depth.allCases)
  func `RFC 9110 §15.5.6 a known path names the methods that it has`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      for (method, path, allow) in [
        (HTTP.Method.get, "/oauth/token", "POST"), (.delete, "/oauth/jwks", "GET"), (.put, "/account", "GET"),
        (.post, "/healthz", "GET"), (.get, "/oauth/consent", "POST"), (.post, "/oauth/authorize", "GET"),
      ] {
        let answer = try await client.send(method, path)
        #expect(answer.status == 405, "\(method) \(path)")
        #expect(answer["allow"]?.contains(allow) == true)
      }
    }
  }

  // MARK: Metadata

  static let serverPaths = [
    "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server/mcp", "/.well-known/openid-configuration/mcp",
    "/.well-known/oauth-authorization-server/odoo/mcp", "/.well-known/openid-configuration/odoo/mcp",
    "/mcp/.well-known/oauth-authorization-server", "/mcp/.well-known/openid-configuration",
    "/odoo/mcp/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/",
  ]

  @Test(arguments: Depth.allCases, serverPaths)
  func `RFC 8414 §3 the server's metadata is the same wherever it is looked for`(
    depth: Depth, path: String
  )
    async throws
  {
    try await withHouse(depth) { client in
      let answer = try await client.get(path)
      #expect(answer.status == 200)
      #expect(answer["content-type"] == "application/json")
      #expect(answer.json["issuer"]?.string == client.issuer.url)
      let first = try await client.get(Self.serverPaths[0])
      #expect(answer.bytes == first.bytes)
      for name in ["authorization_endpoint", "token_endpoint", "registration_endpoint", "jwks_uri"] {
        #expect(answer.json[name]?.string?.hasPrefix(client.issuer.origin + "/oauth/") == true)
      }
      #expect(answer.json["code_challenge_methods_supported"]?.array == ["S256"])
      let head = try await client.send(.head, path)
      #expect(head.status == 200)
    }
  }

  @Test(
    arguments: Depth.allCases,
    [
      ("", "/mcp"), ("/mcp", "/mcp"), ("/odoo/mcp", "/odoo/mcp"),
    ])
  func `RFC 9728 §3.3 the resource's metadata names the URL that was asked for`(
    depth: Depth, variant: (suffix: String, resource: String)
  ) async throws {
    try await withHouse(depth) { client in
      let answer = try await client.get("/.well-known/oauth-protected-resource" + variant.suffix)
      #expect(answer.status == 200)
      #expect(answer.json["resource"]?.string == client.issuer.origin + variant.resource)
      #expect(answer.json["authorization_servers"]?.array == [.string(client.issuer.url)])
      #expect(answer.json["bearer_methods_supported"]?.array == ["header"])
    }
  }

  @Test(arguments: Depth.allCases)
  func `an issuer with a path has all of its house below it`(depth: Depth) async throws {
    try await withHouse(depth, issuer: "https://gate.example/tenant") { client in
      #expect(client.issuer.resource.text == "https://gate.example/tenant/mcp")
      for path in [
        "/.well-known/oauth-authorization-server/tenant", "/tenant/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/tenant/mcp",
      ] {
        let answer = try await client.get(path)
        #expect(answer.json["issuer"]?.string == "https://gate.example/tenant", "\(path)")
        #expect(
          answer.json["token_endpoint"]?.string == "https://gate.example/tenant/oauth/token", "\(path)")
      }
      let resource = try await client.get("/.well-known/oauth-protected-resource/tenant/mcp")
      #expect(resource.json["resource"]?.string == client.issuer.resource.text)
      let keys = try #require(resource.json["jwks_uri"]?.string?.dropFirst("https://gate.example".count))
      #expect(try await client.get(String(keys)).json["keys"]?.array?.count == 1)
      #expect(
        try await client.mcp("tools/list", bearer: nil, path: "/tenant/mcp")["www-authenticate"]?.contains(
          "https://gate.example/.well-known/oauth-protected-resource/tenant/mcp") == true)
      #expect(try await client.get("/tenant/account").status == 200)
    }
  }

  @Test(arguments: Depth.allCases)
  func `without registration there is no endpoint for it, nor its name`(depth: Depth) async throws {
    try await withHouse(depth, ["registration": "off"]) { client in
      let metadata = try await client.get("/.well-known/oauth-authorization-server").json
      #expect(metadata["registration_endpoint"] == nil)
      #expect(try await client.post("/oauth/register", json: "{}").status == 404)
      #expect(try await client.post("/register", json: "{}").status == 404)
    }
  }

  // MARK: Limits and splitting

  @Test func `a body over the limit is 413 before anybody reads it`() async throws {
    try await withHouse(.socket, ["body-limit": "4096"]) { client in
      let key = try await client.key().key
      let before = try await client.entries()
      let fields = [
        "authorization": "Bearer " + key, "accept": "application/json, text/event-stream",
      ]
      let fits = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
      let padding = String(repeating: " ", count: 4096 - fits.utf8.count)
      #expect(try await client.post("/mcp", json: fits + padding, fields).status == 200)
      #expect(try await client.post("/mcp", json: fits + padding + " ", fields).status == 413)
      #expect(try await client.entries() == before + 1)
      #expect(
        String(decoding: try await client.metrics().bytes, as: UTF8.self).contains(
          #"gatehouse_http_requests_total{route="edge",status="413"} 1"#))
    }
  }

  @Test(arguments: Depth.allCases)
  func `RFC 7591 §3 a registration that is too long is 413`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let answer = try await client.post(
        "/oauth/register", json: #"{"client_name":""# + String(repeating: "x", count: 65536) + #""}"#)
      #expect(answer.status == 413)
    }
  }

  @Test(
    arguments: Depth.allCases,
    [
      "a\r\nSet-Cookie: x=1", "a\nX-Injected: 1", "a\u{0}b", "a%0d%0aX-Injected: 1", "a&code=evil&state=b",
      "ü#frag",
    ]
  )
  func `a state comes back as it was sent and splits nothing`(depth: Depth, state: String) async throws {
    try await withHouse(depth) { client in
      let application = try await Application(client)
      let answer = try await Person(client).authorize(application.link(["state": state]))
      #expect(answer.status == 303)
      let location = try #require(answer["location"])
      #expect(location.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f })
      #expect(!location.contains("#"))
      #expect(answer.callback?["state"] == state)
      #expect(answer.callback?.all("code").count == 1)
      #expect(answer["x-injected"] == nil)
      #expect(answer.fields.all("set-cookie").allSatisfy { $0.hasPrefix("gatehouse-") })
      // The error's way back is the same.
      let refused = try await client.get(application.link(["state": state, "response_type": "token"]))
      #expect(refused.status == 303)
      #expect(refused["x-injected"] == nil)
      #expect(refused.callback?["state"] == state)
    }
  }

  @Test(
    arguments: Depth.allCases,
    [
      "https://c.example/cb\r\nX-Injected: 1", "https://c.example/cb\u{0}", "https://c.example/c b",
      "javascript:alert(1)", "https://user@c.example/cb", "https://c.example/cb#f", "http://c.example/cb",
      "//c.example/cb", "/cb", "",
    ])
  func `a redirect URI that could split or mislead is not registered`(depth: Depth, uri: String) async throws
  {
    try await withHouse(depth) { client in
      let body: JSONObject = ["redirect_uris": [.string(uri)], "token_endpoint_auth_method": "none"]
      let answer = try await client.post("/oauth/register", json: JSONValue.object(body).text)
      #expect(answer.verdict == "400 invalid_redirect_uri")
      // Nor does an authorization request lead to it.
      let application = try await Application(client)
      let asked = try await client.get(application.link(["redirect_uri": uri]))
      if !uri.isEmpty {
        #expect(asked.status == 400)
        #expect(asked["location"] == nil)
      }
    }
  }
}
