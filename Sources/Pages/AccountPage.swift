/// What may act for the person, and a form that makes API keys. The form posts `name`, `scope` (`mcp:read` or
/// `mcp:write`) and `ticket` to `createKeyAction`.
package struct AccountPage: Page {
  /// The person, as people call them.
  package var userName: String
  /// The person, as they sign in.
  package var login: String
  package var companyName: String
  /// The value that ties the form to the browser (CSRF).
  package var ticket: String
  package var connections: [ConnectionRow]
  /// The key that was made a moment ago: the only time that it is shown.
  package var newKey: NewKey?
  /// Where the form goes: a path of ours.
  package var createKeyAction: String
  /// What is wrong with the name that was posted.
  package var keyNameError: String?
  /// The name that the field starts with.
  package var keyName: String
  /// What is wrong with the addresses that were posted.
  package var addressError: String?
  /// The addresses that the field starts with.
  package var allow: String
  package var accountPath: String
  package var activityPath: String
  /// Where "Sign out" leads: a page that asks first. nil leaves the button out.
  package var signOutPath: String?

  package init(
    userName: String, login: String, companyName: String, ticket: String, connections: [ConnectionRow],
    newKey: NewKey? = nil, createKeyAction: String, keyNameError: String? = nil, keyName: String = "",
    addressError: String? = nil, allow: String = "", accountPath: String, activityPath: String,
    signOutPath: String? = nil
  ) {
    self.userName = userName
    self.login = login
    self.companyName = companyName
    self.ticket = ticket
    self.connections = connections
    self.newKey = newKey
    self.createKeyAction = createKeyAction
    self.keyNameError = keyNameError
    self.keyName = keyName
    self.addressError = addressError
    self.allow = allow
    self.accountPath = accountPath
    self.activityPath = activityPath
    self.signOutPath = signOutPath
  }

  package static let template: StaticString = "account"
  package static let width = PageWidth.broad
  package var script: PageScript? { .pages }
  package var title: String { Texts.account }

  package func fill(_ values: borrowing PageValues) {
    values.name("USER_NAME", userName)
    values.name("LOGIN", login)
    values.show("COMPANY", with: companyName.isEmpty ? nil : companyName) { $0.name("COMPANY_NAME", $1) }
    values.exact("TICKET", ticket)
    values.exact("CREATE_KEY_ACTION", createKeyAction)
    values.text("NAME_VALUE", keyName)
    values.exact("ACCOUNT_PATH", accountPath)
    values.exact("ACTIVITY_PATH", activityPath)
    values.exact("SECURITY_PATH", accountPath + "/security")
    values.exact("APPROVALS_PATH", accountPath + "/approvals")
    values.exact("ALLOW_VALUE", allow)
    values.show("ADDRESS_ERROR", with: addressError) { $0.text("ADDRESS_ERROR_TEXT", $1) }
    values.show("NAME_ERROR", with: keyNameError) { $0.text("NAME_ERROR_TEXT", $1) }
    values.show("SIGN_OUT", with: signOutPath) { $0.exact("SIGN_OUT_PATH", $1) }
    values.show("NEW_KEY", with: newKey) { $1.fill($0) }
    values.show("NONE", if: connections.isEmpty)
    guard !connections.isEmpty else { return }
    values.show("SOME", with: connections) { some, connections in
      some.show("CONNECTION", each: connections) { $1.fill($0) }
    }
  }
}
