/// Adds a passkey: the person names it, our script asks the browser for it. Posts `name` and the answer.
package struct PasskeyPage: Page {
  package var passkey: PasskeyForm
  package var cancelPath: String
  package var failure: String?

  package init(passkey: PasskeyForm, cancelPath: String, failure: String? = nil) {
    self.passkey = passkey
    self.cancelPath = cancelPath
    self.failure = failure
  }

  package static let template: StaticString = "passkey"
  package var title: String { Texts.addPasskey }
  package var script: PageScript? { .passkeys }

  package func fill(_ values: borrowing PageValues) {
    passkey.fill(values)
    values.exact("CANCEL_PATH", cancelPath)
    values.show("FAILURE", with: failure) { $0.text("FAILURE_TEXT", $1) }
  }
}
