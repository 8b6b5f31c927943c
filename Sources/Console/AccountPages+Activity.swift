internal import Accounts
internal import Governance
internal import HTTP
internal import Pages

/// What the audit log has of the person.
extension AccountPages {
  private static let entriesPerPage = 50

  func showActivity(_ request: Request) async -> Response {
    await signedIn(request, "activity") { user, _ in
      let before = Form(decoding: request.query.utf8)?["before"].flatMap(Int64.init)
      // One more than is shown tells whether there are older ones.
      let found = try await audit.list(
        limit: Self.entriesPerPage + 1, before: before, matching: AuditFilter(userID: user.id))
      let records = found.prefix(Self.entriesPerPage)
      var names: [String: String] = [:]
      for id in Set(records.compactMap(\.entry.connectionID)) {
        names[id] = try await connections.connection(id)?.name
      }
      let rows = records.map { record in
        ActivityRow(record.entry, connection: record.entry.connectionID.flatMap { names[$0] })
      }
      let older = found.count > records.count ? records.last?.sequence : nil
      return ActivityPage(
        rows: rows, accountPath: account, activityPath: activity,
        olderPath: older.map { "\(activity)?before=\($0)" }, newestPath: before == nil ? nil : activity
      ).response()
    }
  }
}

extension ActivityRow {
  init(_ entry: AuditEntry, connection: String? = nil) {
    let code = entry.code ?? ""
    let isRefusal = entry.kind == .refusal
    let sentence = entry.tool == nil ? Texts.event(entry.method) : nil
    self.init(
      time: entry.time, what: sentence ?? entry.tool ?? entry.method, isSentence: sentence != nil,
      model: entry.model ?? "",
      outcome: entry.kind == .request
        ? Texts.begun : isRefusal ? Texts.refused(code) : code.isEmpty ? Texts.done : code,
      isRefusal: isRefusal, connection: connection, address: entry.address)
  }
}
