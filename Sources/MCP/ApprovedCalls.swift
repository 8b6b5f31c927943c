package import Authentication
package import Governance
internal import JSON
package import Telemetry
package import Tools
package import World

/// Runs what people have approved: once, at once, as the one who asked, through the same governance as every call.
///
///     approval ─► taken ─► Caller as they stand now ─► Permit ─► intent on record ─► tool ─► outcome kept
package struct ApprovedCalls: Sendable {
  private let approvals: Approvals
  private let governor: Governor
  private let catalogue: ToolCatalogue
  private let audit: AuditLog
  private let callers: Authenticator
  private let world: World
  private let log: Log

  /// How often it looks for what another process approved.
  package static let interval: Duration = .seconds(1)

  package init(
    governor: Governor, catalogue: ToolCatalogue, audit: AuditLog, callers: Authenticator, world: World,
    log: Log
  ) {
    approvals = governor.approvals
    self.governor = governor
    self.catalogue = catalogue
    self.audit = audit
    self.callers = callers
    self.world = world
    self.log = log
  }

  /// Runs everything that is approved now.
  ///
  /// - Returns: how many calls ran or failed.
  package func runAll() async throws -> Int {
    let abandoned = try await approvals.abandon()
    if abandoned > 0 { log.warning("approved calls were cut off", ["count": .integer(abandoned)]) }
    var count = 0
    while let request = try await approvals.take() {
      try await run(request)
      count += 1
    }
    return count
  }

  private func run(_ request: ApprovalRequest) async throws {
    guard let caller = try await callers.caller(approvedOn: request.connectionID),
      caller.userID == request.requesterID
    else { return try await fail(request, "the connection has no standing any more", nil) }
    guard let tool = catalogue[request.tool] else {
      return try await fail(request, "the tool is not there any more", caller)
    }
    switch await governor.admit(caller, tool.definition, request.arguments, isApproved: true) {
    case .permitted(let permit):
      var entry = AuditEntry(time: world.now, kind: .request, method: "approval/run", caller: caller)
      entry.tool = AuditEntry.bounded(request.tool)
      entry.model = permit.call.model.map(AuditEntry.bounded)
      entry.policy = permit.policy
      entry.rule = request.id
      entry.payload = AuditPayload(arguments: .object(request.arguments))
      // What is about to be done is on record before it is.
      try await audit.append(entry)
      let result = await tool.call(permit)
      entry.kind = .response
      entry.time = world.now
      if result.isError { entry.code = AuditEntry.bounded(result.structured["code"]?.string ?? "error") }
      entry.payload?.result = result.onRecord
      try await audit.append(entry)
      try await approvals.finish(
        request.id, .done, content: result.structured, text: result.text, isError: result.isError)
    case .denied(let denial): try await fail(request, denial.reason, caller, denial)
    case .misfit(let error): try await fail(request, "the arguments don't fit any more: \(error)", caller)
    case .insufficientScope: try await fail(request, "the connection lacks the scope", caller)
    case .insufficientAuthentication: try await fail(request, "the person has to sign in anew", caller)
    case .waiting: try await fail(request, "it needs another approval", caller)
    }
  }

  private func fail(
    _ request: ApprovalRequest, _ reason: String, _ caller: Caller?, _ denial: Denial? = nil
  ) async throws {
    var entry =
      caller.map { AuditEntry(time: world.now, kind: .refusal, method: "approval/run", caller: $0) }
      ?? AuditEntry(time: world.now, kind: .refusal, method: "approval/run", address: "")
    entry.tool = AuditEntry.bounded(request.tool)
    entry.code = denial?.code ?? "approval_failed"
    entry.rule = denial?.rule ?? request.id
    entry.policy = denial?.policy
    try await audit.append(entry)
    try await approvals.finish(request.id, .failed, content: [:], text: "", isError: true, reason: reason)
  }
}
