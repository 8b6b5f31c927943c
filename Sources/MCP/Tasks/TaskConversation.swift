internal import JSON
internal import Tasks
internal import Tools

/// A task's way back to its client, which is not there: progress becomes the task's message, and what is asked waits with
/// the task until it is answered. Then the work is done again from its start, with the answers.
struct TaskConversation: Conversation {
  private let task: StoredTask
  private let note: TaskProgress
  private let client: Client
  private let revision: Revision

  init(_ task: StoredTask, _ note: TaskProgress) {
    self.task = task
    self.note = note
    client = Client(capabilities: .object(task.capabilities))
    revision = Revision(rawValue: task.revision) ?? .july2026
  }

  func progress(_ done: Double, of total: Double?, _ message: String?) async {
    guard done.isFinite else { return }
    let count = total.map { "\(Self.text(done)) of \(Self.text($0))" } ?? Self.text(done)
    await note.say(message ?? count)
  }

  private static func text(_ number: Double) -> String {
    Int64(exactly: number).map { "\($0)" } ?? "\(number)"
  }

  // ext-tasks, "Task Status Notifications": `notifications/message` is not supported on tasks.
  func log(_ level: LogLevel, _ data: JSONValue, logger: String?) async {}

  func canAsk(_ capability: ClientCapability) -> Bool { client.canAsk(capability, revision) }

  func ask(_ questions: [Question]) async throws(Interruption) -> [String: Answer] {
    let missing = questions.map(\.capability).filter { !canAsk($0) }
    guard missing.isEmpty else { throw .unsupported(missing) }
    var known: [String: Answer] = [:]
    var open: [Question] = []
    for question in questions {
      if let answer = task.answers[question.key]?.object {
        known[question.key] = Answer(answer)
      } else {
        open.append(question)
      }
    }
    guard open.isEmpty else { throw .inputRequired(open) }
    return known
  }

  func completed(_ elicitation: String) async {}
  func hangUp(comeBackAfter delay: Duration) async {}
  var progressToken: JSONValue? { nil }
  var isCancelled: Bool { Task.isCancelled }
}
