/// The words that code chooses, in one place; all others are in the templates (Decisions/0011). A second language starts
/// here: `Texts` has the pages' own, its extensions those of sign-in, consent, the account pages and what goes wrong.
package enum Texts {
  static let signIn = "Sign in"
  static let secondFactor = "One more step"
  static let addApp = "Add an authenticator app"
  static let recoveryCodes = "Your recovery codes"
  static let addPasskey = "Add a passkey"
  static let security = "Signing in"
  static let changePassword = "Change your password"
  static let newPassword = "Choose a new password"
  static let forgotten = "Forgot your password?"
  static let welcome = "Welcome to Gatehouse"
  static let firstAdministrator = "Make the administrator's account"
  static let consent = "Give access"
  static let signedOut = "Signed out"
  static let device = "Connect a device"
  static let deviceAllowed = "The device is connected"
  static let deviceDenied = "The device gets nothing"
  static let home = "Welcome"
  static let account = "My connections"
  static let activity = "My activity"

  static let browserLogin = "Browser login"
  static let apiKey = "API key"
  static let companyLogin = "By your company's sign-in"

  static let awaiting = "Awaiting first use"
  static let connected = "Connected"
  static let revoked = "Revoked"
  static func idle(_ duration: String?) -> String { duration.map { "Idle for \($0)" } ?? "Idle" }
}
