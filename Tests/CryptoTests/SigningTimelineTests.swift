import Crypto
import Testing
import World

@Suite("The times of signing keys") struct SigningTimelineTests {
  private let start = Instant(seconds: 1_795_000_000)
  private let old: SigningKey
  private let new: SigningKey
  /// `old` from the start, `new` an hour later.
  private let both: SigningTimeline

  init() throws {
    old = try SigningKey.generate()
    new = try SigningKey.generate()
    both = try #require(SigningTimeline([.init(old, from: start)])).adding(new, from: start + .hours(1))
  }

  private func published(at now: Instant) -> [String] {
    both.published(at: now).map { $0.key === old ? "old" : "new" }
  }

  @Test(
    arguments: [
      (0, "old", ["old", "new"]), (3599, "old", ["old", "new"]), (3600, "new", ["new", "old"]),
      (3600 + 659, "new", ["new", "old"]), (3600 + 660, "new", ["new"]), (100_000_000, "new", ["new"]),
      // A clock that was set back to before all of them.
      (-1, "old", ["old", "new"]),
    ] as [(Int64, String, [String])])
  func `one signs, the next is published before it does, the last until its tokens have expired`(
    seconds: Int64, signer: String, names: [String]
  ) {
    let now = start + .seconds(seconds)
    #expect((both.signer(at: now) === old ? "old" : "new") == signer)
    #expect(published(at: now) == names)
    #expect(both.pruned(at: now).entries.count == names.count)
    let expected: [SigningTimeline.State] =
      signer == "old" ? [.signing, .next] : [names.count == 2 ? .verifying : .expired, .signing]
    #expect(both.entries.map { both.state(of: $0, at: now) } == expected)
  }

  @Test func `a key that follows none of them is after all of them`() throws {
    let third = try SigningKey.generate()
    let three = both.adding(third, from: start)
    #expect(three.newest.key === third && three.newest.from > start + .hours(1))
    #expect(three.signer(at: start + .hours(2)) === third)
  }

  @Test func `a key lives on for the lifetime of what it signed when keys follow one another quickly`() throws
  {
    let third = try SigningKey.generate()
    let three = both.adding(third, from: start + .hours(1) + .minutes(5))
    let names = three.published(at: start + .hours(1) + .minutes(10)).map(\.key.publicKey.thumbprint)
    #expect(Set(names).count == 3)
    #expect(three.published(at: start + .hours(1) + .minutes(11)).count == 2)
    #expect(three.published(at: start + .hours(1) + .minutes(16)).count == 1)
  }

  @Test func `none is none`() { #expect(SigningTimeline([]) == nil) }
}
