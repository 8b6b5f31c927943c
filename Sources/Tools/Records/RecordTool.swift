internal import Authentication
internal import Governance
internal import Records

/// A tool that reads records under the rights of the permit's person, and no others.
protocol RecordTool: Tool {
  var records: any Records { get }

  /// - Throws: what becomes a result with `isError`, which the model can act on.
  func answer(_ arguments: RecordArguments, for subject: Subject) async throws(RecordsError) -> ToolResult
}

extension RecordTool {
  package func call(_ permit: consuming Permit) async -> ToolResult {
    let arguments = RecordArguments(permit.call.arguments)
    let subject = Subject(permit.caller)
    do throws(RecordsError) {
      return try await answer(arguments, for: subject)
    } catch {
      return .failure(error.code.rawValue, error.sentence, hint: error.hint)
    }
  }
}

extension Subject {
  /// The person behind a call, confined to the models of their connection.
  init(_ caller: Caller) {
    self.init(
      userID: caller.userID, companyID: caller.companyID, companyIDs: caller.companyIDs,
      groups: Set(caller.groups),
      models: caller.allowedModels)
  }
}
