/// Shows the secret of an authenticator app once and asks for its first code. Posts `code` and `ticket` to `action`.
package struct EnrolPage: Page {
  /// Where the form goes: a path of ours.
  package var action: String
  /// The value that ties the form to the browser (CSRF); it holds the secret.
  package var ticket: String
  /// The secret as people type it.
  package var secret: String
  /// The same as a QR code.
  package var picture: Picture?
  /// Whether the person has to, before anything else.
  package var isRequired: Bool
  package var failure: String?
  /// Where "Cancel" leads; nil leaves it out.
  package var cancelPath: String?

  package init(
    action: String, ticket: String, secret: String, picture: Picture?, isRequired: Bool = false,
    failure: String? = nil, cancelPath: String? = nil
  ) {
    self.action = action
    self.ticket = ticket
    self.secret = secret
    self.picture = picture
    self.isRequired = isRequired
    self.failure = failure
    self.cancelPath = cancelPath
  }

  package static let template: StaticString = "enrol"
  package static let place = PagePlace.authorization
  package var title: String { Texts.addApp }

  package func fill(_ values: borrowing PageValues) {
    values.exact("ACTION", action)
    values.exact("TICKET", ticket)
    // In groups of four, as people read them out.
    let letters = Array(secret)
    let groups = stride(from: 0, to: letters.count, by: 4).map {
      String(letters[$0..<min($0 + 4, letters.count)])
    }
    values.exact("SECRET", groups.joined(separator: " "))
    values.show("PICTURE", with: picture) { $1.fill($0) }
    values.show("REQUIRED", if: isRequired)
    values.show("FAILURE", with: failure) { $0.text("FAILURE_TEXT", $1) }
    values.show("CANCEL", with: cancelPath) { $0.exact("CANCEL_PATH", $1) }
  }
}
