internal import Accounts
internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Testing
internal import World

@testable internal import AuthorizationServer

@Suite("K. Devices (RFC 8628)")
struct DeviceTests {
  private static let grantType = "urn:ietf:params:oauth:grant-type:device_code"

  private func client(
    _ house: House, grants: Set<Client.GrantType> = [.deviceCode, .refreshToken],
    method: Client.AuthenticationMethod = .none
  ) async throws -> TestClient {
    try await house.client([], name: "Television", method: method, isExplicit: false, grants: grants)
  }

  private func begin(_ house: House, _ client: TestClient, _ more: [(String, String)] = []) async -> Answer {
    await house.post("/oauth/device_authorization", client.credentials + more)
  }

  private func poll(_ house: House, _ client: TestClient, _ begun: Answer) async -> Answer {
    await house.token(
      client,
      [("grant_type", Self.grantType), ("device_code", begun.json["device_code"]?.string ?? "")])
  }

  private func code(_ begun: Answer) -> String { begun.json["user_code"]?.string ?? "" }

  /// The consent page, by way of the form that asks for the code.
  private func type(
    _ code: String, _ house: House, cookie: String, from peer: IPAddress = .loopback
  ) async
    -> Answer
  {
    let page = await house.get("/device", ["cookie": cookie])
    return await house.post(
      "/device", [("ticket", page.input("ticket") ?? ""), ("user_code", code)], ["cookie": cookie], from: peer
    )
  }

  private func decide(
    _ page: Answer, _ house: House, _ decision: String = "allow", cookie: String, scopes: [String]? = nil
  ) async -> Answer {
    await house.post(
      "/device/consent",
      [("ticket", page.input("ticket") ?? ""), ("decision", decision)]
        + (scopes ?? page.choices).map { ("scope", $0) }, ["cookie": cookie])
  }

  @Test func `RFC 8628 §3_2 a device gets two codes and the address of the page`() async throws {
    let house = try await House()
    let answer = await begin(house, try await client(house))
    #expect(answer.status == 200)
    #expect(answer.fields["cache-control"] == "no-store")
    #expect(answer.json["expires_in"] == 600 && answer.json["interval"] == 5)
    #expect(answer.json["verification_uri"] == "https://gate.example/device")
    let code = code(answer)
    #expect(
      answer.json["verification_uri_complete"]?.string == "https://gate.example/device?user_code=" + code)
    #expect(try code.wholeMatch(of: Regex("[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}")) != nil)
  }

  @Test func `RFC 8628 §5_1 neither code is stored in the clear`() async throws {
    let house = try await House()
    let begun = await begin(house, try await client(house))
    let stored = try await house.store.rows("SELECT * FROM device_grant").map { "\($0.values)" }.joined()
    for secret in [
      code(begun), code(begun).replacing("-", with: ""), begun.json["device_code"]?.string ?? "?",
    ] {
      #expect(!stored.contains(secret))
    }
  }

  private static let requests: [(String, [(String, String)], Set<Client.GrantType>, String)] = [
    ("D5", [("scope", "mcp:read")], [.authorizationCode], "400 unauthorized_client"),
    ("B42", [("scope", "openid")], [.deviceCode], "400 invalid_scope"),
    ("B45", [("resource", "https://other.example/")], [.deviceCode], "400 invalid_target"),
    ("D18", [("scope", "mcp:read"), ("scope", "mcp:write")], [.deviceCode], "400 invalid_request"),
    ("D18", [("client_id", "c_unknown")], [.deviceCode], "400 invalid_request"),
    ("B50", [("scope", "mcp:read"), ("resource", "https://gate.example/mcp")], [.deviceCode], "200"),
  ]

  @Test(arguments: requests)
  func `RFC 8628 §3_1 what a device may ask for`(
    row: String, more: [(String, String)], grants: Set<Client.GrantType>, verdict: String
  ) async throws {
    let house = try await House()
    #expect(await begin(house, try await client(house, grants: grants), more).verdict == verdict)
  }

  @Test func `RFC 8628 §3_1 D6 D11 the client is known, and proves itself where it can`() async throws {
    let house = try await House()
    #expect(await house.post("/oauth/device_authorization", []).verdict == "401 invalid_client")
    var confidential = try await client(house, method: .secretBasic)
    #expect(await begin(house, confidential).status == 200)
    confidential.secret = nil
    #expect(await begin(house, confidential).verdict == "401 invalid_client")
  }

  @Test func `RFC 9449 §5 F13 a device may bind its tokens to a key`() async throws {
    let house = try await House()
    let (client, prover) = (try await client(house), try Prover(house))
    let begun = await begin(house, client, [("scope", "mcp:read offline_access")])
    let cookie = try await house.cookie()
    let page = await type(code(begun), house, cookie: cookie)
    #expect(await decide(page, house, cookie: cookie).outcome == "PAGE 200")
    let pairs = [("grant_type", Self.grantType), ("device_code", begun.json["device_code"]?.string ?? "")]
    #expect(try await prover.token(client, pairs, ["htm": "GET"]).verdict == "400 invalid_dpop_proof")
    let tokens = try Tokens(try await prover.token(client, pairs))
    #expect(try await prover.call(tokens.access).status == 200)
    #expect(await house.refresh(tokens.refresh, client).verdict == "400 invalid_dpop_proof")
    #expect(try await prover.refresh(tokens.refresh, client).status == 200)
  }

  @Test func `K11 RFC 8628 §3_4 the whole way, from a code to tokens that work`() async throws {
    let house = try await House()
    let client = try await client(house)
    let begun = await begin(house, client, [("scope", "mcp:write offline_access")])
    #expect(await poll(house, client, begun).verdict == "400 authorization_pending")
    let cookie = try await house.cookie()
    let page = await type(code(begun), house, cookie: cookie)
    #expect(page.text.contains("Television") && page.text.contains("another device"))
    #expect(page.text.contains(code(begun)) && !page.text.contains("Sends you to"))
    #expect(await decide(page, house, cookie: cookie).outcome == "PAGE 200")
    let tokens = try Tokens(await poll(house, client, begun))
    #expect(tokens.scope == "mcp:write offline_access")
    #expect(await house.verdict(of: tokens.access) == "200")
    #expect(try Tokens(await house.refresh(tokens.refresh, client)).refresh != tokens.refresh)
    // RFC 8628 §3.5: the code was good for one token.
    #expect(await poll(house, client, begun).verdict == "400 invalid_grant")
    #expect(house.events.all.contains { $0.kind == .consented && $0.userID == house.sam.id })
    #expect(!house.events.all.contains { $0.detail == "authorization_pending" })
  }

  @Test func `K11 RFC 8628 §3_5 who asks too fast has to wait five seconds longer each time`() async throws {
    let house = try await House()
    let client = try await client(house)
    let begun = await begin(house, client)
    let pending = "400 authorization_pending"
    for (wait, verdict) in [
      (Duration.zero, pending), (.seconds(5), pending), (.seconds(2), "400 slow_down"),
      // Now ten.
      (.seconds(5), "400 slow_down"),
      // Now fifteen.
      (.seconds(15), pending), (.seconds(10), "400 slow_down"), (.seconds(20), pending),
    ] {
      house.clock.advance(wait)
      #expect(await poll(house, client, begun).verdict == verdict, "after \(wait)")
    }
  }

  @Test(arguments: [
    (599, "400 authorization_pending"), (600, "400 expired_token"), (6000, "400 expired_token"),
  ])
  func `K12 RFC 8628 §3_5 a code that nobody typed expires`(seconds: Int64, verdict: String) async throws {
    let house = try await House()
    let client = try await client(house)
    let begun = await begin(house, client)
    house.clock.advance(.seconds(seconds))
    #expect(await poll(house, client, begun).verdict == verdict)
    if verdict.hasSuffix("expired_token") {
      #expect(await type(code(begun), house, cookie: try await house.cookie()).outcome == "PAGE 400")
    }
  }

  @Test(arguments: [("deny", nil), ("allow", []), ("allow", ["mcp:admin"])] as [(String, [String]?)])
  func `K12 RFC 8628 §3_5 a person who says no, or to nothing yes`(
    decision: String, scopes: [String]?
  ) async throws {
    let house = try await House()
    let client = try await client(house)
    let begun = await begin(house, client)
    let cookie = try await house.cookie()
    let page = await type(code(begun), house, cookie: cookie)
    #expect(await decide(page, house, decision, cookie: cookie, scopes: scopes).outcome == "PAGE 200")
    #expect(await poll(house, client, begun).verdict == "400 access_denied")
    #expect(try await house.count("connection") == 0)
    #expect(await decide(page, house, cookie: cookie).outcome == "PAGE 409")
    #expect(await type(code(begun), house, cookie: cookie).outcome == "PAGE 400")
  }

  @Test func `K12 a code is decided about once`() async throws {
    let house = try await House()
    let client = try await client(house)
    let begun = await begin(house, client)
    let cookie = try await house.cookie()
    let (one, two) = (
      await type(code(begun), house, cookie: cookie), await type(code(begun), house, cookie: cookie)
    )
    #expect(await decide(one, house, cookie: cookie).status == 200)
    #expect(await decide(two, house, "deny", cookie: cookie).outcome == "PAGE 409")
    #expect(await poll(house, client, begun).status == 200)
    #expect(try await house.count("token_family") == 1)
  }

  @Test(arguments: ["another client", "a wrong code", "a user code", "no code", "another resource"])
  func `E2 E4 a device code is its client's alone`(what: String) async throws {
    let house = try await House()
    let (mine, other) = (try await client(house), try await client(house))
    let begun = await begin(house, mine)
    let cookie = try await house.cookie()
    _ = await decide(await type(code(begun), house, cookie: cookie), house, cookie: cookie)
    var pairs = [("grant_type", Self.grantType)]
    let right = begun.json["device_code"]?.string ?? ""
    let verdict: String
    switch what {
    case "another client":
      pairs.append(("device_code", right))
      verdict = await house.token(other, pairs).verdict
      #expect(verdict == "400 invalid_grant")
    case "a wrong code":
      verdict = await house.token(mine, pairs + [("device_code", right + "x")]).verdict
      #expect(verdict == "400 invalid_grant")
    case "a user code":
      verdict = await house.token(mine, pairs + [("device_code", code(begun))]).verdict
      #expect(verdict == "400 invalid_grant")
    case "no code": #expect(await house.token(mine, pairs).verdict == "400 invalid_request")
    default:
      verdict =
        await house.token(
          mine, pairs + [("device_code", right), ("resource", "https://other.example")]
        ).verdict
      #expect(verdict == "400 invalid_target")
    }
    #expect(await poll(house, mine, begun).status == 200)
  }

  @Test func `E16 of many questions at once exactly one gets tokens`() async throws {
    let house = try await House()
    let client = try await client(house)
    let begun = await begin(house, client)
    let cookie = try await house.cookie()
    _ = await decide(await type(code(begun), house, cookie: cookie), house, cookie: cookie)
    let granted = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<50 { group.addTask { await poll(house, client, begun).status == 200 } }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(granted == 1)
    #expect(try await house.count("refresh_token") == 1)
  }

  @Test(arguments: ["plain", "lower", "spaced", "hyphened"])
  func `RFC 8628 §6_1 case, spaces and hyphens do not matter`(how: String) async throws {
    let house = try await House()
    let begun = await begin(house, try await client(house))
    let letters = code(begun).replacing("-", with: "")
    let typed =
      switch how {
      case "plain": letters
      case "lower": letters.lowercased()
      case "spaced": " \(letters.prefix(3)) \(letters.dropFirst(3)) "
      default: letters.map(String.init).joined(separator: "-")
      }
    #expect(await type(typed, house, cookie: try await house.cookie()).status == 200)
  }

  @Test func `RFC 8628 §3_3_1 a link that brings the code only fills it in`() async throws {
    let house = try await House()
    let begun = await begin(house, try await client(house))
    let path = "/device?user_code=" + code(begun)
    let login = await house.get(path)
    #expect(login.text.contains("type=\"password\"") && login.status == 200)
    let page = await house.get(path, ["cookie": try await house.cookie()])
    #expect(page.input("user_code") == nil && page.text.contains("value=\"\(code(begun))\""))
    #expect(!page.text.contains("Television"))
    #expect(try await house.count("token_family") == 0)
  }

  @Test(arguments: [
    "missing", "of another session", "of the consent form", "foreign site", "without a session",
  ])
  func `C1 a code without this session's own ticket is 403`(what: String) async throws {
    let house = try await House()
    let begun = await begin(house, try await client(house))
    var cookie = try await house.cookie()
    var ticket = await house.get("/device", ["cookie": cookie]).input("ticket") ?? ""
    var fields: [String: String] = [:]
    switch what {
    case "missing": ticket = ""
    case "of another session": cookie = try await house.cookie()
    case "of the consent form":
      ticket = await type(code(begun), house, cookie: cookie).input("ticket") ?? ""
    case "without a session": cookie = ""
    default: fields["sec-fetch-site"] = "cross-site"
    }
    fields["cookie"] = cookie
    let answer = await house.post("/device", [("ticket", ticket), ("user_code", code(begun))], fields)
    #expect(answer.outcome == "PAGE 403")
    let decision = await house.post("/device/consent", [("ticket", ticket), ("decision", "allow")], fields)
    if what != "of the consent form" { #expect(decision.outcome == "PAGE 403") }
  }

  @Test func `K13 RFC 8628 §5_1 guesses are counted by person and by address, right codes are not`()
    async throws
  {
    let house = try await House()
    let client = try await client(house)
    let cookie = try await house.cookie()
    for _ in 0..<30 {
      #expect(await type(code(await begin(house, client)), house, cookie: cookie).status == 200)
    }
    for number in 0..<10 {
      let peer = IPAddress.v4(0x0a00_0000 | UInt32(number))
      #expect(await type("BCDF-GHJK", house, cookie: cookie, from: peer).outcome == "PAGE 400")
    }
    let refused = await type("BCDF-GHJK", house, cookie: cookie, from: .v4(0x0a00_00ff))
    #expect(refused.outcome == "PAGE 429")
    #expect(refused.fields["retry-after"].flatMap { Int($0) }.map { (1...600).contains($0) } ?? false)
    // Even the right one has to wait, or the answer would tell it from a wrong one.
    #expect(await type(code(await begin(house, client)), house, cookie: cookie).outcome == "PAGE 429")
    // Others are not held up, but for those of the same address.
    for number in 0..<3 {
      let other = try await house.users.add(
        Users.Draft(login: "user\(number)", password: Secret(House.password)))
      let theirs = try await house.cookie(of: other)
      for _ in 0..<10 {
        let expected = number < 2 ? "PAGE 400" : "PAGE 429"
        #expect(await type("BCDF-GHJK", house, cookie: theirs, from: .v4(0x0a00_0100)).outcome == expected)
      }
    }
    house.clock.advance(.minutes(10))
    #expect(await type(code(await begin(house, client)), house, cookie: cookie).status == 200)
  }

  @Test func `K13 a thousand codes are a thousand, of all letters`() async throws {
    let world = World(now: { Instant(seconds: 0) }, random: { Random.bytes($0) })
    let house = try await House()
    let client = try await client(house)
    _ = await begin(house, client)
    var codes: Set<String> = []
    for _ in 0..<1000 { codes.insert(UserCode(world: world).text) }
    #expect(codes.count == 1000)
    #expect(Set(codes.joined()) == Set("BCDFGHJKLMNPQRSTVWXZ"))
  }

  @Test func `H14 a client of devices registers without a redirect URI`() async throws {
    let house = try await House()
    let answer = await house.register(
      #"{"client_name":"TV","grant_types":["\#(Self.grantType)","refresh_token"],"token_endpoint_auth_method":"none"}"#
    )
    #expect(answer.status == 201)
    #expect(answer.json["response_types"] == [] && answer.json["redirect_uris"] == [])
    let client = TestClient(id: answer.json["client_id"]?.string ?? "", secret: nil, redirectURI: "")
    #expect(await begin(house, client).status == 200)
    #expect(await house.get("/oauth/authorize?" + client.query(["redirect_uri": nil])).outcome == "PAGE 400")
    let refused = await house.register(
      #"{"grant_types":["\#(Self.grantType)"],"response_types":["code"],"token_endpoint_auth_method":"none"}"#
    )
    #expect(refused.verdict == "400 invalid_client_metadata")
  }

  @Test func `C9 sign in as someone else leads back to the code`() async throws {
    let house = try await House()
    let begun = await begin(house, try await client(house))
    let cookie = try await house.cookie()
    let page = await type(code(begun), house, cookie: cookie)
    let answer = await decide(page, house, "switch", cookie: cookie)
    #expect(answer.location == "/device?user_code=" + code(begun))
    #expect(await house.get("/device", ["cookie": cookie]).text.contains("type=\"password\""))
  }
}
