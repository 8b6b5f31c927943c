package import Authentication
package import Governance
internal import JSON
package import Tasks
package import Telemetry
package import Tools
package import World

/// What tasks do: calls of tools, later, as the one who asked, through the same governance as every call.
///
///     taken ─► Caller as they stand now ─► Permit ─► intent on record ─► tool ─► on record ─► outcome kept
///
/// Whether the call may become a task was asked when it did; that the sign-in was fresh then is good enough.
package struct TaskCalls: Sendable {
  private let governor: Governor
  private let catalogue: @Sendable () -> ToolCatalogue
  private let operations: OperationCatalogue
  private let audit: AuditLog
  private let callers: @Sendable (_ connectionID: String) async throws -> Caller?
  private let world: World
  private let log: Log

  /// - Parameters:
  ///   - catalogue: the tools that there are now.
  ///   - callers: who stands behind a connection now; nil for one that has no standing any more.
  package init(
    governor: Governor, catalogue: @escaping @Sendable () -> ToolCatalogue, operations: OperationCatalogue,
    audit: AuditLog, callers: @escaping @Sendable (_ connectionID: String) async throws -> Caller?,
    world: World, log: Log
  ) {
    self.governor = governor
    self.catalogue = catalogue
    self.operations = operations
    self.audit = audit
    self.callers = callers
    self.world = world
    self.log = log
  }

  /// For a worker.
  package var trade: TaskWorker.Trade {
    TaskWorker.Trade(
      perform: { task, note in await perform(task, note) },
      outcome: { task in try await outcome(of: task) },
      isRepeatable: { work in tool(of: work)?.definition.effect == .reads })
  }

  private func tool(of work: StoredTask.Work) -> (any Tool)? {
    switch work {
    case .call(let name): catalogue()[name]
    case .operation(let name): operations[name]?.tool
    }
  }

  private func perform(_ task: StoredTask, _ note: TaskProgress) async -> TaskEnding {
    do {
      guard let caller = try await callers(task.connectionID), caller.userID == task.userID else {
        return try await refused(task, "The connection has no standing any more.")
      }
      guard let tool = tool(of: task.work) else {
        return try await failed(task, caller, "tool_not_there", "The tool is not there any more.")
      }
      let admission = await governor.admit(
        caller, tool.definition, task.arguments, hasSignedIn: true, mayWait: task.work.mayWait)
      switch consume admission {
      case .permitted(let permit): return try await run(task, tool, permit, caller, note)
      case .denied(let denial):
        let refusal = try await failed(task, caller, ToolResult(denial), denial)
        // Where waiting helps, a task is there to wait.
        guard let wait = denial.wait, world.now + wait < task.expiresAt else { return refusal }
        return .later(world.now + wait, message: "Waits: \(denial.reason)")
      case .misfit(let error):
        return try await failed(task, caller, ToolResult(error, tool: task.work.name))
      case .insufficientScope:
        return try await failed(task, caller, "insufficient_scope", "The connection lacks the scope by now.")
      case .insufficientAuthentication:
        return try await failed(
          task, caller, "insufficient_user_authentication", "The person has to sign in anew.")
      case .waiting(let request):
        return .waits(approvalID: request.id, until: request.expiresAt, message: Self.waiting(request))
      }
    } catch {
      log.error("a task could not be run", ["task": .string(task.id), "reason": .string("\(error)")])
      return .error([
        "code": -32603, "message": "Internal error: this can't be put on record or looked up just now",
      ])
    }
  }

  private func run(
    _ task: StoredTask, _ tool: any Tool, _ permit: consuming Permit, _ caller: Caller, _ note: TaskProgress
  ) async throws -> TaskEnding {
    var entry = entry(.request, task, caller)
    entry.model = permit.call.model.map(AuditEntry.bounded)
    entry.policy = permit.policy
    entry.payload = AuditPayload(arguments: .object(task.arguments))
    let reservation = permit.reservation
    do { try await audit.append(entry) } catch {
      // What can't be put on record isn't done.
      await governor.giveBack(reservation)
      throw error
    }
    let began = world.now
    let ending: TaskEnding
    var isRound = false
    do throws(Interruption) {
      let result =
        if let tool = tool as? any ConversingTool {
          try await tool.call(permit, in: TaskConversation(task, note))
        } else { await tool.call(permit) }
      if result.isError { entry.code = AuditEntry.bounded(result.structured["code"]?.string ?? "error") }
      entry.payload?.result = result.onRecord
      ending = .result(Self.json(result), isError: result.isError)
    } catch {
      ending = Self.ending(error, task, &entry)
      if case .inputRequired = error { isRound = true }
    }
    // A round that only asks is no call: the one that has the answers counts.
    if isRound { await governor.giveBack(reservation) }
    entry.kind = .response
    entry.time = world.now
    entry.duration = max(.zero, entry.time - began)
    try await audit.append(entry)
    return ending
  }

  /// What became of the approval that a task follows.
  private func outcome(of task: StoredTask) async throws -> TaskEnding? {
    guard let id = task.approvalID, let request = try await governor.approvals.request(id) else {
      return .cancelled(message: "The request that it waited for is not there any more.", result: nil)
    }
    guard request.status.isFinal else { return nil }
    try await governor.approvals.noteFetched(id)
    let result = ApprovalAnswer.result(request)
    switch request.status {
    case .done, .failed: return .result(Self.json(result), isError: result.isError)
    default:
      var words = result.structured["message"]?.string ?? result.text
      if let proposal = request.proposal { words += " The approver would agree to: \(proposal)" }
      return .cancelled(message: words, result: Self.json(result))
    }
  }

  /// What a client is told of a call that waits for a person.
  static func waiting(_ request: ApprovalRequest) -> String {
    "Waits for a person to agree: \(request.summary) (\(request.id))"
  }

  // MARK: Endings

  private static func ending(
    _ interruption: Interruption, _ task: StoredTask, _ entry: inout AuditEntry
  ) -> TaskEnding {
    switch interruption {
    case .inputRequired(let questions):
      entry.code = "input_required"
      return .asks(
        JSONObject(
          questions.map { question in
            (question.key, ["method": .string(question.method), "params": .object(question.params)])
          }))
    case .unsupported(let capabilities) where Revision(rawValue: task.revision)?.isModern == true:
      let error = ProtocolError.missing(capabilities)
      entry.code = "\(error.code.rawValue)"
      return .error(error.object)
    case .cancelled:
      entry.code = "cancelled"
      return .cancelled(message: "It was stopped.", result: nil)
    case .unsupported, .failed, .unanswered:
      let result = ToolResult(interruption)
      entry.code = result.structured["code"]?.string
      return .result(json(result), isError: true)
    }
  }

  /// A `CallToolResult`, but for what the newer revision adds.
  static func json(_ result: ToolResult) -> [UInt8] {
    [UInt8(ascii: "{")] + ToolAnswer(result, .november2025).members + [UInt8(ascii: "}")]
  }

  private func entry(_ kind: AuditEntry.Kind, _ task: StoredTask, _ caller: Caller?) -> AuditEntry {
    var entry =
      caller.map { AuditEntry(time: world.now, kind: kind, method: "task/run", caller: $0) }
      ?? AuditEntry(time: world.now, kind: kind, method: "task/run", address: "")
    if caller == nil {
      entry.userID = task.userID
      entry.connectionID = task.connectionID
    }
    entry.tool = AuditEntry.bounded(task.work.name)
    entry.rule = task.id
    return entry
  }

  private func refused(_ task: StoredTask, _ reason: String) async throws -> TaskEnding {
    var entry = entry(.refusal, task, nil)
    entry.code = "connection_ended"
    try await audit.append(entry)
    return .cancelled(message: reason, result: nil)
  }

  private func failed(
    _ task: StoredTask, _ caller: Caller, _ code: String, _ sentence: String
  ) async throws -> TaskEnding { try await failed(task, caller, .failure(code, sentence)) }

  /// What the call would have been answered with: a refusal that a model can read.
  private func failed(
    _ task: StoredTask, _ caller: Caller, _ result: ToolResult, _ denial: Denial? = nil
  ) async throws -> TaskEnding {
    var entry = entry(.refusal, task, caller)
    entry.code = result.structured["code"]?.string
    entry.rule = denial?.rule ?? task.id
    entry.policy = denial?.policy
    entry.payload = AuditPayload(arguments: .object(task.arguments))
    entry.payload?.result = result.onRecord
    try await audit.append(entry)
    return .result(Self.json(result), isError: true)
  }
}

extension StoredTask.Work {
  /// An operation runs by another tool's rules, and nobody could approve that tool's call in its place.
  fileprivate var mayWait: Bool { if case .call = self { true } else { false } }
}

extension Denial {
  /// How long a task waits before it is admitted anew; nil where that would not help.
  fileprivate var wait: Duration? { retryAfter ?? (self == .closed ? .seconds(30) : nil) }
}
