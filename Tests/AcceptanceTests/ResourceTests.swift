internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Support
internal import Testing

@Suite("J. Resource server")
struct ResourceTests {
  @Test(arguments: [
    "Bearer ", "Bearer x", "Bearer a.b.c", "Bearer e30.e30.e30", "Bearer gr_x", "Bearer gk_live_x_y_z",
    "Basic YTpi",
    "Token x",
  ])
  func `J1 RFC 6750 garbage`(field: String) async throws {
    let answer = try await Program.shared.mcp(field)
    #expect(answer.verdict == "401 invalid_token")
    #expect(answer["www-authenticate"]?.contains("resource_metadata=") == true)
  }

  @Test func `J1 J5 expired, revoked, a refresh token, a code`() async throws {
    let program = try await Program()
    let (client, cookie) = (try program.client(), try await program.signIn())
    let tokens = try await program.tokens(client, cookie: cookie)
    let revoked = try await program.tokens(client, cookie: cookie)
    #expect(try await program.verdict("Bearer " + tokens.access) == "200")
    #expect(try await program.verdict("Bearer " + tokens.refresh) == "401 invalid_token")
    let code = try await program.code(client, cookie: cookie)
    #expect(try await program.verdict("Bearer " + code) == "401 invalid_token")
    _ = try await program.post("/oauth/revoke", [("token", revoked.access)] + client.credentials)
    #expect(try await program.verdict("Bearer " + revoked.access) == "401 invalid_token")
    try program.move(.seconds(590))
    #expect(try await program.verdict("Bearer " + tokens.access) == "200")
    try program.move(.seconds(601))
    #expect(try await program.verdict("Bearer " + tokens.access) == "401 invalid_token")
  }

  @Test(
    arguments: [
      ("as it is", [:], [:], "200"), ("J2", [:], ["aud": "https://other.example/mcp"], "401 invalid_token"),
      ("J4", ["alg": "none"], [:], "401 invalid_token"), ("J4", ["alg": "HS256"], [:], "401 invalid_token"),
      ("J4", ["kid": "../../etc/passwd"], [:], "401 invalid_token"),
      ("J5", ["typ": "JWT"], [:], "401 invalid_token"),
      ("J5", ["typ": "oauth-id-jag+jwt"], [:], "401 invalid_token"),
    ] as [(String, [String: JSONValue?], [String: JSONValue?], String)])
  func `J2 J4 J5 RFC 9068 §4 even under our own signature a token has to say the right things`(
    row: String, header: [String: JSONValue?], claims: [String: JSONValue?], verdict: String
  ) async throws {
    let program = try await Program.shared
    let tokens = try await program.tokens(program.knownClient(), cookie: try await program.signIn())
    let key = try SigningKey(pem: String(decoding: try program.signingKey(), as: UTF8.self))
    let token = try Self.forged(from: tokens.access, header: header, claims: claims) { try key.sign($0) }
    #expect(try await program.verdict("Bearer " + token) == verdict, "\(row)")
  }

  @Test func `J4 RFC 8725 no signature, our public key as a secret, a key that the token brings`()
    async throws
  {
    let program = try await Program.shared
    let good = try await program.tokens(program.knownClient(), cookie: try await program.signIn()).access
    let key = try SigningKey(pem: String(decoding: try program.signingKey(), as: UTF8.self)).publicKey
    let other = try SigningKey.generate()
    let jwk: JSONValue = [
      "kty": "EC", "crv": "P-256", "x": .string(Base64URL.encode(other.publicKey.x)),
      "y": .string(Base64URL.encode(other.publicKey.y)),
    ]
    let tokens = [
      try Self.forged(from: good, header: ["alg": "none"]) { _ in [] },
      try Self.forged(from: good, header: ["alg": "HS256"]) {
        HMACKey(Secret([4] + key.x + key.y)).code(for: $0)
      },
      try Self.forged(from: good, header: ["jwk": jwk]) { try other.sign($0) },
      try Self.forged(from: good, header: ["jku": "https://evil.example/jwks"]) { try other.sign($0) },
    ]
    for token in tokens { #expect(try await program.verdict("Bearer " + token) == "401 invalid_token") }
  }

  private static func forged(
    from good: String, header: [String: JSONValue?] = [:], claims: [String: JSONValue?] = [:],
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

  @Test func `J6 J8 a token in the query is not looked at, and the scheme has no case`() async throws {
    let program = try await Program.shared
    let token = try await program.tokens(program.knownClient(), cookie: try await program.signIn()).access
    #expect(try await program.mcp(nil, path: "/mcp?access_token=" + token).status == 401)
    for scheme in ["bearer", "BEARER"] { #expect(try await program.verdict("\(scheme) \(token)") == "200") }
  }

  @Test func `J9 J10 MCP a scope that is too small is asked for once, a wider one implies it`() async throws {
    let program = try await Program.shared
    let (client, cookie) = (try await program.knownClient(), try await program.signIn())
    let wide = try await program.tokens(client, ["scope": "mcp:execute"], cookie: cookie)
    #expect(try await program.verdict("Bearer " + wide.access) == "200")
    let none = try await program.tokens(client, ["scope": "offline_access"], cookie: cookie)
    let answer = try await program.mcp("Bearer " + none.access, method: "tools/call", ["name": "whoami"])
    if none.scope == "offline_access" {
      #expect(answer.status == 403)
      let challenge = answer["www-authenticate"] ?? ""
      #expect(challenge.contains("error=\"insufficient_scope\"") && challenge.contains("scope=\"mcp:read"))
      #expect(challenge.contains("resource_metadata="))
    }
  }

  @Test(arguments: [("origin", "https://evil.example"), ("host", "evil.example"), ("host", "127.0.0.1")])
  func `J15 MCP another origin or host is 403`(name: String, value: String) async throws {
    let answer = try await Program.shared.mcp(nil, fields: [(name, value)])
    #expect(answer.status == 403 && answer["cache-control"] == "no-store")
  }
}

@Suite("L. API keys")
struct KeyTests {
  private func key(_ program: Program, _ more: String...) throws -> (id: String, key: String) {
    let made = try program.run(["key", "create", "--user", "sales", "--name", "test"] + more)
    return (try #require(made["connection_id"]?.string), try #require(made["key"]?.string))
  }

  /// With the checksum that fits.
  private func summed(_ body: String) -> String {
    let sum = CRC32.checksum(Array(body.utf8))
    return "\(body)_\(Base62.encode([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> $0) }))"
  }

  @Test func `L1 L3 L7 L9 a key that is mistyped, guessed, in the query, or of another environment`()
    async throws
  {
    let program = try await Program.shared
    let (_, key) = try key(program)
    #expect(try await program.verdict("Bearer " + key) == "200")
    let parts = key.split(separator: "_").map(String.init)
    let wrong = [
      String(key.dropLast()) + (key.hasSuffix("0") ? "1" : "0"),
      summed("gk_live_\(parts[2])_\(String(parts[3].reversed()))"), summed("gk_test_\(parts[2])_\(parts[3])"),
      key + "x",
    ]
    #expect(summed("gk_live_\(parts[2])_\(parts[3])") == key)
    for text in wrong { #expect(try await program.verdict("Bearer " + text) == "401 invalid_token") }
    for name in ["key", "access_token"] {
      #expect(try await program.mcp(nil, path: "/mcp?\(name)=\(key)").status == 401)
    }
  }

  @Test func `L1 L3 a flood of bad keys costs no Argon2 and no honest caller`() async throws {
    let program = try await Program.shared
    let (_, key) = try key(program)
    let parts = key.split(separator: "_").map(String.init)
    let bad = "Bearer " + summed("gk_live_\(parts[2])_\(String(parts[3].reversed()))")
    let began = ContinuousClock.now
    try await withThrowingTaskGroup { group in
      for _ in 0..<400 { group.addTask { _ = try await program.verdict(bad) } }
      try await group.waitForAll()
    }
    // One hash of Argon2id takes 20 ms and more: 400 on one thread would be 8 s.
    #expect(ContinuousClock.now - began < .seconds(6))
    #expect(try await program.verdict("Bearer " + key) == "200")
  }

  @Test func `L4 L5 L6 L8 a key that was revoked, has expired, or comes from elsewhere`() async throws {
    let program = try await Program()
    let (revoked, expiring, bound) = (
      try key(program), try key(program, "--expires", "1"), try key(program, "--allow", "203.0.113.0/24")
    )
    _ = try program.run(["connection", "revoke", revoked.id])
    #expect(try await program.verdict("Bearer " + revoked.key) == "401 invalid_token")
    #expect(try await program.mcp("Bearer " + bound.key, from: "203.0.113.9").status == 200)
    #expect(try await program.mcp("Bearer " + bound.key, from: "198.51.100.7").status == 403)
    #expect(try await program.verdict("Bearer " + expiring.key) == "200")
    try program.move(.seconds(86401))
    #expect(try await program.verdict("Bearer " + expiring.key) == "401 invalid_token")
    for made in [revoked, expiring, bound] {
      let secret = try #require(made.key.split(separator: "_").dropFirst(3).first)
      #expect(!(try program.run(["connection", "show", made.id]).text.contains(secret)))
      for file in ["log", "data/gatehouse.db", "data/gatehouse.db-wal"] {
        #expect(!(try program.directory.holds(String(secret), in: file)), "\(file)")
      }
    }
    try await program.change("UPDATE account SET disabled_at = 1")
    #expect(try await program.mcp("Bearer " + bound.key, from: "203.0.113.9").verdict == "401 invalid_token")
  }

  @Test func `L12 ASVS 6_5_2 a secret has 112 bits and more, and stands in the database as a MAC and a hash`()
    async throws
  {
    let program = try await Program.shared
    let (id, key) = try key(program)
    let secret = try #require(key.split(separator: "_").dropFirst(3).first)
    // Base62: just under 6 bits a character.
    #expect(Double(secret.count) * 5.954 >= 160)
    let row = try #require(
      try await program.rows("SELECT mac, argon2 FROM api_key WHERE connection_id = \(id)").first)
    #expect(row.bytes(0).count == 32 && row.text(1).hasPrefix("$argon2id$"))
  }
}
