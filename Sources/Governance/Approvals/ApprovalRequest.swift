package import JSON
internal import Storage
package import World

/// A call that waits for a person, with its arguments as they were when it was asked for: what is approved is what runs.
package struct ApprovalRequest: Sendable, Identifiable {
  package enum Status: String, Sendable, CaseIterable {
    /// Nobody has decided yet.
    case pending
    /// Somebody agreed; it has not begun to run.
    case approved
    case running
    /// It ran; the outcome is there.
    case done
    case rejected
    /// Nobody decided in time, or its connection was revoked.
    case expired
    /// It was approved and may not run any more, or it was cut off while it ran.
    case failed

    /// Whether nothing more will happen.
    package var isFinal: Bool { ![.pending, .approved, .running].contains(self) }
  }

  package let id: String
  /// What it would do, in plain English.
  package let summary: String
  package let tool: String
  package let arguments: JSONObject
  /// SHA-256 of the connection, the tool and the canonical arguments.
  package let digest: [UInt8]
  package let connectionID: String
  package let requesterID: Int64
  /// Who has to decide; nil is any administrator.
  package let approverID: Int64?
  /// The rule that asked for a person, …
  package let rule: String
  /// … and the policy that holds it, with its version.
  package let policy: String?
  package let status: Status
  package let createdAt: Instant
  package let expiresAt: Instant
  package let decidedAt: Instant?
  package let decidedBy: Int64?
  /// Why it was rejected, or why it failed.
  package let reason: String?
  /// Other arguments that the approver would agree to.
  package let proposal: JSONObject?
  /// The structured content of what it came to, and whether that is an error.
  package let outcome: (content: JSONObject, text: String, isError: Bool)?

  /// An approver whose account is disabled is none.
  static let columns: SQL =
    """
    r.id, r.summary, r.tool, r.arguments, r.digest, r.connection_id, r.requester_id, \
    (SELECT p.id FROM account p WHERE p.id = r.approver_id AND p.disabled_at IS NULL), r.rule, r.policy, \
    r.status, r.created_at, r.expires_at, r.decided_at, r.decided_by, r.reason, r.proposal, r.outcome, r.outcome_text, \
    r.outcome_is_error
    """

  /// - Throws: `StorageError` for a row that can't be read.
  init(_ row: Row) throws(StorageError) {
    func object(_ column: Int) throws(StorageError) -> JSONObject? {
      guard let bytes = row.optionalBytes(column) else { return nil }
      do { if let object = try JSONValue(parsing: bytes).object { return object } } catch {}
      throw StorageError(.damaged, "approval request \(row.text(0)) can't be read")
    }
    guard let status = Status(rawValue: row.text(10)), let arguments = try object(3) else {
      throw StorageError(.damaged, "approval request \(row.text(0)) can't be read")
    }
    id = row.text(0)
    summary = row.text(1)
    tool = row.text(2)
    self.arguments = arguments
    digest = row.bytes(4)
    connectionID = row.text(5)
    requesterID = row.integer(6)
    approverID = row.optionalInteger(7)
    rule = row.text(8)
    policy = row.optionalText(9)
    self.status = status
    createdAt = row.instant(11)
    expiresAt = row.instant(12)
    decidedAt = row.optionalInstant(13)
    decidedBy = row.optionalInteger(14)
    reason = row.optionalText(15)
    proposal = try object(16)
    outcome = try object(17).map { ($0, row.text(18), row.bool(19)) }
  }
}
