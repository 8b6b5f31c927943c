package import World

/// The calls that wait for a person, and those that were decided.
package struct ApprovalsPage: Page {
  /// Those that the person may decide on.
  package var waiting: [ApprovalRow]
  /// Those that the person asked for, or that were decided.
  package var others: [ApprovalRow]
  package var accountPath: String
  /// What was done a moment ago.
  package var notice: String?

  package init(waiting: [ApprovalRow], others: [ApprovalRow], accountPath: String, notice: String? = nil) {
    self.waiting = waiting
    self.others = others
    self.accountPath = accountPath
    self.notice = notice
  }

  package static let template: StaticString = "approvals"
  package static let width = PageWidth.broad
  package var script: PageScript? { .pages }
  package var title: String { Texts.approvals }

  package func fill(_ values: borrowing PageValues) {
    values.exact("ACCOUNT_PATH", accountPath)
    values.exact("ACTIVITY_PATH", accountPath + "/activity")
    values.exact("APPROVALS_PATH", accountPath + "/approvals")
    values.exact("SECURITY_PATH", accountPath + "/security")
    values.show("NOTICE", with: notice) { $0.text("NOTICE_TEXT", $1) }
    values.show("NONE_WAITING", if: waiting.isEmpty)
    values.show("WAITING", with: waiting.isEmpty ? nil : waiting) { section, rows in
      section.show("WAITING_ROW", each: rows) { $1.fill($0, accountPath) }
    }
    values.show("OTHERS", with: others.isEmpty ? nil : others) { section, rows in
      section.show("OTHER_ROW", each: rows) { $1.fill($0, accountPath) }
    }
  }
}

/// A call that waits, as lists and its own page show it.
package struct ApprovalRow: Sendable {
  package var id: String
  /// What it would do, in plain English.
  package var summary: String
  package var tool: String
  /// Who asked, and by which connection.
  package var requester: String
  package var connection: String
  package var since: Instant
  package var until: Instant
  /// What became of it, in words.
  package var status: String
  /// The class of its pill.
  package var mood: ApprovalMood

  package init(
    id: String, summary: String, tool: String, requester: String, connection: String, since: Instant,
    until: Instant, status: String, mood: ApprovalMood
  ) {
    self.id = id
    self.summary = summary
    self.tool = tool
    self.requester = requester
    self.connection = connection
    self.since = since
    self.until = until
    self.status = status
    self.mood = mood
  }

  func fill(_ values: borrowing PageValues, _ accountPath: String) {
    values.text("SUMMARY", summary)
    values.text("TOOL", tool)
    values.name("REQUESTER", requester)
    values.name("CONNECTION", connection)
    values.show("SINCE", with: since) { Moment($1).fill($0) }
    values.show("UNTIL", with: until) { Moment($1).fill($0) }
    values.text("STATUS", status)
    values.exact("MOOD", mood.rawValue)
    values.exact("APPROVAL_PATH", "\(accountPath)/approvals/\(id)")
  }
}

/// How a request's state looks: the pills of connections, used again.
package enum ApprovalMood: String, Sendable {
  case waiting = "awaiting"
  case good = "connected"
  case over = "idle"
  case bad = "revoked"
}
