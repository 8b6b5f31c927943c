package import Governance
package import JSON

/// What a tool, or any other method, can say to its client and ask of it while it works.
///
///     tool ─► progress, log ──────► the stream of this very request ─► client
///     tool ─► ask ─► 2026-07-28: the answer is "input required", and the client comes again with the answers
///                └─► before:     a request on this request's stream, answered by a POST
///
/// A tool that asks is written once for both: `ask` gives the answers, or it throws and the tool lets the error through.
/// In the newer revision it throws on the first way through, and the tool runs from its start again when the client comes
/// back: so a tool asks before it changes anything.
package protocol Conversation: Sendable {
  /// Tells how far the work is; nothing where the client gave no token, or where it would go backwards.
  ///
  /// - Parameters:
  ///   - done: grows from one call to the next.
  ///   - total: nil where nobody knows.
  func progress(_ done: Double, of total: Double?, _ message: String?) async

  /// Writes a message into the client's log, if it wants those of that level.
  ///
  /// - Parameter data: never holds a secret, or what the caller may not see.
  func log(_ level: LogLevel, _ data: JSONValue, logger: String?) async

  /// Whether the client said that it can be asked so.
  func canAsk(_ capability: ClientCapability) -> Bool

  /// Asks the client, all at once, and gives its answers by the questions' keys.
  ///
  /// - Throws: `Interruption`, which a tool lets through.
  func ask(_ questions: [Question]) async throws(Interruption) -> [String: Answer]

  /// Tells the client that what it was sent to a page for is done (2025-11-25); nothing elsewhere.
  ///
  /// - Parameter elicitation: the key of the question.
  func completed(_ elicitation: String) async

  /// Lets the client hang up, and come for the rest later; nothing where it could not come again (before 2025-11-25,
  /// without a session, in 2026-07-28).
  func hangUp(comeBackAfter delay: Duration) async

  /// What the client marks this request's progress with; nil for a client that wants none.
  var progressToken: JSONValue? { get }

  /// Whether the client no longer waits for the result. The task of the call is cancelled then, too.
  var isCancelled: Bool { get }
}

extension Conversation {
  package func progress(_ done: Double, of total: Double? = nil) async {
    await progress(done, of: total, nil)
  }
  package func log(_ level: LogLevel, _ text: String) async { await log(level, .string(text), logger: nil) }

  /// Asks one question.
  package func ask(_ question: Question) async throws(Interruption) -> Answer {
    guard let answer = try await ask([question])[question.key] else { throw .unanswered }
    return answer
  }
}

/// Something that a model can call, and that talks with the client while it works.
package protocol ConversingTool: Tool {
  func call(
    _ permit: consuming Permit, in conversation: any Conversation
  ) async throws(Interruption) -> ToolResult

  /// What it asks before its call becomes a task (2026-07-28): the run has the answers from its start. What else it asks,
  /// the task asks while it is there.
  func questions(before arguments: JSONObject) -> [Question]
}

extension ConversingTool {
  package func questions(before arguments: JSONObject) -> [Question] { [] }

  package func call(_ permit: consuming Permit) async -> ToolResult {
    do throws(Interruption) { return try await call(permit, in: Silence()) } catch {
      return ToolResult(error)
    }
  }
}

/// Where nobody listens: what is said goes nowhere, and nobody can be asked.
package struct Silence: Conversation {
  package init() {}
  package func progress(_ done: Double, of total: Double?, _ message: String?) async {}
  package func log(_ level: LogLevel, _ data: JSONValue, logger: String?) async {}
  package func canAsk(_ capability: ClientCapability) -> Bool { false }
  package func ask(_ questions: [Question]) async throws(Interruption) -> [String: Answer] {
    throw .unsupported(questions.map(\.capability))
  }
  package func completed(_ elicitation: String) async {}
  package func hangUp(comeBackAfter delay: Duration) async {}
  package var progressToken: JSONValue? { nil }
  package var isCancelled: Bool { Task.isCancelled }
}
