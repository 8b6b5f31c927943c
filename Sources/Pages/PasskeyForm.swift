/// A form that our script fills: it asks the browser for a passkey, puts the answer into hidden fields and sends them to
/// `action`. Without the script the form stays hidden.
package struct PasskeyForm: Sendable {
  /// Where the form goes: a path of ours.
  package var action: String
  /// The value that ties the form to the browser (CSRF); it holds the challenge.
  package var ticket: String
  /// What `navigator.credentials` takes, as JSON with bytes in base64url.
  package var options: String

  package init(action: String, ticket: String, options: String) {
    self.action = action
    self.ticket = ticket
    self.options = options
  }

  func fill(_ values: borrowing PageValues) {
    values.exact("PASSKEY_ACTION", action)
    values.exact("PASSKEY_TICKET", ticket)
    values.exact("PASSKEY_OPTIONS", options)
  }
}

/// A picture of dark squares on light ground.
package struct Picture: Sendable {
  /// The dark parts, as the data of an SVG path.
  package var path: String
  /// The length of its side in the path's units.
  package var side: Int

  package init(path: String, side: Int) {
    self.path = path
    self.side = side
  }

  func fill(_ values: borrowing PageValues) {
    values.exact("PICTURE_PATH", path)
    values.exact("PICTURE_SIDE", String(side))
  }
}
