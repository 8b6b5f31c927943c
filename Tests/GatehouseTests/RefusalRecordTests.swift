import Telemetry
import Testing
import World

@testable import Gatehouse

@Suite struct `Record of refusals` {
  @Test func `refusals of one kind fill no disk, and keep none of another off the record`() {
    let operations = Operations(
      world: World(now: { Instant(seconds: 1_795_000_000) }, random: { [UInt8](repeating: 7, count: $0) }),
      log: .silent)
    let recorded = (0..<2000).count { _ in operations.mayRecord("token_refused") }
    #expect(recorded == Operations.recordedRefusals)
    #expect(operations.mayRecord("sign_in_refused"))
  }
}
