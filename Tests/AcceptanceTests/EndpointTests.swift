internal import Crypto
internal import HTTP
internal import JSON
internal import Support
internal import Testing

@Suite("K. Revocation, introspection, PAR, devices, DPoP")
struct EndpointTests {
  @Test func `K1 K2 K4 RFC 7009 unknown tokens, no token, and a refresh token with all that it gave`()
    async throws
  {
    let program = try await Program.shared
    let client = try await program.knownClient()
    let unknown = try await program.post("/oauth/revoke", [("token", "gr_unknown")] + client.credentials)
    #expect(unknown.status == 200 && unknown.bytes.isEmpty)
    #expect(try await program.post("/oauth/revoke", client.credentials).verdict == "400 invalid_request")
    let tokens = try await program.tokens(client, cookie: try await program.signIn())
    let answer = try await program.post("/oauth/revoke", [("token", tokens.refresh)] + client.credentials)
    #expect(answer.status == 200)
    #expect(try await program.verdict("Bearer " + tokens.access) == "401 invalid_token")
    #expect(try await program.refresh(tokens.refresh, client).verdict == "400 invalid_grant")
  }

  @Test
  func `K6 K7 RFC 7662 introspection is for clients that authenticate, and says nothing of dead tokens`()
    async throws
  {
    let program = try await Program.shared
    let known = try await program.knownClient()
    let asker = try program.client(["https://c.example/cb"], "--confidential")
    let tokens = try await program.tokens(known, cookie: try await program.signIn())
    for pairs in [[], known.credentials] {
      let answer = try await program.post("/oauth/introspect", [("token", tokens.access)] + pairs)
      #expect(answer.verdict == "401 invalid_client")
    }
    let alive = try await program.post("/oauth/introspect", [("token", tokens.access)] + asker.credentials)
    #expect(alive.json["active"] == true)
    _ = try await program.post("/oauth/revoke", [("token", tokens.refresh)] + known.credentials)
    for token in ["unknown", "gr_unknown", tokens.access, tokens.refresh] {
      let answer = try await program.post("/oauth/introspect", [("token", token)] + asker.credentials)
      #expect(answer.status == 200 && answer.text == #"{"active":false}"#)
    }
  }

  private func push(
    _ program: Program, _ client: Client, _ more: [(String, String)] = []
  ) async throws -> Answer {
    let pairs = (Form(decoding: client.query().utf8)?.pairs ?? []).map { ($0.name, $0.value) }
    return try await program.post("/oauth/par", pairs + more)
  }

  @Test func `K8 K9 K10 RFC 9126 a pushed request is good once, for its client, for a while`() async throws {
    let program = try await Program()
    let (client, other) = (try program.client(), try program.client())
    let cookie = try await program.signIn()
    #expect(try await program.get("/oauth/par").status == 405)
    let inside = try await push(program, client, [("request_uri", "urn:x")])
    #expect(inside.verdict == "400 invalid_request")
    let pushed = try await push(program, client)
    #expect(pushed.status == 201 && pushed.json["expires_in"]?.integer != nil)
    let uri = try #require(pushed.json["request_uri"]?.string)
    func link(_ client: Client, _ uri: String) -> String {
      "/oauth/authorize?"
        + Form([(name: "client_id", value: client.id), (name: "request_uri", value: uri)]).encoded
    }
    #expect(try await program.get(link(other, uri)).outcome == "PAGE 400")
    let page = try await program.get(link(client, uri), [("cookie", cookie)])
    #expect(try await program.decide(page, cookie: cookie).outcome == "RDR code")
    #expect(try await program.get(link(client, uri), [("cookie", cookie)]).outcome == "PAGE 400")
    let late = try #require(try await push(program, client).json["request_uri"]?.string)
    try program.move(.seconds(61))
    #expect(try await program.get(link(client, late)).outcome == "PAGE 400")
  }

  private static let deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

  @Test func `K11 K12 K13 RFC 8628 a device waits, is too fast, is let in, is denied, is too late`()
    async throws
  {
    let program = try await Program()
    let made = try program.run(["client", "add", "--name", "Television", "--device", "--public"])
    let device = Client(id: try #require(made["client_id"]?.string))
    let cookie = try await program.signIn()
    var clock = 0
    func begin() async throws -> (code: String, userCode: String) {
      let answer = try await program.post("/oauth/device_authorization", device.credentials)
      return (
        try #require(answer.json["device_code"]?.string), try #require(answer.json["user_code"]?.string)
      )
    }
    func poll(_ code: String, after seconds: Int) async throws -> Answer {
      clock += seconds
      try program.move(.seconds(clock))
      return try await program.token(device, [("grant_type", Self.deviceGrant), ("device_code", code)])
    }
    func decide(_ userCode: String, _ decision: String) async throws -> Answer {
      let fields = [("cookie", cookie), ("origin", Program.issuer), ("sec-fetch-site", "same-origin")]
      let form = try await program.get("/device", fields)
      let page = try await program.post(
        "/device", [("ticket", form.input("ticket") ?? ""), ("user_code", userCode)], fields)
      return try await program.post(
        "/device/consent",
        [("ticket", page.input("ticket") ?? ""), ("decision", decision)]
          + page.inputs("scope").map { ("scope", $0) }, fields)
    }
    let first = try await begin()
    #expect(try await poll(first.code, after: 0).verdict == "400 authorization_pending")
    #expect(try await poll(first.code, after: 1).verdict == "400 slow_down")
    #expect(try await decide(first.userCode, "allow").status == 200)
    let tokens = try Tokens(await poll(first.code, after: 11))
    #expect(try await program.verdict("Bearer " + tokens.access) == "200")
    #expect(try await poll(first.code, after: 11).verdict == "400 invalid_grant")
    let second = try await begin()
    #expect(try await decide(second.userCode, "deny").status == 200)
    #expect(try await poll(second.code, after: 5).verdict == "400 access_denied")
    let third = try await begin()
    #expect(try await poll(third.code, after: 601).verdict == "400 expired_token")
    // 20 letters to the power of 8 are 34 bits; guesses are held back.
    #expect(third.userCode.count == 9)
    var outcomes: Set<Int> = []
    for _ in 0..<40 {
      outcomes.insert(try await decide("BBBB-BBBB", "allow").status)
      let fields = [("cookie", cookie), ("origin", Program.issuer), ("sec-fetch-site", "same-origin")]
      let form = try await program.get("/device", fields)
      let guess = [("ticket", form.input("ticket") ?? ""), ("user_code", "BCDF-GHJK")]
      outcomes.insert(try await program.post("/device", guess, fields).status)
    }
    #expect(outcomes.contains(429))
  }

  // MARK: DPoP

  @Test(
    arguments: [
      ("K15", ["htm": "GET"], [:]), ("K16", ["htu": "https://gate.example/mcp"], [:]),
      ("K17", ["iat": -600], [:]), ("K17", ["iat": 600], [:]), ("K19", [:], ["alg": "none"]),
      ("K20", [:], ["jwk": ["kty": "EC", "crv": "P-256", "x": "", "y": "", "d": "AQAB"]]),
    ] as [(String, [String: JSONValue?], [String: JSONValue?])])
  func `K15 K16 K17 K19 K20 RFC 9449 a bad proof is refused at both doors, and costs nothing`(
    row: String, claims: [String: JSONValue?], header: [String: JSONValue?]
  ) async throws {
    let program = try await Program.shared
    let (client, prover) = (try await program.knownClient(), try Prover(program))
    let code = try await program.code(client, cookie: try await program.signIn())
    let bad = try await prover.exchange(
      code, client, prover.proof(for: "/oauth/token", claims, header: header))
    #expect(bad.verdict == "400 invalid_dpop_proof", "\(row)")
    let tokens = try Tokens(await prover.exchange(code, client))
    #expect(try await prover.call(tokens.access).status == 200, "\(row)")
    var wrong = claims
    if row == "K16" { wrong["htu"] = "https://gate.example/oauth/token" }
    wrong["ath"] = .string(Base64URL.encode(SHA256.hash(tokens.access)))
    let answer = try await prover.call(tokens.access, prover.proof(for: "/mcp", wrong, header: header))
    #expect(answer.verdict == "401 invalid_dpop_proof", "\(row)")
  }

  @Test func `K18 J11 F13 a proof is good once, and bound tokens are no bearer tokens`() async throws {
    let program = try await Program.shared
    let (client, prover) = (try await program.knownClient(), try Prover(program))
    let cookie = try await program.signIn()
    let proof = try prover.proof(for: "/oauth/token")
    let first = try await prover.exchange(try await program.code(client, cookie: cookie), client, proof)
    let tokens = try Tokens(first)
    #expect(first.json["token_type"] == "DPoP")
    let second = try await prover.exchange(try await program.code(client, cookie: cookie), client, proof)
    #expect(second.verdict == "400 invalid_dpop_proof")
    #expect(try await program.verdict("Bearer " + tokens.access) == "401 invalid_token")
    let hash = JSONValue.string(Base64URL.encode(SHA256.hash(tokens.access)))
    let used = try prover.proof(for: "/mcp", ["ath": hash])
    #expect(try await prover.call(tokens.access, used).status == 200)
    #expect(try await prover.call(tokens.access, used).verdict == "401 invalid_dpop_proof")
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh)]
    #expect(try await program.token(client, refresh).verdict == "400 invalid_dpop_proof")
    #expect(try await Prover(program).token(client, refresh).verdict == "400 invalid_grant")
    #expect(try await prover.token(client, refresh).status == 200)
  }

  @Test func `K21 RFC 9449 §8 where a nonce is required, the answer brings it`() async throws {
    let program = try await Program(["--dpop-nonce", "required"])
    let (client, prover) = (try program.client(), try Prover(program))
    let code = try await program.code(client, cookie: try await program.signIn())
    let asked = try await prover.exchange(code, client)
    #expect(asked.verdict == "400 use_dpop_nonce")
    let nonce = JSONValue.string(try #require(asked["dpop-nonce"]))
    let answer = try await prover.exchange(code, client, prover.proof(for: "/oauth/token", ["nonce": nonce]))
    #expect(answer.status == 200)
    #expect(try await prover.call(try Tokens(answer).access).verdict == "401 use_dpop_nonce")
  }
}
