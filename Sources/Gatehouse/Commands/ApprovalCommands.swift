internal import Accounts
internal import Governance
internal import JSON
internal import Storage
internal import World

/// `gatehouse approval …`: calls that wait for a person.
struct ApprovalCommands {
  private let call: Invocation
  private let terminal: Terminal

  init(_ call: Invocation, _ terminal: Terminal) {
    self.call = call
    self.terminal = terminal
  }

  private func approvals() async throws -> (House, Approvals) {
    let house = try await House(call.settings, world: .live, log: .command(call.settings))
    let configuration = try call.settings.governance()
    return (
      house,
      Approvals(
        store: house.store, world: house.world, lifetime: configuration.approvalLifetime,
        allowsOwn: configuration.allowsOwnApproval)
    )
  }

  func list() async throws {
    let (house, approvals) = try await approvals()
    let status = try call.arguments["status"].map { word throws(CommandError) in
      guard let status = ApprovalRequest.Status(rawValue: word) else {
        throw .usage(
          "--status takes \(ApprovalRequest.Status.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return status
    }
    for request in try await approvals.list(status) { try await print(request, house) }
  }

  func show() async throws {
    let (house, approvals) = try await approvals()
    let id = try call.arguments.one("approval request")
    guard let request = try await approvals.request(id) else { throw Self.unknown(id) }
    try await print(request, house)
  }

  func approve() async throws { try await decide(.approve) }

  func reject() async throws {
    let proposal = try call.arguments["proposal"].map { text throws(CommandError) in
      do {
        guard let object = try JSONValue(parsing: text).object else { throw JSONError.malformed }
        return object
      } catch { throw .usage("--proposal takes a JSON object: \(error)") }
    }
    try await decide(.reject(reason: call.arguments["reason"], proposal: proposal))
  }

  /// Who has the keys and the database decides as whom they say: the audit log names them.
  private func decide(_ verdict: Approvals.Verdict) async throws {
    let id = try call.arguments.one("approval request")
    let login = try call.arguments.required("as")
    let (house, approvals) = try await approvals()
    let user = try await house.user(login)
    do {
      let request = try await approvals.decide(id, verdict, by: user) { request, transaction in
        try AuditLog.append(
          house.act(
            request.status == .approved ? "approval.approve" : "approval.reject", userID: user.id,
            connectionID: request.connectionID, of: id), in: transaction)
      }
      try await print(request, house)
    } catch let error as Approvals.DecisionError {
      switch error {
      case .unknown: throw Self.unknown(id)
      case .notAllowed:
        throw CommandError.failure(
          "'\(login)' may not decide on it",
          hint: "the approver of its connection may, or an administrator who did not ask for it")
      case .alreadyDecided(let status):
        throw CommandError.failure("it is \(status.rawValue) already", hint: nil)
      }
    }
  }

  private static func unknown(_ id: String) -> CommandError {
    .failure("there is no approval request '\(id)'", hint: "gatehouse approval list")
  }

  private func print(_ request: ApprovalRequest, _ house: House) async throws {
    let requester = try await house.users.user(id: request.requesterID)?.login ?? ""
    guard call.wantsJSON else {
      terminal.print(
        "\(request.id)\t\(request.status.rawValue)\t\(requester)\t\(request.createdAt.rfc3339)\t\(request.summary.asField)"
      )
      return
    }
    terminal.print(
      JSONValue.object([
        "request_id": .string(request.id), "status": .string(request.status.rawValue),
        "summary": .string(request.summary), "tool": .string(request.tool),
        "arguments": .object(request.arguments), "requester": .string(requester),
        "connection_id": .string(request.connectionID), "rule": .string(request.rule),
        "policy": request.policy.map { .string($0) } ?? .null,
        "created_at": .string(request.createdAt.rfc3339), "expires_at": .string(request.expiresAt.rfc3339),
        "reason": request.reason.map { .string($0) } ?? .null,
        "outcome_is_error": request.outcome.map { .bool($0.isError) } ?? .null,
      ]).text)
  }
}
