internal import Authentication
internal import Governance
internal import JSON
internal import Tools

extension MCPEndpoint {
  /// `resources/list`: what this caller may read and is not too much to list, a page at a time.
  func listResources(
    _ params: JSONObject, _ caller: Caller, _ revision: Revision
  ) async throws(ProtocolError) -> [UInt8] {
    guard hasResources else { throw .methodNotFound("resources/list") }
    let cursor = try Self.cursor(params)
    let page: (resources: [Resource], next: String?)?
    do throws(ResourceError) {
      page = try await repertoire.resources.page(
        for: caller, governor, after: cursor, limit: configuration.pageSize)
    } catch { throw Self.unreadable }
    guard let page else { throw .invalidParams("the cursor is not valid") }
    var result: JSONObject = [
      "resources": .array(page.resources.map { .object(Self.shown($0.object, revision)) })
    ]
    if let next = page.next { result["nextCursor"] = .string(next) }
    return complete(result, revision, configuration.listLifetime)
  }

  /// `resources/templates/list`.
  func listResourceTemplates(
    _ params: JSONObject, _ caller: Caller, _ revision: Revision
  ) throws(ProtocolError) -> [UInt8] {
    guard hasResources else { throw .methodNotFound("resources/templates/list") }
    // There are few, on one page: no page of ours ended with a cursor.
    guard try Self.cursor(params) == nil else { throw .invalidParams("the cursor is not valid") }
    let templates = repertoire.resources.templates(for: caller, governor)
    let result: JSONObject = [
      "resourceTemplates": .array(templates.map { .object(Self.shown($0.object, revision)) })
    ]
    return complete(result, revision, configuration.listLifetime)
  }

  static let unreadable = ProtocolError(
    .internal, "Internal error: this can't be read at the moment, try again")

  static func cursor(_ params: JSONObject) throws(ProtocolError) -> String? {
    switch params["cursor"] {
    case nil, .null?: return nil
    case .string(let text)?: return text
    default: throw .invalidParams("'cursor' must be a string")
    }
  }

  /// An entry of a list as that revision's schema has it: titles came with 2025-06-18.
  static func shown(_ entry: JSONObject, _ revision: Revision) -> JSONObject {
    guard !revision.hasStructuredContent else { return entry }
    var entry = entry
    entry["title"] = nil
    if let arguments = entry["arguments"]?.array {
      entry["arguments"] = .array(
        arguments.map { argument in .object(shown(argument.object ?? JSONObject(), revision)) })
    }
    return entry
  }

  /// The members of a result that clients may keep (2026-07-28), or of a plain one (before).
  func complete(_ result: JSONObject, _ revision: Revision, _ lifetime: Duration) -> [UInt8] {
    guard revision.isModern else { return Reply.members(result) }
    return Reply.members(["resultType": "complete"]) + [UInt8(ascii: ",")] + Reply.members(result)
      + cacheHints(lifetime) + serverInfoMember
  }
}
