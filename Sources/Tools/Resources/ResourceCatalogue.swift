package import Authentication
package import Governance
package import JSON
internal import Synchronization

/// Every kind of resource there is, in the order in which clients see them.
///
/// It may get and lose sources while the server runs; whoever changes it tells clients so
/// (`MCPEndpoint.announce(.resources)`). Tests and the conformance server make one of `FixedResources`.
package final class ResourceCatalogue: Sendable {
  private let current: Mutex<[any ResourceSource]>

  package init(_ sources: [any ResourceSource] = []) { current = Mutex(sources) }

  package var sources: [any ResourceSource] { current.withLock { $0 } }

  /// Adds a source at the end.
  package func add(_ source: any ResourceSource) { current.withLock { $0.append(source) } }

  /// One page of what a caller may read, and where the next one begins. It may have fewer than `limit`, even none: what
  /// may not be read is left out of it.
  ///
  /// - Parameters:
  ///   - cursor: from the page before; nil for the first.
  ///   - limit: resources on it at most.
  /// - Returns: nil for a cursor that no page of ours ended with.
  package func page(
    for caller: Caller, _ governor: Governor, after cursor: String?, limit: Int
  ) async throws(ResourceError) -> (resources: [Resource], next: String?)? {
    let sources = sources
    var start = 0
    var key: String?
    if let cursor {
      // The number of a source and the last key on the page: it stays right when resources come and go.
      guard let colon = cursor.firstIndex(of: ":"), let number = Int(cursor[..<colon]),
        sources.indices.contains(number)
      else { return nil }
      start = number
      key = String(cursor[cursor.index(after: colon)...])
    }
    var resources: [Resource] = []
    var (seen, last) = (0, (source: start, key: ""))
    for index in sources.indices.dropFirst(start) where governor.isVisible(sources[index].tool, to: caller) {
      let found = try await sources[index].resources(
        for: caller, after: index == start ? key : nil, limit: limit + 1 - seen)
      for resource in found {
        guard seen < limit else { return (resources, "\(last.source):\(last.key)") }
        seen += 1
        last = (index, resource.key)
        guard let arguments = sources[index].arguments(for: resource.uri),
          await governor.mayCall(sources[index].tool, arguments, caller)
        else { continue }
        resources.append(resource)
      }
    }
    return (resources, nil)
  }

  /// The templates that a caller can use.
  package func templates(for caller: Caller, _ governor: Governor) -> [ResourceTemplate] {
    sources.filter { governor.isVisible($0.tool, to: caller) }.flatMap(\.templates)
  }

  /// What a URI asks for: the source that answers it, and the arguments of the call that reading it is.
  package func find(_ uri: String) -> (source: any ResourceSource, arguments: JSONObject)? {
    for source in sources {
      if let arguments = source.arguments(for: uri) { return (source, arguments) }
    }
    return nil
  }

  /// Whether a caller may read a resource now: what is asked before somebody follows it, and before they are told of a
  /// change. It uses nothing of their limits.
  package func mayRead(_ uri: String, _ caller: Caller, _ governor: Governor) async -> Bool {
    guard let (source, arguments) = find(uri), await governor.mayCall(source.tool, arguments, caller) else {
      return false
    }
    return await source.exists(uri, for: caller)
  }
}
