internal import Accounts
internal import OAuth
internal import World

/// When and how the person behind a grant proved who they are; what is issued later says the same (RFC 9068 §2.2.1).
struct SignedIn: Sendable {
  let time: Instant
  let context: AuthenticationContext
}

extension BrowserSessions.Session {
  /// How well the person proved who they are.
  var context: AuthenticationContext { AuthenticationContext(factors) }

  /// The only reader of when the session's person proved who they are: all of step-up goes by it.
  var signedIn: SignedIn { SignedIn(time: authenticatedAt, context: context) }
}

extension AuthenticationContext {
  /// What these factors amount to.
  init(_ factors: Factors) {
    self =
      factors.all.contains(.passkey) && factors.areSeveral
      ? .phishingResistant : factors.areSeveral ? .twoFactors : .password
  }

  /// The best that somebody with these factors reaches.
  init(_ standing: SecondFactors.Standing) {
    self = standing.passkeys > 0 ? .phishingResistant : standing.hasApp ? .twoFactors : .password
  }
}
