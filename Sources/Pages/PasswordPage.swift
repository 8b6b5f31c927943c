/// Asks for a new password. Posts `ticket` and `password` to `action`, and what else the page asks for: `current`,
/// `login`, `name`.
package struct PasswordPage: Page {
  /// What the page is for.
  package enum Purpose: Sendable {
    /// Somebody who is signed in, and gives the present one as well.
    case change
    /// Somebody who came by a link, for the account of that name.
    case reset(login: String)
    /// Somebody who comes for the first time and chooses a name.
    case welcome(login: String, name: String, isAdministrator: Bool)
  }

  package var purpose: Purpose
  /// Where the form goes: a path of ours.
  package var action: String
  /// The value that ties the form to the browser (CSRF).
  package var ticket: String
  package var failure: String?
  /// What stops working with the old password.
  package var consequence: String?
  /// Where "Cancel" leads; nil leaves it out.
  package var cancelPath: String?

  package init(
    _ purpose: Purpose, action: String, ticket: String, failure: String? = nil, consequence: String? = nil,
    cancelPath: String? = nil
  ) {
    self.purpose = purpose
    self.action = action
    self.ticket = ticket
    self.failure = failure
    self.consequence = consequence
    self.cancelPath = cancelPath
  }

  package static let template: StaticString = "password"
  package static let place = PagePlace.authorization
  package var title: String {
    switch purpose {
    case .change: Texts.changePassword
    case .reset: Texts.newPassword
    case .welcome(_, _, let isAdministrator): isAdministrator ? Texts.firstAdministrator : Texts.welcome
    }
  }

  package func fill(_ values: borrowing PageValues) {
    values.text("TITLE", title)
    values.exact("ACTION", action)
    values.exact("TICKET", ticket)
    values.show("FAILURE", with: failure) { $0.text("FAILURE_TEXT", $1) }
    values.show("CONSEQUENCE", with: consequence) { $0.text("CONSEQUENCE_TEXT", $1) }
    values.show("CANCEL", with: cancelPath) { $0.exact("CANCEL_PATH", $1) }
    switch purpose {
    case .change: values.show("CURRENT")
    case .reset(let login): values.show("KNOWN", with: login) { $0.text("LOGIN", $1) }
    case .welcome(let login, let name, _):
      values.show("NEW", with: (login, name)) {
        $0.text("LOGIN", $1.0)
        $0.text("NAME", $1.1)
      }
    }
  }
}
