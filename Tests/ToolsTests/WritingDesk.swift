import Demo
import JSON
import Records
import Storage
import Synchronization
import Telemetry
import Testing

@testable import Authentication
@testable import Governance
@testable import Tools

/// The tools that write, on a demo company of a test's own.
struct WritingDesk: Sendable {
  let catalogue: ToolCatalogue
  let models: ModelCatalogue

  init() async throws {
    let store = try Store(.temporary, log: .silent)
    models = try Demo.catalogue()
    try await Demo.seed(store, catalogue: models, users: Desk.userIDs, now: Desk.now)
    let records = SQLRecords(store: store, catalogue: models, now: { Desk.now })
    catalogue = try ToolCatalogue(RecordTools.all(on: records) + WriteTools.all(on: records))
  }

  /// Calls a tool as governance would have it called, and checks that what it answers fits its schema.
  func call(_ name: String, _ arguments: JSONObject, as login: String) async throws -> ToolResult {
    let tool = try #require(catalogue[name])
    let result = await tool.call(try Desk.permit(tool.definition, arguments, as: login))
    if !result.isError {
      let problems = tool.definition.misfits(of: result.structured)
      #expect(problems.isEmpty, "\(name): \(problems.map(\.sentence))")
    }
    return result
  }
}

/// A client whose person answers always the same; nil for one that can't be asked.
final class Asking: Conversation {
  private let answer: JSONObject?
  private let asked = Mutex<[String]>([])

  init(_ answer: JSONObject?) { self.answer = answer }

  var questions: [String] { asked.withLock { $0 } }

  func progress(_ done: Double, of total: Double?, _ message: String?) async {}
  func log(_ level: LogLevel, _ data: JSONValue, logger: String?) async {}
  func canAsk(_ capability: ClientCapability) -> Bool { answer != nil && capability == .form }
  func ask(_ questions: [Question]) async throws(Interruption) -> [String: Answer] {
    guard let answer else { throw .unsupported(questions.map(\.capability)) }
    asked.withLock { $0 += questions.compactMap { $0.params["message"]?.string } }
    return Dictionary(questions.map { ($0.key, Answer(answer)) }, uniquingKeysWith: { first, _ in first })
  }
  func completed(_ elicitation: String) async {}
  func hangUp(comeBackAfter delay: Duration) async {}
  var progressToken: JSONValue? { nil }
  var isCancelled: Bool { false }
}
