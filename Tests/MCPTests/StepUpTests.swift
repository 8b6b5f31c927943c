internal import Governance
internal import HTTP
internal import JSON
internal import OAuth
internal import Testing
internal import Tools
internal import World

@testable internal import Authentication

@Suite("Step-up at the MCP endpoint (RFC 9470 §3)")
struct StepUpTests {
  @Test(arguments: [(false, "Bearer"), (true, "DPoP")])
  func `J12 401 insufficient_user_authentication says how fresh and how good`(
    isBound: Bool, scheme: String
  ) async throws {
    let house = try await House(more: [Vault()])
    let signIn = Caller.SignIn(time: house.clock.now, context: .password)
    let caller = makeCaller(credential: .accessToken, signIn: signIn, isBoundToKey: isBound)
    let answer = await house.called("vault", "{}", caller)
    #expect(answer.status == 401)
    #expect(
      answer.fields["www-authenticate"] == """
        \(scheme) error="insufficient_user_authentication", \
        error_description="this operation needs a fresh or better sign-in", max_age="300", \
        acr_values="urn:gatehouse:acr:two-factors", \
        resource_metadata="https://gate.example/.well-known/oauth-protected-resource/mcp"
        """)
    #expect(answer.code == 401)
    #expect(answer.json["error"]?["data"]?["max_age"] == 300)
    let legacy = await house.post(
      #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"vault"}}"#,
      ["mcp-protocol-version": "2025-11-25"], caller)
    #expect(legacy.status == 401)
    #expect(legacy.code == -32000)
    let entry = try #require(try await house.audit.list(limit: 1).first?.entry)
    #expect(entry.kind == .refusal && entry.code == "insufficient_user_authentication")
  }

  @Test func `J12 who signed in well enough and lately gets in`() async throws {
    let house = try await House(more: [Vault()])
    let caller = makeCaller(
      credential: .accessToken, signIn: Caller.SignIn(time: house.clock.now, context: .twoFactors))
    #expect(await house.called("vault", "{}", caller).result?["structuredContent"]?["open"] == true)
    house.clock.advance(.seconds(301))
    #expect(await house.called("vault", "{}", caller).status == 401)
  }

  @Test func `with an API key the refusal is one that a model can read`() async throws {
    let answer = await (try House(more: [Vault()])).called("vault", "{}", makeCaller())
    #expect(answer.status == 200)
    #expect(answer.result?["structuredContent"]?["code"] == "insufficient_user_authentication")
  }

  @Test func `RFC 9449 §7_1 a bound caller is challenged for a scope by its own scheme`() async throws {
    let answer = await (try House()).called("note", "{}", makeCaller(isBoundToKey: true))
    #expect(answer.status == 403)
    #expect(answer.fields["www-authenticate"]?.hasPrefix("DPoP error=\"insufficient_scope\"") ?? false)
  }
}
