/// Says that the browser is signed out.
package struct SignedOutPage: Page {
  /// Where "Sign in again" leads.
  package var loginPath: String

  package init(loginPath: String = "/account") { self.loginPath = loginPath }

  package static let template: StaticString = "signedout"
  package var title: String { Texts.signedOut }

  package func fill(_ values: borrowing PageValues) { values.exact("LOGIN_PATH", loginPath) }
}
