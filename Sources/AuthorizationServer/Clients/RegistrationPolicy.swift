/// Who may register a client (RFC 7591 §1.2, §3).
package enum RegistrationPolicy: String, Sendable, CaseIterable {
  /// Everybody.
  case open = "on"
  /// Whoever an administrator gave an initial access token.
  case withToken = "token"
  /// Nobody but an administrator.
  case off
}
