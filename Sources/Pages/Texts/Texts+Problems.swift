/// What an error page says: what happened, and what to do.
package struct ProblemText: Sendable {
  package let title: String
  package let explanation: String
  package let hint: String?

  init(_ title: String, _ explanation: String, hint: String? = nil) {
    self.title = title
    self.explanation = explanation
    self.hint = hint
  }
}

/// What goes wrong.
extension Texts {
  package static let expiredForm = ProblemText(
    "This form has expired", "It was open for too long, or it belongs to another browser window.",
    hint: "Go back to the application that sent you here and start again.")
  package static let decidedForm = ProblemText(
    "This was decided already", "The same form was sent twice; the first time counted.",
    hint: "You can close this page.")
  package static let failure = ProblemText(
    "Something went wrong here", "It was not your fault. Try again in a moment.")
  package static let tooBusy = ProblemText("Too busy just now", "Wait a moment, then try again.")
  package static let noSuchConnection = ProblemText(
    "There is no such connection", "It may have been removed, or it belongs to somebody else.")
  package static let notThere = ProblemText(
    "It is not there", "It may have been removed, or it belongs to somebody else.")
  package static let linkIsOver = ProblemText(
    "This link works no more", "It was used already, or its time is over.",
    hint: "Ask an administrator for another one.")

  /// - Parameter why: in the words of the protocol, which are English in every language.
  package static func unusableRequest(_ why: String) -> ProblemText {
    ProblemText(
      "The application's request can't be used", "Nothing was shared and nobody was signed in: \(why).",
      hint:
        "Remove the connection in the application and add it again. If that does not help, tell its maker.")
  }

  package static let tooManyPeople = ProblemText(
    "Too many people are signing in", "Wait a moment, then go back and try again.")
  package static let overtaken = ProblemText(
    "Sign in once more", "Your password or another part of your account changed a moment ago.",
    hint: "Go back to where you came from and start again.")
  package static let companyAccountsOnly = ProblemText(
    "Sign in with your company's account", "Accounts of this server's own are for administrators alone.")

  package static let noSuchProvider = ProblemText(
    "This way of signing in is not there", "It was taken away, or its name is wrong.",
    hint: "Go back and choose another one.")
  package static func providerIsAway(_ provider: String) -> ProblemText {
    ProblemText(
      "\(provider) can't be reached", "Your company's sign-in does not answer just now.",
      hint: "Wait a moment, then go back and try again.")
  }
  package static func providerIsWrong(_ provider: String) -> ProblemText {
    ProblemText(
      "\(provider) gave no proper answer",
      "What came back from your company's sign-in can't be used, so nobody was signed in.",
      hint: "Go back and try again. If it stays like that, tell your administrator.")
  }
  package static func providerKnowsStranger(_ provider: String) -> ProblemText {
    ProblemText(
      "You have no account here", "\(provider) knows you, but you are not let in here.",
      hint: "Ask your administrator for access.")
  }
}
