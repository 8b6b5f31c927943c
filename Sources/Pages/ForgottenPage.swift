/// Asks who forgot their password, and then says the same whoever that is. Posts `login` and `ticket` to `action`.
package struct ForgottenPage: Page {
  package var action: String
  package var ticket: String
  package var failure: String?
  /// Whether the form came back.
  package var isDone: Bool

  package init(action: String, ticket: String, failure: String? = nil, isDone: Bool = false) {
    self.action = action
    self.ticket = ticket
    self.failure = failure
    self.isDone = isDone
  }

  package static let template: StaticString = "forgotten"
  package static let place = PagePlace.authorization
  package var title: String { Texts.forgotten }

  package func fill(_ values: borrowing PageValues) {
    values.show("DONE", if: isDone)
    guard !isDone else { return }
    values.show("FAILURE", with: failure) { $0.text("FAILURE_TEXT", $1) }
    values.show("ASK", with: self) { section, page in
      section.exact("ACTION", page.action)
      section.exact("TICKET", page.ticket)
      section.show("FAILED", if: page.failure != nil)
    }
  }
}
