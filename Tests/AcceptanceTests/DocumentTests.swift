internal import HTTP
internal import HTTPServer
internal import JSON
internal import Support
internal import Synchronization
internal import Testing

@Suite("I. Client ID metadata documents")
struct DocumentTests {
  /// What is published at a path, and what was asked for.
  private final class Shelf: Sendable {
    private let state = Mutex((pages: [String: Response](), asked: [String]()))

    var asked: [String] { state.withLock { $0.asked } }

    func put(_ response: Response, at path: String) { state.withLock { $0.pages[path] = response } }

    func take(_ request: Request) -> Response {
      state.withLock { state in
        state.asked.append(request.path)
        return state.pages[request.path] ?? Response.error(404, "not_found")
      }
    }
  }

  private static func page(_ body: String, status: Int = 200, _ fields: Fields = [:]) -> Response {
    var all: Fields = ["content-type": "application/json"]
    for line in fields.lines { all[line.name] = line.value }
    return Response(status: status, fields: all, body: Array(body.utf8))
  }

  /// A good document with these members instead; nil takes one away.
  private static func document(_ url: String, _ changes: [String: JSONValue?] = [:]) -> String {
    var body: JSONObject = [
      "client_id": .string(url), "client_name": "Reader", "redirect_uris": ["https://c.example/cb"],
      "token_endpoint_auth_method": "none",
    ]
    for (name, value) in changes { body[name] = value }
    return JSONValue.object(body).text
  }

  /// A program that may fetch from a publisher of the test's.
  private func withProgram(
    _ settings: [String] = [], _ body: (Program, Publisher, Shelf) async throws -> Void
  ) async throws {
    let shelf = Shelf()
    try await withPublisher {
      shelf.take($0)
    } _: { publisher in
      let program = try await Program(
        ["--outbound-allowed", "127.0.0.1", "--outbound-authorities", publisher.authorities] + settings)
      try await body(program, publisher, shelf)
    }
  }

  @Test(arguments: [
    ("I1", "http://client.example/app.json"), ("I2", "https://client.example"),
    ("I2", "https://client.example/"),
    ("I3", "https://client.example/app.json#f"), ("I4", "https://u:p@client.example/app.json"),
    ("I5", "https://client.example/./app.json"), ("I6", "https://client.example/../app.json"),
    ("I7", "https://client.example/%2e%2e/app.json"),
  ])
  func `I1 to I7 §3 a URL that can be no client`(row: String, id: String) async throws {
    let program = try await Program.shared
    let client = Client(id: id)
    #expect(try await program.get(client.link()).outcome == "PAGE 400", "\(row)")
    #expect(try await program.refresh("gr_x", client).verdict == "401 invalid_client", "\(row)")
  }

  @Test(arguments: [
    ("I8", "127.0.0.1"), ("I8", "localhost"), ("I9", "10.0.0.1"), ("I10", "172.16.0.1"),
    ("I11", "192.168.0.1"),
    ("I12", "169.254.169.254"), ("I13", "100.64.0.1"), ("I14", "[::1]"), ("I15", "[fc00::1]"),
    ("I16", "[::ffff:10.0.0.1]"), ("I16", "[64:ff9b::a00:1]"),
  ])
  func `I8 to I16 a host at an address that is not public is refused when the socket would open`(
    row: String, host: String
  ) async throws {
    let shelf = Shelf()
    try await withPublisher {
      shelf.take($0)
    } _: { publisher in
      let program = try await Program.shared
      let answer = try await program.get(Client(id: "https://\(host):\(publisher.port)/app.json").link())
      #expect(answer.outcome == "PAGE 400", "\(row)")
    }
    #expect(shelf.asked.isEmpty, "\(row)")
  }

  @Test func `I18 to I30 documents that are wrong, redirects, statuses, sizes`() async throws {
    try await withProgram { program, publisher, shelf in
      let cases: [(String, (String) -> Response, String)] = [
        ("good", { Self.page(Self.document($0)) }, "PAGE 200"),
        ("I18 301", { Self.page(Self.document($0), status: 301, ["location": "/good"]) }, "PAGE 400"),
        ("I18 302", { Self.page(Self.document($0), status: 302, ["location": "/good"]) }, "PAGE 400"),
        ("I18 307", { Self.page(Self.document($0), status: 307, ["location": "/good"]) }, "PAGE 400"),
        ("I19 201", { Self.page(Self.document($0), status: 201) }, "PAGE 400"),
        ("I19 404", { Self.page(Self.document($0), status: 404) }, "PAGE 400"),
        ("I19 500", { Self.page(Self.document($0), status: 500) }, "PAGE 400"),
        (
          "I20", { Self.page(Self.document($0, ["x": .string(String(repeating: "a", count: 6000))])) },
          "PAGE 400"
        ),
        ("I20 gzip", { Self.page(Self.document($0), ["content-encoding": "gzip"]) }, "PAGE 400"),
        ("I22 array", { _ in Self.page("[]") }, "PAGE 400"),
        ("I22 doubled", { Self.page(#"{"client_id":"\#($0)","client_id":"\#($0)"}"#) }, "PAGE 400"),
        ("I24 secret", { Self.page(Self.document($0, ["client_secret": "x"])) }, "PAGE 400"),
        ("I24 expiry", { Self.page(Self.document($0, ["client_secret_expires_at": 0])) }, "PAGE 400"),
        (
          "I24 method",
          { Self.page(Self.document($0, ["token_endpoint_auth_method": "client_secret_basic"])) }, "PAGE 400"
        ),
        (
          "I26 alone", { Self.page(Self.document($0, ["token_endpoint_auth_method": "private_key_jwt"])) },
          "PAGE 400"
        ),
        ("I27", { Self.page(Self.document($0, ["redirect_uris": ["https://c.example/other"]])) }, "PAGE 400"),
        ("I28", { Self.page(Self.document($0, ["client_name": nil])) }, "PAGE 400"),
        (
          "I29",
          {
            Self.page(
              Self.document($0, ["jwks": ["keys": [["kty": "RSA", "n": "AQ", "e": "AQAB", "d": "AQ"]]]]))
          },
          "PAGE 400"
        ),
        ("I30", { Self.page(Self.document($0, ["logo_uri": "https://10.0.0.1/l.png"])) }, "PAGE 400"),
      ]
      for (index, (row, response, outcome)) in cases.enumerated() {
        let path = "/\(index).json"
        let url = publisher.url(path)
        shelf.put(response(url), at: path)
        let answer = try await program.get(Client(id: url).link())
        #expect(answer.outcome == outcome, "\(row)")
        #expect(answer["location"] == nil, "\(row)")
      }
      // Each was asked for once, and nothing that one of them names.
      #expect(shelf.asked == cases.indices.map { "/\($0).json" })
      // What is no document is not kept: mended, it is good after the seconds in which a refusal stands.
      let url = publisher.url("/5.json")
      shelf.put(Self.page(Self.document(url)), at: "/5.json")
      try program.move(.seconds(10))
      #expect(try await program.get(Client(id: url).link()).outcome == "PAGE 200")
    }
  }

  @Test func `I20 I21 a body without an end, and one that takes too long`() async throws {
    try await withPublisher { request in
      Response(status: 200, fields: ["content-type": "application/json"]) { stream in
        for _ in 0..<4000 {
          if request.path == "/endless.json" {
            guard await stream.write(Array(repeating: UInt8(ascii: " "), count: 1024)) else { return }
          } else {
            guard await stream.write([UInt8(ascii: " ")]) else { return }
            do { try await Task.sleep(for: .milliseconds(5)) } catch { return }
          }
        }
      }
    } _: { publisher in
      let program = try await Program(
        ["--outbound-allowed", "127.0.0.1", "--outbound-authorities", publisher.authorities])
      let began = ContinuousClock.now
      #expect(try await program.get(Client(id: publisher.url("/endless.json")).link()).outcome == "PAGE 400")
      #expect(try await program.get(Client(id: publisher.url("/slow.json")).link()).outcome == "PAGE 400")
      #expect(ContinuousClock.now - began < .seconds(9))
    }
  }

  @Test func `I25 I26 ChatGPT's document, read as none and as private_key_jwt, and claude_ai's`() async throws
  {
    try await withProgram { program, publisher, shelf in
      let signer = try Signer()
      let url = publisher.url("/oauth/abc/client.json")
      shelf.put(
        Self.page(
          Self.document(
            url,
            [
              "token_endpoint_auth_method": "private_key_jwt", "client_name": "ChatGPT",
              "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
              "jwks_uri": .string(publisher.url("/oauth/jwks.json")),
            ])), at: "/oauth/abc/client.json")
      shelf.put(Self.page(signer.set.text), at: "/oauth/jwks.json")
      let (client, cookie) = (Client(id: url), try await program.signIn())
      let open = try await program.tokens(client, cookie: cookie)
      #expect(try await program.verdict("Bearer " + open.access) == "200")
      let code = try await program.code(client, cookie: cookie)
      let pairs = [
        ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", client.redirectURI),
        ("code_verifier", PKCE.verifier),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
      ]
      let wrong = try await program.post(
        "/oauth/token", pairs + [("client_assertion", try Signer(signer.identifier).assertion(url))])
      #expect(wrong.verdict == "401 invalid_client")
      let right = try await program.post(
        "/oauth/token", pairs + [("client_assertion", try signer.assertion(url))])
      #expect(right.status == 200)
      #expect(shelf.asked.contains("/oauth/jwks.json"))
    }
  }

  @Test func `I30 keys at an address that is not public are not fetched`() async throws {
    let elsewhere = Shelf()
    try await withPublisher {
      elsewhere.take($0)
    } _: { hidden in
      try await withProgram { program, publisher, shelf in
        let url = publisher.url("/app.json")
        // The same machine by another name, which the operator did not allow.
        let location = JSONValue.string("https://[::1]:\(hidden.port)/jwks.json")
        let methods: [String: JSONValue?] = [
          "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": location,
        ]
        shelf.put(Self.page(Self.document(url, methods)), at: "/app.json")
        let answer = try await program.post(
          "/oauth/token",
          [
            ("grant_type", "refresh_token"), ("refresh_token", "gr_x"),
            ("client_assertion", try Signer().assertion(url)),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
          ])
        #expect(answer.verdict == "401 invalid_client" && elsewhere.asked.isEmpty)
      }
    }
  }

  @Test func `I31 many first requests at once are one fetch`() async throws {
    try await withProgram { program, publisher, shelf in
      let url = publisher.url("/app.json")
      shelf.put(Self.page(Self.document(url)), at: "/app.json")
      let outcomes = try await withThrowingTaskGroup { group in
        for _ in 0..<200 { group.addTask { try await program.get(Client(id: url).link()).outcome } }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(outcomes == ["PAGE 200"] && shelf.asked.count == 1)
    }
  }

  @Test func `I33 client_credentials is not for a client that nobody registered`() async throws {
    try await withProgram { program, publisher, shelf in
      let url = publisher.url("/app.json")
      shelf.put(Self.page(Self.document(url)), at: "/app.json")
      let answer = try await program.token(Client(id: url), [("grant_type", "client_credentials")])
      #expect(answer.verdict == "400 unauthorized_client")
    }
  }

  @Test func `I34 a host that is not on the list is not asked`() async throws {
    try await withProgram(["--client-document-domains", "client.example,*.c.example"]) {
      program, publisher, shelf in
      let answer = try await program.get(Client(id: publisher.url("/app.json")).link())
      #expect(answer.outcome == "PAGE 400" && shelf.asked.isEmpty)
    }
  }
}
