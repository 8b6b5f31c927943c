/// Asks once more before something is lost. Posts `ticket` to `action`.
package struct ConfirmPage: Page {
  package var title: String
  /// What will happen, and whether it can be undone.
  package var sentence: String
  /// Where the form goes: a path of ours.
  package var action: String
  /// The value that ties the form to the browser (CSRF).
  package var ticket: String
  /// What the button says: the act itself, never "OK".
  package var confirmLabel: String
  /// Where "Cancel" leads: a path of ours.
  package var cancelPath: String

  package init(
    title: String, sentence: String, action: String, ticket: String, confirmLabel: String, cancelPath: String
  ) {
    self.title = title
    self.sentence = sentence
    self.action = action
    self.ticket = ticket
    self.confirmLabel = confirmLabel
    self.cancelPath = cancelPath
  }

  package static let template: StaticString = "confirm"

  package func fill(_ values: borrowing PageValues) {
    values.text("TITLE", title)
    values.text("SENTENCE", sentence)
    values.exact("ACTION", action)
    values.exact("TICKET", ticket)
    values.text("CONFIRM_LABEL", confirmLabel)
    values.exact("CANCEL_PATH", cancelPath)
  }
}
