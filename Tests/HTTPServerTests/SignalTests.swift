import Glibc
import HTTPServer
import Testing

@Suite("Signals that end the program")
struct SignalTests {
  @Test func `SIGTERM and SIGINT are told, and do not end the program by themselves`() async {
    await #expect(processExitsWith: .exitCode(42)) {
      let signals = try Signals.termination()
      kill(getpid(), SIGTERM)
      for await signal in signals {
        if signal == .terminate { kill(getpid(), SIGINT) } else { exit(42) }
      }
    }
  }

  @Test func `SIGPIPE is ignored`() async {
    await #expect(processExitsWith: .exitCode(42)) {
      _ = try Signals.termination()
      kill(getpid(), SIGPIPE)
      exit(42)
    }
  }
}
