package import Accounts
package import AuthorizationServer
internal import Crypto
package import Governance
package import HTTP
package import OAuth
internal import Pages
package import World

/// A person's own pages: what may act for them, their API keys, and what was done in their name. Everything works
/// without a script.
package struct AccountPages: Sendable {
  let server: AuthorizationServer
  let users: Users
  let connections: Connections
  let keys: APIKeys
  let events: Events
  let audit: AuditLog
  let issuer: Issuer
  let version: String
  let world: World

  package init(
    server: AuthorizationServer, users: Users, connections: Connections, keys: APIKeys, events: Events,
    audit: AuditLog, issuer: Issuer, version: String, world: World
  ) {
    self.server = server
    self.users = users
    self.connections = connections
    self.keys = keys
    self.events = events
    self.audit = audit
    self.issuer = issuer
    self.version = version
    self.world = world
  }

  var account: String { issuer.path + "/account" }

  var activity: String { account + "/activity" }

  /// The pages, the front page and the files that they refer to.
  package var routes: [Route] {
    [
      Route(.get, issuer.path + "/", name: "home", handle: home),
      Route(.get, account, handle: show),
      Route(.post, account + "/keys", handle: makeKey),
      Route(.get, activity, handle: showActivity),
      Route(.get, account + "/connections/:id", handle: showConnection),
      Route(.post, account + "/connections/:id/addresses", handle: restrict),
      Route(.post, account + "/connections/:id/forget", handle: forget),
      Route(.get, account + "/connections/:id/rotate", handle: askRotate),
      Route(.post, account + "/connections/:id/rotate", handle: rotate),
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
  func signedIn(
    _ request: Request, _ place: String, _ body: (User, String) async throws -> Response
  ) async -> Response {
    do {
      guard let session = try await server.browser.session(request),
        let cookie = server.browser.sessionCookie(request)
      else { return try await server.signIn.page(for: request, next: account) }
      return try await body(session.user, cookie)
    } catch CryptoError.busy {
      return server.problem.page(503, Texts.tooBusy, because: "password queue full")
    } catch { return server.problem.failure(error, at: place) }
  }

  /// The same for a form that came back: its ticket has to be this session's.
  func form(
    _ request: Request, _ place: String, _ body: (User, String, Form) async throws -> Response
  ) async -> Response {
    await signedIn(request, place) { user, cookie in
      guard server.browser.isOwnForm(request), let form = Form(decoding: request.body),
        server.tickets.open(form["ticket"], .account, from: cookie) != nil
      else { return server.problem.expiredForm() }
      return try await body(user, cookie, form)
    }
  }

  private func askSignOut(_ request: Request) async -> Response {
    await signedIn(request, "sign out") { _, cookie in
      ConfirmPage(
        title: Texts.askSignOut, sentence: Texts.signOutConsequence,
        action: issuer.path + "/logout", ticket: try server.tickets.issue(.account, for: cookie, content: ""),
        confirmLabel: Texts.signOut, cancelPath: account
      ).response()
    }
  }
}
