package import World

/// One connection as the account page lists it.
package struct ConnectionRow: Sendable {
  /// How the connection's credential came to be.
  package enum Kind: Sendable {
    case browserLogin
    case apiKey
  }

  /// What the pill says.
  package enum Status: Sendable {
    /// Made, and not used yet.
    case awaiting
    case connected
    /// Not used for a while; for how long, such as "12 days".
    case idle(String?)
    case revoked
  }

  package var id: String
  package var name: String
  package var kind: Kind
  /// The client's host, or the key as `gk_…last4`.
  package var detail: String
  /// What it may do, in plain words.
  package var scopes: String
  package var status: Status
  package var created: Instant
  /// When it was last used; nil for never.
  package var lastUsed: Instant?
  /// Where its own page is: a path of ours.
  package var path: String
  /// The page that asks before it revokes; nil when there is nothing left to revoke.
  package var revokeAction: String?

  package init(
    id: String, name: String, kind: Kind, detail: String, scopes: String, status: Status, created: Instant,
    lastUsed: Instant? = nil, path: String, revokeAction: String? = nil
  ) {
    self.id = id
    self.name = name
    self.kind = kind
    self.detail = detail
    self.scopes = scopes
    self.status = status
    self.created = created
    self.lastUsed = lastUsed
    self.path = path
    self.revokeAction = revokeAction
  }

  func fill(_ row: borrowing PageValues) {
    row.exact("ID", id)
    row.name("NAME", name)
    row.exact("KIND", kind == .apiKey ? Texts.apiKey : Texts.browserLogin)
    row.text("DETAIL", detail)
    row.text("SCOPES", scopes)
    row.exact("STATUS_CLASS", status.style)
    row.text("STATUS_TEXT", status.words)
    row.exact("PATH", path)
    row.show("CREATED", with: created) { Moment($1).fill($0) }
    row.show("LAST_USED", with: lastUsed) { Moment($1).fill($0) }
    row.show("NEVER_USED", if: lastUsed == nil)
    row.show("REVOKE", with: revokeAction) { $0.exact("REVOKE_ACTION", $1) }
  }
}

extension ConnectionRow.Status {
  /// The class in the stylesheet: yellow, green, blue, red.
  fileprivate var style: String {
    switch self {
    case .awaiting: "awaiting"
    case .connected: "connected"
    case .idle: "idle"
    case .revoked: "revoked"
    }
  }

  fileprivate var words: String {
    switch self {
    case .awaiting: Texts.awaiting
    case .connected: Texts.connected
    case .idle(let duration): Texts.idle(duration)
    case .revoked: Texts.revoked
    }
  }
}
