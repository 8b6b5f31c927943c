internal import Authentication
internal import Governance
internal import JSON
internal import Records
internal import World

/// A tool that writes records under the rights of the permit's person, and no others.
protocol WriteTool: Tool {
  var records: any WritableRecords { get }

  /// - Throws: what becomes a result with `isError`, which the model can act on.
  func write(
    _ arguments: RecordArguments, isDryRun: Bool, for subject: Subject
  ) async throws(RecordsError) -> Written
}

extension WriteTool {
  func answer(_ arguments: RecordArguments, isDryRun: Bool, for subject: Subject) async -> ToolResult {
    do throws(RecordsError) {
      return ToolResult(
        try await write(arguments, isDryRun: isDryRun, for: subject), model: arguments.model)
    } catch {
      return .failure(error.code.rawValue, error.sentence, hint: error.hint, details: error.details)
    }
  }
}

/// A write that is done when it is called.
protocol PlainWriteTool: WriteTool {}

extension PlainWriteTool {
  package func call(_ permit: consuming Permit) async -> ToolResult {
    let arguments = RecordArguments(permit.call.arguments)
    return await answer(arguments, isDryRun: arguments.isDryRun, for: Subject(permit.caller))
  }
}

/// A write that the client's person is asked about first, where the client can ask them.
///
/// Calls that wait for an approval come without a client: nobody is asked twice. What a client answers is its word: it
/// keeps a model from going too far, and protects from nobody who has the key.
protocol ConfirmedWriteTool: WriteTool, ConversingTool {
  /// Whether to ask at all.
  var confirms: Bool { get }
}

extension ConfirmedWriteTool {
  package func call(
    _ permit: consuming Permit, in conversation: any Conversation
  ) async throws(Interruption) -> ToolResult {
    let caller = permit.caller
    let arguments = RecordArguments(permit.call.arguments)
    let subject = Subject(caller)
    if confirms, !arguments.isDryRun, conversation.canAsk(.form) {
      // Nobody is bothered with what would be refused.
      let rehearsal = await answer(arguments, isDryRun: true, for: subject)
      guard !rehearsal.isError else { return rehearsal }
      let words = await definition.words?(arguments.all, caller) ?? definition.title
      let along = (rehearsal.structured["total"]?.integer ?? 0) - Int64(arguments.count)
      let more = along > 0 ? " \(along) more records change or go along." : ""
      let answer = try await conversation.ask(
        .form(
          "confirm", "\(words)?\(more)",
          [
            "type": "object", "required": ["confirm"],
            "properties": ["confirm": ["type": "boolean", "title": "Yes, do it", "default": false]],
          ]))
      guard answer.isAccepted, answer.content["confirm"] == true else {
        return .failure(
          "declined", "The person was asked and did not agree. Nothing was changed.",
          hint: "Ask them what they want instead. Don't make the same call again unless they say so.")
      }
    }
    return await answer(arguments, isDryRun: arguments.isDryRun, for: subject)
  }
}

extension RecordArguments {
  var isDryRun: Bool { all["dry_run"] == true }

  /// How many records the call names.
  var count: Int {
    all["ids"]?.array?.count ?? all["updates"]?.array?.count ?? all["values_list"]?.array?.count ?? 1
  }

  func unchangedSince() throws(RecordsError) -> Instant? {
    guard let text = text("if_unchanged_since") else { return nil }
    guard let moment = MomentText.moment(text) else {
      throw RecordsError(
        .invalidArgument, "if_unchanged_since: '\(text.prefix(40))' is no moment.",
        hint: "Give the record's write_date as you read it, or RFC 3339: 2026-11-21T08:15:00Z.")
    }
    return moment
  }
}
