internal import Governance

/// Every tool there is, in the order in which clients see them.
package struct ToolCatalogue: Sendable {
  package let tools: [any Tool]
  private let byName: [String: Int]

  /// - Throws: when two tools have one name, or a definition contradicts itself: such a gateway doesn't start.
  package init(_ tools: [any Tool]) throws(CatalogueError) {
    var byName: [String: Int] = [:]
    for (index, tool) in tools.enumerated() {
      let definition = tool.definition
      if let contradiction = definition.contradiction {
        throw CatalogueError(tool: definition.name, reason: contradiction)
      }
      guard byName.updateValue(index, forKey: definition.name) == nil else {
        throw CatalogueError(tool: definition.name, reason: "two tools have this name")
      }
    }
    self.tools = tools
    self.byName = byName
  }

  package subscript(_ name: String) -> (any Tool)? { byName[name].map { tools[$0] } }
}

/// Why a tool can't be registered.
package struct CatalogueError: Error, Sendable, Equatable, CustomStringConvertible {
  package let tool: String
  package let reason: String
  package var description: String { "tool '\(tool)': \(reason)" }
}
