package import Accounts
package import AuthorizationServer
internal import Crypto
package import HTTP
package import OAuth
internal import Pages
package import World

/// A person's own pages: what may act for them, and their API keys. Everything works without a script.
package struct AccountPages: Sendable {
  private let server: AuthorizationServer
  private let users: Users
  private let connections: Connections
  private let keys: APIKeys
  private let events: Events
  private let issuer: Issuer
  private let version: String
  private let world: World

  package init(
    server: AuthorizationServer, users: Users, connections: Connections, keys: APIKeys, events: Events,
    issuer: Issuer,
    version: String, world: World
  ) {
    self.server = server
    self.users = users
    self.connections = connections
    self.keys = keys
    self.events = events
    self.issuer = issuer
    self.version = version
    self.world = world
  }

  /// How long a key's name may be, in characters.
  private static let nameLimit = 80

  private var account: String { issuer.path + "/account" }

  /// The pages, the front page and the files that they refer to.
  package var routes: [Route] {
    [
      Route(.get, issuer.path + "/", name: "home", handle: home),
      Route(.get, account, handle: show),
      Route(.post, account + "/keys", handle: makeKey),
      Route(.get, account + "/connections/:id/revoke", handle: askRevoke),
      Route(.post, account + "/connections/:id/revoke", handle: revoke),
      Route(.get, issuer.path + "/logout", handle: askSignOut),
      Route(.get, "/assets/:file", name: "assets") { request in
        Assets.response(for: request.path) ?? Response.error(404, "not_found")
      },
    ]
  }

  private func home(_ request: Request) async -> Response {
    do {
      let session = try await server.browser.session(request)
      return HomePage(
        mcpURL: issuer.resource.text, isSignedIn: session != nil, version: version, accountPath: account
      ).response()
    } catch { return server.problem.failure(error, at: "home") }
  }

  /// Runs `body` for the person who is signed in, or sends the browser to the login form first.
  private func signedIn(
    _ request: Request, _ place: String, _ body: (User, String) async throws -> Response
  ) async -> Response {
    do {
      guard let session = try await server.browser.session(request),
        let cookie = server.browser.sessionCookie(request)
      else { return try server.signIn.page(for: request, next: account) }
      return try await body(session.user, cookie)
    } catch CryptoError.busy {
      return server.problem.page(
        503, "Too busy just now", "Wait a moment, then try again.", because: "password queue full")
    } catch { return server.problem.failure(error, at: place) }
  }

  /// The same for a form that came back: its ticket has to be this session's.
  private func form(
    _ request: Request, _ place: String, _ body: (User, String, Form) async throws -> Response
  ) async -> Response {
    await signedIn(request, place) { user, cookie in
      guard server.browser.isOwnForm(request), let form = Form(decoding: request.body),
        server.tickets.open(form["ticket"], .account, from: cookie) != nil
      else { return server.problem.expiredForm() }
      return try await body(user, cookie, form)
    }
  }

  private func show(_ request: Request) async -> Response {
    await signedIn(request, "account") { user, cookie in try await page(user, cookie) }
  }

  private func page(
    _ user: User, _ cookie: String, newKey: NewKey? = nil, keyName: String = "", keyNameError: String? = nil
  ) async throws -> Response {
    var rows: [ConnectionRow] = []
    for connection in try await connections.all(of: user.id, limit: 100) {
      rows.append(try await row(connection))
    }
    let company: String = if let id = user.companyID { try await users.companyName(id) ?? "" } else { "" }
    return AccountPage(
      userName: user.name, login: user.login, companyName: company,
      ticket: try server.tickets.issue(.account, for: cookie, content: ""), connections: rows, newKey: newKey,
      createKeyAction: account + "/keys", keyNameError: keyNameError, keyName: keyName,
      signOutPath: issuer.path + "/logout", securityPath: account + "/security"
    ).response(status: keyNameError == nil ? 200 : 400)
  }

  private func row(_ connection: Connection) async throws -> ConnectionRow {
    let detail: String =
      switch connection.kind {
      case .key: try await keys.display(of: connection.id) ?? ""
      case .browser, .service:
        if let url = connection.clientID.flatMap(ClientIDURL.init) {
          // Its document is not fetched for a look at a list.
          url.host
        } else if let id = connection.clientID, let client = try await server.clients.registered(id) {
          client.redirectURIs.first?.displayHost ?? client.id
        } else {
          "the application is gone"
        }
      }
    let status: ConnectionRow.Status =
      switch connection.status(at: world.now) {
      case .awaiting: .awaiting
      case .connected: .connected
      case .idle: .idle(connection.lastUsedAt.map { Self.days(world.now - $0) })
      case .revoked: .revoked
      }
    return ConnectionRow(
      id: connection.id, name: connection.name, kind: connection.kind == .key ? .apiKey : .browserLogin,
      detail: detail,
      scopes: Self.sentence(connection.scopes), status: status, created: Self.day(connection.createdAt),
      lastUsed: connection.lastUsedAt.map(Self.day),
      revokeAction: connection.revokedAt == nil ? "\(account)/connections/\(connection.id)/revoke" : nil)
  }

  private static func sentence(_ scopes: ScopeSet) -> String {
    if scopes.allows(.execute) { return "Read, change and run actions" }
    return scopes.allows(.write) ? "Read and change" : "Read only"
  }

  private static func day(_ moment: Instant) -> String {
    String(moment.rfc3339.prefix(16)).replacing("T", with: " ") + " UTC"
  }

  private static func days(_ duration: Duration) -> String {
    let days = duration.wholeSeconds / 86400
    return days == 1 ? "1 day" : "\(days) days"
  }

  private func makeKey(_ request: Request) async -> Response {
    await form(request, "new key") { user, cookie, form in
      let name = form["name"] ?? ""
      // Scalars, not characters: one of those may be a megabyte of accents.
      guard !name.isEmpty, name.unicodeScalars.count <= Self.nameLimit else {
        return try await page(
          user, cookie, keyName: name,
          keyNameError: "Give the key a name of at most \(Self.nameLimit) characters.")
      }
      let scopes: ScopeSet = form["scope"] == Scope.write.rawValue ? [.write] : [.read]
      let made = try await keys.create(for: user.id, name: name, scopes: scopes)
      try await events.record(
        Event(.keyCreated, userID: user.id, connectionID: made.connectionID, address: request.peer))
      let setup = ClientSetup(url: issuer.resource.text, key: made.key)
      return try await page(
        user, cookie,
        newKey: NewKey(
          name: name, key: made.key, snippets: setup.snippets.map { Snippet(title: $0.client, text: $0.text) }
        ))
    }
  }

  private func askRevoke(_ request: Request) async -> Response {
    await signedIn(request, "revoke") { user, cookie in
      guard let connection = try await own(request, user) else { return unknown() }
      return ConfirmPage(
        title: "Revoke \(connection.name)?",
        sentence:
          "Its key and every token of it stop working at once. To use it again it has to be connected anew.",
        action: request.path, ticket: try server.tickets.issue(.account, for: cookie, content: ""),
        confirmLabel: "Revoke", cancelPath: account
      ).response()
    }
  }

  private func revoke(_ request: Request) async -> Response {
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
    server.problem.page(
      404, "There is no such connection", "It may have been removed, or it belongs to somebody else.",
      because: "not the person's own")
  }

  private func askSignOut(_ request: Request) async -> Response {
    await signedIn(request, "sign out") { _, cookie in
      ConfirmPage(
        title: "Sign out?", sentence: "What you connected keeps working; this browser has to sign in again.",
        action: issuer.path + "/logout", ticket: try server.tickets.issue(.account, for: cookie, content: ""),
        confirmLabel: "Sign out", cancelPath: account
      ).response()
    }
  }
}
