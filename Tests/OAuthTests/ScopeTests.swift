internal import OAuth
internal import Testing

@Suite("Scopes")
struct ScopeTests {
  @Test(
    arguments: [
      (.read, [.read]), (.write, [.read, .write]), (.execute, [.read, .write, .execute]),
      (.admin, [.read, .write, .execute, .admin]), (.offlineAccess, [.offlineAccess]),
    ] as [(Scope, [Scope])])
  func `each mcp scope implies those before it, and offline_access stands apart`(
    granted: Scope, allowed: [Scope]
  ) {
    let set: ScopeSet = [granted]
    #expect(Scope.allCases.filter(set.allows) == allowed)
  }

  @Test(arguments: [
    ("mcp:read", "mcp:read"), ("mcp:write mcp:read", "mcp:read mcp:write"), ("", ""),
    ("offline_access mcp:read", "mcp:read offline_access"), ("mcp:read mcp:read", "mcp:read"),
  ])
  func `RFC 6749 §3.3 a scope is a list parted by spaces whose order does not matter`(
    text: String, wire: String
  ) {
    #expect(ScopeSet(text)?.description == wire)
  }

  @Test(arguments: [
    "openid", "mcp:read  mcp:write", " mcp:read", "mcp:read ", "MCP:READ", "mcp:read\tmcp:write", "mcp:",
  ])
  func `RFC 6749 §3.3 what is malformed or unknown is no scope`(text: String) {
    #expect(ScopeSet(text) == nil)
  }

  @Test func `unknown scopes can be left out`() {
    #expect(ScopeSet(known: "openid mcp:write profile").description == "mcp:write")
  }

  @Test func `RFC 6749 §6 a narrower set is within a wider one, not the other way round`() {
    #expect(ScopeSet([.read]).isWithin([.write]))
    #expect(!ScopeSet([.write]).isWithin([.read]))
    #expect(!ScopeSet([.read, .offlineAccess]).isWithin([.admin]))
    #expect(ScopeSet([]).isWithin([]))
  }
}
