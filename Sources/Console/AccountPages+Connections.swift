internal import Accounts
internal import AuthorizationServer
internal import Governance
internal import HTTP
internal import OAuth
internal import Pages
internal import World

/// One connection: what it may do, from where, a new key for it, its end.
extension AccountPages {
  private static let entriesShown = 10

  func row(_ connection: Connection) async throws -> ConnectionRow {
    let detail: String =
      switch connection.kind {
      case .key: try await keys.display(of: connection.id) ?? ""
      case .browser, .service, .identityProvider:
        if let url = connection.clientID.flatMap(ClientIDURL.init) {
          // Its document is not fetched for a look at a list.
          url.host
        } else if let id = connection.clientID, let client = try await server.clients.registered(id) {
          client.redirectURIs.first?.displayHost ?? client.id
        } else {
          Texts.applicationIsGone
        }
      }
    let status: ConnectionRow.Status =
      switch connection.status(at: world.now) {
      case .awaiting: .awaiting
      case .connected: .connected
      case .idle: .idle(connection.lastUsedAt.map { Self.days(world.now - $0) })
      case .revoked: .revoked
      }
    let path = account + "/connections/" + connection.id
    return ConnectionRow(
      id: connection.id, name: connection.name, kind: Self.kind(connection.kind),
      detail: detail, scopes: Self.sentence(connection.scopes), status: status, created: connection.createdAt,
      lastUsed: connection.lastUsedAt, path: path,
      revokeAction: connection.revokedAt == nil ? path + "/revoke" : nil)
  }

  private static func kind(_ kind: Connection.Kind) -> ConnectionRow.Kind {
    switch kind {
    case .key: .apiKey
    case .identityProvider: .company
    case .browser, .service: .browserLogin
    }
  }

  private static func sentence(_ scopes: ScopeSet) -> String {
    if scopes.allows(.execute) { return Texts.readChangeAndRun }
    return scopes.allows(.write) ? Texts.readAndChange : Texts.readOnly
  }

  private static func days(_ duration: Duration) -> String {
    Texts.days(duration.wholeSeconds / 86400)
  }

  func showConnection(_ request: Request) async -> Response {
    await signedIn(request, "connection") { user, cookie in
      guard let connection = try await own(request, user) else { return unknown() }
      return try await page(connection, cookie)
    }
  }

  private func page(
    _ connection: Connection, _ cookie: String, newKey: NewKey? = nil,
    typed: (allow: String, block: String, error: String)? = nil
  ) async throws -> Response {
    let row = try await row(connection)
    let isKey = connection.kind == .key
    let records = try await audit.list(
      limit: Self.entriesShown, matching: AuditFilter(connectionID: connection.id))
    let remembered = try await server.consents.all(of: connection.id).map {
      RememberedRow(place: $0.redirectURI, scopes: Self.sentence($0.scopes), until: $0.expiresAt)
    }
    return ConnectionPage(
      row: row, tools: Self.list(connection.allowedTools, all: Texts.everyTool),
      models: Self.list(connection.allowedModels, all: Texts.everyModel),
      limit: Texts.limit(perMinute: connection.perMinute),
      expires: isKey ? try await keys.expiry(of: connection.id) : nil,
      rotateAction: isKey && connection.revokedAt == nil ? row.path + "/rotate" : nil, newKey: newKey,
      remembered: remembered.isEmpty
        ? nil : RememberedConsent(rows: remembered, forgetAction: row.path + "/forget"),
      restrictAction: row.path + "/addresses", allow: typed?.allow ?? connection.addresses.allowText,
      block: typed?.block ?? connection.addresses.blockText, addressError: typed?.error,
      ticket: try server.tickets.issue(.account, for: cookie, content: ""), accountPath: account,
      activity: records.map { ActivityRow($0.entry) }
    ).response(status: typed == nil ? 200 : 400)
  }

  private static func list(_ names: Set<String>?, all: String) -> String {
    guard let names else { return all }
    return names.isEmpty ? Texts.none : names.sorted().joined(separator: ", ")
  }

  func restrict(_ request: Request) async -> Response {
    await form(request, "addresses") { user, cookie, form in
      guard let connection = try await own(request, user) else { return unknown() }
      let (allow, block) = (form["allow"] ?? "", form["block"] ?? "")
      let rules: AddressRules
      do throws(AddressRules.Problem) { rules = try AddressRules(allow: allow, block: block) } catch {
        return try await page(connection, cookie, typed: (allow, block, error.sentence))
      }
      if try await connections.restrict(connection.id, to: rules) {
        try await events.record(
          Event(.connectionRestricted, userID: user.id, connectionID: connection.id, address: request.peer))
      }
      return PageHeaders.redirect(to: account + "/connections/" + connection.id, .own)
    }
  }

  /// Not asked first: all that is lost is that one is not asked.
  func forget(_ request: Request) async -> Response {
    await form(request, "forget") { user, _, _ in
      guard let connection = try await own(request, user) else { return unknown() }
      if try await server.consents.forgetAll(of: connection.id) {
        try await events.record(
          Event(
            .consentForgotten, userID: user.id, clientID: connection.clientID, connectionID: connection.id,
            address: request.peer))
      }
      return PageHeaders.redirect(to: account + "/connections/" + connection.id, .own)
    }
  }

  func askRotate(_ request: Request) async -> Response {
    await signedIn(request, "rotate") { user, cookie in
      guard let connection = try await own(request, user), connection.kind == .key,
        connection.revokedAt == nil
      else { return unknown() }
      return ConfirmPage(
        title: Texts.askNewKey(for: connection.name), sentence: Texts.newKeyConsequence,
        action: request.path, ticket: try server.tickets.issue(.account, for: cookie, content: ""),
        confirmLabel: Texts.makeNewKey, cancelPath: account + "/connections/" + connection.id
      ).response()
    }
  }

  func rotate(_ request: Request) async -> Response {
    await form(request, "rotate") { user, cookie, _ in
      guard let connection = try await own(request, user), connection.revokedAt == nil,
        let made = try await keys.rotate(connection.id)
      else { return unknown() }
      try await events.record(
        Event(.keyRotated, userID: user.id, connectionID: connection.id, address: request.peer))
      return try await page(connection, cookie, newKey: shown(made, name: connection.name))
    }
  }

  func askRevoke(_ request: Request) async -> Response {
    await signedIn(request, "revoke") { user, cookie in
      guard let connection = try await own(request, user) else { return unknown() }
      return ConfirmPage(
        title: Texts.askRevoke(connection.name), sentence: Texts.revokeConsequence,
        action: request.path, ticket: try server.tickets.issue(.account, for: cookie, content: ""),
        confirmLabel: Texts.revoke, cancelPath: account
      ).response()
    }
  }

  func revoke(_ request: Request) async -> Response {
    await form(request, "revoke") { user, _, _ in
      guard let connection = try await own(request, user) else { return unknown() }
      if try await connections.revoke(connection.id) {
        try await events.record(
          Event(.connectionRevoked, userID: user.id, connectionID: connection.id, address: request.peer))
      }
      return PageHeaders.redirect(to: account, .own)
    }
  }

  /// The connection that the path names, if it is this person's.
  private func own(_ request: Request, _ user: User) async throws -> Connection? {
    guard let id = request.parameters["id"], let connection = try await connections.connection(id),
      connection.userID == user.id
    else { return nil }
    return connection
  }

  private func unknown() -> Response {
    server.problem.page(404, Texts.noSuchConnection, because: "not the person's own")
  }
}
