package import Authentication
package import Governance
package import JSON

/// Resources that are what they are: for tests, and for pages that are part of the program.
package struct FixedResources: ResourceSource {
  /// What an expanded template gives.
  package typealias Expansion = @Sendable (_ uri: String, _ values: [String: String]) -> ResourceContents?

  package let tool: ToolDefinition
  package let templates: [ResourceTemplate]
  private let listed: [(resource: Resource, contents: ResourceContents)]
  private let expand: Expansion

  /// - Parameters:
  ///   - tool: whose rules hold for reading, whatever its arguments are; one that only reads.
  ///   - listed: the resources that are listed, with what they hold.
  ///   - templates: the families besides.
  ///   - expand: the contents behind a URI of one of the templates; nil when it has none.
  package init(
    tool: ToolDefinition, _ listed: [(resource: Resource, contents: ResourceContents)],
    templates: [ResourceTemplate] = [], expand: @escaping Expansion = { _, _ in nil }
  ) {
    self.tool = tool.withoutArguments
    self.listed = listed.sorted { $0.resource.key < $1.resource.key }
    self.templates = templates
    self.expand = expand
  }

  package func resources(
    for caller: Caller, after key: String?, limit: Int
  ) async throws(ResourceError) -> [Resource] {
    let rest = listed.lazy.map(\.resource).filter { resource in key.map { resource.key > $0 } ?? true }
    return Array(rest.prefix(limit))
  }

  package func arguments(for uri: String) -> JSONObject? { contents(uri) == nil ? nil : [:] }

  package func read(
    _ uri: String, _ permit: consuming Permit
  ) async throws(ResourceError) -> [ResourceContents] {
    guard let contents = contents(uri) else { throw .notFound }
    return [contents]
  }

  package func exists(_ uri: String, for caller: Caller) async -> Bool { contents(uri) != nil }

  private func contents(_ uri: String) -> ResourceContents? {
    if let known = listed.first(where: { $0.resource.uri == uri }) { return known.contents }
    for template in templates {
      if let values = template.match(uri) { return expand(uri, values) }
    }
    return nil
  }
}

extension ToolDefinition {
  /// The same rules for what needs no arguments: a URI says it all.
  fileprivate var withoutArguments: ToolDefinition {
    ToolDefinition(
      name: name, title: title, description: description, category: category, group: group, risk: risk,
      effect: effect, reachesOut: reachesOut, results: results,
      requiredAuthentication: requiredAuthentication)
  }
}
