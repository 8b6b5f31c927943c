package import JSON
internal import Storage
package import World

/// Work that was asked for and is done apart from the request that asked, as its row has it.
package struct StoredTask: Sendable, Identifiable {
  /// What is to be done.
  package enum Work: Sendable, Equatable {
    /// A call of a tool of the catalogue.
    case call(tool: String)
    /// An operation of the allow list, which only tasks do.
    case operation(String)

    /// What it is called in lists.
    package var name: String {
      switch self {
      case .call(let name), .operation(let name): name
      }
    }

    var kind: String { if case .call = self { "call" } else { "operation" } }
  }

  /// Where it is, for us.
  package enum Phase: String, Sendable, CaseIterable {
    /// It waits for its turn.
    case queued
    case running
    /// It waits for answers of its client.
    case asking
    /// It waits for a person to agree, and is done by what runs approved calls.
    case approval
    case completed
    case failed
    case cancelled

    /// Whether nothing more will happen.
    package var isFinal: Bool { self == .completed || self == .failed || self == .cancelled }

    /// Where it is, in the words of the protocol.
    package var status: Status {
      switch self {
      case .queued, .running, .approval: .working
      case .asking: .inputRequired
      case .completed: .completed
      case .failed: .failed
      case .cancelled: .cancelled
      }
    }
  }

  /// `TaskStatus` of both task protocols.
  package enum Status: String, Sendable, CaseIterable {
    case working
    case inputRequired = "input_required"
    case completed, failed, cancelled
  }

  package let id: String
  package let userID: Int64
  package let connectionID: String
  package let work: Work
  /// As they were when it was asked for.
  package let arguments: JSONObject
  /// The protocol's revision in which it was asked for; empty for none.
  package let revision: String
  /// What its client said that it can be asked.
  package let capabilities: JSONObject
  /// What the client has answered, by the questions' keys.
  package let answers: JSONObject
  /// What the client has to answer, by the questions' keys: each a method and its params.
  package let requests: JSONObject
  package let phase: Phase
  /// What it is at, or why it is over; for people and models.
  package let message: String?
  package let createdAt: Instant
  package let updatedAt: Instant
  /// When it is forgotten, with its result.
  package let expiresAt: Instant
  /// The request that a person decides on; nil for none.
  package let approvalID: String?
  /// How often it was begun.
  package let attempts: Int
  /// What the work gave: the JSON of a `CallToolResult`. Lists leave it out.
  package let result: [UInt8]?
  /// The JSON-RPC error that the work ended with, in place of a result.
  package let error: JSONObject?
  /// Whether the result is one of `isError`.
  package let isError: Bool

  package var status: Status { phase.status }
  /// From its creation to its end, results and all.
  package var lifetime: Duration { expiresAt - createdAt }

  static let columns: SQL = "\(facts), t.result"
  /// All but the result, which may be long.
  static let columnsOfLists: SQL = "\(facts), NULL"
  private static let facts: SQL =
    """
    t.id, t.account_id, t.connection_id, t.kind, t.name, t.arguments, t.revision, t.capabilities, t.answers, \
    t.requests, t.phase, t.message, t.created_at, t.updated_at, t.expires_at, t.approval_id, t.attempts, t.error, \
    t.is_error
    """

  /// - Throws: `StorageError` for a row that can't be read.
  init(_ row: Row) throws(StorageError) {
    let unreadable = StorageError(.damaged, "task \(row.text(0)) can't be read")
    func object(_ column: Int) throws(StorageError) -> JSONObject? {
      guard let bytes = row.optionalBytes(column) else { return nil }
      do { if let object = try JSONValue(parsing: bytes).object { return object } } catch {}
      throw unreadable
    }
    guard let phase = Phase(rawValue: row.text(10)), let arguments = try object(5) else { throw unreadable }
    id = row.text(0)
    userID = row.integer(1)
    connectionID = row.text(2)
    work = row.text(3) == "call" ? .call(tool: row.text(4)) : .operation(row.text(4))
    self.arguments = arguments
    revision = row.text(6)
    capabilities = try object(7) ?? JSONObject()
    answers = try object(8) ?? JSONObject()
    requests = try object(9) ?? JSONObject()
    self.phase = phase
    message = row.optionalText(11)
    createdAt = row.instant(12)
    updatedAt = row.instant(13)
    expiresAt = row.instant(14)
    approvalID = row.optionalText(15)
    attempts = Int(row.integer(16))
    error = try object(17)
    isError = row.bool(18)
    result = row.optionalBytes(19)
  }
}

/// What a run of a task came to.
package enum TaskEnding: Sendable {
  /// - Parameter result: the JSON of a `CallToolResult`.
  case result([UInt8], isError: Bool)
  /// - Parameter error: of JSON-RPC, with its code and message.
  case error(JSONObject)
  /// The client has to answer first; then it is run again from its start.
  ///
  /// - Parameter requests: by their keys, each a method and its params.
  case asks(JSONObject)
  /// A person has to agree first, and it is done elsewhere then.
  case waits(approvalID: String, until: Instant, message: String)
  /// It may not be done yet: it waits for its turn again, until then at least.
  case later(Instant, message: String)
  /// It stopped, because it was told to or may not go on.
  ///
  /// - Parameter result: what the call answers nevertheless, which is an error of the tool's kind.
  case cancelled(message: String, result: [UInt8]?)
}
