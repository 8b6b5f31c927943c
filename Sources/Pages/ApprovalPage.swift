/// One call that waits for a person, with all that it would do. Posts `decision`, `reason` and `ticket` to `action`.
package struct ApprovalPage: Page {
  package var row: ApprovalRow
  /// The arguments as they would be used, as JSON for people to read.
  package var arguments: String
  /// The rule that asked for a person.
  package var rule: String
  /// Why it was not done, where somebody said.
  package var reason: String?
  /// The value that ties the form to the browser (CSRF); nil where the reader may not decide, or it is decided.
  package var ticket: String?
  package var accountPath: String
  package var failure: String?

  package init(
    row: ApprovalRow, arguments: String, rule: String, reason: String? = nil, ticket: String?,
    accountPath: String,
    failure: String? = nil
  ) {
    self.row = row
    self.arguments = arguments
    self.rule = rule
    self.reason = reason
    self.ticket = ticket
    self.accountPath = accountPath
    self.failure = failure
  }

  package static let template: StaticString = "approval"
  package static let width = PageWidth.medium
  package var script: PageScript? { .pages }
  package var title: String { Texts.approval }

  package func fill(_ values: borrowing PageValues) {
    row.fill(values, accountPath)
    values.exact("APPROVALS_PATH", accountPath + "/approvals")
    // Not cut: what is approved is what is read here.
    values.exact("ARGUMENTS", arguments)
    values.text("RULE", rule)
    values.show("REASON", with: reason) { $0.text("REASON_TEXT", $1) }
    values.show("FAILURE", with: failure) { $0.text("FAILURE_TEXT", $1) }
    values.show("DECIDING", with: ticket) { $0.exact("TICKET", $1) }
  }
}
