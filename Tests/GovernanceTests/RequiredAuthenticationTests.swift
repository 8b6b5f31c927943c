internal import Governance
internal import OAuth
internal import Testing
internal import World

@testable internal import Authentication

@Suite("Required authentication (RFC 9470)")
struct RequiredAuthenticationTests {
  private let clock = TestClock()

  private func signIn(_ secondsAgo: Int64, _ context: AuthenticationContext? = .password) -> Caller.SignIn {
    Caller.SignIn(time: Instant(seconds: clock.now.seconds - secondsAgo), context: context)
  }

  @Test(
    arguments: [
      (0, .password, true), (300, .password, true), (301, .password, false), (0, .twoFactors, true),
      (0, .phishingResistant, true), (0, nil, false),
    ] as [(Int64, AuthenticationContext?, Bool)])
  func `J12 §3 the sign-in has to be fresh and good enough`(
    age: Int64, context: AuthenticationContext?, isMet: Bool
  ) async throws {
    let needed = RequiredAuthentication(maximumAge: .minutes(5), context: .password)
    let tool = makeTool(requiredAuthentication: needed)
    let verdict = try await Governor(clock).verdict(makeCaller(signIn: signIn(age, context)), tool)
    #expect(verdict == (isMet ? .permitted(remaining: 59) : .insufficientAuthentication(needed)))
  }

  @Test func `J12 §3 a token that says nothing of a sign-in is not enough`() async throws {
    let needed = RequiredAuthentication(maximumAge: .minutes(5))
    let governor = try await Governor(clock)
    let tool = makeTool(requiredAuthentication: needed)
    #expect(await governor.verdict(makeCaller(), tool) == .insufficientAuthentication(needed))
    #expect(await governor.verdict(makeCaller(), makeTool()) == .permitted(remaining: 59))
    #expect(governor.isVisible(tool, to: makeCaller()))
  }

  @Test func `nobody signs in behind an API key, so it is refused in words and not sent to sign in`()
    async throws
  {
    let tool = makeTool(requiredAuthentication: RequiredAuthentication(maximumAge: .minutes(5)))
    let caller = makeCaller(credential: .apiKey)
    #expect(try await Governor(clock).verdict(caller, tool) == .denied("(sign-in)"))
  }

  @Test(arguments: [(.low, true), (.medium, true), (.high, false)] as [(ToolDefinition.Risk, Bool)])
  func `what the operator asks is asked by tools of high risk alone`(
    risk: ToolDefinition.Risk, isPermitted: Bool
  ) async throws {
    let stepUp = RequiredAuthentication(maximumAge: .seconds(60))
    var configuration = Governor.Configuration()
    configuration.approvesHighRisk = .none
    configuration.stepUp = stepUp
    let governor = try await Governor(clock, configuration: configuration)
    let verdict = await governor.verdict(makeCaller(signIn: signIn(61)), makeTool(risk: risk))
    #expect(verdict == (isPermitted ? .permitted(remaining: 59) : .insufficientAuthentication(stepUp)))
    #expect(
      await governor.verdict(makeCaller(connection: "b", signIn: signIn(60)), makeTool(risk: risk))
        == .permitted(remaining: 59))
  }

  @Test func `of what tool and operator ask, the stricter part of each holds`() async throws {
    var configuration = Governor.Configuration()
    configuration.approvesHighRisk = .none
    configuration.stepUp = RequiredAuthentication(maximumAge: .seconds(60), context: .password)
    let governor = try await Governor(clock, configuration: configuration)
    let tool = makeTool(
      risk: .high,
      requiredAuthentication: RequiredAuthentication(maximumAge: .minutes(5), context: .twoFactors))
    #expect(
      await governor.verdict(makeCaller(signIn: signIn(61, .twoFactors)), tool)
        == .insufficientAuthentication(RequiredAuthentication(maximumAge: .seconds(60), context: .twoFactors))
    )
  }

  @Test func `the scope is asked first, and a refusal uses nothing of the limit`() async throws {
    let governor = try await Governor(clock)
    let tool = makeTool(
      category: .write, effect: .adds, requiredAuthentication: RequiredAuthentication(maximumAge: .minutes(5))
    )
    #expect(await governor.verdict(makeCaller(), tool) == .insufficientScope("mcp:read mcp:write"))
    _ = await governor.verdict(makeCaller(scopes: [.write]), tool)
    #expect(await governor.verdict(makeCaller(), makeTool()) == .permitted(remaining: 59))
  }
}
