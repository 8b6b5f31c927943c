package import World

/// One connection of the person: what it may do, from where, and what it did last. The form posts `allow`, `block` and
/// `ticket` to `restrictAction`.
package struct ConnectionPage: Page {
  package var row: ConnectionRow
  /// Which tools and models it may use, in words.
  package var tools: String
  package var models: String
  package var limit: String
  /// When its key stops working; nil for never.
  package var expires: Instant?
  /// The page that asks before it makes a new key; nil where there is no key.
  package var rotateAction: String?
  /// The key that was made a moment ago: the only time that it is shown.
  package var newKey: NewKey?
  /// What the person is not asked for again, and where the form goes that ends it; nil where that is nothing.
  package var remembered: RememberedConsent?
  package var restrictAction: String
  package var allow: String
  package var block: String
  /// What is wrong with the addresses that were posted.
  package var addressError: String?
  /// The value that ties the form to the browser (CSRF).
  package var ticket: String
  package var accountPath: String
  package var activity: [ActivityRow]

  package init(
    row: ConnectionRow, tools: String, models: String, limit: String, expires: Instant? = nil,
    rotateAction: String? = nil, newKey: NewKey? = nil, remembered: RememberedConsent? = nil,
    restrictAction: String, allow: String = "",
    block: String = "", addressError: String? = nil, ticket: String, accountPath: String,
    activity: [ActivityRow]
  ) {
    self.row = row
    self.tools = tools
    self.models = models
    self.limit = limit
    self.expires = expires
    self.rotateAction = rotateAction
    self.newKey = newKey
    self.remembered = remembered
    self.restrictAction = restrictAction
    self.allow = allow
    self.block = block
    self.addressError = addressError
    self.ticket = ticket
    self.accountPath = accountPath
    self.activity = activity
  }

  package static let template: StaticString = "connection"
  package static let width = PageWidth.medium
  package var script: PageScript? { .pages }
  package var title: String { row.name }

  package func fill(_ values: borrowing PageValues) {
    row.fill(values)
    values.text("TOOLS", tools)
    values.text("MODELS", models)
    values.text("LIMIT", limit)
    values.show("EXPIRES", with: expires) { Moment($1).fill($0) }
    values.show("ROTATE", with: rotateAction) { $0.exact("ROTATE_ACTION", $1) }
    values.show("NEW_KEY", with: newKey) { $1.fill($0) }
    values.show("REMEMBERED", with: remembered) { section, remembered in
      section.exact("FORGET_ACTION", remembered.forgetAction)
      section.show("CONSENT", each: remembered.rows) { $1.fill($0) }
    }
    values.exact("RESTRICT_ACTION", restrictAction)
    values.exact("ALLOW_VALUE", allow)
    values.exact("BLOCK_VALUE", block)
    values.show("ADDRESS_ERROR", with: addressError) { $0.text("ADDRESS_ERROR_TEXT", $1) }
    values.exact("TICKET", ticket)
    values.exact("ACCOUNT_PATH", accountPath)
    ActivityRow.fill(activity, values)
  }
}

/// What a person is not asked for again.
package struct RememberedConsent: Sendable {
  package var rows: [RememberedRow]
  /// Where the form goes that makes us ask again: a path of ours. It posts `ticket`.
  package var forgetAction: String

  package init(rows: [RememberedRow], forgetAction: String) {
    self.rows = rows
    self.forgetAction = forgetAction
  }
}

/// One consent that is remembered.
package struct RememberedRow: Sendable {
  /// Where the client's answers go.
  package var place: String
  /// What it may do, in plain words.
  package var scopes: String
  package var until: Instant

  package init(place: String, scopes: String, until: Instant) {
    self.place = place
    self.scopes = scopes
    self.until = until
  }

  func fill(_ row: borrowing PageValues) {
    row.text("PLACE", place)
    row.text("SCOPES", scopes)
    Moment(until).fill(row)
  }
}
