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

@Suite("J. Bearer tokens (RFC 6750, RFC 8725, RFC 9068)")
struct AccessTokenTests {
  /// A token put together by hand, with parts of a good one changed, signed by `sign`.
  private func forged(
    from good: String, header: [String: JSONValue?] = [:],
    claims: [String: JSONValue?] = [:],
    sign: ([UInt8]) throws -> [UInt8]
  ) throws -> String {
    let parts = good.split(separator: ".").map(String.init)
    func changed(_ part: String, _ changes: [String: JSONValue?]) throws -> String {
      var object = try #require(try JSONValue(parsing: Base64URL.decode(part) ?? []).object)
      for (name, value) in changes { object[name] = value }
      return Base64URL.encode(JSONValue.object(object).serialized())
    }
    let signed = try changed(parts[0], header) + "." + changed(parts[1], claims)
    return try signed + "." + Base64URL.encode(sign(Array(signed.utf8)))
  }

  @Test func `the forger's own tools work: what changes nothing is let in`() async throws {
    let house = try await House()
    let tokens = try await house.tokens(try house.client())
    let same = try forged(from: tokens.access) { try house.signer.sign($0) }
    #expect(await house.verdict(of: same) == "200")
  }

  @Test(
    arguments: [
      ("J4 alg none", ["alg": "none"], [:]), ("J4 alg None", ["alg": "None"], [:]),
      ("J4 alg RS256", ["alg": "RS256"], [:]),
      ("J4 no alg", ["alg": nil], [:]), ("J4 alg list", ["alg": ["ES256"]], [:]),
      ("J4 kid path", ["kid": "../../etc/passwd"], [:]),
      ("J4 kid SQL", ["kid": "' OR 1=1 --"], [:]), ("J4 kid empty", ["kid": ""], [:]),
      ("J4 no kid", ["kid": nil], [:]),
      ("J4 kid number", ["kid": 1], [:]), ("RFC 7515 crit", ["crit": ["exp"]], [:]),
      ("J5 typ JWT", ["typ": "JWT"], [:]),
      ("J5 no typ", ["typ": nil], [:]), ("J5 typ ID-JAG", ["typ": "oauth-id-jag+jwt"], [:]),
      ("J2 other aud", [:], ["aud": "https://other.example/mcp"]), ("J2 no aud", [:], ["aud": nil]),
      ("J2 aud issuer", [:], ["aud": "https://gate.example"]),
      ("J2 aud longer", [:], ["aud": "https://gate.example/mcp/"]),
      ("other iss", [:], ["iss": "https://other.example"]),
      ("iss slash", [:], ["iss": "https://gate.example/"]),
      ("no iss", [:], ["iss": nil]), ("J1 expired", [:], ["exp": 1]), ("no exp", [:], ["exp": nil]),
      ("exp text", [:], ["exp": "9999999999"]), ("exp now", [:], ["exp": 1_795_000_000]),
      ("iat ahead", [:], ["iat": 1_795_000_061]), ("no sub", [:], ["sub": nil]),
      ("other sub", [:], ["sub": "999"]),
      ("other client", [:], ["client_id": "c_other"]), ("no connection", [:], ["connection": nil]),
      ("other connection", [:], ["connection": "x"]), ("other version", [:], ["version": 2]),
      ("unknown family", [:], ["family": "x"]), ("no jti", [:], ["jti": nil]),
      ("no scope", [:], ["scope": nil]),
    ] as [(String, [String: JSONValue?], [String: JSONValue?])])
  func `J1 to J5 even with our own signature a token has to say the right things`(
    row: String, header: [String: JSONValue?], claims: [String: JSONValue?]
  ) async throws {
    let house = try await House()
    let tokens = try await house.tokens(try house.client())
    let token = try forged(from: tokens.access, header: header, claims: claims) {
      try house.signer.sign($0)
    }
    #expect(await house.verdict(of: token) == "401 invalid_token")
  }

  @Test(arguments: [
    "none", "empty", "public key as HMAC secret", "PEM as HMAC secret", "other key", "other key in jwk",
    "zeros", "swapped",
  ])
  func `J4 RFC 8725 §3 a signature that is not ours`(how: String) async throws {
    let house = try await House()
    let tokens = try await house.tokens(try house.client())
    let other = try SigningKey.generate()
    let key = house.signer.publicKey
    let jwk: JSONValue = [
      "kty": "EC", "crv": "P-256", "x": .string(Base64URL.encode(other.publicKey.x)),
      "y": .string(Base64URL.encode(other.publicKey.y)),
    ]
    let token =
      switch how {
      case "none": try forged(from: tokens.access, header: ["alg": "none"]) { _ in [] }
      case "empty": try forged(from: tokens.access) { _ in [] }
      case "public key as HMAC secret":
        try forged(from: tokens.access, header: ["alg": "HS256"]) {
          HMACKey(Secret([4] + key.x + key.y)).code(for: $0)
        }
      case "PEM as HMAC secret":
        try forged(from: tokens.access, header: ["alg": "HS256"]) {
          HMACKey(Secret(Base64URL.encode(key.x + key.y))).code(for: $0)
        }
      case "other key": try forged(from: tokens.access) { try other.sign($0) }
      case "other key in jwk":
        try forged(from: tokens.access, header: ["jwk": jwk, "kid": .string(other.publicKey.thumbprint)]) {
          try other.sign($0)
        }
      case "zeros": try forged(from: tokens.access) { _ in [UInt8](repeating: 0, count: 64) }
      default:
        try forged(from: tokens.access) {
          let signature = try house.signer.sign($0)
          return Array(signature.suffix(32) + signature.prefix(32))
        }
      }
    #expect(await house.verdict(of: token) == "401 invalid_token")
  }

  @Test func `J1 a payload that was changed under a good signature`() async throws {
    let house = try await House()
    let tokens = try await house.tokens(try house.client())
    let good = tokens.access.split(separator: ".").map(String.init)
    let wider = try forged(from: tokens.access, claims: ["scope": "mcp:admin"]) { _ in [] }.split(
      separator: "."
    ).map(String.init)
    #expect(await house.verdict(of: "\(good[0]).\(wider[1]).\(good[2])") == "401 invalid_token")
  }

  @Test(arguments: [
    "", ".", "..", "a.b.c", "a.b.c.d", "e30.e30.e30", "gk_", "gk_live_x_y_z", "null", "Bearer x", "é",
    String(repeating: "a.", count: 5000),
  ])
  func `J1 garbage`(token: String) async throws {
    #expect(try await House().verdict(of: token) == "401 invalid_token")
  }

  @Test(arguments: ["refresh", "code", "padded", "doubled", "truncated", "whitespace"])
  func `J5 what is no access token, or no longer one`(what: String) async throws {
    let house = try await House()
    let client = try await house.client()
    let code = try await house.code(for: client)
    let tokens = try await house.tokens(client)
    let token =
      switch what {
      case "refresh": tokens.refresh
      case "code": code
      case "padded": tokens.access + "=="
      case "doubled": "\(tokens.access) \(tokens.access)"
      case "truncated": String(tokens.access.dropLast())
      default: tokens.access + "\n"
      }
    #expect(await house.verdict(of: token) == "401 invalid_token")
  }

  @Test(arguments: [("access_token", ""), ("access_token", "Basic YTpi")])
  func `J6 OAuth 2_1 §5_1 a token in the query is not looked at`(name: String, field: String) async throws {
    let house = try await House()
    let tokens = try await house.tokens(try house.client())
    let fields = field.isEmpty ? [:] : ["authorization": field]
    let answer = await house.call(fields, query: "\(name)=\(tokens.access)")
    #expect(answer.status == 401)
    #expect(answer.error == (field.isEmpty ? "unauthorized" : "invalid_token"))
  }

  @Test(arguments: ["bearer", "BEARER", "Bearer", "bEaReR"])
  func `J8 RFC 9110 §11_1 the scheme has no case`(scheme: String) async throws {
    let house = try await House()
    let tokens = try await house.tokens(try house.client())
    #expect(await house.verdict(of: tokens.access, scheme: scheme) == "200")
  }

  @Test(arguments: ["Basic", "DPoP", "Token", "Bearer,", "Negotiate"])
  func `J11 another scheme is none`(scheme: String) async throws {
    let house = try await House()
    let tokens = try await house.tokens(try house.client())
    #expect(await house.verdict(of: tokens.access, scheme: scheme) == "401 invalid_token")
  }

  @Test func `J1 RFC 6750 §3_1 the challenge names the error and the way to a token, and is well formed`()
    async throws
  {
    let house = try await House()
    let answer = await house.call(["authorization": "Bearer x\"y"])
    let challenge = try #require(answer.fields["www-authenticate"])
    #expect(
      challenge.hasPrefix(
        "Bearer resource_metadata=\"https://gate.example/.well-known/oauth-protected-resource/mcp\""))
    #expect(challenge.contains("error=\"invalid_token\""))
    #expect(!challenge.contains("x\"y"))
    #expect(challenge.count { $0 == "\"" } % 2 == 0)
    #expect(answer.fields["cache-control"] == "no-store")
  }

  @Test(arguments: [(599, "200"), (600, "401 invalid_token"), (100_000, "401 invalid_token")])
  func `J1 an access token lives for 10 minutes, looked at before or not`(
    seconds: Int, verdict: String
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    let (seen, unseen) = (try await house.tokens(client), try await house.tokens(client))
    #expect(await house.verdict(of: seen.access) == "200")
    house.clock.advance(.seconds(seconds))
    #expect(await house.verdict(of: seen.access) == verdict)
    #expect(await house.verdict(of: unseen.access) == verdict)
  }

  @Test(arguments: ["connection", "person", "family"])
  func `A8 C21 what is revoked is dead at the next request, though its signature was remembered`(
    what: String
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    let tokens = try await house.tokens(client)
    #expect(await house.verdict(of: tokens.access) == "200")
    switch what {
    case "connection":
      _ = try await house.connections.revoke(try #require(await house.connections.all().first).id)
    case "person": try await house.disable(house.sam)
    default: _ = await house.post("/oauth/revoke", [("token", tokens.refresh)] + client.credentials)
    }
    #expect(await house.verdict(of: tokens.access) == "401 invalid_token")
  }

  @Test func `a connection that is reactivated does not wake its old tokens`() async throws {
    let house = try await House()
    let client = try await house.client()
    let tokens = try await house.tokens(client)
    let connection = try #require(await house.connections.all().first).id
    #expect(try await house.connections.revoke(connection))
    #expect(try await house.connections.reactivate(connection))
    #expect(await house.verdict(of: tokens.access) == "401 invalid_token")
    #expect(await house.refresh(tokens.refresh, client).verdict == "400 invalid_grant")
    #expect(await house.verdict(of: try await house.tokens(client).access) == "200")
  }

  @Test func `J10 the caller has the scopes of the token, and the person's rights`() async throws {
    let house = try await House()
    let tokens = try await house.tokens(try house.client(), ["scope": "mcp:write"])
    #expect(await house.call(["authorization": "Bearer \(tokens.access)"]).text == "sam mcp:write")
  }

  @Test func `a database that is down is an error of ours, never a way in`() async throws {
    let house = try await House()
    let tokens = try await house.tokens(try house.client())
    try await house.store.write { _ = try $0.run("ALTER TABLE token_family RENAME TO elsewhere") }
    #expect(await house.call(["authorization": "Bearer \(tokens.access)"]).status == 503)
  }
}
