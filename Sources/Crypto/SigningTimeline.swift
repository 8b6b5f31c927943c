package import World

/// The signing keys of a house and when each of them begins to sign; all else follows from the clock.
///
///     published ├────────────┬──────────────────┬────────────┤ gone
///               made         signs              the next     the last token
///                            from here          one signs    has expired
///
/// A rotation therefore writes once, ahead of time: at its moment every process that has read the keys changes over by
/// itself, and none of them has to be told.
package struct SigningTimeline: Sendable {
  /// A key, and when it begins to sign.
  package struct Entry: Sendable {
    package let key: SigningKey
    package let from: Instant

    package init(_ key: SigningKey, from: Instant) {
      self.key = key
      self.from = from
    }
  }

  /// What a key is good for at a moment.
  package enum State: String, Sendable, CaseIterable {
    /// Published, and will sign.
    case next
    case signing
    /// Published, since tokens that it signed are still good.
    case verifying
    /// Gone.
    case expired
  }

  /// In the order in which they sign; never empty.
  package private(set) var entries: [Entry]

  /// How long a key verifies after it has signed for the last time: what an access token lives for, and a minute for
  /// clocks of other nodes.
  package static let retention: Duration = .minutes(11)
  /// How long a key is published at least before it signs: twice as long as anybody may keep our key set.
  package static let notice: Duration = .minutes(10)
  /// … and by schedule, for those who keep it longer than they may.
  package static let scheduledNotice: Duration = .days(1)

  /// - Returns: nil when there are none.
  package init?(_ entries: [Entry]) {
    guard !entries.isEmpty else { return nil }
    self.entries = entries.sorted { $0.from < $1.from }
  }

  /// Where the key that signs now stands. With a clock before all of them, it is the first.
  private func signingIndex(at now: Instant) -> Int { entries.lastIndex { $0.from <= now } ?? 0 }

  /// The key that signs now.
  package func signer(at now: Instant) -> SigningKey { entries[signingIndex(at: now)].key }

  /// The newest key, that signs now or will.
  package var newest: Entry { entries[entries.count - 1] }

  package func state(of entry: Entry, at now: Instant) -> State {
    guard let index = index(of: entry) else { return .expired }
    let signing = signingIndex(at: now)
    if index == signing { return .signing }
    if index > signing { return .next }
    return now < end(of: index) ?? now ? .verifying : .expired
  }

  /// Until when a key is published; nil while none is to follow it.
  package func end(of entry: Entry) -> Instant? {
    index(of: entry).flatMap { end(of: $0) }
  }

  private func index(of entry: Entry) -> Int? {
    entries.firstIndex { $0.key.publicKey.thumbprint == entry.key.publicKey.thumbprint }
  }

  private func end(of index: Int) -> Instant? {
    index + 1 < entries.count ? entries[index + 1].from + Self.retention : nil
  }

  /// The keys that the world is told of now: the one that signs, those to come, and those whose tokens are still good.
  package func published(at now: Instant) -> [Entry] {
    let signing = signingIndex(at: now)
    let others = entries.indices.filter { $0 > signing || ($0 < signing && now < end(of: $0) ?? now) }
    return [entries[signing]] + others.map { entries[$0] }
  }

  /// Without the keys that are gone.
  package func pruned(at now: Instant) -> SigningTimeline {
    SigningTimeline(entries.filter { state(of: $0, at: now) != .expired }) ?? self
  }

  /// Whether there is a key already that will sign.
  package func isWaiting(at now: Instant) -> Bool { state(of: newest, at: now) == .next }

  /// Whether a next key has to be made now, if each signs for `interval`.
  package func isDue(every interval: Duration, at now: Instant) -> Bool {
    !isWaiting(at: now) && now >= newest.from + interval - Self.scheduledNotice
  }

  /// The same keys and one that follows all of them.
  package func adding(_ key: SigningKey, from: Instant) -> SigningTimeline {
    var longer = self
    longer.entries.append(Entry(key, from: max(from, newest.from + .milliseconds(1))))
    return longer
  }
}
