import Testing
import World

@testable import Governance

@Suite struct `No limit` {
  @Test func `a connection without a limit is admitted always, and is told no number`() async throws {
    let governor = try await Governor(TestClock())
    let caller = makeCaller(perMinute: nil)
    for _ in 0..<200 {
      #expect(await governor.verdict(caller, makeTool()) == .permitted(remaining: nil))
      #expect(await governor.admit(caller, method: "tools/list") == nil)
    }
  }
}
