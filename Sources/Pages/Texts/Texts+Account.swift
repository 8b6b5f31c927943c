/// The account pages: connections, keys, activity.
extension Texts {
  package static let askSignOut = "Sign out?"
  package static let signOutConsequence =
    "What you connected keeps working; this browser has to sign in again."
  package static let signOut = "Sign out"

  package static let begun = "begun"
  package static let done = "done"
  package static func refused(_ code: String) -> String { "refused: \(code)" }

  package static let applicationIsGone = "the application is gone"
  package static let readOnly = "Read only"
  package static let readAndChange = "Read and change"
  package static let readChangeAndRun = "Read, change and run actions"
  package static let everyTool = "every tool that its scopes allow"
  package static let everyModel = "every model that you may see"
  package static let none = "none"
  package static func limit(perMinute: Int) -> String {
    perMinute == 0 ? "none of its own" : "\(perMinute) tool calls a minute"
  }
  package static func days(_ days: Int64) -> String { days == 1 ? "1 day" : "\(days) days" }

  package static func askNewKey(for name: String) -> String { "Make a new key for \(name)?" }
  package static let newKeyConsequence =
    "The present key stops working at once. The new one is shown on the next page, this once."
  package static let makeNewKey = "Make the new key"
  package static func askRevoke(_ name: String) -> String { "Revoke \(name)?" }
  package static let revokeConsequence =
    "Its key and every token of it stop working at once. To use it again it has to be connected anew."
  package static let revoke = "Revoke"

  package static func keyNameProblem(limit: Int) -> String {
    "Give the key a name of at most \(limit) characters."
  }
  package static func addressProblem(line: Int, _ text: String) -> String {
    "Line \(line): “\(text)” is no IP address and no range."
  }
}

/// How one signs in, and where one is signed in.
extension Texts {
  package static let passwordEndsAll =
    "Your other browsers are signed out, and the applications that you connected with a browser have to be connected anew."
  package static let passwordEndsSessions =
    "Your other browsers are signed out. What you connected keeps working."
  package static let wrongPresentPassword = "The present password is not right."
  package static func passwordNotChanged(_ why: String) -> String { "Not changed: \(why)." }

  package static let askRemoveApp = "Remove the authenticator app?"
  package static let removeAppConsequence =
    "You will sign in without its codes. Your other browsers are signed out."
  package static let remove = "Remove"
  package static let askNewCodes = "Make new recovery codes?"
  package static let newCodesConsequence = "The ones that you have are worth nothing then."
  package static let makeNewCodes = "Make new codes"
  package static let passkeyNotAdded = "The passkey was not added. Try again, or use another device."
  package static func askRemove(_ name: String) -> String { "Remove \(name)?" }
  package static let removePasskeyConsequence = "It signs you in no more. Your other browsers are signed out."

  package static let askEndSession = "End this session?"
  package static func endSessionConsequence(device: String, address: String) -> String {
    "\(device), from \(address), has to sign in again."
  }
  package static let end = "End"
  package static let askEndSessions = "End all other sessions?"
  package static let endSessionsConsequence = "Every browser but this one has to sign in again."
  package static let endThem = "End them"

  package static func browser(_ browser: String, on system: String) -> String { "\(browser) on \(system)" }
  package static let someBrowser = "A browser"
  package static let byPassword = "password"
  package static let byApp = "app code"
  package static let byRecoveryCode = "recovery code"
  package static let byPasskey = "passkey"
  package static let byCompany = "company login"
  package static func signedIn(by factors: [String]) -> String {
    factors.isEmpty ? "signed in" : "by " + factors.joined(separator: " and ")
  }
}

/// What the person's part of the audit log tells of.
extension Texts {
  private static let events = [
    "oauth/sign_in": "Signed in", "oauth/sign_out": "Signed out", "oauth/consent": "Gave an app access",
    "oauth/consent_remembered": "An app got access again, as you had said",
    "oauth/consent_forgotten": "An app has to ask again", "oauth/consent_denied": "Gave an app no access",
    "oauth/token_issued": "An app took its token", "oauth/token_revoked": "An app gave its token back",
    "oauth/key_created": "Made an API key", "oauth/key_rotated": "Made a new key for a connection",
    "oauth/connection_restricted": "Said from where a connection may be used",
    "oauth/connection_revoked": "Revoked a connection", "oauth/factor_added": "Added a way to sign in",
    "oauth/factor_removed": "Removed a way to sign in",
    "oauth/recovery_codes_made": "Made recovery codes", "oauth/password_changed": "Changed the password",
    "oauth/session_ended": "Ended a session", "oauth/account_made": "Made the account",
    "oauth/link_sent": "A link was sent by mail",
    "oauth/identity_linked": "Linked the company's account", "oauth/call_approved": "Approved a call",
    "oauth/call_rejected": "Rejected a call", "key.create": "An administrator made an API key",
    "connection.revoke": "An administrator revoked a connection",
  ]

  /// - Returns: nil for what has no sentence; then the log's own word has to do.
  package static func event(_ method: String) -> String? { events[method] }
}

/// Calls that wait for a person.
extension Texts {
  package static let approvals = "Approvals"
  package static let approval = "Decide on a call"
  package static let approvalWaiting = "Waiting"
  package static let approvalRunning = "Being done"
  package static let approvalDone = "Done"
  package static let approvalDoneWithError = "Done, with an error"
  package static let approvalRejected = "Rejected"
  package static let approvalExpired = "Expired"
  package static let approvalFailed = "Not done"
  package static let approved = "Approved: it is being done now."
  package static let rejected = "Rejected: nothing is done."
  package static func decidedMeanwhile(_ status: String) -> String {
    "Somebody else was quicker, or its time was over: \(status)."
  }
  package static let nobody = "somebody who is gone"
}
