internal import JSON
internal import Policies
internal import Storage
internal import Support
internal import Telemetry
internal import Testing
internal import World

@testable internal import Governance

@Suite("Counters (product row B5)")
struct CountersTests {
  let clock = TestClock()
  let store: Store

  init() async throws {
    store = try Store(.temporary, log: .silent)
    try await store.migrate(Counters.migrations)
    // To the beginning of a minute.
    clock.advance(.seconds(20))
  }

  private func use(
    _ key: String = "k", _ amount: Int = 1, of maximum: Int? = 10, _ window: Window = .minute
  )
    -> Counters.Use
  {
    Counters.Use(key: key, window: window, amount: Amount(amount), maximum: maximum.map { Amount($0) })
  }

  /// What is used then, or the index of the one that has no room.
  private func reserve(_ uses: [Counters.Use]) async throws -> [Int] {
    switch try await Counters(store: store, world: clock.world).reserve(uses) {
    case .reserved(_, let used, _): used.map { Int($0.millionths / 1_000_000) }
    case .full(let index, _): [-1 - index]
    }
  }

  @Test func `the N-th fits, the next does not, and what does not fit counts nothing`() async throws {
    for count in 1...10 { #expect(try await reserve([use()]) == [count]) }
    for _ in 0..<3 { #expect(try await reserve([use()]) == [-1]) }
    clock.advance(.milliseconds(59_999))
    #expect(try await reserve([use()]) == [-1])
    clock.advance(.milliseconds(1))
    #expect(try await reserve([use()]) == [1])
  }

  @Test func `of several counters all are counted, or none is`() async throws {
    #expect(try await reserve([use("a", of: 2), use("b", of: 1), use("c", of: nil)]) == [1, 1, 1])
    #expect(try await reserve([use("a", of: 2), use("b", of: 1), use("c", of: nil)]) == [-2])
    #expect(try await reserve([use("a", of: 2), use("c", of: nil)]) == [2, 2])
  }

  @Test func `a call that names a counter twice counts once, against the smaller limit`() async throws {
    #expect(try await reserve([use("a", of: 9), use("a", of: 2)]) == [1, 1])
    #expect(try await reserve([use("a", of: 9), use("a", of: 2)]) == [2, 2])
    #expect(try await reserve([use("a", of: 9), use("a", of: 2)]) == [-2])
    #expect(try await reserve([use("a", of: 9)]) == [3])
  }

  @Test func `amounts are exact at the boundary`() async throws {
    let tenth = try #require(Amount(.number(0.1)))
    let counters = Counters(store: store, world: clock.world)
    for _ in 0..<10 {
      let outcome = try await counters.reserve(
        [Counters.Use(key: "spend", window: .day, amount: tenth, maximum: Amount(1))])
      guard case .reserved = outcome else {
        Issue.record("a tenth did not fit")
        return
      }
    }
    let outcome = try await counters.reserve(
      [Counters.Use(key: "spend", window: .day, amount: Amount(millionths: 1), maximum: Amount(1))])
    guard case .full(0, _) = outcome else {
      Issue.record("a millionth too much fitted")
      return
    }
    #expect(try await reserve([use("big", 11, of: 10)]) == [-1])
    #expect(try await reserve([use("zero", 0, of: 0)]) == [0])
  }

  @Test(arguments: [1, 7, 60, 300]) func `of 2N at once exactly N are counted`(limit: Int) async throws {
    let (store, world) = (store, clock.world)
    let use = use("crowd", of: limit)
    let fitted = try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<(2 * limit) {
        group.addTask {
          if case .reserved = try await Counters(store: store, world: world).reserve([use]) {
            true
          } else {
            false
          }
        }
      }
      return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(fitted == limit)
  }

  @Test func `what is given back is free again, but never in a later window`() async throws {
    let counters = Counters(store: store, world: clock.world)
    guard case .reserved(let first, _, _) = try await counters.reserve([use(of: 1)]) else {
      return
    }
    #expect(try await reserve([use(of: 1)]) == [-1])
    try await counters.giveBack(first)
    guard case .reserved(let second, _, _) = try await counters.reserve([use(of: 1)]) else {
      Issue.record("it was not given back")
      return
    }
    clock.advance(.minutes(1))
    #expect(try await reserve([use(of: 1)]) == [1])
    try await counters.giveBack(second)
    #expect(try await reserve([use(of: 1)]) == [-1])
  }

  @Test func `a clock that is set back gives no second allowance and locks nobody out`() async throws {
    for count in 1...2 { #expect(try await reserve([use(of: 2, .day)]) == [count]) }
    clock.advance(.days(-30))
    #expect(try await reserve([use(of: 2, .day)]) == [-1])
    clock.advance(.days(1))
    #expect(try await reserve([use(of: 2, .day)]) == [1])
  }

  @Test func `a straggler of the window before, or of a slower clock, counts in the later window`()
    async throws
  {
    for count in 1...3 { #expect(try await reserve([use(of: 5)]) == [count]) }
    clock.advance(.minutes(1))
    for count in 1...3 { #expect(try await reserve([use(of: 5)]) == [count]) }
    clock.advance(.seconds(-1))
    for count in 4...5 { #expect(try await reserve([use(of: 5)]) == [count]) }
    for _ in 0..<3 { #expect(try await reserve([use(of: 5)]) == [-1]) }
    clock.advance(.seconds(1))
    #expect(try await reserve([use(of: 5)]) == [-1])
    clock.advance(.minutes(1))
    #expect(try await reserve([use(of: 5)]) == [1])
  }

  @Test func `two limits of one counter that count differently take the greater amount`() async throws {
    #expect(try await reserve([use("a", 1, of: 100), use("a", 90, of: 100)]) == [90, 90])
    #expect(try await reserve([use("a", 1, of: 100), use("a", 90, of: 100)]) == [-1])
  }

  @Test func `windows that were over a day ago are swept`() async throws {
    _ = try await reserve([use("old"), use("day", of: 1, .day)])
    clock.advance(.hours(25))
    _ = try await reserve([use("new")])
    let now = clock.now
    #expect(try await store.write { try Counters.sweep(at: now, limit: 10, $0) } == 1)
    #expect(
      try await store.rows("SELECT key FROM counter ORDER BY key").map { $0.text(0) } == ["day", "new"])
  }

  @Test func `counts are kept over a restart and shared with another process`() async throws {
    let directory = try Directory()
    for expected in 1...3 {
      let store = try Store(.file(directory.path + "/g.db"), log: .silent)
      try await store.migrate(Counters.migrations)
      guard
        case .reserved(_, let used, _) = try await Counters(store: store, world: clock.world).reserve([
          use(of: 3)
        ])
      else {
        Issue.record("not counted")
        return
      }
      #expect(used == [Amount(expected)])
    }
  }
}
