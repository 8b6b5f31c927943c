internal import AuthorizationServer
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Testing
internal import World

@Suite("K. Pushed authorization requests (RFC 9126)")
struct PushedAuthorizationTests {
  private static let prefix = "urn:ietf:params:oauth:request_uri:"

  /// A good request as a body, with these changes.
  private func push(
    _ house: House, _ client: TestClient, _ changes: [String: String?] = [:], _ fields: [String: String] = [:]
  ) async -> Answer {
    var pairs = (Form(decoding: client.query().utf8)?.pairs ?? []).map { ($0.name, $0.value) }
    pairs.removeAll { changes.keys.contains($0.0) }
    pairs += changes.compactMap { name, value in value.map { (name, $0) } }
    if let secret = client.secret, fields["authorization"] == nil { pairs.append(("client_secret", secret)) }
    return await house.post("/oauth/par", pairs, fields)
  }

  private func link(
    _ client: TestClient, _ uri: String, _ more: [(name: String, value: String)] = []
  ) -> String {
    "/oauth/authorize?" + Form([("client_id", client.id), ("request_uri", uri)] + more).encoded
  }

  private func pushed(
    _ house: House, _ client: TestClient, _ changes: [String: String?] = [:]
  ) async throws
    -> String
  {
    let answer = await push(house, client, changes)
    guard let uri = answer.json["request_uri"]?.string else { throw House.Unexpected(answer: "\(answer)") }
    return uri
  }

  @Test(arguments: ["GET", "PUT", "DELETE"])
  func `K8 RFC 9126 §2_3 other methods are 405`(method: String) async throws {
    #expect(try await House().send(Method(method), "/oauth/par").status == 405)
  }

  @Test func `K8 RFC 9126 §2_2 a pushed request is answered 201 with a reference of 60 seconds`() async throws
  {
    let house = try await House()
    let client = try await house.client(method: .secretBasic, isExplicit: false)
    let answer = await push(house, client)
    #expect(answer.status == 201)
    #expect(answer.fields["cache-control"] == "no-store")
    #expect(answer.json["expires_in"] == 60)
    let uri = answer.json["request_uri"]?.string ?? ""
    #expect(uri.hasPrefix(Self.prefix) && uri.utf8.count >= Self.prefix.utf8.count + 43)
  }

  @Test func `K8 RFC 9126 §1 the whole way, from a push to tokens`() async throws {
    let house = try await House()
    let client = try await house.client(method: .secretBasic, isExplicit: false)
    let cookie = try await house.cookie()
    let uri = try await pushed(house, client, ["scope": "mcp:write"])
    // RFC 9101 §5: what stands beside the reference does not count.
    let page = await house.get(
      link(client, uri, [("scope", "mcp:execute"), ("redirect_uri", "https://evil.example")]),
      ["cookie": cookie])
    #expect(page.choices == ["mcp:write"])
    let answer = await house.decide(page, cookie: cookie)
    #expect(answer.outcome == "RDR code")
    #expect(answer.target == "https://c.example/cb")
    #expect(answer.callback?["state"] == "st4te")
    #expect(answer.callback?["iss"] == "https://gate.example")
    let tokens = try Tokens(await house.exchange(answer.callback?["code"] ?? "", client))
    #expect(tokens.scope == "mcp:write")
  }

  @Test func `K8 nothing that proves the client or names the request is stored in the clear`() async throws {
    let house = try await House()
    let client = try await house.client(method: .secretPost)
    let uri = try await pushed(house, client)
    let row = try #require(
      try await house.store.rows("SELECT mac, parameters FROM pushed_request").first)
    #expect(!row.text(1).contains(client.secret ?? "?") && !row.text(1).contains("client_secret"))
    #expect(row.bytes(0).count == 32 && !uri.contains(String(decoding: row.bytes(0), as: UTF8.self)))
  }

  private static let refusals: [(String, [String: String?], String)] = [
    ("K9", ["request_uri": "urn:ietf:params:oauth:request_uri:x"], "400 invalid_request"),
    ("K9", ["request_uri": ""], "400 invalid_request"),
    ("B51", ["request": "eyJhbGciOiJub25lIn0.e30."], "400 request_not_supported"),
    ("B4", ["redirect_uri": "https://evil.example/cb"], "400 invalid_request"),
    ("B29", ["response_type": "token"], "400 unsupported_response_type"),
    ("B30", ["code_challenge": nil], "400 invalid_request"),
    ("B31", ["code_challenge_method": "plain"], "400 invalid_request"),
    ("B42", ["scope": "openid"], "400 invalid_scope"),
    ("B45", ["resource": "https://other.example/mcp"], "400 invalid_target"),
    ("K6", ["client_id": "c_unknown"], "401 invalid_client"),
    ("K6", ["client_id": nil], "401 invalid_client"),
  ]

  @Test(arguments: refusals)
  func `K9 RFC 9126 §2_1 §2_3 a request that could not be answered is refused at once`(
    row: String, changes: [String: String?], verdict: String
  ) async throws {
    let house = try await House()
    let client = try await house.client()
    #expect(await push(house, client, changes).verdict == verdict)
    #expect(try await house.count("pushed_request") == 0)
  }

  @Test func `K8 RFC 9126 §2 a confidential client has to authenticate`() async throws {
    let house = try await House()
    var client = try await house.client(method: .secretBasic, isExplicit: false)
    client.secret = nil
    #expect(await push(house, client).verdict == "401 invalid_client")
    client.secret = "wrong"
    #expect(await push(house, client).verdict == "401 invalid_client")
  }

  @Test(arguments: ["allow", "deny"])
  func `K10 RFC 9126 §4 a reference is good for one decision`(decision: String) async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    let uri = try await pushed(house, client)
    // A page that is loaded twice is two forms of one request (§4 allows reloading).
    let (one, two) = (
      await house.get(link(client, uri), ["cookie": cookie]),
      await house.get(link(client, uri), ["cookie": cookie])
    )
    #expect(one.status == 200 && two.status == 200)
    #expect(await house.decide(one, decision, cookie: cookie).callback != nil)
    #expect(await house.decide(two, "allow", cookie: cookie).outcome == "PAGE 400")
    #expect(await house.get(link(client, uri), ["cookie": cookie]).outcome == "PAGE 400")
    #expect(try await house.count("authorization_code") == (decision == "allow" ? 1 : 0))
  }

  @Test func `K10 of many decisions at once exactly one counts`() async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    let uri = try await pushed(house, client)
    var pages: [Answer] = []
    for _ in 0..<20 { pages.append(await house.get(link(client, uri), ["cookie": cookie])) }
    let codes = await withTaskGroup(of: Bool.self) { group in
      for page in pages {
        group.addTask { await house.decide(page, cookie: cookie).callback?["code"] != nil }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(codes == 1)
    #expect(try await house.count("authorization_code") == 1)
  }

  @Test func `K10 another client's reference is none`() async throws {
    let house = try await House()
    let (client, other) = (try await house.client(), try await house.client(["https://o.example/cb"]))
    let uri = try await pushed(house, client)
    #expect(await house.get(link(other, uri)).outcome == "PAGE 400")
    #expect(await house.get("/oauth/authorize?" + Form([("request_uri", uri)]).encoded).outcome == "PAGE 400")
    #expect(await house.get(link(client, uri)).status == 200)
  }

  @Test(arguments: [(59, 200), (60, 400), (3600, 400)])
  func `K10 RFC 9126 §2_2 a browser that comes too late is refused`(seconds: Int64, status: Int) async throws
  {
    let house = try await House()
    let client = try await house.client()
    let uri = try await pushed(house, client)
    house.clock.advance(.seconds(seconds))
    #expect(await house.get(link(client, uri)).status == status)
  }

  @Test func `K10 a person who arrived in time may take theirs to sign in and decide`() async throws {
    let house = try await House()
    let client = try await house.client()
    let cookie = try await house.cookie()
    let uri = try await pushed(house, client)
    #expect(await house.get(link(client, uri)).status == 200)
    house.clock.advance(.minutes(20))
    let page = await house.get(link(client, uri), ["cookie": cookie])
    #expect(await house.decide(page, cookie: cookie).outcome == "RDR code")
    let second = try await pushed(house, client)
    #expect(await house.get(link(client, second)).status == 200)
    house.clock.advance(.minutes(30))
    #expect(await house.get(link(client, second)).outcome == "PAGE 400")
  }

  @Test func `K10 an unknown reference leads nowhere`() async throws {
    let house = try await House()
    let client = try await house.client()
    #expect(await house.get(link(client, Self.prefix + "unknown")).outcome == "PAGE 400")
    #expect(
      await house.get(link(client, "https://c.example/request")).outcome == "RDR request_uri_not_supported")
  }

  @Test func `RFC 9126 §2_3 a request of 16 KiB is 413, and a network that floods is 429`() async throws {
    let house = try await House()
    let client = try await house.client()
    #expect(await push(house, client, ["state": String(repeating: "a", count: 16_384)]).status == 413)
    var last = 0
    for _ in 0..<301 { last = await push(house, client).status }
    #expect(last == 429)
    #expect(try await house.count("pushed_request") == 300)
  }
}
