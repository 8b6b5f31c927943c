internal import Authentication
package import Governance
internal import JSON
package import Tasks

/// Tool 56, `list_async_tasks`: the connection's tasks.
package struct ListAsyncTasks: Tool {
  private let tasks: TaskStore

  package init(_ tasks: TaskStore) { self.tasks = tasks }

  /// More than a connection may have.
  private static let most = 1000
  private static let shown = 100

  package let definition = ToolDefinition(
    name: "list_async_tasks", title: "List tasks",
    description: """
      Lists the tasks of your connection, the newest first, without their results: those of submit_async_task, and \
      calls that became tasks. Use it when a task_id was lost, or to see what is still being done.
      """,
    category: .read, group: .read, risk: .low, effect: .reads,
    parameters: [
      .optional(
        "status", .choice(StoredTask.Status.allCases.map(\.rawValue)), "Only those; left out, all of them.")
    ],
    results: [
      .required("tasks", .array(of: .record(TaskAnswer.members)), "At most 100"), .total, .hasMore,
    ],
    taskSupport: .forbidden)

  package func call(_ permit: consuming Permit) async -> ToolResult {
    let wanted = permit.call.arguments["status"]?.string
    do {
      let all = try await tasks.list(of: permit.caller.connectionID, limit: Self.most)?.tasks ?? []
      let found = all.filter { wanted == nil || TaskAnswer.status($0).rawValue == wanted }.reversed()
      let shown = found.prefix(Self.shown)
      return ToolResult(
        [
          "tasks": .array(shown.map { .object(TaskAnswer.members($0)) }),
          "total": .integer(Int64(found.count)), "has_more": .bool(found.count > shown.count),
        ], text: found.count == 1 ? "1 task." : "\(found.count) tasks.")
    } catch { return TaskAnswer.unavailable }
  }
}
