package import Accounts
package import AuthorizationServer
internal import Crypto
package import HTTP
package import OAuth
internal import Pages
internal import QRCode
internal import WebAuthn
package import World

/// How a person signs in, and where they are signed in: password, authenticator app, passkeys, recovery codes, sessions.
///
/// A session that is older than `freshness` may look and end sessions; to change how one signs in it has to sign in
/// once more, so that a browser left open gives nobody an account.
package struct SecurityPages: Sendable {
  private let server: AuthorizationServer
  private let users: Users
  private let sessions: BrowserSessions
  private let events: Events
  private let issuer: Issuer
  private let world: World
  private let throttle: LoginThrottle

  /// How long after signing in one may change how.
  package static let freshness: Duration = .minutes(15)

  package init(
    server: AuthorizationServer, users: Users, sessions: BrowserSessions, events: Events, issuer: Issuer,
    world: World
  ) {
    self.server = server
    self.users = users
    self.sessions = sessions
    self.events = events
    self.issuer = issuer
    self.world = world
    throttle = LoginThrottle(world: world)
  }

  private var path: String { issuer.path + "/account/security" }

  package var routes: [Route] {
    [
      Route(.get, path, handle: show),
      Route(.get, path + "/password", handle: askPassword),
      Route(.post, path + "/password", handle: changePassword),
      Route(.get, path + "/app", handle: askApp),
      Route(.post, path + "/app", handle: addApp),
      Route(.get, path + "/app/remove", handle: askRemoveApp),
      Route(.post, path + "/app/remove", handle: removeApp),
      Route(.get, path + "/codes", handle: askCodes),
      Route(.post, path + "/codes", handle: makeCodes),
      Route(.get, path + "/passkeys", handle: askPasskey),
      Route(.post, path + "/passkeys", handle: addPasskey),
      Route(.get, path + "/passkeys/:id/remove", handle: askRemovePasskey),
      Route(.post, path + "/passkeys/:id/remove", handle: removePasskey),
      Route(.get, path + "/sessions/end", handle: askEndAll),
      Route(.post, path + "/sessions/end", handle: endAll),
      Route(.get, path + "/sessions/:id/end", handle: askEnd),
      Route(.post, path + "/sessions/:id/end", handle: end),
    ]
  }

  // MARK: Who is it

  /// A person at these pages.
  private struct Visitor {
    let session: BrowserSessions.Session
    let cookie: String
    var user: User { session.user }
  }

  /// Runs `body` for the person who is signed in; sends the browser to the login form first where nobody is, or where
  /// it is too long ago for what they want.
  private func signedIn(
    _ request: Request, fresh: Bool, _ body: (Visitor) async throws -> Response
  ) async -> Response {
    do {
      guard let session = try await server.browser.session(request),
        let cookie = server.browser.sessionCookie(request)
      else { return try await server.signIn.page(for: request, next: path) }
      guard !fresh || world.now - session.authenticatedAt <= Self.freshness else {
        return try await server.signIn.page(
          for: request, next: request.method == .get ? request.path : path, login: session.user.login,
          notice: Texts.signInOnceMore)
      }
      return try await body(Visitor(session: session, cookie: cookie))
    } catch CryptoError.busy {
      return server.problem.page(503, Texts.tooBusy, because: "password queue full")
    } catch { return server.problem.failure(error, at: "security") }
  }

  /// The same for a form that came back: its ticket has to be this session's.
  private func form(
    _ request: Request, fresh: Bool, _ purpose: Ticket.Purpose = .account,
    _ body: (Visitor, Form, Ticket) async throws -> Response
  ) async -> Response {
    await signedIn(request, fresh: fresh) { visitor in
      guard server.browser.isOwnForm(request), let form = Form(decoding: request.body),
        let ticket = server.tickets.open(form["ticket"], purpose, from: visitor.cookie)
      else { return server.problem.expiredForm() }
      return try await body(visitor, form, ticket)
    }
  }

  private func ticket(
    _ visitor: Visitor, _ purpose: Ticket.Purpose = .account, _ content: String = ""
  ) throws(CryptoError) -> String {
    try server.tickets.issue(purpose, for: visitor.cookie, content: content)
  }

  private func confirm(
    _ visitor: Visitor, _ request: Request, _ title: String, _ sentence: String, _ label: String
  ) throws -> Response {
    ConfirmPage(
      title: title, sentence: sentence, action: request.path, ticket: try ticket(visitor),
      confirmLabel: label, cancelPath: path
    ).response()
  }

  private func back() -> Response { PageHeaders.redirect(to: path, .own) }

  private func record(
    _ kind: Event.Kind, _ detail: String? = nil, _ visitor: Visitor, _ request: Request
  ) async throws {
    try await events.record(
      Event(kind, detail: detail, userID: visitor.user.id, address: request.peer))
  }

  private func unknown() -> Response {
    server.problem.page(404, Texts.notThere, because: "not the person's own")
  }

  // MARK: The list

  private func show(_ request: Request) async -> Response {
    await signedIn(request, fresh: false) { visitor in
      let standing = try await server.secondFactors.standing(of: visitor.user)
      var passkeys: [PasskeyRow]?
      if server.relyingParty != nil || standing.passkeys > 0 {
        passkeys = try await server.passkeys.all(of: visitor.user.id).map {
          PasskeyRow(
            id: $0.id, name: $0.name, added: $0.addedAt, lastUsed: $0.lastUsedAt)
        }
      }
      let rows = try await sessions.all(of: visitor.user.id).map { session in
        SessionRow(
          id: session.id, device: Self.device(session.agent), address: session.address,
          since: session.signedInAt, lastSeen: session.lastSeenAt,
          factors: Self.sentence(session.factors), isThisOne: session.id == visitor.session.id)
      }
      return SecurityPage(
        login: visitor.user.login, path: path, accountPath: issuer.path + "/account",
        hasPassword: try await users.hasPassword(visitor.user.id), hasApp: standing.hasApp,
        recoveryCodesLeft: standing.hasAny ? standing.recoveryCodesLeft : nil, passkeys: passkeys,
        sessions: rows
      ).response()
    }
  }

  /// What a browser and its system are called, as far as it says.
  private static func device(_ agent: String) -> String {
    let browsers = [
      ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
      ("Safari/", "Safari"),
    ]
    let systems = [
      ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
      ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
    ]
    let browser = browsers.first { agent.contains($0.0) }?.1
    let system = systems.first { agent.contains($0.0) }?.1
    switch (browser, system) {
    case (let browser?, let system?): return Texts.browser(browser, on: system)
    case (let name?, nil), (nil, let name?): return name
    case (nil, nil): return agent.isEmpty ? Texts.someBrowser : String(agent.prefix(60))
    }
  }

  private static func sentence(_ factors: Factors) -> String {
    let names: [(Factor, String)] = [
      (.password, Texts.byPassword), (.totp, Texts.byApp), (.recoveryCode, Texts.byRecoveryCode),
      (.passkey, Texts.byPasskey), (.federated, Texts.byCompany),
    ]
    let said = names.filter { factors.all.contains($0.0) }.map(\.1)
    return Texts.signedIn(by: said)
  }

  // MARK: The password

  private func passwordPage(_ visitor: Visitor, failure: String? = nil, status: Int = 200) throws -> Response
  {
    PasswordPage(
      .change, action: path + "/password", ticket: try ticket(visitor), failure: failure,
      consequence: server.credentialPolicy.endingTokens.contains(.password)
        ? Texts.passwordEndsAll : Texts.passwordEndsSessions,
      cancelPath: path
    ).response(status: status)
  }

  private func askPassword(_ request: Request) async -> Response {
    await signedIn(request, fresh: true) { visitor in try passwordPage(visitor) }
  }

  private func changePassword(_ request: Request) async -> Response {
    await form(request, fresh: true) { visitor, form, _ in
      let attempt = LoginThrottle.Attempt(
        login: visitor.user.login, address: request.peer, device: visitor.session.id)
      guard throttle.begin(attempt) == nil else {
        return try passwordPage(visitor, failure: Texts.tooManyAttempts, status: 429)
      }
      let current = form["current"] ?? ""
      let isRight: Bool
      do {
        isRight =
          current.utf8.count <= Users.passwordMaximum
          ? try await users.isPassword(Secret(current), of: visitor.user.id) : false
      } catch {
        throttle.wasNotMade(attempt)
        throw error
      }
      guard isRight else {
        return try passwordPage(visitor, failure: Texts.wrongPresentPassword, status: 401)
      }
      throttle.succeeded(attempt)
      do {
        try await users.setPassword(
          Secret(form["password"] ?? ""), of: visitor.user.id, keeping: visitor.session,
          server.credentialPolicy)
      } catch let refusal as Users.Refusal {
        return try passwordPage(visitor, failure: Texts.passwordNotChanged("\(refusal)"), status: 400)
      }
      try await record(.passwordChanged, nil, visitor, request)
      return back()
    }
  }

  // MARK: The app and the recovery codes

  private func appPage(
    _ visitor: Visitor, _ totp: TOTP, failure: String? = nil, status: Int = 200
  ) throws -> Response {
    let code = QRCode(totp.uri(issuer: issuer.displayName, login: visitor.user.login))
    return EnrolPage(
      action: path + "/app",
      ticket: try ticket(visitor, .addApp, Base64URL.encode(totp.secret.bytes)), secret: totp.text,
      picture: code.map { Picture(path: $0.path, side: $0.side) }, failure: failure, cancelPath: path
    ).response(status: status)
  }

  private func askApp(_ request: Request) async -> Response {
    await signedIn(request, fresh: true) { visitor in try appPage(visitor, TOTP(world: world)) }
  }

  private func addApp(_ request: Request) async -> Response {
    await form(request, fresh: true, .addApp) { visitor, form, ticket in
      guard let secret = Base64URL.decode(ticket.content) else { return server.problem.expiredForm() }
      let totp = TOTP(secret: Secret(secret))
      let standing = try await server.secondFactors.standing(of: visitor.user)
      // One app is replaced by taking it away first, so that a form that comes back twice changes nothing.
      guard !standing.hasApp else { return back() }
      let code = (form["code"] ?? "").filter { !$0.isWhitespace }
      guard try await server.secondFactors.addApp(totp, provedBy: code, for: visitor.user.id) else {
        return try appPage(
          visitor, totp, failure: Texts.wrongFirstCode, status: 401)
      }
      try await record(.factorAdded, "otp", visitor, request)
      guard standing.recoveryCodesLeft == 0 else { return back() }
      return try await newCodes(visitor, request)
    }
  }

  private func askRemoveApp(_ request: Request) async -> Response {
    await signedIn(request, fresh: true) { visitor in
      try confirm(
        visitor, request, Texts.askRemoveApp, Texts.removeAppConsequence, Texts.remove)
    }
  }

  private func removeApp(_ request: Request) async -> Response {
    await form(request, fresh: true) { visitor, _, _ in
      try await server.secondFactors.removeApp(
        of: visitor.user.id, keeping: visitor.session, server.credentialPolicy)
      try await record(.factorRemoved, "otp", visitor, request)
      return back()
    }
  }

  private func askCodes(_ request: Request) async -> Response {
    await signedIn(request, fresh: true) { visitor in
      try confirm(
        visitor, request, Texts.askNewCodes, Texts.newCodesConsequence, Texts.makeNewCodes)
    }
  }

  private func makeCodes(_ request: Request) async -> Response {
    await form(request, fresh: true) { visitor, _, _ in
      guard try await server.secondFactors.standing(of: visitor.user).hasAny else { return back() }
      return try await newCodes(visitor, request)
    }
  }

  private func newCodes(_ visitor: Visitor, _ request: Request) async throws -> Response {
    let codes = try await server.secondFactors.makeRecoveryCodes(for: visitor.user.id)
    try await record(.recoveryCodesMade, nil, visitor, request)
    return RecoveryCodesPage(codes: codes, continuePath: path).response()
  }

  // MARK: Passkeys

  private func passkeyPage(
    _ visitor: Visitor, _ party: RelyingParty, failure: String? = nil, status: Int = 200
  ) async throws -> Response {
    let challenge = server.passkeys.newChallenge()
    let known = try await server.passkeys.all(of: visitor.user.id).map(\.credentialID)
    return PasskeyPage(
      passkey: PasskeyForm(
        action: path + "/passkeys",
        ticket: try ticket(visitor, .addPasskey, Base64URL.encode(challenge)),
        options: PasskeyOptions.create(
          challenge: challenge, at: party, user: visitor.user,
          handle: server.passkeys.handle(of: visitor.user.id), excluding: known)),
      cancelPath: path, failure: failure
    ).response(status: status)
  }

  private func askPasskey(_ request: Request) async -> Response {
    await signedIn(request, fresh: true) { visitor in
      guard let party = server.relyingParty else { return unknown() }
      return try await passkeyPage(visitor, party)
    }
  }

  private func addPasskey(_ request: Request) async -> Response {
    await form(request, fresh: true, .addPasskey) { visitor, form, ticket in
      guard let party = server.relyingParty, let challenge = Base64URL.decode(ticket.content) else {
        return unknown()
      }
      let reason: String
      do {
        guard let client = form.bytes("client_data"), let attestation = form.bytes("attestation_object")
        else { throw CeremonyError.malformed }
        let registration = try Registration(
          clientData: client, attestationObject: attestation, challenge: challenge, at: party,
          requiresVerification: true)
        let name = String((form["name"] ?? "Passkey").unicodeScalars.prefix(80))
        try await server.passkeys.add(registration, name: name, for: visitor.user.id, spending: challenge)
        try await record(.factorAdded, "passkey", visitor, request)
        let standing = try await server.secondFactors.standing(of: visitor.user)
        return standing.recoveryCodesLeft == 0 ? try await newCodes(visitor, request) : back()
      } catch let error as CeremonyError {
        reason = error.rawValue
      } catch let error as Passkeys.Refusal {
        reason = "\(error)"
      }
      try await events.record(
        Event(.signInRefused, detail: "passkey \(reason)", userID: visitor.user.id, address: request.peer))
      return try await passkeyPage(
        visitor, party, failure: Texts.passkeyNotAdded, status: 400)
    }
  }

  private func askRemovePasskey(_ request: Request) async -> Response {
    await signedIn(request, fresh: true) { visitor in
      guard let passkey = try await own(request, visitor) else { return unknown() }
      return try confirm(
        visitor, request, Texts.askRemove(passkey.name), Texts.removePasskeyConsequence, Texts.remove)
    }
  }

  private func own(_ request: Request, _ visitor: Visitor) async throws -> Passkeys.Passkey? {
    try await server.passkeys.all(of: visitor.user.id).first { $0.id == request.parameters["id"] }
  }

  private func removePasskey(_ request: Request) async -> Response {
    await form(request, fresh: true) { visitor, _, _ in
      guard let passkey = try await own(request, visitor),
        try await server.passkeys.remove(
          passkey.id, of: visitor.user.id, keeping: visitor.session, server.credentialPolicy)
      else { return unknown() }
      try await record(.factorRemoved, "passkey", visitor, request)
      return back()
    }
  }

  // MARK: Sessions

  private func askEnd(_ request: Request) async -> Response {
    await signedIn(request, fresh: false) { visitor in
      guard
        let session = try await sessions.all(of: visitor.user.id).first(where: {
          $0.id == request.parameters["id"]
        })
      else { return unknown() }
      return try confirm(
        visitor, request, Texts.askEndSession,
        Texts.endSessionConsequence(device: Self.device(session.agent), address: session.address), Texts.end)
    }
  }

  private func end(_ request: Request) async -> Response {
    await form(request, fresh: false) { visitor, _, _ in
      guard let id = request.parameters["id"], try await sessions.end(id, of: visitor.user.id) else {
        return unknown()
      }
      try await record(.sessionEnded, "one", visitor, request)
      return back()
    }
  }

  private func askEndAll(_ request: Request) async -> Response {
    await signedIn(request, fresh: false) { visitor in
      try confirm(
        visitor, request, Texts.askEndSessions, Texts.endSessionsConsequence, Texts.endThem)
    }
  }

  private func endAll(_ request: Request) async -> Response {
    await form(request, fresh: false) { visitor, _, _ in
      try await sessions.endAll(of: visitor.user.id, except: visitor.session)
      try await record(.sessionEnded, "all others", visitor, request)
      return back()
    }
  }
}
