internal import Authentication
internal import Governance
internal import JSON
internal import OAuth
internal import Tools

extension MCPEndpoint {
  /// `resources/read`: through governance like the tool that reads the same, and on record like it.
  func readResource(
    _ params: JSONObject, _ caller: Caller, _ revision: Revision, _ entry: inout AuditEntry
  ) async -> Outcome {
    guard hasResources else { return .error(.methodNotFound("resources/read")) }
    guard let uri = params["uri"]?.string, !uri.isEmpty, uri.utf8.count <= 4096 else {
      return .error(.invalidParams("'uri' must be a URI"))
    }
    entry.payload = AuditPayload(arguments: ["uri": .string(uri)])
    switch await read(uri, caller, &entry) {
    case .contents(let contents):
      let result: JSONObject = ["contents": .array(contents.map { .object(Self.shown($0, revision)) })]
      entry.payload?.result = .object(result)
      return .result(complete(result, revision, configuration.listLifetime))
    case .absent: return .error(Self.notFound(uri, revision))
    case .tooLarge(let size):
      return .error(
        ProtocolError(
          .invalidParams, "The resource has \(size) bytes, more than are sent at once",
          data: ["uri": .string(uri)]))
    case .unavailable: return .error(Self.unreadable)
    case .limited(let denial): return .limited(denial)
    case .insufficientScope(let needed): return .insufficientScope(needed: needed)
    case .insufficientAuthentication(let needed): return .insufficientAuthentication(needed: needed)
    }
  }

  /// What came of reading a resource.
  enum Reading {
    case contents([ResourceContents])
    /// It isn't there, or not for the caller: nobody can tell one from the other.
    case absent
    case tooLarge(Int)
    case unavailable
    case limited(Denial)
    case insufficientScope(ScopeSet)
    case insufficientAuthentication(RequiredAuthentication)
  }

  /// - Parameter entry: gets what the audit log should know.
  func read(_ uri: String, _ caller: Caller, _ entry: inout AuditEntry) async -> Reading {
    guard let (source, arguments) = repertoire.resources.find(uri) else {
      // Counted as a request, so that guessing has a limit too.
      if let denial = await governor.admit(caller, method: "resources/read") { return .limited(denial) }
      return .absent
    }
    entry.tool = source.tool.name
    // Nothing reads a resource later on somebody's behalf: what waits for a person is not there.
    switch await governor.admit(caller, source.tool, arguments, mayWait: false) {
    case .denied(let denial):
      entry.kind = .refusal
      entry.code = denial.code
      entry.rule = denial.rule
      entry.policy = denial.policy
      // What is switched off, or not for this connection, is as if it were not there; where waiting helps, that is told.
      return Self.hidden.contains(denial.code) ? .absent : .limited(denial)
    case .waiting: return .absent
    case .misfit: return .absent
    case .insufficientScope(let needed): return .insufficientScope(needed)
    case .insufficientAuthentication(let needed): return .insufficientAuthentication(needed)
    case .permitted(let permit):
      entry.model = permit.call.model.map(AuditEntry.bounded)
      entry.policy = permit.policy
      let reservation = permit.reservation
      do throws(ResourceError) {
        let contents = try await source.read(uri, permit)
        // 2026-07-28 Resources, "Error Handling": servers MUST NOT answer with empty contents for what isn't there.
        return contents.isEmpty ? .absent : .contents(contents)
      } catch {
        switch error {
        case .notFound: return .absent
        case .tooLarge(let size): return .tooLarge(size)
        case .unavailable:
          // It never ran, so it does not count.
          await governor.giveBack(reservation)
          return .unavailable
        }
      }
    }
  }

  /// Refusals that would tell of something that is not for the caller.
  private static let hidden: Set<String> = [
    "tool_inactive", "tool_not_allowed", "model_not_allowed", "policy_denied", "needs_approval",
  ]

  /// The handshake revisions have a code for it; 2026-07-28 says -32602, and both SHOULD name the URI.
  static func notFound(_ uri: String, _ revision: Revision) -> ProtocolError {
    ProtocolError(
      revision.isModern ? .invalidParams : .resourceNotFound, "Resource not found",
      data: ["uri": .string(uri)])
  }

  /// Contents as that revision's schema has them: `_meta` came with 2025-06-18.
  private static func shown(_ contents: ResourceContents, _ revision: Revision) -> JSONObject {
    var object = contents.object
    if !revision.hasStructuredContent { object["_meta"] = nil }
    return object
  }
}
