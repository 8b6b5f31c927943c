internal import Authentication
internal import JSON
internal import Synchronization
internal import Tasks

// How clients hear of their tasks without asking again and again.

extension StoredTask {
  /// `notifications/tasks` of the extension: what `tasks/get` would say.
  ///
  /// - Parameter subscription: the id of the `subscriptions/listen` that it goes to.
  func message(to subscription: RequestID) -> [UInt8] {
    let meta: JSONObject = ["_meta": ["io.modelcontextprotocol/subscriptionId": subscription.json]]
    return Array(#"{"jsonrpc":"2.0","method":"notifications/tasks","params":{"#.utf8) + Reply.members(meta)
      + Array(",".utf8) + detailedMembers + Array("}}".utf8)
  }

  /// `notifications/tasks/status` of 2025-11-25.
  var olderMessage: [UInt8] { Notification.text("notifications/tasks/status", olderObject) }
}

extension Listeners {
  /// Tells those who asked to hear of this task.
  func tell(_ task: StoredTask) {
    for (id, stream) in following(task.id) { stream.offer(task.message(to: id)) }
  }
}

extension Sessions {
  /// Tells the sessions of the task's connection.
  func tell(_ task: StoredTask) {
    for session in of(task.connectionID) where session.revision == .november2025 {
      session.general.offer(task.olderMessage)
    }
  }
}

extension MCPEndpoint {
  /// Those of the ids that are the caller's tasks; others don't exist.
  func tasks(_ ids: Set<String>, of caller: Caller) async -> [StoredTask] {
    guard let store = configuration.tasks else { return [] }
    var found: [StoredTask] = []
    for id in ids.sorted() {
      do { if let task = try await store.task(id, of: caller.connectionID) { found.append(task) } } catch {
        taskTrouble(error)
      }
    }
    return found
  }

  static let taskCapability: JSONObject = ["extensions": [TaskNames.extension: [:]]]
}

/// Wakes those who wait for a task, whenever one may have changed.
final class TaskBell: Sendable {
  private struct State {
    var rings = 0
    var last = 0
    var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
  }
  private let state = Mutex(State())

  /// How often it has rung: to be asked before looking at what it rings for.
  var rings: Int { state.withLock { $0.rings } }

  func ring() {
    let waiting = state.withLock { state in
      state.rings += 1
      defer { state.waiting = [:] }
      return state.waiting.values
    }
    for waiter in waiting { waiter.resume() }
  }

  /// Waits for the next ring, unless it has rung since, or until the caller's task is cancelled.
  func wait(since rings: Int) async {
    let number = state.withLock { state in
      state.last += 1
      return state.last
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isNow = state.withLock { state in
          guard state.rings == rings, !Task.isCancelled else { return true }
          state.waiting[number] = continuation
          return false
        }
        if isNow { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: number) }?.resume()
    }
  }
}
