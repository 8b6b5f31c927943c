internal import Authentication
package import Governance
internal import JSON
package import Tasks

/// Tool 54, `submit_async_task`: has something done that takes longer than a call may.
package struct SubmitAsyncTask: Tool {
  private let tasks: TaskStore
  private let governor: Governor
  private let operations: OperationCatalogue
  package let definition: ToolDefinition

  package init(_ tasks: TaskStore, _ governor: Governor, _ operations: OperationCatalogue) {
    self.tasks = tasks
    self.governor = governor
    self.operations = operations
    let list = operations.operations.map { "- \($0.name) \($0.summary)" }.joined(separator: "\n")
    definition = ToolDefinition(
      name: "submit_async_task", title: "Submit a task",
      description: """
        Has an operation done in the background that takes longer than a call: exports, large groupings, reports. It \
        answers at once with a task_id; ask get_async_task for the result after poll_after_seconds. For a page of \
        records or a few groups use search_read and read_group instead. It runs under your rights, and reads only. \
        Operations and their params:
        \(list)
        """,
      category: .execute, group: .workflow, risk: .medium, effect: .adds,
      parameters: [
        .required("operation", .choice(operations.operations.map(\.name)), "What to do."),
        .optional(
          "params", .object, "As the operation takes them; checked before anything is begun.", default: [:]),
      ],
      results: TaskAnswer.members + [
        .required("poll_after_seconds", .integer(), "How long to wait before asking for it")
      ],
      taskSupport: .forbidden)
  }

  package func call(_ permit: consuming Permit) async -> ToolResult {
    let (caller, asked) = (permit.caller, permit.call.arguments)
    guard let name = asked["operation"]?.string, let operation = operations[name] else {
      return .failure("unknown_operation", "There is no such operation.")
    }
    let rules = operation.tool.definition
    let arguments = asked["params"]?.object ?? [:]
    let call: Call
    // Nothing of what it is done with is used up yet: it is asked for again when it runs.
    switch await governor.foresee(caller, rules, arguments, mayWait: false) {
    case .possible(let possible): call = possible
    case .answered(let admission): return refusal(of: operation, admission)
    }
    do {
      let task = try await tasks.submit(
        TaskStore.Draft(
          userID: caller.userID, connectionID: caller.connectionID, .operation(name), call.arguments))
      var members = TaskAnswer.members(task)
      members["poll_after_seconds"] = 2
      return ToolResult(members, text: "\(name) is being done as \(task.id).")
    } catch TaskStore.Refusal.tooManyLive(let most) {
      return .failure(
        "too_many_tasks", "This connection has \(most) tasks that have not ended.",
        hint: "Wait for one, or end one by cancel_async_task.")
    } catch TaskStore.Refusal.tooMuchKept {
      return .failure(
        "too_many_results", "This connection keeps as many results as it may.",
        hint: "Each is forgotten an hour after its task's end.")
    } catch { return TaskAnswer.unavailable }
  }

  /// Why it is not begun.
  private func refusal(of operation: Operation, _ admission: consuming Admission) -> ToolResult {
    let rules = operation.tool.definition.name
    switch consume admission {
    case .denied(let denial):
      return .failure(
        denial.code, "'\(operation.name)' stands under the rules of \(rules): \(denial.reason)",
        details: ["rule": .string(denial.rule)])
    case .misfit(let error):
      let problems = error.problems.map { problem -> JSONValue in
        ["argument": .string("params." + problem.argument), "problem": .string(problem.sentence)]
      }
      return .failure(
        "invalid_arguments", "The params of '\(operation.name)' are not valid: \(error.description).",
        hint: "It takes \(operation.summary)", details: ["problems": .array(problems)])
    default:
      return .failure(
        "not_allowed", "This connection may not do '\(operation.name)': it may not use \(rules).")
    }
  }
}
