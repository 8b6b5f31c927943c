internal import Accounts
internal import Governance
internal import HTTP
internal import JSON
internal import OAuth
internal import Storage
internal import Support
internal import Testing
internal import World

@testable internal import Gatehouse

/// API keys and what governance makes of them, at both depths.
@Suite struct `Keys and limits` {
  @Test(arguments: Depth.allCases)
  func `an API key reads records until it is revoked`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let made = try await client.key()
      let answer = try await client.call("search_read", `The main job`.orders, bearer: made.key)
      #expect(answer.structured?["records"]?.array?.count == 3)
      #expect(
        try await client.call("whoami", bearer: made.key).structured?["connection"]?["credential"]?.string
          == "api_key")
      #expect(try await client.house.connections.revoke(made.connectionID))
      let dead = try await client.call("whoami", bearer: made.key)
      #expect(dead.status == 401)
      #expect(dead["www-authenticate"]?.contains("error=\"invalid_token\"") == true)
    }
  }

  @Test(arguments: Depth.allCases)
  func `a rotated key is dead at once, and its successor is not`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let made = try await client.key()
      #expect(try await client.call("whoami", bearer: made.key).status == 200)
      let rotated = try #require(try await client.house.apiKeys.rotate(made.connectionID))
      #expect(try await client.call("whoami", bearer: made.key).status == 401)
      #expect(try await client.call("whoami", bearer: rotated.key).status == 200)
    }
  }

  @Test(arguments: Depth.allCases)
  func `a credential that proves nothing is 401 and on record`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let made = try await client.key()
      let wrong = String(made.key.dropLast()) + (made.key.hasSuffix("0") ? "1" : "0")
      for bearer in [wrong, "gk_live_x", "eyJhbGciOiJub25lIn0.e30.", "nonsense"] {
        let before = try await client.entries()
        #expect(try await client.call("whoami", bearer: bearer).verdict == "401 invalid_token")
        #expect(try await client.entries() == before + 1)
        #expect(try await client.newest().kind == .refusal)
      }
      // OAuth 2.1 §5.1: never in the query.
      let query = try await client.mcp("tools/list", bearer: nil, path: "/mcp?access_token=\(made.key)")
      #expect(query.status == 401)
    }
  }

  @Test(arguments: Depth.allCases)
  func `RFC 6750 §3.1 a token without the scope is 403 and told which it needs`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let made = try await client.key()
      // No connection is made without mcp:read, so it is taken away.
      try await client.change("scope = 'offline_access'", of: made.connectionID)
      let refused = try await client.call("whoami", bearer: made.key)
      #expect(refused.status == 403)
      let challenge = try #require(refused["www-authenticate"])
      #expect(challenge.contains("error=\"insufficient_scope\""))
      #expect(challenge.contains("scope=\"mcp:read\""))
      #expect(challenge.contains("resource_metadata=\""))
      #expect(try await client.newest().status == 403)
      #expect(
        try await client.mcp("tools/list", bearer: made.key).result?["tools"]?.array?.isEmpty == true)
      // The step up: with the scope, the same call goes through.
      try await client.change("scope = 'mcp:read'", of: made.connectionID)
      #expect(try await client.call("whoami", bearer: made.key).status == 200)
    }
  }

  @Test(arguments: Depth.allCases)
  func `a connection sees and calls its allowed tools alone`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let made = try await client.key()
      try await client.change("allowed_tools = '[\"whoami\"]'", of: made.connectionID)
      let tools = try await client.mcp("tools/list", bearer: made.key).result?["tools"]?.array
      #expect(tools?.compactMap { $0["name"]?.string } == ["whoami"])
      #expect(try await client.call("whoami", bearer: made.key).failure == nil)
      let refused = try await client.call("search_read", `The main job`.orders, bearer: made.key)
      #expect(refused.status == 200)
      #expect(refused.failure == "tool_not_allowed")
      let entry = try await client.newest()
      #expect(entry.kind == .refusal)
      #expect(entry.rule == "(allowed tools)")
      #expect(entry.tool == "search_read")
    }
  }

  @Test(arguments: Depth.allCases)
  func `a connection reads its allowed models alone`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let made = try await client.key()
      try await client.change("allowed_models = '[\"res.partner\"]'", of: made.connectionID)
      let partners: JSONObject = ["model": "res.partner", "fields": ["name"], "limit": 1]
      #expect(try await client.call("search_read", partners, bearer: made.key).failure == nil)
      #expect(
        try await client.call("search_read", `The main job`.orders, bearer: made.key).failure
          == "model_not_allowed")
    }
  }

  @Test(arguments: Depth.allCases)
  func `the Nth call of a minute goes through and the next one does not`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let key = try await client.key(perMinute: 3).key
      // To the beginning of a minute: windows are aligned.
      client.clock.advance(.seconds(20))
      for left in [2, 1, 0] {
        let answer = try await client.call("whoami", bearer: key)
        let limits = answer.structured?["limits"]?.array
        #expect(limits?.map { $0["name"] } == ["per_minute", "per_day"])
        #expect(limits?.map { $0["remaining"]?.integer } == [Int64(left), Int64(9997 + left)])
      }
      client.clock.advance(.seconds(59))
      let refused = try await client.call("whoami", bearer: key)
      // Never 401 or 403, which clients answer with a new login.
      #expect(refused.status == 200)
      #expect(refused.failure == "rate_limited")
      #expect(refused.structured?["retry_after_seconds"]?.integer == 1)
      #expect(try await client.newest().code == "rate_limited")
      client.clock.advance(.seconds(1))
      #expect(try await client.call("whoami", bearer: key).failure == nil)
    }
  }

  @Test(arguments: Depth.allCases)
  func `a connection without a limit has none`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let key = try await client.key(perMinute: 0).key
      let answer = try await client.call("whoami", bearer: key)
      #expect(answer.structured?["limits"]?.array?.map { $0["name"] } == ["per_day"])
    }
  }

  @Test(arguments: Depth.allCases)
  func `a disabled person's token and key are dead at their next use`(depth: Depth) async throws {
    try await withHouse(depth) { client in
      let tokens = try await Application(client).tokens(of: Person(client))
      let key = try await client.key().key
      #expect(try await client.call("whoami", bearer: tokens.access).status == 200)
      #expect(try await client.call("whoami", bearer: key).status == 200)
      try await client.house.store.write { transaction in
        _ = try transaction.run("UPDATE account SET disabled_at = 1 WHERE login = 'sales'")
      }
      #expect(try await client.call("whoami", bearer: tokens.access).status == 401)
      #expect(try await client.call("whoami", bearer: key).status == 401)
    }
  }
}

extension Client {
  /// Changes a connection's row as no command can yet.
  func change(_ assignment: String, of connectionID: String) async throws {
    try await house.store.write { transaction in
      _ = try transaction.run(
        "UPDATE connection SET \(unsafeSQL: assignment) WHERE id = \(connectionID)")
    }
  }
}
