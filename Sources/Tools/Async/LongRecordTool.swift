internal import Authentication
internal import Governance
internal import JSON
internal import Records

/// A tool that reads many records under the rights of the permit's person, and says how far it is.
protocol LongRecordTool: ConversingTool {
  var records: any Records { get }

  /// - Throws: what becomes a result with `isError`, which the model can act on.
  func answer(
    _ arguments: RecordArguments, for caller: Caller, in conversation: any Conversation
  ) async throws(RecordsError) -> ToolResult
}

extension LongRecordTool {
  package func call(
    _ permit: consuming Permit, in conversation: any Conversation
  ) async throws(Interruption) -> ToolResult {
    let arguments = RecordArguments(permit.call.arguments)
    let caller = permit.caller
    do throws(RecordsError) {
      let result = try await answer(arguments, for: caller, in: conversation)
      if !conversation.isCancelled { return result }
    } catch {
      return .failure(error.code.rawValue, error.sentence, hint: error.hint)
    }
    throw .cancelled
  }
}
