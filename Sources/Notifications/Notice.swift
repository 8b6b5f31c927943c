internal import JSON
internal import Storage
internal import World

/// One change of a request that nobody has been told of. Its arguments are not read: nobody is told them.
struct Notice: Sendable {
  let requestID: String
  /// What it became, and what it is by now.
  let status: String
  let presentStatus: String
  let summary: String
  let tool: String
  let createdAt: Instant
  let expiresAt: Instant
  let decidedAt: Instant?
  let decider: String?
  let reason: String?
  /// The named approver; one whose account is disabled is none.
  let approverID: Int64?
  let requesterID: Int64
  let requesterLogin: String
  let requesterName: String
  /// nil where there is none, or the person is disabled.
  let requesterAddress: String?
  let connectionID: String
  let connectionName: String

  /// The oldest notices that wait.
  static func next(_ limit: Int, _ transaction: Transaction) throws(StorageError) -> [Notice] {
    try transaction.run(
      """
      SELECT n.request_id, n.status, r.status, r.summary, r.tool, r.created_at, r.expires_at, r.decided_at, d.login,
        r.reason, (SELECT p.id FROM account p WHERE p.id = r.approver_id AND p.disabled_at IS NULL), r.requester_id, a.login, a.name,
        CASE WHEN a.disabled_at IS NULL THEN a.email END, c.id, c.name
      FROM approval_notice n LEFT JOIN approval_request r ON r.id = n.request_id
      LEFT JOIN account a ON a.id = r.requester_id LEFT JOIN account d ON d.id = r.decided_by
      LEFT JOIN connection c ON c.id = r.connection_id
      ORDER BY r.created_at, n.request_id,
        CASE n.status WHEN 'pending' THEN 0 WHEN 'approved' THEN 1 ELSE 2 END LIMIT \(limit)
      """
    ).map(Notice.init)
  }

  private init(_ row: Row) {
    requestID = row.text(0)
    status = row.text(1)
    presentStatus = row.text(2)
    summary = row.text(3)
    tool = row.text(4)
    createdAt = row.instant(5)
    expiresAt = row.instant(6)
    decidedAt = row.optionalInstant(7)
    decider = row.optionalText(8)
    reason = row.optionalText(9)
    approverID = row.optionalInteger(10)
    requesterID = row.integer(11)
    requesterLogin = row.text(12)
    requesterName = row.text(13)
    requesterAddress = row.optionalText(14)
    connectionID = row.text(15)
    connectionName = row.text(16)
  }

  /// The same for the same change, however often it is sent.
  var messageID: String { "msg_\(requestID)_\(status)" }

  /// What a program is told (Standard Webhooks, "Payload structure").
  func message(page: String, at now: Instant) -> JSONObject {
    let time =
      switch status {
      case "pending": createdAt
      case "approved", "rejected": decidedAt ?? now
      default: now
      }
    return [
      "type": .string("approval.\(status == "pending" ? "requested" : status)"),
      "timestamp": .string(time.rfc3339),
      "data": [
        "request_id": .string(requestID), "summary": .string(summary), "tool": .string(tool),
        "requester": .string(requesterLogin), "connection_id": .string(connectionID),
        "connection": .string(connectionName), "created_at": .string(createdAt.rfc3339),
        "expires_at": .string(expiresAt.rfc3339),
        "decided_by": decider.map { .string($0) } ?? .null,
        "reason": reason.map { .string($0) } ?? .null, "url": .string(page),
      ],
    ]
  }
}
