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

  /// Where else people may sign in.
  package var providers: [ProviderButton] = []
  /// Whether user names and passwords are for administrators alone.
  package var isForAdministrators = false

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
    if !isForAdministrators { values.show(login.isEmpty ? "FOCUS_LOGIN" : "FOCUS_PASSWORD") }
    values.show("CLIENT", with: clientName) { $0.name("CLIENT_NAME", $1) }
    values.show("FAILURE", with: failure) { $0.text("FAILURE_TEXT", $1) }
    values.show("PASSKEY", with: passkey) { $1.fill($0) }
    values.show("NAMED", with: passkey == nil ? nil : namedPasskeyPath) { $0.exact("NAMED_PATH", $1) }
    values.show("FORGOT", with: forgotPath) { $0.exact("FORGOT_PATH", $1) }
    values.show("PROVIDER", each: providers) {
      $0.exact("PROVIDER_ACTION", $1.action)
      $0.name("PROVIDER_LABEL", $1.label)
    }
    values.show("FOLDED_FROM", if: isForAdministrators)
    values.show("FOLDED_TO", if: isForAdministrators)
    values.show("UNFOLDED", if: isForAdministrators && (failure != nil || providers.isEmpty))
    values.show("OR", if: !isForAdministrators && !providers.isEmpty)
    values.show("NOTICE", with: notice) { $0.text("NOTICE_TEXT", $1) }
  }
}

/// A way to sign in at somebody else's, whom this house believes.
package struct ProviderButton: Sendable {
  /// Where the form goes: a path of ours.
  package var action: String
  package var label: String

  package init(action: String, label: String) {
    self.action = action
    self.label = label
  }
}
