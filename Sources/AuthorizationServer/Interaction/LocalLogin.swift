package import Accounts

/// Who may sign in with a password or passkey of this house's own, and not at an identity provider.
package enum LocalLogin: String, Sendable, CaseIterable {
  case everybody
  /// For the day when the provider is down, or its configuration wrong.
  case administrators

  package func admits(_ user: User) -> Bool { self == .everybody || user.isAdministrator }
}
