/// What stands at `/`: what this is, and the address to paste into an assistant.
package struct HomePage: Page {
  /// The MCP endpoint, absolute.
  package var mcpURL: String
  package var isSignedIn: Bool
  /// Our version, as people write it.
  package var version: String
  /// Where the account page is; it asks for a login by itself.
  package var accountPath: String

  package init(mcpURL: String, isSignedIn: Bool, version: String, accountPath: String = "/account") {
    self.mcpURL = mcpURL
    self.isSignedIn = isSignedIn
    self.version = version
    self.accountPath = accountPath
  }

  package static let template: StaticString = "home"
  package static let width = PageWidth.medium
  package var title: String { Texts.home }

  package func fill(_ values: borrowing PageValues) {
    values.exact("MCP_URL", mcpURL)
    values.exact("ACCOUNT_PATH", accountPath)
    values.show(isSignedIn ? "SIGNED_IN" : "SIGNED_OUT")
    values.text("VERSION", version)
  }
}
