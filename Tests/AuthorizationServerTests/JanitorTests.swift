internal import Accounts
internal import AuthorizationServer
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Testing
internal import World

@Suite("H30 What is over goes")
struct JanitorTests {
  private func sweep(_ house: House) async throws -> Int {
    let janitor = Janitor(store: house.store, sessions: house.sessions, world: house.clock.world)
    return try await janitor.sweepSessions() + janitor.sweepGrants()
  }

  private func register(_ house: House, _ name: String) async throws -> TestClient {
    let answer = await house.register(
      #"{"client_name":"\#(name)","redirect_uris":["https://c.example/cb"],"token_endpoint_auth_method":"none"}"#
    )
    return TestClient(
      id: try #require(answer.json["client_id"]?.string), secret: nil, redirectURI: "https://c.example/cb")
  }

  @Test func `H30 an unused registration goes after 30 days, one with a connection or made by hand stays`()
    async throws
  {
    let house = try await House()
    let byHand = try await house.client()
    let (used, revoked, unused) = (
      try await register(house, "used"), try await register(house, "revoked"),
      try await register(house, "unused")
    )
    _ = try await house.tokens(used)
    let tokens = try await house.tokens(revoked)
    for connection in try await house.connections.all() where connection.clientID == revoked.id {
      _ = try await house.connections.revoke(connection.id)
    }
    house.clock.advance(.days(30))
    _ = try await sweep(house)
    #expect(try await house.count("client") == 4)
    house.clock.advance(.seconds(1))
    _ = try await sweep(house)
    for (client, stays) in [(byHand, true), (used, true), (revoked, false), (unused, false)] {
      #expect((try await house.clients.client(client.id) != nil) == stays)
    }
    #expect(await house.refresh(tokens.refresh, revoked).verdict == "401 invalid_client")
    #expect(await house.get("/oauth/authorize?" + used.query()).status == 200)
  }

  @Test func `H30 a grant that is used stays, however old its registration`() async throws {
    let house = try await House()
    let client = try await register(house, "old")
    var refresh = try await house.tokens(client).refresh
    for _ in 0..<6 {
      house.clock.advance(.days(20))
      _ = try await sweep(house)
      refresh = try Tokens(await house.refresh(refresh, client)).refresh
    }
    // Of six that were rotated away, those of the last thirty days are still known.
    #expect(try await house.count("refresh_token") == 3)
    #expect(try await house.clients.client(client.id) != nil)
    #expect(try await house.count("token_family") == 1)
  }

  @Test func `RFC 6749 §10_4 a stolen token that comes back still ends its family after a sweep`()
    async throws
  {
    let house = try await House()
    let client = try await register(house, "old")
    let first = try await house.tokens(client).refresh
    let second = try Tokens(await house.refresh(first, client)).refresh
    house.clock.advance(.days(29))
    _ = try await sweep(house)
    #expect(await house.refresh(first, client).verdict == "400 invalid_grant")
    #expect(await house.refresh(second, client).verdict == "400 invalid_grant")
  }

  @Test(arguments: ["ended", "idle", "over", "without a refresh token"])
  func `a family that is dead goes with its tokens and codes`(how: String) async throws {
    let house = try await House()
    let client = try await house.client(
      grants: how == "without a refresh token" ? [.authorizationCode] : [.authorizationCode, .refreshToken])
    let tokens = try await house.tokens(client)
    let other = try await house.client(["https://o.example/cb"])
    var alive = ""
    switch how {
    case "ended":
      _ = await house.post("/oauth/revoke", [("token", tokens.refresh), ("client_id", client.id)])
      house.clock.advance(.days(1) + .seconds(1))
    case "idle": house.clock.advance(.days(30) + .seconds(1))
    case "over": house.clock.advance(.days(365) + .seconds(1))
    default: house.clock.advance(.days(1) + .seconds(1))
    }
    alive = try await house.tokens(other).refresh
    #expect(try await sweep(house) >= 1)
    #expect(try await house.count("token_family") == 1)
    #expect(try await house.count("authorization_code") == 1)
    #expect(try await house.count("refresh_token") == 1)
    #expect(await house.verdict(of: tokens.access) == "401 invalid_token")
    #expect(await house.refresh(alive, other).status == 200)
    #expect(try await house.count("connection") == 2)
  }

  @Test func `codes, references, devices, invitations and sessions go when they are over, not before`()
    async throws
  {
    let house = try await House()
    let client = try await house.client()
    let device = try await house.client([], grants: [.deviceCode])
    _ = try await house.code(for: client)
    _ = await house.post(
      "/oauth/par", (Form(decoding: client.query().utf8)?.pairs ?? []).map { ($0.name, $0.value) })
    let begun = await house.post("/oauth/device_authorization", device.credentials)
    _ = try await InitialAccessTokens(store: house.store, keyring: house.keyring, world: house.clock.world)
      .create(uses: 1, lifetime: .days(1))
    let tables = [
      "authorization_code", "pushed_request", "device_grant", "initial_access_token", "browser_session",
    ]
    _ = try await sweep(house)
    for table in tables { #expect(try await house.count(table) == 1, "\(table)") }
    house.clock.advance(.minutes(30))
    _ = try await sweep(house)
    let answer = await house.token(
      device,
      [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", begun.json["device_code"]?.string ?? ""),
      ])
    #expect(answer.verdict == "400 expired_token")
    house.clock.advance(.days(2))
    _ = try await sweep(house)
    for table in tables { #expect(try await house.count(table) == 0, "\(table)") }
  }

  @Test func `H28 ten thousand registrations go in one sweep, in batches`() async throws {
    let house = try await House()
    try await house.store.write { transaction in
      _ = try transaction.run(
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000)
        INSERT INTO client (id, name, is_dynamic, auth_method, auth_method_is_explicit, redirect_uris, grant_types,
          created_at)
        SELECT 'old' || i, 'old', 1, 'none', 1, '[]', '[]', i FROM n
        """)
    }
    #expect(try await sweep(house) == 10_000)
    #expect(try await house.count("client") == 0)
    #expect(try await sweep(house) == 0)
  }
}
