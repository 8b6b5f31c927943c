import Accounts
import AuthorizationServer
import Crypto
import HTTP
import OAuth
import Storage
import Testing
import World

/// What those may do who have no credential at all.
@Suite struct `Floods` {
  @Test func `tries that begin at once count as soon as they begin`() {
    let throttle = LoginThrottle(world: TestWorld().world)
    let waits = (0..<20).map { _ in throttle.begin(.init(login: "sam", address: .loopback)) }
    #expect(waits.prefix(5).allSatisfy { $0 == nil })
    #expect(waits.dropFirst(5).allSatisfy { $0 != nil })
  }

  @Test func `a try that succeeds, or was not made, costs the others of its address nothing`() {
    let throttle = LoginThrottle(world: TestWorld().world)
    for number in 0..<200 {
      #expect(throttle.begin(.init(login: "user\(number)", address: .loopback)) == nil)
      if number.isMultiple(of: 2) {
        throttle.succeeded(.init(login: "user\(number)", address: .loopback))
      } else {
        throttle.wasNotMade(.init(login: "user\(number)", address: .loopback))
      }
    }
  }

  @Test func `RFC 6177 the addresses of one IPv6 network guess together`() {
    let throttle = LoginThrottle(world: TestWorld().world)
    let waits = (0..<20).map { number in
      throttle.begin(.init(login: "sam", address: .v6(high: 0x2001_0db8_0000_0001, low: UInt64(number))))
    }
    #expect(waits.contains { $0 != nil })
    #expect(throttle.begin(.init(login: "sam", address: .v6(high: 0x2001_0db8_0000_0002, low: 0))) == nil)
  }

  @Test func `RFC 7009 §2.2 the revocation of nothing is answered and takes no row`() async throws {
    let house = try await House()
    let client = try await house.client()
    let tokens = try await house.tokens(client)
    let count = house.events.all.count
    for token in ["gr_unknown", "x"] {
      let answer = await house.post("/oauth/revoke", [("token", token), ("client_id", client.id)])
      #expect(answer.status == 200)
    }
    #expect(house.events.all.count == count)
    for _ in 0..<3 {
      let answer = await house.post("/oauth/revoke", [("token", tokens.refresh), ("client_id", client.id)])
      #expect(answer.status == 200)
    }
    #expect(house.events.all.count == count + 1)
  }

  @Test(arguments: ["access", "refresh"])
  func `RFC 7009 §2_1 the token of another client is refused, and lives`(kind: String) async throws {
    let house = try await House()
    let (client, other) = (try await house.client(), try await house.client(name: "Other"))
    let tokens = try await house.tokens(client)
    let token = kind == "access" ? tokens.access : tokens.refresh
    let count = house.events.all.count
    let answer = await house.post("/oauth/revoke", [("token", token), ("client_id", other.id)])
    #expect(answer.verdict == "400 invalid_grant")
    #expect(house.events.all.count == count)
    #expect(try await house.connections.all().first?.revokedAt == nil)
    // Its own client gives it back.
    let own = await house.post("/oauth/revoke", [("token", token), ("client_id", client.id)])
    #expect(own.status == 200)
    #expect(house.events.all.count == count + 1)
    // What is worth nothing any more belongs to nobody.
    let after = await house.post("/oauth/revoke", [("token", tokens.refresh), ("client_id", other.id)])
    #expect(after.status == 200)
  }

  @Test func `clients that nobody let in make room, and no others`() async throws {
    let house = try await House()
    let sam = house.sam.id
    try await house.store.write { transaction in
      _ = try transaction.run(
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 11000)
        INSERT INTO client (id, name, is_dynamic, auth_method, auth_method_is_explicit, redirect_uris, grant_types,
          created_at)
        SELECT 'old' || i, 'old', i > 1, 'none', 1, '[]', '[]', i FROM n
        """)
      _ = try transaction.run(
        """
        INSERT INTO connection (id, account_id, client_id, kind, name, scope, version, per_minute, created_at)
        VALUES ('used', \(sam), 'old2', 'browser', 'used', 'mcp:read', 1, 60, 1)
        """)
    }
    _ = try await house.client(isDynamic: true)
    // The registered one, the used one, ten thousand others, and the new one.
    #expect(try await house.count("client") == 10_003)
    #expect(try await house.clients.client("old1") != nil)
    #expect(try await house.clients.client("old2") != nil)
    #expect(try await house.clients.client("old3") == nil)
    #expect(try await house.clients.client("old11000") != nil)
  }
}
