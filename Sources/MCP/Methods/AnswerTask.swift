internal import Authentication
internal import Governance
internal import JSON
internal import Tasks
internal import Tools

extension MCPEndpoint {
  /// The methods about tasks, of the extension of 2026-07-28 and of 2025-11-25.
  func answerTask(
    _ method: String, _ params: JSONObject, _ caller: Caller, _ revision: Revision, _ tasks: TaskStore,
    _ exchange: inout Exchange
  ) async -> Outcome {
    do {
      switch (method, revision) {
      case ("tasks/list", .november2025): return .result(try await listTasks(params, caller, tasks))
      case ("tasks/get", .november2025), ("tasks/result", .november2025), ("tasks/cancel", .november2025):
        let task = try await task(params, caller, tasks, &exchange)
        switch method {
        case "tasks/get": return .result(Reply.members(task.olderObject))
        case "tasks/cancel": return .result(Reply.members(try await cancel(task, tasks).olderObject))
        default: return try await taskResult(task, caller, tasks, exchange)
        }
      case ("tasks/get", .july2026), ("tasks/update", .july2026), ("tasks/cancel", .july2026):
        // ext-tasks, "Protocol Errors": servers MUST return this for non-declaring clients.
        guard exchange.client.knowsTasks else { return .error(.missing(Self.taskCapability)) }
        let task = try await task(params, caller, tasks, &exchange)
        switch method {
        case "tasks/get":
          return .result(Array(#""resultType":"complete","#.utf8) + task.detailedMembers + tail(revision))
        case "tasks/update": try await update(task, params, tasks)
        // "Cancellation is cooperative": what has ended is acknowledged too.
        default: _ = try await tasks.withdraw(task.id, of: task.connectionID, governor.approvals)
        }
        return .result(Array(#""resultType":"complete""#.utf8) + tail(revision))
      default: return .error(.methodNotFound(method))
      }
    } catch let error as ProtocolError {
      return .error(error)
    } catch {
      taskTrouble(error)
      return .error(ProtocolError(.internal, "Internal error: tasks can't be looked up just now"))
    }
  }

  /// The caller's task that the request is about.
  private func task(
    _ params: JSONObject, _ caller: Caller, _ tasks: TaskStore, _ exchange: inout Exchange
  ) async throws -> StoredTask {
    guard let id = params["taskId"]?.string else {
      throw ProtocolError.invalidParams("'taskId' must be a string")
    }
    // 2025-11-25 "Task Isolation and Access Control", ext-tasks "Auth binding": somebody else's is one that never was.
    guard let task = try await tasks.task(id, of: caller.connectionID) else {
      throw ProtocolError.invalidParams("there is no such task, or not any more")
    }
    exchange.mark(tool: task.work.name, rule: task.id)
    return task
  }

  /// 2025-11-25: a task in a terminal status MUST be rejected; another MUST be cancelled before the answer.
  private func cancel(_ task: StoredTask, _ tasks: TaskStore) async throws -> StoredTask {
    func over(_ task: StoredTask) -> ProtocolError {
      .invalidParams(
        "the task can't be cancelled: it has ended with status '\(task.olderObject["status"]?.string ?? "")'")
    }
    guard !task.phase.isFinal else { throw over(task) }
    guard let now = try await tasks.withdraw(task.id, of: task.connectionID, governor.approvals) else {
      throw ProtocolError.invalidParams("there is no such task, or not any more")
    }
    guard now.phase == .cancelled else { throw over(now) }
    return now
  }

  /// `tasks/update`: answers to what the task asked. Those to nothing are ignored.
  private func update(_ task: StoredTask, _ params: JSONObject, _ tasks: TaskStore) async throws {
    guard let answers = params["inputResponses"]?.object else {
      throw ProtocolError.invalidParams("'inputResponses' must be an object")
    }
    for (key, answer) in answers.members where answer.object == nil && task.requests[key] != nil {
      throw ProtocolError.invalidParams("the input response '\(key.prefix(64))' must be an object")
    }
    guard try await tasks.answer(task.id, of: task.connectionID, answers) else {
      throw ProtocolError.invalidParams("the answers are too long")
    }
  }

  /// `tasks/list`: the caller's own, the oldest first.
  private func listTasks(_ params: JSONObject, _ caller: Caller, _ tasks: TaskStore) async throws -> [UInt8] {
    let last: String?
    switch params["cursor"] {
    case nil, .null?: last = nil
    case .string(let text)?: last = text
    default: throw ProtocolError.invalidParams("'cursor' must be a string")
    }
    guard
      let page = try await tasks.list(of: caller.connectionID, after: last, limit: configuration.pageSize)
    else { throw ProtocolError.invalidParams("the cursor is not valid") }
    var result: JSONObject = ["tasks": .array(page.tasks.map { .object($0.olderObject) })]
    if page.hasMore, let last = page.tasks.last { result["nextCursor"] = .string(last.id) }
    return Reply.members(result)
  }

  /// `tasks/result`: what the request would have been answered with, once it is there. What the task asks in between is
  /// asked on this request's stream.
  private func taskResult(
    _ first: StoredTask, _ caller: Caller, _ tasks: TaskStore, _ exchange: Exchange
  ) async throws -> Outcome {
    let id = first.id
    var task = first
    while !task.phase.isFinal {
      let rings = taskBell.rings
      guard let now = try await tasks.task(id, of: caller.connectionID) else {
        throw ProtocolError.invalidParams("there is no such task, or not any more")
      }
      task = now
      if Task.isCancelled { return .error(ProtocolError(.internal, "Internal error: stopped waiting")) }
      if task.phase == .asking, let conversation = exchange.conversation {
        try await ask(task, tasks, conversation)
      } else if !task.phase.isFinal {
        await taskBell.wait(since: rings)
      }
    }
    if let error = task.error {
      let code = error["code"]?.integer.flatMap { ProtocolError.Code(rawValue: Int($0)) } ?? .internal
      return .error(ProtocolError(code, error["message"]?.string ?? "Internal error", data: error["data"]))
    }
    let result =
      task.result
      ?? TaskCalls.json(
        .failure("cancelled", task.message ?? "It was cancelled.", hint: "Nothing more comes of it."))
    let meta: JSONObject = ["_meta": [TaskNames.related: ["taskId": .string(id)]]]
    return .result(Array(result.dropFirst().dropLast()) + Array(",".utf8) + Reply.members(meta))
  }

  /// Asks the client what a task asks, and gives it the answers.
  private func ask(
    _ task: StoredTask, _ tasks: TaskStore, _ conversation: RequestConversation
  ) async throws {
    let questions = task.requests.members.compactMap { key, request in
      Question(key, request, meta: [TaskNames.related: ["taskId": .string(task.id)]])
    }
    do throws(Interruption) {
      let answers = try await conversation.ask(questions)
      let given = JSONObject(answers.map { ($0.key, .object($0.value.object)) })
      do { _ = try await tasks.answer(task.id, of: task.connectionID, given) } catch {
        taskTrouble(error)
        throw Interruption.unanswered
      }
    } catch {
      throw ProtocolError(.legacyServerError, ToolResult(error).text)
    }
  }
}
