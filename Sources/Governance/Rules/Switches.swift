/// What an administrator has switched off.
package struct Switches: Sendable, Equatable {
  /// The master switch: off, every MCP request is refused, with valid tokens too.
  package var isOpen: Bool
  /// Names of tools that nobody sees or calls.
  package var inactiveTools: Set<String>

  package init(isOpen: Bool = true, inactiveTools: Set<String> = []) {
    self.isOpen = isOpen
    self.inactiveTools = inactiveTools
  }
}
