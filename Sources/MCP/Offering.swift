internal import Governance
internal import Synchronization
internal import Tools

/// The tools that there are now, with what was prepared of them.
final class Offering: Sendable {
  struct Tools: Sendable {
    let catalogue: ToolCatalogue
    let listing: ToolListing
    let headers: [String: ParameterHeaders]

    init(_ catalogue: ToolCatalogue, pageSize: Int, hasTasks: Bool) {
      self.catalogue = catalogue
      listing = ToolListing(catalogue, pageSize: pageSize, hasTasks: hasTasks)
      var headers: [String: ParameterHeaders] = [:]
      for tool in catalogue.tools {
        let found = ParameterHeaders(tool.definition.inputSchema)
        if !found.isEmpty { headers[tool.definition.name] = found }
      }
      self.headers = headers
    }
  }
  private let current: Mutex<Tools>
  private let pageSize: Int
  private let hasTasks: Bool

  init(_ catalogue: ToolCatalogue, pageSize: Int, hasTasks: Bool) {
    self.pageSize = pageSize
    self.hasTasks = hasTasks
    current = Mutex(Tools(catalogue, pageSize: pageSize, hasTasks: hasTasks))
  }

  var tools: Tools { current.withLock { $0 } }

  func replace(_ catalogue: ToolCatalogue) {
    let tools = Tools(catalogue, pageSize: pageSize, hasTasks: hasTasks)
    current.withLock { $0 = tools }
  }
}
