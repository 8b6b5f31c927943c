internal import Governance
internal import JSON
internal import Tasks
internal import World

/// A task in the words of tools.
enum TaskAnswer {
  static let members: [Parameter] = [
    .required("task_id", .text, ""),
    .required(
      "operation", .text, "The operation, or the tool of a call that was made a task by the protocol"),
    .required("status", .choice(StoredTask.Status.allCases.map(\.rawValue)), ""),
    .required("message", .either([.text, .null]), "What it is at, or why it ended"),
    .required("created_at", .text, "RFC 3339 in UTC"), .required("updated_at", .text, "RFC 3339 in UTC"),
    .required("expires_at", .text, "When it is forgotten, with its result"),
  ]

  static func members(_ task: StoredTask) -> JSONObject {
    [
      "task_id": .string(task.id), "operation": .string(task.work.name),
      "status": .string(status(task).rawValue),
      "message": task.message.map { .string($0) } ?? .null, "created_at": .string(task.createdAt.rfc3339),
      "updated_at": .string(task.updatedAt.rfc3339), "expires_at": .string(task.expiresAt.rfc3339),
    ]
  }

  /// To a model, a result that is an error is a failure.
  static func status(_ task: StoredTask) -> StoredTask.Status {
    task.status == .completed && task.isError ? .failed : task.status
  }

  static func sentence(_ task: StoredTask) -> String {
    let words = task.message.map { " \($0)" } ?? ""
    return switch task.phase {
    case .queued: "\(task.id) waits for its turn.\(words)"
    case .running: "\(task.id) is being done.\(words)"
    case .approval: "\(task.id) waits for a person.\(words)"
    case .asking: "\(task.id) waits for answers of your program."
    case .completed: task.isError ? "\(task.id) failed." : "\(task.id) is done."
    case .failed: "\(task.id) failed.\(words)"
    case .cancelled: "\(task.id) was cancelled.\(words)"
    }
  }

  static func unknown(_ id: String) -> ToolResult {
    .failure(
      "unknown_task", "There is no task '\(id.prefix(64))' of this connection, or not any more.",
      hint: "list_async_tasks knows those that there are.")
  }

  static let unavailable = ToolResult.failure("temporarily_unavailable", "Tasks can't be looked up just now.")
}
