internal import Accounts
internal import AuthorizationServer
package import Governance
package import HTTP
internal import JSON
internal import OAuth
internal import Pages

/// The calls that wait for a person: a list, a page for each, and the decision.
package struct ApprovalPages: Sendable {
  private let pages: AccountPages
  private let approvals: Approvals

  package init(_ pages: AccountPages, approvals: Approvals) {
    self.pages = pages
    self.approvals = approvals
  }

  /// Where they are, below the issuer.
  package static let path = "/account/approvals"

  private var path: String { pages.issuer.path + Self.path }

  package var routes: [Route] {
    [
      Route(.get, path, handle: list), Route(.get, path + "/:id", handle: show),
      Route(.post, path + "/:id", handle: decide),
    ]
  }

  private func list(_ request: Request) async -> Response {
    await pages.signedIn(request, "approvals") { user, _ in try await list(for: user) }
  }

  private func list(for user: User, notice: String? = nil) async throws -> Response {
    var (waiting, others): ([ApprovalRow], [ApprovalRow]) = ([], [])
    for request in try await approvals.list(for: user) {
      let row = try await row(request)
      if request.status == .pending, approvals.mayDecide(user, request) {
        waiting.append(row)
      } else {
        others.append(row)
      }
    }
    return ApprovalsPage(waiting: waiting, others: others, accountPath: pages.account, notice: notice)
      .response()
  }

  private func show(_ request: Request) async -> Response {
    await pages.signedIn(request, "approval") { user, cookie in
      guard let found = try await visible(request, to: user) else { return unknown() }
      return try await page(found, user, cookie)
    }
  }

  private func decide(_ request: Request) async -> Response {
    await pages.form(request, "approval") { user, cookie, form in
      guard let found = try await visible(request, to: user) else { return unknown() }
      let verdict: Approvals.Verdict
      switch form["decision"] {
      case "approve": verdict = .approve
      case "reject": verdict = .reject(reason: form["reason"].map { String($0.prefix(500)) }, proposal: nil)
      default: return pages.server.problem.expiredForm()
      }
      do {
        let decided = try await approvals.decide(found.id, verdict, by: user)
        try await pages.events.record(
          Event(
            decided.status == .approved ? .callApproved : .callRejected, detail: decided.id, userID: user.id,
            connectionID: decided.connectionID, address: request.peer))
        return try await list(
          for: user, notice: decided.status == .approved ? Texts.approved : Texts.rejected)
      } catch let error as Approvals.DecisionError {
        switch error {
        case .unknown, .notAllowed: return unknown()
        case .alreadyDecided:
          guard let present = try await approvals.request(found.id) else { return unknown() }
          return try await page(
            present, user, cookie, failure: Texts.decidedMeanwhile(Self.words(present).0), status: 409)
        }
      }
    }
  }

  /// A request that the person filed or may decide on; others' are not there.
  private func visible(_ request: Request, to user: User) async throws -> ApprovalRequest? {
    guard let found = try await approvals.request(request.parameters["id"] ?? "") else { return nil }
    let isTheirs = found.requesterID == user.id || found.approverID == user.id || user.isAdministrator
    return isTheirs ? found : nil
  }

  private func page(
    _ found: ApprovalRequest, _ user: User, _ cookie: String, failure: String? = nil, status: Int = 200
  ) async throws -> Response {
    let mayDecide = found.status == .pending && approvals.mayDecide(user, found)
    return ApprovalPage(
      row: try await row(found), arguments: Self.readable(.object(found.arguments)), rule: found.rule,
      reason: found.reason,
      ticket: mayDecide ? try pages.server.tickets.issue(.account, for: cookie, content: "") : nil,
      accountPath: pages.account, failure: failure
    ).response(status: status)
  }

  private func unknown() -> Response {
    pages.server.problem.page(404, Texts.notThere, because: "no approval request of the person's")
  }

  private func row(_ request: ApprovalRequest) async throws -> ApprovalRow {
    let (status, mood) = Self.words(request)
    return ApprovalRow(
      id: request.id, summary: request.summary, tool: request.tool,
      requester: try await pages.users.user(id: request.requesterID)?.name ?? Texts.nobody,
      connection: try await pages.connections.connection(request.connectionID)?.name
        ?? Texts.applicationIsGone,
      since: request.createdAt, until: request.expiresAt, status: status, mood: mood)
  }

  private static func words(_ request: ApprovalRequest) -> (String, ApprovalMood) {
    switch request.status {
    case .pending: (Texts.approvalWaiting, .waiting)
    case .approved, .running: (Texts.approvalRunning, .waiting)
    case .done:
      request.outcome?.isError ?? false ? (Texts.approvalDoneWithError, .bad) : (Texts.approvalDone, .good)
    case .rejected: (Texts.approvalRejected, .bad)
    case .expired: (Texts.approvalExpired, .over)
    case .failed: (Texts.approvalFailed, .bad)
    }
  }

  /// JSON over several lines.
  private static func readable(_ value: JSONValue, _ indent: String = "") -> String {
    let deeper = indent + "  "
    switch value {
    case .array(let elements) where !elements.isEmpty:
      return "[\n" + elements.map { deeper + readable($0, deeper) }.joined(separator: ",\n") + "\n\(indent)]"
    case .object(let object) where !object.isEmpty:
      return "{\n"
        + object.members.map { deeper + JSONValue.string($0.name).text + ": " + readable($0.value, deeper) }
        .joined(separator: ",\n") + "\n\(indent)}"
    // What turns text around or hides in it is shown by its number: what is read has to be what runs.
    default:
      return value.text.unicodeScalars.reduce(into: "") { text, scalar in
        switch scalar.properties.generalCategory {
        case .format, .control, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
          text += scalar.utf16.map { unit in "\\u" + hex(unit) }.joined()
        default: text.unicodeScalars.append(scalar)
        }
      }
    }
  }

  private static func hex(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}
