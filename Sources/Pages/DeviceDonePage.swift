/// Says what became of a device, whose own screen tells the rest.
package struct DeviceDonePage: Page {
  package var isAllowed: Bool
  /// Where the person sees what may act for them.
  package var accountPath: String

  package init(isAllowed: Bool, accountPath: String = "/account") {
    self.isAllowed = isAllowed
    self.accountPath = accountPath
  }

  package static let template: StaticString = "devicedone"
  package var title: String { isAllowed ? Texts.deviceAllowed : Texts.deviceDenied }

  package func fill(_ values: borrowing PageValues) {
    values.text("TITLE", title)
    values.show(isAllowed ? "ALLOWED" : "DENIED")
    values.exact("ACCOUNT_PATH", accountPath)
  }
}
