/// Asks for user name and password. Posts `login`, `password` and `ticket` to `action`.
package struct LoginPage: Page {
  /// Where the form goes: a path of ours.
  package var action: String
  /// The value that ties the form to the browser and to what it interrupted (CSRF).
  package var ticket: String
  /// The client on whose way the person is; nil for a visit to our own pages.
  package var clientName: String?
  /// The user name that the field starts with.
  package var login: String
  /// Why the last try did not work; the same sentence for an unknown user and a wrong password.
  package var failure: String?
  /// Something else to know first.
  package var notice: String?
  /// Signing in with a passkey; nil where browsers know none.
  package var passkey: PasskeyForm?
  /// Where the form goes for a passkey that has to be told whose it is; shown beside `passkey`.
  package var namedPasskeyPath: String?
  /// Where those go who forgot their password; nil where no mail can be sent.
  package var forgotPath: String?

  package init(
    action: String, ticket: String, clientName: String? = nil, login: String = "", failure: String? = nil,
    notice: String? = nil, passkey: PasskeyForm? = nil, namedPasskeyPath: String? = nil,
    forgotPath: String? = nil
  ) {
    self.action = action
    self.ticket = ticket
    self.clientName = clientName
    self.login = login
    self.failure = failure
    self.notice = notice
    self.passkey = passkey
    self.namedPasskeyPath = namedPasskeyPath
    self.forgotPath = forgotPath
  }

  package static let template: StaticString = "login"
  package static let place = PagePlace.authorization
  package var title: String { Texts.signIn }
  package var script: PageScript? { passkey == nil ? nil : .passkeys }

  package func fill(_ values: borrowing PageValues) {
    values.exact("ACTION", action)
    values.exact("TICKET", ticket)
    values.text("LOGIN", login)
    values.show(login.isEmpty ? "FOCUS_LOGIN" : "FOCUS_PASSWORD")
    values.show("CLIENT", with: clientName) { $0.name("CLIENT_NAME", $1) }
    values.show("FAILURE", with: failure) { $0.text("FAILURE_TEXT", $1) }
    values.show("PASSKEY", with: passkey) { $1.fill($0) }
    values.show("NAMED", with: passkey == nil ? nil : namedPasskeyPath) { $0.exact("NAMED_PATH", $1) }
    values.show("FORGOT", with: forgotPath) { $0.exact("FORGOT_PATH", $1) }
    values.show("NOTICE", with: notice) { $0.text("NOTICE_TEXT", $1) }
  }
}
