/// A person's own part of the audit log, newest first.
package struct ActivityPage: Page {
  package var rows: [ActivityRow]
  package var accountPath: String
  package var activityPath: String
  /// The page of older entries; nil when these are the oldest.
  package var olderPath: String?
  /// The first page; nil when this is it.
  package var newestPath: String?

  package init(
    rows: [ActivityRow], accountPath: String, activityPath: String, olderPath: String? = nil,
    newestPath: String? = nil
  ) {
    self.rows = rows
    self.accountPath = accountPath
    self.activityPath = activityPath
    self.olderPath = olderPath
    self.newestPath = newestPath
  }

  package static let template: StaticString = "activity"
  package static let width = PageWidth.broad
  package var script: PageScript? { .pages }
  package var title: String { Texts.activity }

  package func fill(_ values: borrowing PageValues) {
    values.exact("ACCOUNT_PATH", accountPath)
    values.exact("ACTIVITY_PATH", activityPath)
    values.exact("SECURITY_PATH", accountPath + "/security")
    values.exact("APPROVALS_PATH", accountPath + "/approvals")
    ActivityRow.fill(rows, values)
    values.show("OLDER", with: olderPath) { $0.exact("OLDER_PATH", $1) }
    values.show("NEWEST", with: newestPath) { $0.exact("NEWEST_PATH", $1) }
  }
}
