internal import HTTP
internal import JSON
internal import Support
internal import Testing

@Suite("A. Discovery and metadata")
struct DiscoveryTests {
  static let metadata = "/.well-known/oauth-authorization-server"

  @Test func `A1 RFC 8414 the metadata names its issuer, S256 and code`() async throws {
    let answer = try await Program.shared.get(Self.metadata)
    #expect(answer.status == 200 && answer["content-type"]?.hasPrefix("application/json") == true)
    #expect(answer.json["issuer"]?.string == Program.issuer)
    #expect(answer.json["code_challenge_methods_supported"]?.array == ["S256"])
    #expect(answer.json["response_types_supported"]?.array == ["code"])
  }

  @Test func `A2 A3 MCP an issuer with a path answers at every variant, byte for byte as configured`()
    async throws
  {
    let program = try await Program(issuer: "https://gate.example/t")
    for path in [
      "/.well-known/oauth-authorization-server/t", "/.well-known/openid-configuration/t",
      "/t/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/t/",
      "/.well-known/openid-configuration/t/", "/t/.well-known/openid-configuration/",
    ] {
      let answer = try await program.get(path)
      #expect(answer.status == 200, "\(path)")
      #expect(answer.json["issuer"]?.string == "https://gate.example/t", "\(path)")
    }
  }

  @Test(arguments: [Self.metadata, Self.metadata + "/", "/.well-known/openid-configuration"])
  func `A3 RFC 8414 §3_3 the issuer is never derived from the request`(path: String) async throws {
    let answer = try await Program.shared.get(path, [("host", "evil.example")])
    #expect(answer.status == 200 && answer.json["issuer"]?.string == Program.issuer)
  }

  @Test(arguments: [
    Self.metadata, "/.well-known/openid-configuration", "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp", "/oauth/jwks",
  ])
  func `A5 a member that does not apply is absent, never null`(path: String) async throws {
    let answer = try await Program.shared.get(path)
    #expect(answer.status == 200)
    #expect(!answer.text.contains("null"))
  }

  @Test(arguments: [
    // Of the endpoint that there is, for clients that look here after the variant with its path.
    ("/.well-known/oauth-protected-resource", "https://gate.example/mcp"),
    ("/.well-known/oauth-protected-resource/mcp", "https://gate.example/mcp"),
    ("/.well-known/oauth-protected-resource/odoo/mcp", "https://gate.example/odoo/mcp"),
  ])
  func `A6 RFC 9728 the resource is the URL that the client used`(path: String, resource: String) async throws
  {
    let answer = try await Program.shared.get(path)
    #expect(answer.status == 200 && answer.json["resource"]?.string == resource)
    #expect(answer.json["authorization_servers"]?.array == [.string(Program.issuer)])
    #expect(answer.json["scopes_supported"]?.array?.contains("offline_access") == false)
  }

  @Test func `A7 RFC 9728 §5_1 a call without a token learns where to go, and no error`() async throws {
    let answer = try await Program.shared.mcp(nil)
    #expect(answer.status == 401)
    let challenge = answer["www-authenticate"] ?? ""
    #expect(
      challenge.hasPrefix(
        "Bearer resource_metadata=\"https://gate.example/.well-known/oauth-protected-resource/mcp\""))
    #expect(!challenge.contains("error"))
  }

  @Test(arguments: [
    ("GET", Self.metadata, 200), ("GET", "/oauth/jwks", 200), ("POST", "/oauth/token", 400),
    ("POST", "/oauth/register", 400), ("POST", "/oauth/revoke", 400),
    ("GET", "/.well-known/oauth-protected-resource/mcp", 200),
  ])
  func `A8 OAuth 2_1 §3_2 browsers of any origin may ask, without credentials, and read errors`(
    method: String, path: String, status: Int
  ) async throws {
    let origin = ("origin", "https://app.example")
    let preflight = try await Program.shared.send(
      "OPTIONS", path, [origin, ("access-control-request-method", method)])
    #expect(preflight.status == 204)
    let answer = try await Program.shared.send(method, path, [origin])
    #expect(answer.status == status)
    for one in [preflight, answer] {
      #expect(one["access-control-allow-origin"] == "*")
      #expect(one["access-control-allow-credentials"] == nil)
    }
    #expect(preflight["access-control-allow-methods"]?.contains(method) == true)
  }

  @Test(arguments: ["/oauth/authorize", "/authorize"])
  func `A9 OAuth 2_1 §3_1 the authorization endpoint knows no other origin`(path: String) async throws {
    for method in ["GET", "OPTIONS"] {
      let answer = try await Program.shared.send(method, path, [("origin", "https://app.example")])
      #expect(answer.fields.lines.allSatisfy { !$0.name.lowercased().hasPrefix("access-control") })
    }
  }

  @Test func `A10 RFC 7517 the keys are public ones alone, named once, and may be kept`() async throws {
    let answer = try await Program.shared.get("/oauth/jwks")
    let keys = try #require(answer.json["keys"]?.array)
    #expect(!keys.isEmpty)
    for key in keys {
      for member in ["d", "p", "q", "dp", "dq", "qi", "k"] { #expect(key[member] == nil) }
      #expect(key["kty"]?.string != nil && key["alg"]?.string != nil && key["use"]?.string == "sig")
    }
    #expect(Set(keys.compactMap { $0["kid"]?.string }).count == keys.count)
    #expect(answer["cache-control"]?.contains("max-age") == true)
  }

  @Test func `A11 RFC 9207 §2_3 iss is promised, and sent`() async throws {
    let program = try await Program.shared
    let metadata = try await program.get(Self.metadata)
    #expect(metadata.json["authorization_response_iss_parameter_supported"]?.bool == true)
    let answer = try await program.get(program.knownClient().link(["scope": "nonsense"]))
    #expect(answer.callback?.all("iss") == [Program.issuer])
  }
}
