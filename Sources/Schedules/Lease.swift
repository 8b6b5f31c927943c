internal import World

/// For how long a process has a job to itself. It renews the lease while it works, so that one that was killed is
/// followed by another soon.
enum Lease {
  static let length: Duration = .minutes(2)
  /// How often it is renewed.
  static let renewal: Duration = .seconds(30)

  /// Whether a lease that ends then still holds. One that ends further ahead than any lease does is what a clock left
  /// behind that was set back since; one length ahead is no more than another clock's view.
  static func holds(until end: Instant, at now: Instant) -> Bool { end > now && end <= now + length * 2 }
}
