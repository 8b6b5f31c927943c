internal import Authentication
package import Governance
internal import JSON
package import Tasks

/// Tool 55, `get_async_task`: what became of a task.
package struct GetAsyncTask: Tool {
  private let tasks: TaskStore

  package init(_ tasks: TaskStore) { self.tasks = tasks }

  package let definition = ToolDefinition(
    name: "get_async_task", title: "Get a task",
    description: """
      Tells what a task of submit_async_task is at, and once it is completed its result. While the status is working, \
      wait some seconds before asking again. Results are kept for an hour. You see the tasks of your own connection \
      alone.
      """,
    category: .read, group: .read, risk: .low, effect: .reads,
    parameters: [
      .required("task_id", .string(length: 1...64), "As submit_async_task gave it, such as tsk_4kZ…")
    ],
    results: TaskAnswer.members + [
      .required("result", .either([.object, .null]), "What the operation gave, once it has ended"),
      .required("result_is_error", .either([.boolean, .null]), ""),
    ],
    taskSupport: .forbidden)

  package func call(_ permit: consuming Permit) async -> ToolResult {
    let (caller, id) = (permit.caller, permit.call.arguments["task_id"]?.string ?? "")
    do {
      guard let task = try await tasks.task(id, of: caller.connectionID) else {
        return TaskAnswer.unknown(id)
      }
      var members = TaskAnswer.members(task)
      let result = try task.result.map { try JSONValue(parsing: $0) }
      members["result"] = result?["structuredContent"] ?? task.error.map { .object($0) } ?? .null
      members["result_is_error"] =
        task.phase.isFinal && task.phase != .cancelled ? .bool(task.isError) : .null
      return ToolResult(members, text: TaskAnswer.sentence(task))
    } catch { return TaskAnswer.unavailable }
  }
}
