/// Shows new recovery codes: the only time that they are shown.
package struct RecoveryCodesPage: Page {
  package var codes: [String]
  /// Where "Continue" leads: a path of ours.
  package var continuePath: String

  package init(codes: [String], continuePath: String) {
    self.codes = codes
    self.continuePath = continuePath
  }

  package static let template: StaticString = "codes"
  package static let place = PagePlace.authorization
  package var title: String { Texts.recoveryCodes }

  package func fill(_ values: borrowing PageValues) {
    values.exact("CONTINUE_PATH", continuePath)
    values.show("CODE", each: codes) { $0.exact("CODE_TEXT", $1) }
  }
}
