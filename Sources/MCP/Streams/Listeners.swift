internal import JSON
internal import Synchronization

/// What one `subscriptions/listen` asked to hear of (2026-07-28 basic/patterns/subscriptions).
struct Interest: Sendable, Equatable {
  var tools = false
  var prompts = false
  var resources = false
  var uris: Set<String> = []
  /// Tasks (ext-tasks, "Task Status Notifications").
  var taskIDs: Set<String> = []

  /// More than these one stream doesn't follow.
  static let mostURIs = 256

  /// - Throws: -32602 for a filter that is none.
  init(_ params: JSONObject) throws(ProtocolError) {
    guard let filter = params["notifications"]?.object else {
      throw .invalidParams("'notifications' must be an object")
    }
    func flag(_ name: String) throws(ProtocolError) -> Bool {
      switch filter[name] {
      case nil, .null?: return false
      case .bool(let isWanted)?: return isWanted
      default: throw .invalidParams("'notifications.\(name)' must be true or false")
      }
    }
    tools = try flag("toolsListChanged")
    prompts = try flag("promptsListChanged")
    resources = try flag("resourcesListChanged")
    func names(_ name: String, _ what: String) throws(ProtocolError) -> Set<String> {
      switch filter[name] {
      case nil, .null?: return []
      case .array(let values)?:
        guard values.count <= Self.mostURIs else {
          throw .invalidParams("'notifications.\(name)' has more than \(Self.mostURIs) \(what)")
        }
        var found: Set<String> = []
        for value in values {
          guard let text = value.string, !text.isEmpty, text.utf8.count <= 4096 else {
            throw .invalidParams("'notifications.\(name)' must be an array of \(what)")
          }
          found.insert(text)
        }
        return found
      default: throw .invalidParams("'notifications.\(name)' must be an array of \(what)")
      }
    }
    uris = try names("resourceSubscriptions", "URIs")
    taskIDs = try names("taskIds", "ids")
  }

  /// The subset that was agreed to, as the acknowledgment has it: what is not honoured is left out.
  var object: JSONObject {
    var object = JSONObject()
    if tools { object["toolsListChanged"] = true }
    if prompts { object["promptsListChanged"] = true }
    if resources { object["resourcesListChanged"] = true }
    if !uris.isEmpty { object["resourceSubscriptions"] = .array(uris.sorted().map { .string($0) }) }
    if !taskIDs.isEmpty { object["taskIds"] = .array(taskIDs.sorted().map { .string($0) }) }
    return object
  }

  func includes(_ change: Change) -> Bool {
    switch change {
    case .tools: tools
    case .prompts: prompts
    case .resources: resources
    case .resource(let uri): uris.contains(uri)
    }
  }
}

/// Who listens to changes by a stream of its own.
final class Listeners: Sendable {
  private struct Listener {
    let id: RequestID
    let interest: Interest
    let stream: EventStream
  }
  private let listeners = Mutex<[ObjectIdentifier: Listener]>([:])
  private let isEnding = Atomic(false)

  /// - Returns: false when the server ends: then nobody is told anything any more.
  func add(_ id: RequestID, _ interest: Interest, _ stream: EventStream) -> Bool {
    listeners.withLock {
      $0[ObjectIdentifier(stream)] = Listener(id: id, interest: interest, stream: stream)
      return !isEnding.load(ordering: .relaxed)
    }
  }

  func remove(_ stream: EventStream) { listeners.withLock { $0[ObjectIdentifier(stream)] = nil } }

  func tell(_ change: Change) {
    let told = listeners.withLock { $0.values.filter { $0.interest.includes(change) } }
    for listener in told { listener.stream.offer(change.message(to: listener.id)) }
  }

  /// The subscriptions that follow a task.
  func following(_ taskID: String) -> [(id: RequestID, stream: EventStream)] {
    listeners.withLock { listeners in
      listeners.values.filter { $0.interest.taskIDs.contains(taskID) }.map { ($0.id, $0.stream) }
    }
  }

  /// The server ends: every stream gets its result ("Graceful Closure").
  ///
  /// - Parameter more: members that every result has, each with a comma before it.
  func end(_ result: (RequestID) -> [UInt8]) {
    let all = listeners.withLock {
      isEnding.store(true, ordering: .relaxed)
      return Array($0.values)
    }
    for listener in all { listener.stream.finish(result(listener.id)) }
  }

  var count: Int { listeners.withLock { $0.count } }
}
