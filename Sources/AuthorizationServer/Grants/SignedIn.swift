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
  var context: AuthenticationContext { .password }

  /// The only reader of when the session's person proved who they are: all of step-up goes by it.
  var signedIn: SignedIn { SignedIn(time: signedInAt, context: context) }
}
