internal import Accounts
internal import Glibc
internal import JSON
internal import Policies
internal import Storage
internal import Support
internal import Telemetry
internal import Testing
internal import World

@testable internal import Authentication
@testable internal import Governance

/// Issue point 8: what can't be told is refused, whatever the reason that it can't be told.
@Suite("Fail closed") struct FailClosedTests {
  let clock = TestClock()
  let tool = makeTool("pay", parameters: [.optional("amount", .number, ""), .optional("model", .text, "")])

  // MARK: A store that can't answer

  @Test func `while another program holds the database nothing is permitted, and afterwards it is`()
    async throws
  {
    let directory = try Directory()
    let file = Store.Location.file(directory.absolute("g.db"))
    let store = try Store(file, patience: .zero, log: .silent)
    let governor = try await Governor(clock, store: store)
    #expect(await governor.verdict(makeCaller(), tool) == .permitted(remaining: 59))
    let other = try Store(file, log: .silent)
    let gate = try Gate()
    let (started, signal) = AsyncStream.makeStream(of: Void.self)
    let holding = Task {
      try await other.write { transaction in
        _ = try transaction.run("UPDATE rulebook SET revision = revision")
        signal.yield()
        signal.finish()
        gate.wait()
      }
    }
    for await _ in started {}
    for _ in 0..<3 { #expect(await governor.verdict(makeCaller(), tool) == .denied("(undecided)")) }
    gate.open()
    try await holding.value
    // What was refused meanwhile was not counted.
    #expect(await governor.verdict(makeCaller(), tool) == .permitted(remaining: 58))
  }

  @Test(arguments: ["counter", "approval_request", "rulebook", "inactive_tool", "policy"])
  func `a table that is not there permits nothing that hangs on it`(table: String) async throws {
    let store = try Store(.temporary, log: .silent)
    var configuration = Governor.Configuration()
    configuration.approvesHighRisk = .all
    let governor = try await Governor(clock, store: store, configuration: configuration)
    let gated = makeTool("wipe", risk: .high)
    try await store.write { transaction in
      // What was read before must not stand in for it.
      _ = try transaction.run("UPDATE rulebook SET revision = revision + 1")
      _ = try transaction.run("DROP TABLE \(SQL(unsafeSQL: table))")
    }
    #expect(await governor.verdict(makeCaller(), gated) == .denied("(undecided)"))
    if table != "approval_request" {
      #expect(await governor.verdict(makeCaller(), tool) == .denied("(undecided)"))
      #expect(await !governor.mayCall(tool, [:], makeCaller()) || table == "counter")
    }
  }

  @Test func `a rulebook without its row permits nothing`() async throws {
    let store = try Store(.temporary, log: .silent)
    let governor = try await Governor(clock, store: store)
    try await store.write { _ = try $0.run("DELETE FROM rulebook") }
    #expect(await governor.verdict(makeCaller(), tool) == .denied("(undecided)"))
    #expect(await governor.admit(makeCaller(), method: "tools/list")?.rule == "(undecided)")
    #expect(await !governor.mayCall(tool, [:], makeCaller()))
  }

  @Test func `before the rules were read nothing is seen`() async throws {
    let governor = try await Governor(clock)
    #expect(!governor.isVisible(tool, to: makeCaller()))
  }

  // MARK: Clocks that jump

  @Test(arguments: [-400, -30, -1, 1, 30, 400] as [Int64])
  func `a clock that jumps by days frees no limit of the window that it lands in`(days: Int64) async throws {
    let governor = try await Governor(clock)
    clock.advance(.seconds(20))
    let caller = makeCaller(perMinute: nil, perDay: 3)
    for _ in 0..<3 { #expect(await governor.verdict(caller, tool) == .permitted(remaining: nil)) }
    #expect(await governor.verdict(caller, tool) == .denied("/connection/limits/per_day"))
    clock.advance(.days(days))
    // Forward is another day; backward is the count that there is.
    var admitted = 0
    for _ in 0..<5 where await governor.verdict(caller, tool) == .permitted(remaining: nil) { admitted += 1 }
    #expect(admitted == (days > 0 ? 3 : 0))
    // Back where it was, it is no third allowance; and nobody is locked out for longer than two windows.
    clock.advance(.days(-days))
    for _ in 0..<5 where await governor.verdict(caller, tool) == .permitted(remaining: nil) { admitted += 1 }
    #expect(admitted <= 3)
    clock.advance(.days(2))
    #expect(await governor.verdict(caller, tool) == .permitted(remaining: nil))
  }

  // MARK: Names and arguments that only look right

  @Test(arguments: [
    "p\u{430}y",  // Cyrillic a
    "pay\u{200B}", "\u{FEFF}pay", "pay\u{0}", "pay ", " pay", "PAY", "ｐａｙ", "pa\u{301}y", "pay\u{202E}",
  ])
  func `a name that looks like a tool's is not that tool to any rule, nor can it be a tool`(
    name: String
  ) async throws {
    // Another case is another name; all others are none.
    if name != "PAY" {
      #expect(makeTool(name).contradiction != nil)
      let tools = JSONObject([(name, JSONValue.object([:]))])
      let document: JSONObject = ["version": "1", "default": "allow", "tools": .object(tools)]
      #expect(throws: PolicyError.self) { try Policy(JSONValue.object(document).serialized()) }
    }
    let governor = try await Governor(clock)
    try await governor.rules.set(
      Array(#"{"version":"1","default":"deny","tools":{"pay":{}}}"#.utf8), for: .everything)
    #expect(await governor.verdict(makeCaller(), makeTool(name)) == .denied("(default deny)"))
    try await governor.rules.setActive(false, tool: "pay")
    #expect(
      await governor.verdict(makeCaller(allowedTools: ["pay"]), makeTool(name)) == .denied("(allowed tools)"))
  }
}

/// Holds something up until the test lets it go.
final class Gate: Sendable {
  private let pipes: (reads: Int32, writes: Int32)

  init() throws {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { throw StorageError(.other, "no pipe") }
    pipes = (ends[0], ends[1])
  }

  deinit {
    close(pipes.reads)
    close(pipes.writes)
  }

  /// No longer than 20 seconds, so that a test that forgets to open it fails and does not hang.
  func wait() {
    var reads = [pollfd(fd: pipes.reads, events: Int16(POLLIN), revents: 0)]
    _ = unsafe poll(&reads, 1, 20_000)
  }

  func open() { _ = unsafe write(pipes.writes, [1], 1) }
}
