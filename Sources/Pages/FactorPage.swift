/// Asks for the second factor: posts `code` and `ticket` to `action`, or a passkey's answer to its own form's.
package struct FactorPage: Page {
  /// Where the form goes: a path of ours.
  package var action: String
  /// The value that ties the form to the browser and to the first factor (CSRF).
  package var ticket: String
  /// Whether a code can be typed at all, and whether the person has an app that shows them.
  package var takesCodes: Bool
  package var hasApp: Bool
  package var passkey: PasskeyForm?
  /// Why the last try did not work.
  package var failure: String?

  package init(
    action: String, ticket: String, takesCodes: Bool = true, hasApp: Bool = true,
    passkey: PasskeyForm? = nil, failure: String? = nil
  ) {
    self.action = action
    self.ticket = ticket
    self.takesCodes = takesCodes
    self.hasApp = hasApp
    self.passkey = passkey
    self.failure = failure
  }

  package static let template: StaticString = "factor"
  package static let place = PagePlace.authorization
  package var title: String { Texts.secondFactor }
  package var script: PageScript? { passkey == nil ? nil : .passkeys }

  package func fill(_ values: borrowing PageValues) {
    values.show("FAILURE", with: failure) { $0.text("FAILURE_TEXT", $1) }
    values.show("PASSKEY", with: passkey) { $1.fill($0) }
    guard takesCodes else { return }
    values.show("CODE", with: self) { section, page in
      section.exact("ACTION", page.action)
      section.exact("TICKET", page.ticket)
      section.show(page.hasApp ? "APP" : "NO_APP")
      section.show("FAILED", if: page.failure != nil)
    }
  }
}
