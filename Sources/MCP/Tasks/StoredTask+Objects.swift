internal import JSON
internal import Tasks
internal import World

/// Names that the task protocols reserve.
enum TaskNames {
  /// The extension of 2026-07-28.
  static let `extension` = "io.modelcontextprotocol/tasks"
  /// What every message of a task but those about it carries in `_meta` (2025-11-25).
  static let related = "io.modelcontextprotocol/related-task"
  /// What a host may tell its model at once (2025-11-25).
  static let immediate = "io.modelcontextprotocol/model-immediate-response"
  /// How often a client may ask; those of a connection that makes 60 requests a minute have some left then.
  static let pollInterval = Duration.seconds(2)
}

/// Tasks in the words of the two protocols that have them.
extension StoredTask {
  /// `Task` of the extension of 2026-07-28.
  var modernObject: JSONObject {
    var object = beginning(status)
    object["ttlMs"] = .integer(lifetime.wholeMicroseconds / 1000)
    object["pollIntervalMs"] = .integer(TaskNames.pollInterval.wholeMicroseconds / 1000)
    return object
  }

  /// `DetailedTask` of the extension, without its braces: with the result, the error or the questions.
  var detailedMembers: [UInt8] {
    var object = modernObject
    switch status {
    case .inputRequired: object["inputRequests"] = .object(requests)
    case .failed: object["error"] = .object(error ?? ["code": -32603, "message": "Internal error"])
    case .working, .completed, .cancelled: break
    }
    var bytes = Reply.members(object)
    if status == .completed, let result {
      bytes += Array(#","result":{"resultType":"complete","#.utf8) + result.dropFirst()
    }
    return bytes
  }

  /// `Task` of 2025-11-25.
  var olderObject: JSONObject {
    // "For tool calls specifically, this includes cases where the tool call result has isError set to true."
    var object = beginning(status == .completed && isError ? .failed : status)
    object["ttl"] = .integer(lifetime.wholeMicroseconds / 1000)
    object["pollInterval"] = .integer(TaskNames.pollInterval.wholeMicroseconds / 1000)
    return object
  }

  private func beginning(_ status: Status) -> JSONObject {
    var object: JSONObject = ["taskId": .string(id), "status": .string(status.rawValue)]
    if let words { object["statusMessage"] = .string(words) }
    object["createdAt"] = .string(createdAt.rfc3339)
    object["lastUpdatedAt"] = .string(updatedAt.rfc3339)
    return object
  }

  /// What people and models are told of where it is.
  private var words: String? {
    if let message { return message }
    switch phase {
    case .queued: return "Waits for its turn."
    case .running: return "Is being done."
    case .asking: return "Waits for answers: \(requests.members.map(\.name).joined(separator: ", "))."
    case .approval: return "Waits for a person to agree."
    case .completed: return isError ? "The tool answered with an error." : nil
    case .failed, .cancelled: return nil
    }
  }
}
