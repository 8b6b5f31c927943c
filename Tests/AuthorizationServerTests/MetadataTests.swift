internal import Accounts
internal import Authentication
internal import AuthorizationServer
internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Telemetry
internal import Testing
internal import World

@Suite("A. Metadata (RFC 8414, RFC 9728, RFC 7517)")
struct MetadataTests {
  @Test(arguments: [
    ("https://gate.example", "/.well-known/oauth-authorization-server"),
    ("https://gate.example", "/.well-known/openid-configuration"),
    ("https://gate.example", "/.well-known/oauth-authorization-server/mcp"),
    ("https://gate.example", "/.well-known/openid-configuration/mcp"),
    ("https://gate.example", "/mcp/.well-known/openid-configuration"),
    ("https://gate.example", "/mcp/.well-known/oauth-authorization-server"),
    ("https://gate.example", "/.well-known/oauth-authorization-server/"),
    ("https://gate.example", "/.well-known/openid-configuration/"),
    ("https://gate.example", "/.well-known/oauth-authorization-server/mcp/"),
    ("https://gate.example/", "/.well-known/oauth-authorization-server"),
    ("https://gate.example/t", "/.well-known/oauth-authorization-server"),
    ("https://gate.example/t", "/.well-known/oauth-authorization-server/t"),
    ("https://gate.example/t", "/.well-known/openid-configuration/t"),
    ("https://gate.example/t", "/t/.well-known/openid-configuration"),
    ("https://gate.example/t", "/t/.well-known/oauth-authorization-server"),
    ("https://gate.example/t", "/.well-known/oauth-authorization-server/t/mcp"),
    ("https://gate.example/t", "/.well-known/openid-configuration/t/mcp"),
    ("https://gate.example/t", "/t/mcp/.well-known/openid-configuration"),
    ("https://gate.example/t", "/.well-known/oauth-authorization-server/t/"),
    ("https://gate.example/t", "/t/.well-known/openid-configuration/"),
    ("https://gate.example/t/", "/.well-known/oauth-authorization-server/t"),
    ("http://127.0.0.1:8080", "/.well-known/oauth-authorization-server"),
  ])
  func `A1 A2 A3 RFC 8414 §3 the document is at every path, with the issuer byte for byte`(
    url: String, path: String
  ) async throws {
    let answer = try await House(url).get(path)
    #expect(answer.status == 200)
    #expect(answer.fields["content-type"] == "application/json")
    #expect(answer.json["issuer"]?.string == (url.hasSuffix("/") ? String(url.dropLast()) : url))
    #expect(answer.json["code_challenge_methods_supported"] == ["S256"])
    #expect(answer.json["response_types_supported"] == ["code"])
  }

  @Test(arguments: ["https://gate.example", "https://gate.example/t"])
  func `A1 RFC 8414 §2 every endpoint that is named is there`(url: String) async throws {
    let house = try await House(url)
    let document = await house.get("/.well-known/oauth-authorization-server").json
    for (name, method) in [
      ("authorization_endpoint", "GET"), ("token_endpoint", "POST"), ("revocation_endpoint", "POST"),
      ("registration_endpoint", "POST"), ("jwks_uri", "GET"),
      ("pushed_authorization_request_endpoint", "POST"),
      ("device_authorization_endpoint", "POST"), ("introspection_endpoint", "POST"),
    ] {
      let endpoint = try #require(document[name]?.string, "\(name)")
      #expect(endpoint.hasPrefix(url + "/"))
      let answer = await house.send(Method(method), String(endpoint.dropFirst("https://gate.example".count)))
      #expect(![404, 405].contains(answer.status), "\(name) \(answer.status)")
    }
  }

  @Test func `A5 RFC 8414 §3_2 a member that does not apply is absent, never null`() async throws {
    let house = try await House(registration: .off)
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource"] {
      for member in try #require(await house.get(path).json.object).members {
        #expect(member.value != .null, "\(member.name)")
        #expect(member.value != .array([]), "\(member.name)")
      }
    }
  }

  @Test(arguments: [
    ("https://gate.example", "/.well-known/oauth-protected-resource", "https://gate.example/mcp"),
    ("https://gate.example", "/.well-known/oauth-protected-resource/mcp", "https://gate.example/mcp"),
    (
      "https://gate.example", "/.well-known/oauth-protected-resource/odoo/mcp",
      "https://gate.example/odoo/mcp"
    ),
    ("https://gate.example/t", "/.well-known/oauth-protected-resource/t/mcp", "https://gate.example/t/mcp"),
    ("https://gate.example/t", "/.well-known/oauth-protected-resource", "https://gate.example/t/mcp"),
    ("https://gate.example/t", "/.well-known/oauth-protected-resource/t", "https://gate.example/t/mcp"),
  ])
  func `A6 RFC 9728 §3 the resource is the URL that the client was given`(
    url: String, path: String, resource: String
  ) async throws {
    let answer = try await House(url).get(path)
    #expect(answer.status == 200)
    #expect(answer.json["resource"]?.string == resource)
    #expect(answer.json["authorization_servers"] == .array([.string(url)]))
    #expect(!answer.text.contains("offline_access"))
  }

  @Test func `A6 RFC 9728 §2 the keys that it names are there`() async throws {
    for url in ["https://gate.example", "https://gate.example/t"] {
      let house = try await House(url)
      let keys = await house.get("/.well-known/oauth-protected-resource").json["jwks_uri"]?.string ?? ""
      #expect(await house.get(String(keys.dropFirst("https://gate.example".count))).status == 200)
    }
  }

  @Test func `A7 RFC 9728 §5_1 a request without a token is led to the metadata, without an error`()
    async throws
  {
    let answer = try await House().call([:])
    #expect(answer.status == 401)
    #expect(
      answer.fields["www-authenticate"]
        == "Bearer resource_metadata=\"https://gate.example/.well-known/oauth-protected-resource/mcp\", scope=\"mcp:read\""
    )
  }

  @Test(arguments: [
    ("GET", "/.well-known/oauth-authorization-server"), ("GET", "/.well-known/openid-configuration"),
    ("GET", "/.well-known/oauth-protected-resource"), ("GET", "/.well-known/oauth-protected-resource/mcp"),
    ("GET", "/oauth/jwks"), ("POST", "/oauth/token"), ("POST", "/token"), ("POST", "/oauth/register"),
    ("POST", "/register"), ("POST", "/oauth/revoke"), ("POST", "/oauth/par"),
    ("POST", "/oauth/device_authorization"),
  ])
  func `A8 OAuth 2_1 §3_2 scripts may call, without credentials, and read errors too`(
    method: String, path: String
  ) async throws {
    let house = try await House()
    let preflight = await house.send(
      .options, path,
      [
        "origin": "https://app.example", "access-control-request-method": method,
        "access-control-request-headers": "content-type,mcp-protocol-version",
      ])
    #expect(preflight.status == 204)
    #expect(preflight.fields["access-control-allow-methods"]?.contains(method) ?? false)
    #expect(preflight.fields["access-control-allow-headers"]?.contains("MCP-Protocol-Version") ?? false)
    // A POST without a body is an error: that too has to be readable.
    let answer = await house.send(Method(method), path, ["origin": "https://app.example"])
    for response in [preflight, answer] {
      #expect(response.fields["access-control-allow-origin"] == "*")
      #expect(response.fields["access-control-allow-credentials"] == nil)
    }
  }

  @Test(arguments: [
    "/oauth/authorize", "/authorize", "/login", "/oauth/consent", "/logout", "/device", "/device/consent",
    "/oauth/introspect",
  ])
  func `A9 OAuth 2_1 §3_1 the authorization endpoint and the pages know no CORS`(path: String) async throws {
    let house = try await House()
    for method in [Method.options, .get, .post] {
      let answer = await house.send(method, path, ["origin": "https://app.example"])
      #expect(answer.fields["access-control-allow-origin"] == nil)
    }
  }

  @Test func `A10 RFC 7517 §4 the keys are public, named and cacheable`() async throws {
    let house = try await House()
    let answer = await house.get("/oauth/jwks")
    let keys = try #require(answer.json["keys"]?.array)
    #expect(answer.fields["cache-control"]?.contains("max-age") ?? false)
    #expect(!keys.isEmpty && Set(keys.compactMap { $0["kid"]?.string }).count == keys.count)
    for key in keys {
      #expect(
        key.object.map { Set($0.members.map(\.name)) } == ["kty", "crv", "use", "alg", "kid", "x", "y"])
    }
    #expect(keys[0]["kid"]?.string == house.signer.publicKey.thumbprint)
  }

  @Test func `A11 RFC 9207 §3 iss is announced`() async throws {
    let document = try await House().get("/.well-known/oauth-authorization-server").json
    #expect(document["authorization_response_iss_parameter_supported"] == true)
  }

  @Test func `mcp_admin is not offered`() async throws {
    let scopes = try await House().get("/.well-known/oauth-authorization-server").json["scopes_supported"]
    #expect(scopes == ["mcp:read", "mcp:write", "mcp:execute", "offline_access"])
  }

  @Test(arguments: [
    "/.well-known/oauth-authorization-server/other", "/.well-known/jwks.json",
    "/.well-known/openai-apps-challenge",
    "/.well-known/oauth-protected-resource/other", "/oauth/device", "/oauth/userinfo",
  ])
  func `what is not there is 404 as JSON`(path: String) async throws {
    let answer = try await House().get(path)
    #expect(answer.verdict == "404 not_found")
  }

  @Test func `A1 RFC 9110 §9_3_2 HEAD is answered like GET`() async throws {
    #expect(try await House().send(.head, "/.well-known/oauth-authorization-server").status == 200)
  }
}
