/// Says what went wrong when there is nobody to send the person back to (OAuth 2.1 §4.1.2.1), and what to do.
package struct ErrorPage: Page {
  package var title: String
  /// What happened, for a person, without jargon and without anything secret.
  package var explanation: String
  /// What the person can do about it.
  package var hint: String?
  /// What leads an administrator to the log.
  package var reference: String

  package init(title: String, explanation: String, hint: String? = nil, reference: String) {
    self.title = title
    self.explanation = explanation
    self.hint = hint
    self.reference = reference
  }

  package static let template: StaticString = "error"
  package static let place = PagePlace.authorization
  package static let status = 400

  package func fill(_ values: borrowing PageValues) {
    values.text("TITLE", title)
    values.text("EXPLANATION", explanation)
    values.show("HINT", with: hint) { $0.text("HINT_TEXT", $1) }
    values.text("REFERENCE", reference)
  }
}
