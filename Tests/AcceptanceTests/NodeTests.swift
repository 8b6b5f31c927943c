internal import HTTP
internal import Support
internal import Testing

/// Two processes on one database file and one directory of keys.
@Suite("E17 F15. Two nodes")
struct NodeTests {
  @Test func `E17 F15 what one node began the other goes on with, and both at once give one successor`()
    async throws
  {
    let first = try await Program()
    let second = try await Program(beside: first)
    let client = try first.client()
    let cookie = try await first.signIn()
    // Where the browser asked, where it was answered and where the client exchanges are three ways to the same house.
    for (asked, decided, exchanged) in [
      (first, first, second), (second, second, first), (first, second, first), (second, first, second),
    ] {
      let page = try await asked.get(client.link(), [("cookie", cookie)])
      let code = try #require(await decided.decide(page, cookie: cookie).callback?["code"])
      let tokens = try Tokens(await exchanged.exchange(code, client))
      for node in [first, second] { #expect(try await node.verdict("Bearer " + tokens.access) == "200") }
      let successors = try await withThrowingTaskGroup { group in
        for number in 0..<50 {
          let node = number % 2 == 0 ? first : second
          group.addTask { try Tokens(await node.refresh(tokens.refresh, client)).refresh }
        }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(successors.count == 1)
    }
    let contested = try await first.code(client, cookie: cookie)
    let verdicts = try await withThrowingTaskGroup { group in
      for node in [first, second] {
        for _ in 0..<25 { group.addTask { try await node.exchange(contested, client).verdict } }
      }
      return try await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
    }
    #expect(verdicts == ["200": 1, "400 invalid_grant": 49])
  }
}
