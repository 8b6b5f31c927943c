internal import Governance
internal import JSON
internal import Tools

/// A tool of which a test suite knows what it does.
struct Fixture: ConversingTool {
  typealias Work = @Sendable (JSONObject, any Conversation) async throws(Interruption) -> ToolResult

  let definition: ToolDefinition
  private let work: Work
  private let first: [Question]

  /// - Parameter first: what it asks before its call becomes a task.
  init(
    _ name: String, _ description: String, parameters: [Parameter] = [], schema: JSONObject? = nil,
    tasks: ToolDefinition.TaskSupport = .forbidden, first: [Question] = [], _ work: @escaping Work
  ) {
    definition = ToolDefinition(
      name: name, title: name, description: description, category: .read, group: .read, risk: .low,
      effect: .reads, parameters: parameters, isContentOnly: true, inputSchema: schema, taskSupport: tasks)
    self.work = work
    self.first = first
  }

  func questions(before arguments: JSONObject) -> [Question] { first }

  func call(
    _ permit: consuming Permit, in conversation: any Conversation
  ) async throws(Interruption) -> ToolResult {
    try await work(permit.call.arguments, conversation)
  }

  /// Every fixture, in the order in which clients see them.
  static func all(_ workshop: Workshop) -> [any Tool] {
    content + talking + asking + rounds + tasks
      + [
        Fixture("test_trigger_tool_change", "Adds a tool and takes it away again.") { _, _ in
          do throws(CatalogueError) { try workshop.changeTools() } catch {
            return .content([.text("\(error)")], isError: true)
          }
          return .said("The tools have changed, twice.")
        },
        Fixture("test_trigger_prompt_change", "Adds a prompt and takes it away again.") { _, _ in
          workshop.changePrompts()
          return .said("The prompts have changed, twice.")
        },
        Fixture("test_trigger_resource_update", "Says that the watched resource has changed.") { _, _ in
          workshop.touch()
          return .said("The watched resource has changed.")
        },
      ]
  }
}

extension ToolResult {
  static func said(_ text: String) -> ToolResult { .content([.text(text)]) }
}

extension Conversation {
  /// The time between two messages.
  func pause(_ duration: Duration = .milliseconds(50)) async throws(Interruption) {
    do { try await Task.sleep(for: duration) } catch { throw .cancelled }
  }
}
