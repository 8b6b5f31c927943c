internal import Authentication
internal import Governance
internal import JSON
internal import Tasks
internal import Tools
internal import World

/// Whether a call is to become a task.
enum TaskWish: Sendable, Equatable {
  /// It is answered at once.
  case never
  /// It is answered at once, unless it waits for a person.
  case ifItWaits
  /// It becomes one.
  ///
  /// - Parameter lifetime: how long the client wants it kept; nil for as long as we do.
  case always(lifetime: Duration?)

  var isCertain: Bool { if case .always = self { true } else { false } }
}

extension ToolDefinition.TaskSupport {
  /// `execution.taskSupport` of 2025-11-25; nil is `forbidden`, its default.
  var word: String? {
    switch self {
    case .forbidden: nil
    case .allowed, .preferred: "optional"
    case .required: "required"
    }
  }
}

extension MCPEndpoint {
  /// What becomes of a call, by what the client asked for or can take and what the tool is.
  func taskWish(
    _ tool: ToolDefinition, _ params: JSONObject, _ revision: Revision, _ client: Client
  ) throws(ProtocolError) -> TaskWish {
    guard configuration.tasks != nil else { return .never }
    switch revision {
    case .july2026:
      // ext-tasks, "Capability Negotiation": a server MUST NOT return a task to a client that did not include the
      // extension capability on its request. The server alone decides; a `task` of older clients says nothing.
      guard client.knowsTasks else {
        guard tool.taskSupport != .required else { throw .missing(Self.taskCapability) }
        return .never
      }
      switch tool.taskSupport {
      case .preferred, .required: return .always(lifetime: nil)
      case .allowed, .forbidden: return .ifItWaits
      }
    case .november2025:
      switch params["task"] {
      case nil, .null?:
        // 2025-11-25 Tasks, "Tool-Level Negotiation": servers MUST answer so.
        guard tool.taskSupport != .required else {
          throw ProtocolError(.methodNotFound, "Method not found: '\(tool.name)' has to be called as a task")
        }
        return .never
      case .object(let wanted)?:
        guard tool.taskSupport != .forbidden else {
          throw ProtocolError(.methodNotFound, "Method not found: '\(tool.name)' can't be called as a task")
        }
        return .always(lifetime: try Self.lifetime(wanted["ttl"]))
      default: throw .invalidParams("'task' must be an object")
      }
    case .november2024, .march2025, .june2025:
      guard tool.taskSupport != .required else {
        throw ProtocolError(
          .methodNotFound, "Method not found: '\(tool.name)' has to be called as a task, since 2025-11-25")
      }
      return .never
    }
  }

  /// What a client may say of how long it wants a task kept; the store bounds it.
  private static func lifetime(_ value: JSONValue?) throws(ProtocolError) -> Duration? {
    switch value {
    case nil, .null?: return nil
    default:
      guard let milliseconds = value?.number, milliseconds > 0, milliseconds.isFinite else {
        throw .invalidParams("'task.ttl' must be a number of milliseconds")
      }
      return .milliseconds(Int64(min(milliseconds.rounded(.up), 1e12)))
    }
  }

  /// Makes a task of a call that nothing stands against, or of one that a person has to agree to.
  ///
  /// - Throws: `Denial` when there is no room for one: then there is none.
  func makeTask(
    _ work: StoredTask.Work, _ arguments: JSONObject, answers: JSONObject = [:], _ wish: TaskWish,
    approval: ApprovalRequest? = nil, _ caller: Caller, _ revision: Revision, _ exchange: Exchange,
    _ entry: inout AuditEntry
  ) async throws(Denial) -> Outcome {
    guard let tasks = configuration.tasks else { throw .noTasksNow }
    // It is counted as a call when it runs; to ask for it is a request.
    if let denial = await governor.admit(caller, method: "tools/call") { throw denial }
    var draft = TaskStore.Draft(userID: caller.userID, connectionID: caller.connectionID, work, arguments)
    draft.revision = revision.rawValue
    draft.capabilities = exchange.client.capabilities.object ?? JSONObject()
    draft.answers = answers
    if case .always(let lifetime) = wish { draft.lifetime = lifetime }
    if let approval {
      draft.approval = (approval.id, approval.expiresAt)
      draft.message = TaskCalls.waiting(approval)
    }
    let task: StoredTask
    do { task = try await tasks.submit(draft) } catch let refusal as TaskStore.Refusal {
      throw Denial(refusal)
    } catch {
      taskTrouble(error)
      throw .noTasksNow
    }
    if approval == nil { entry.rule = task.id }
    return .result(Self.created(task, revision) + tail(revision))
  }

  /// `CreateTaskResult`.
  private static func created(_ task: StoredTask, _ revision: Revision) -> [UInt8] {
    guard !revision.isModern else {
      return Array(#""resultType":"task","#.utf8) + Reply.members(task.modernObject)
    }
    let words = task.message ?? "It is being done. The task \(task.id) will have the result."
    return Reply.members(["task": .object(task.olderObject), "_meta": [TaskNames.immediate: .string(words)]])
  }
}

extension Denial {
  static let noTasksNow = Denial(
    rule: "(tasks)", code: "temporarily_unavailable",
    reason: "No task can be kept just now, so nothing was done. Try again in a moment.",
    retryAfter: .seconds(5))

  init(_ refusal: TaskStore.Refusal) {
    switch refusal {
    case .tooManyLive(let most):
      self.init(
        rule: "(tasks)", code: "too_many_tasks",
        reason: "This connection has \(most) tasks that have not ended. Wait for one, or cancel one.")
    case .tooMuchKept:
      self.init(
        rule: "(tasks)", code: "too_many_results",
        reason:
          "This connection keeps as many results as it may. Each is forgotten an hour after its task's end.")
    }
  }
}
