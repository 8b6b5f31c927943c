/// Asks for the code that another device shows (RFC 8628 §3.3). Posts `user_code` and `ticket` to `action`.
package struct DevicePage: Page {
  /// Where the form goes: a path of ours.
  package var action: String
  /// The value that ties the form to the browser (CSRF).
  package var ticket: String
  /// The code that the link brought, or that was typed before.
  package var userCode: String
  /// Why the last try did not work.
  package var failure: String?

  package init(action: String, ticket: String, userCode: String = "", failure: String? = nil) {
    self.action = action
    self.ticket = ticket
    self.userCode = userCode
    self.failure = failure
  }

  package static let template: StaticString = "device"
  package var title: String { Texts.device }

  package func fill(_ values: borrowing PageValues) {
    values.exact("ACTION", action)
    values.exact("TICKET", ticket)
    values.text("USER_CODE", userCode)
    values.show("GIVEN", if: !userCode.isEmpty && failure == nil)
    values.show("FAILURE", with: failure) { $0.text("FAILURE_TEXT", $1) }
  }
}
