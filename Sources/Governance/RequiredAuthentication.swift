internal import Authentication
package import OAuth
internal import World

/// What an operation asks of the sign-in behind its caller's token (RFC 9470 §3): how fresh, how well, or both.
package struct RequiredAuthentication: Sendable, Equatable {
  /// How long ago the person may have signed in, in whole seconds; nil for any time.
  package let maximumAge: Duration?
  /// How well they have to have proven who they are; nil for any way.
  package let context: AuthenticationContext?

  package init(maximumAge: Duration? = nil, context: AuthenticationContext? = nil) {
    self.maximumAge = maximumAge
    self.context = context
  }

  /// Whether a sign-in is fresh and good enough.
  func isMet(by signIn: Caller.SignIn, at now: Instant) -> Bool {
    // auth_time has whole seconds: a sign-in is as old as the tokens say.
    let isFresh = maximumAge.map { now.seconds - signIn.time.seconds <= $0.wholeSeconds } ?? true
    let isGoodEnough = context.map { needed in signIn.context.map { $0 >= needed } ?? false } ?? true
    return isFresh && isGoodEnough
  }

  /// Both at once: the shorter time and the better proof.
  func and(_ other: RequiredAuthentication?) -> RequiredAuthentication {
    guard let other else { return self }
    return RequiredAuthentication(
      maximumAge: [maximumAge, other.maximumAge].compactMap(\.self).min(),
      context: [context, other.context].compactMap(\.self).max())
  }
}
