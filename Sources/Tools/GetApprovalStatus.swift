internal import Authentication
package import Governance
internal import JSON
internal import World

/// Tool 52, `get_approval_status`: what became of a call that waits for a person.
package struct GetApprovalStatus: Tool {
  private let approvals: Approvals

  package init(_ approvals: Approvals) { self.approvals = approvals }

  package let definition = ToolDefinition(
    name: "get_approval_status", title: "Get approval status",
    description: """
      Tells what became of a call that answered pending_approval: whether a person has decided, and what it came to. \
      Ask again after a while as long as the status is pending, approved or running; don't make the call again \
      meanwhile. You see the requests of your own connection alone.
      """,
    category: .read, group: .read, risk: .low, effect: .reads,
    parameters: [
      .required("request_id", .string(length: 1...64), "As pending_approval gave it, such as apr_4kZ…")
    ],
    results: ApprovalAnswer.results, view: AppViews.approval, taskSupport: .forbidden)

  package func call(_ permit: consuming Permit) async -> ToolResult {
    let (caller, id) = (permit.caller, permit.call.arguments["request_id"]?.string ?? "")
    do {
      // Somebody else's request is none.
      guard let request = try await approvals.request(id), request.connectionID == caller.connectionID else {
        return .failure(
          "unknown_request", "There is no approval request '\(id.prefix(64))' of this connection.",
          hint: "Use the request_id of the pending_approval answer.")
      }
      return ToolResult(ApprovalAnswer.members(request), text: ApprovalAnswer.sentence(request))
    } catch {
      return .failure("temporarily_unavailable", "The request can't be looked up just now.")
    }
  }
}

/// An approval request in the words of tools.
package enum ApprovalAnswer {
  static let results: [Parameter] = [
    .required("request_id", .text, ""),
    .required("status", .choice(ApprovalRequest.Status.allCases.map(\.rawValue)), ""),
    .required("summary", .text, "What was asked for"), .required("tool", .text, ""),
    .required("expires_at", .text, "Until when somebody may decide, RFC 3339"),
    .required("reason", .either([.text, .null]), "Why it was rejected, expired or failed"),
    .required("proposal", .either([.object, .null]), "Arguments that the approver would agree to"),
    .required("outcome", .either([.object, .null]), "What the call came to, once it has run"),
    .required("outcome_is_error", .either([.boolean, .null]), ""),
  ]

  static func members(_ request: ApprovalRequest) -> JSONObject {
    [
      "request_id": .string(request.id), "status": .string(request.status.rawValue),
      "summary": .string(request.summary), "tool": .string(request.tool),
      "expires_at": .string(request.expiresAt.rfc3339),
      "reason": request.reason.map { .string($0) } ?? .null,
      "proposal": request.proposal.map { .object($0) } ?? .null,
      "outcome": request.outcome.map { .object($0.content) } ?? .null,
      "outcome_is_error": request.outcome.map { .bool($0.isError) } ?? .null,
    ]
  }

  static func sentence(_ request: ApprovalRequest) -> String {
    switch request.status {
    case .pending: "Nobody has decided yet on: \(request.summary)."
    case .approved, .running: "It was approved and is being done: \(request.summary)."
    case .done: "It was approved and done: \(request.summary). \(request.outcome?.text ?? "")"
    case .rejected: "It was rejected\(request.reason.map { ": \($0)" } ?? ".") Nothing was done."
    case .expired: "It has expired: \(request.reason ?? "nobody decided in time"). Nothing was done."
    case .failed: "It was approved, but not done: \(request.reason ?? "it failed")."
    }
  }

  /// The answer to the call itself: that it waits, or what it came to.
  package static func result(_ request: ApprovalRequest) -> ToolResult {
    if request.status == .done, let outcome = request.outcome {
      var result = ToolResult(outcome.content, text: outcome.text)
      result.isError = outcome.isError
      return result
    }
    let code =
      switch request.status {
      case .pending, .approved, .running: "pending_approval"
      case .rejected: "approval_rejected"
      case .expired: "approval_expired"
      case .failed, .done: "approval_failed"
      }
    return .failure(
      code, sentence(request),
      hint: request.status.isFinal
        ? "Tell the person. Don't make the same call again unless they ask for it."
        : "A person has to agree first. Tell yours, and ask get_approval_status with request_id \(request.id) later.",
      details: members(request))
  }
}
