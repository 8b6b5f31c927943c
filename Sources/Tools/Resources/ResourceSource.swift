package import Authentication
package import Governance
package import JSON

/// Where resources of one kind come from: models, records, attachments, later documents and pages.
///
/// A resource is another door to what a tool reads: reading one is a call of that tool, so its switch, the connection's
/// allowed tools and models, scope, sign-in and limits hold. What the caller may not read is as if it were not there.
package protocol ResourceSource: Sendable {
  /// The tool that reads the same.
  var tool: ToolDefinition { get }

  /// The families of URIs that this source answers; may be empty where it lists all that it has.
  var templates: [ResourceTemplate] { get }

  /// The resources that are listed, by ascending key.
  ///
  /// - Parameters:
  ///   - key: only those with a greater one; nil for all.
  ///   - limit: how many at most.
  func resources(
    for caller: Caller, after key: String?, limit: Int
  ) async throws(ResourceError) -> [Resource]

  /// The arguments that a call of the tool would have; nil when the URI is none of this source's.
  func arguments(for uri: String) -> JSONObject?

  /// Reads a resource for which `arguments(for:)` gave the arguments in the permit; never without contents.
  ///
  /// - Throws: `notFound` for what isn't there, or isn't for the caller.
  func read(_ uri: String, _ permit: consuming Permit) async throws(ResourceError) -> [ResourceContents]

  /// Whether the resource is there for the caller, who may call the tool: for those who follow it.
  func exists(_ uri: String, for caller: Caller) async -> Bool
}
