internal import Authentication
package import Governance
internal import JSON
package import Tasks

/// Tool 57, `cancel_async_task`: ends a task before its time.
package struct CancelAsyncTask: Tool {
  private let tasks: TaskStore
  private let approvals: Approvals

  package init(_ tasks: TaskStore, _ approvals: Approvals) {
    self.tasks = tasks
    self.approvals = approvals
  }

  package let definition = ToolDefinition(
    name: "cancel_async_task", title: "Cancel a task",
    description: """
      Ends a task that has not ended yet; what it has read so far is dropped. Use it when its result is not wanted \
      any more. A task that has ended stays as it is, which is no error.
      """,
    category: .execute, group: .workflow, risk: .low, effect: .changes,
    parameters: [.required("task_id", .string(length: 1...64), "As submit_async_task gave it.")],
    results: TaskAnswer.members, taskSupport: .forbidden)

  package func call(_ permit: consuming Permit) async -> ToolResult {
    let (caller, id) = (permit.caller, permit.call.arguments["task_id"]?.string ?? "")
    do {
      guard let task = try await tasks.withdraw(id, of: caller.connectionID, approvals) else {
        return TaskAnswer.unknown(id)
      }
      return ToolResult(TaskAnswer.members(task), text: TaskAnswer.sentence(task))
    } catch { return TaskAnswer.unavailable }
  }
}

extension TaskStore {
  /// Ends a task, and takes back what it asks of a person if no other task asks the same.
  ///
  /// - Returns: the task as it is then, whether or not it had ended before; nil when there is none.
  package func withdraw(
    _ id: String, of connectionID: String, _ approvals: Approvals
  ) async throws -> StoredTask? {
    let message = "It was cancelled by request."
    guard let changed = try await cancel(id, of: connectionID, message: message) else {
      return try await task(id, of: connectionID)
    }
    if let approval = changed.approvalID, try await !othersFollow(changed) {
      try await approvals.withdraw(approval, of: connectionID)
    }
    return changed
  }
}
