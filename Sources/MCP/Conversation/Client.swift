internal import JSON
internal import Tools

/// What is known of the program that sent a request.
struct Client: Sendable {
  /// `ClientCapabilities`: of this request (2026-07-28), or of the session's `initialize`.
  var capabilities: JSONValue = [:]
  /// Of the handshake revisions, where the client uses one.
  var session: Session?
  /// Whether an answer may be a stream of events.
  var takesEvents = false

  /// Whether the client declared the tasks extension for this request (2026-07-28).
  var knowsTasks: Bool { capabilities["extensions"]?[TaskNames.extension]?.object != nil }

  /// Whether the client said that it can be asked so.
  func canAsk(_ capability: ClientCapability, _ revision: Revision) -> Bool {
    switch capability {
    case .form:
      guard revision >= .june2025, let modes = capabilities["elicitation"]?.object else { return false }
      // client/elicitation, "Capabilities": without modes it is forms.
      return modes["form"] != nil || modes["url"] == nil
    case .page: return revision >= .november2025 && capabilities["elicitation"]?["url"]?.object != nil
    case .sampling: return capabilities["sampling"]?.object != nil
    case .roots: return capabilities["roots"]?.object != nil
    }
  }
}
