internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Testing
internal import World

@Suite("H. Managed, invited and repeated registrations (RFC 7592, RFC 7591 §3)")
struct RegistrationHygieneTests {
  private static let plain =
    #"{"client_name":"Editor","redirect_uris":["https://c.example/cb"],"token_endpoint_auth_method":"none"}"#

  /// A client as its registration answered, with the way to manage it.
  private struct Managed {
    let id: String
    let path: String
    let token: String
    let secret: String?

    init(_ answer: Answer) throws {
      id = try #require(answer.json["client_id"]?.string)
      let uri = try #require(answer.json["registration_client_uri"]?.string)
      path = String(uri.dropFirst("https://gate.example".count))
      token = try #require(answer.json["registration_access_token"]?.string)
      secret = answer.json["client_secret"]?.string
    }

    var test: TestClient { TestClient(id: id, secret: secret, redirectURI: "https://c.example/cb") }
    var bearer: [String: String] { ["authorization": "Bearer " + token] }
  }

  private func put(_ house: House, _ client: Managed, _ json: String, _ token: String? = nil) async -> Answer
  {
    let fields = ["content-type": "application/json", "authorization": "Bearer " + (token ?? client.token)]
    return await house.send(.put, client.path, fields, body: Array(json.utf8))
  }

  // MARK: RFC 7592

  @Test(arguments: ["GET", "PUT", "DELETE"])
  func `H34 RFC 7592 §2_1 no, a wrong or another client's token is 401`(method: String) async throws {
    let house = try await House()
    let client = try Managed(await house.register(Self.plain))
    let other = try Managed(await house.register(Self.plain.replacing("/cb", with: "/other")))
    for (field, path) in [
      (nil, client.path), ("Bearer wrong", client.path), ("Bearer " + other.token, client.path),
      ("Basic " + client.token, client.path), ("Bearer " + client.token, other.path),
      ("Bearer " + client.token, "/oauth/register/c_unknown"), ("Bearer " + client.id, client.path),
    ] {
      var fields = ["content-type": "application/json"]
      fields["authorization"] = field
      let answer = await house.send(Method(method), path, fields, body: Array(Self.plain.utf8))
      #expect(answer.verdict == "401 invalid_token", "\(field ?? "none") \(path)")
      #expect(
        answer.fields["www-authenticate"] == (field == nil ? "Bearer" : "Bearer error=\"invalid_token\""))
    }
    #expect(await house.send(.get, client.path, client.bearer).status == 200)
  }

  @Test func `H34 RFC 7592 §3 reading says all but the secret, which nobody keeps`() async throws {
    let house = try await House()
    let registered = await house.register(#"{"redirect_uris":["https://c.example/cb"],"scope":"mcp:read"}"#)
    let client = try Managed(registered)
    let answer = await house.send(.get, client.path, client.bearer)
    #expect(answer.status == 200 && answer.fields["cache-control"] == "no-store")
    for member in registered.json.object?.members ?? [] where !member.name.hasPrefix("client_secret") {
      #expect(answer.json[member.name] == member.value, "\(member.name)")
    }
    #expect(answer.json["client_secret"] == nil)
    let stored = try await house.store.rows("SELECT * FROM client").map { "\($0.values)" }.joined()
    #expect(!stored.contains(client.token) && !stored.contains(client.secret ?? "?"))
  }

  @Test func `H35 RFC 7592 §2_2 an update replaces the metadata`() async throws {
    let house = try await House()
    let client = try Managed(await house.register(Self.plain))
    let changed = await put(
      house, client,
      #"{"client_id":"\#(client.id)","client_name":"New","redirect_uris":["https://c.example/new"],"token_endpoint_auth_method":"none","grant_types":["authorization_code"]}"#
    )
    #expect(changed.status == 200)
    #expect(changed.json["client_name"] == "New" && changed.json["client_id"]?.string == client.id)
    #expect(changed.json["registration_access_token"]?.string == client.token)
    #expect(await house.get("/oauth/authorize?" + client.test.query()).outcome == "PAGE 400")
    let new = TestClient(id: client.id, secret: nil, redirectURI: "https://c.example/new")
    #expect(try await house.tokens(new).refresh.isEmpty)
    #expect(house.events.all.contains { $0.kind == .clientUpdated && $0.clientID == client.id })
  }

  @Test(arguments: [
    #""client_id":"c_other","redirect_uris":["https://c.example/cb"]"#,
    #""redirect_uris":["https://c.example/cb"]"#,
    #""client_id":"ID","redirect_uris":["https://c.example/cb"],"client_secret":"mine""#,
    #""client_id":"ID","redirect_uris":["https://c.example/cb"],"registration_access_token":"x""#,
    #""client_id":"ID","redirect_uris":["https://c.example/cb"],"registration_client_uri":"https://x.example""#,
    #""client_id":"ID","redirect_uris":["https://c.example/cb"],"client_secret_expires_at":0"#,
    #""client_id":"ID","redirect_uris":["https://c.example/cb"],"client_id_issued_at":0"#,
    #""client_id":"ID","redirect_uris":["javascript:alert(1)"]"#, #""client_id":"ID","redirect_uris":[]"#,
    #""client_id":"ID","redirect_uris":["https://c.example/cb"],"grant_types":["client_credentials"]"#,
    #""client_id":"ID","redirect_uris":["https://c.example/cb"],"software_statement":"e30.e30.""#,
  ])
  func `H35 RFC 7592 §2_2 an update is checked like a registration, and is whole or not at all`(
    members: String
  ) async throws {
    let house = try await House()
    let client = try Managed(
      await house.register(#"{"client_name":"Old","redirect_uris":["https://c.example/cb"]}"#))
    let answer = await put(house, client, "{\(members.replacing("ID", with: client.id))}")
    #expect(answer.status == 400)
    #expect(await house.send(.get, client.path, client.bearer).json["client_name"] == "Old")
    #expect(try await house.tokens(client.test).access.isEmpty == false)
  }

  @Test func `H35 RFC 7592 §2_2 a client that begins to need a secret gets one`() async throws {
    let house = try await House()
    let client = try Managed(await house.register(Self.plain))
    func json(_ method: String) -> String {
      #"{"client_id":"\#(client.id)","redirect_uris":["https://c.example/cb"],"token_endpoint_auth_method":"\#(method)"}"#
    }
    let secret = try #require(
      await put(house, client, json("client_secret_post")).json["client_secret"]?.string)
    let confidential = TestClient(id: client.id, secret: secret, redirectURI: "https://c.example/cb")
    #expect(try await house.tokens(confidential).access.isEmpty == false)
    #expect(await house.exchange("x", client.test).verdict == "401 invalid_client")
    // It keeps it for as long as it needs one.
    #expect(await put(house, client, json("client_secret_post")).json["client_secret"] == nil)
    #expect(try await house.tokens(confidential).access.isEmpty == false)
    #expect(await put(house, client, json("none")).status == 200)
    #expect(await house.exchange("x", confidential).verdict == "401 invalid_client")
  }

  @Test func `H36 RFC 7592 §2_3 an end ends what people granted too`() async throws {
    let house = try await House()
    let client = try Managed(await house.register(Self.plain))
    let tokens = try await house.tokens(client.test)
    let code = try await house.code(for: client.test)
    let answer = await house.send(.delete, client.path, client.bearer)
    #expect(answer.status == 204 && answer.text.isEmpty)
    #expect(await house.refresh(tokens.refresh, client.test).verdict == "401 invalid_client")
    #expect(await house.exchange(code, client.test).verdict == "401 invalid_client")
    #expect(await house.verdict(of: tokens.access) == "401 invalid_token")
    #expect(await house.get("/oauth/authorize?" + client.test.query()).outcome == "PAGE 400")
    #expect(await house.send(.get, client.path, client.bearer).verdict == "401 invalid_token")
    #expect(await house.send(.delete, client.path, client.bearer).verdict == "401 invalid_token")
    let connection = try #require(try await house.connections.all(of: house.sam.id).first)
    #expect(connection.revokedAt != nil)
    #expect(house.events.all.contains { $0.kind == .clientDeleted && $0.clientID == client.id })
  }

  @Test func `H36 an end is of one client alone`() async throws {
    let house = try await House()
    let client = try Managed(await house.register(Self.plain))
    let other = try Managed(await house.register(Self.plain.replacing("Editor", with: "Other")))
    let (mine, theirs) = (try await house.tokens(client.test), try await house.tokens(other.test))
    #expect(await house.send(.delete, client.path, client.bearer).status == 204)
    #expect(await house.verdict(of: mine.access) == "401 invalid_token")
    #expect(await house.verdict(of: theirs.access) == "200")
    #expect(await house.refresh(theirs.refresh, other.test).status == 200)
  }

  @Test func `H33 POST is not for a registration that is there`() async throws {
    let house = try await House()
    let client = try Managed(await house.register(Self.plain))
    let answer = await house.send(.post, client.path, client.bearer)
    #expect(answer.status == 405 && answer.fields["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT")
  }

  // MARK: Initial access tokens

  private func invite(_ house: House, uses: Int = 1, lifetime: Duration = .days(7)) async throws -> String {
    try await InitialAccessTokens(store: house.store, keyring: house.keyring, world: house.clock.world)
      .create(uses: uses, lifetime: lifetime)
  }

  @Test(arguments: [RegistrationPolicy.open, .withToken])
  func `H26 RFC 7591 §3 a token is good for so many registrations and so long`(
    policy: RegistrationPolicy
  ) async throws {
    let house = try await House(registration: policy)
    let token = try await invite(house, uses: 2)
    let fields = ["authorization": "Bearer " + token]
    #expect(await house.register(Self.plain, fields).status == 201)
    // What is refused uses nothing up.
    #expect(await house.register("{}", fields).verdict == "400 invalid_redirect_uri")
    #expect(await house.register(Self.plain, fields).status == 201)
    let refused = await house.register(Self.plain, fields)
    #expect(refused.verdict == "401 invalid_token")
    #expect(refused.fields["www-authenticate"] == "Bearer error=\"invalid_token\"")
    #expect(try await house.count("client") == 2)
    let late = try await invite(house, lifetime: .days(1))
    house.clock.advance(.days(1))
    #expect(
      await house.register(Self.plain, ["authorization": "Bearer " + late]).verdict == "401 invalid_token")
  }

  @Test func `H28 who an administrator vouches for does not meet the limit for strangers`() async throws {
    let house = try await House()
    let token = try await invite(house, uses: 400)
    for _ in 0..<310 {
      #expect(await house.register(Self.plain, ["authorization": "Bearer " + token]).status == 201)
    }
    // They count for nobody, and a token that is none is no way around the limit.
    #expect(await house.register(Self.plain).status == 201)
    var answers: Set<Int> = []
    for _ in 0..<310 {
      answers.insert(await house.register(Self.plain, ["authorization": "Bearer gi_x"]).status)
    }
    #expect(answers == [401, 429])
  }

  @Test
  func `H26 RFC 7591 §3 where a token is needed, no token is 401 without an error code in the challenge`()
    async throws
  {
    let house = try await House(registration: .withToken)
    let answer = await house.register(Self.plain)
    #expect(answer.verdict == "401 invalid_token")
    #expect(answer.fields["www-authenticate"] == "Bearer")
    #expect(try await house.count("client") == 0)
    let document = await house.get("/.well-known/oauth-authorization-server").json
    #expect(document["registration_endpoint"]?.string == "https://gate.example/oauth/register")
  }

  @Test func `H26 of many registrations with one token exactly one succeeds`() async throws {
    let house = try await House(registration: .withToken)
    let fields = ["authorization": "Bearer " + (try await invite(house))]
    let registered = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<20 {
        let json = Self.plain.replacing("Editor", with: "Editor \(number)")
        group.addTask { await house.register(json, fields).status == 201 }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(registered == 1)
    #expect(try await house.count("client") == 1)
  }

  @Test func `H26 a token is not stored in the clear`() async throws {
    let house = try await House()
    let token = try await invite(house)
    let stored = try await house.store.rows("SELECT * FROM initial_access_token").map { "\($0.values)" }
      .joined()
    #expect(!stored.contains(token))
  }

  // MARK: The same client again

  private func again(_ house: House, _ json: String = plain, from peer: IPAddress = .loopback) async -> Answer
  {
    await house.post("/oauth/register", json: json, from: peer)
  }

  @Test func `pain 1 the same public client asked for again is the same, and no row`() async throws {
    let house = try await House()
    let first = try Managed(await again(house))
    for _ in 0..<20 {
      let answer = await again(house, from: .v4(0x7f00_0042))
      #expect(answer.status == 201 && answer.json["client_id"]?.string == first.id)
      // Who comes second may not change what the first one uses, nor the other way round.
      #expect(
        answer.json["registration_access_token"] == nil && answer.json["registration_client_uri"] == nil)
    }
    #expect(try await house.count("client") == 1)
    #expect(try await house.tokens(first.test).access.isEmpty == false)
    #expect(await again(house).json["client_id"]?.string == first.id)
  }

  @Test func `pain 1 a shared registration can be read, and is nobody's to change or end`() async throws {
    let house = try await House()
    let first = try Managed(await again(house))
    #expect(await again(house).status == 201)
    let tokens = try await house.tokens(first.test)
    #expect(await house.send(.get, first.path, first.bearer).status == 200)
    let json = Self.plain.replacing("{", with: #"{"client_id":"\#(first.id)","#)
    #expect(
      await put(house, first, json.replacing("c.example", with: "evil.example")).verdict
        == "403 access_denied")
    #expect(await house.send(.delete, first.path, first.bearer).verdict == "403 access_denied")
    #expect(await house.verdict(of: tokens.access) == "200")
    #expect(await house.get("/oauth/authorize?" + first.test.query()).status == 200)
  }

  @Test func `pain 1 one that was changed is another`() async throws {
    let house = try await House()
    let first = try Managed(await again(house))
    let json = Self.plain.replacing("{", with: #"{"client_id":"\#(first.id)","#)
    #expect(await put(house, first, json.replacing("/cb", with: "/evil")).status == 200)
    let second = try Managed(await again(house))
    #expect(second.id != first.id)
  }

  @Test(arguments: [
    plain.replacing("Editor", with: "Editor 2"), plain.replacing("/cb", with: "/cb2"),
    plain.replacing(#""none""#, with: #""none","scope":"mcp:read""#),
    plain.replacing(#""none""#, with: #""none","grant_types":["authorization_code"]"#),
    plain.replacing(#""none""#, with: #""none","client_uri":"https://c.example/""#),
    plain.replacing(#""none""#, with: #""client_secret_post""#),
    #"{"client_name":"Editor","redirect_uris":["https://c.example/cb","https://c.example/cb2"],"token_endpoint_auth_method":"none"}"#,
  ])
  func `pain 1 whatever differs is another client`(json: String) async throws {
    let house = try await House()
    let first = await again(house).json["client_id"]
    #expect(await again(house, json).json["client_id"] != first)
    #expect(try await house.count("client") == 2)
  }

  @Test func `pain 1 never one with a secret, one made by hand, a disabled one, or one of yesterday`()
    async throws
  {
    let house = try await House()
    let secret = Self.plain.replacing(#""none""#, with: #""client_secret_post""#)
    #expect(await again(house, secret).json["client_id"] != again(house, secret).json["client_id"])
    _ = try await house.client(name: "Editor")
    let first = try Managed(await again(house))
    house.clock.advance(.hours(24))
    let second = try Managed(await again(house))
    #expect(second.id != first.id)
    #expect(await house.send(.delete, second.path, second.bearer).status == 204)
    #expect(await again(house).json["client_id"]?.string != second.id)
  }

  @Test func `pain 1 one that somebody let in is shared inside of its network alone`() async throws {
    let house = try await House()
    let first = try Managed(await again(house, from: .v4(0x0a01_0203)))
    _ = try await house.tokens(first.test)
    #expect(await again(house, from: .v4(0x0a01_02ff)).json["client_id"]?.string == first.id)
    let elsewhere = try Managed(await again(house, from: .v4(0x0a01_0303)))
    #expect(elsewhere.id != first.id)
    // Nobody has let that one in, so it is everybody's.
    #expect(
      await again(house, from: .v6(high: 0x2001_0db8 << 32, low: 1)).json["client_id"]?.string == elsewhere.id
    )
  }
}
