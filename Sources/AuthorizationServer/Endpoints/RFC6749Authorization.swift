internal import Accounts
internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Pages
internal import World

/// The authorization endpoint (OAuth 2.1 §4.1.1): the way from a client's link through login and consent back to the
/// client.
///
///     GET authorize ─► checks ─► signed in? ── no ──► login ─► GET authorize again
///                        │           └─ yes ─► consent form ─► POST consent ─► 303 to the client with a code
///                        └─ refused: a page, or 303 to the client with an error
///
/// Looking stores nothing: the checked request travels in the form's sealed ticket.
struct AuthorizationEndpoint: Sendable {
  let issuer: Issuer
  let paths: Paths
  let clients: Clients
  let pushed: PushedRequests
  let consent: ConsentForm
  let memory: RememberedConsents
  let tokens: TokenStore
  let used: UsedOnce
  let browser: Browser
  let tickets: Ticket.Office
  let signIn: SignIn
  let freshness: FreshSignIn
  let problem: Problem
  let events: Events
  let world: World

  // MARK: The link

  func show(_ received: Request) async -> Response {
    let request = Arrival.marked(received)
    do {
      let link = try await pushed.resolve(request.query)
      let form = link.form
      let asked = try await AuthorizationRequest(form, clients: clients, issuer: issuer)
      let client = try await clients.client(asked.clientID)
      guard let client else {
        return problem.refused(OAuthError(.invalidClient, says: "the application is not registered here"))
      }
      guard let session = try await browser.session(request), let cookie = browser.sessionCookie(request)
      else {
        if form?["prompt"] == "none" {
          throw asked.refusal(OAuthError(.loginRequired, says: "nobody is signed in"))
        }
        return try await signIn.page(
          for: request, next: paths.authorization + "?" + freshness.query(after: request, for: asked),
          clientName: client.name, login: String((form?["login_hint"] ?? "").prefix(64)))
      }
      if freshness.isNeeded(asked, session, request) {
        if form?["prompt"] == "none" {
          throw asked.refusal(OAuthError(.loginRequired, says: "the person signed in too long ago"))
        }
        return try await signIn.page(
          for: request, next: paths.authorization + "?" + freshness.query(after: request, for: asked),
          clientName: client.name, login: session.user.login)
      }
      guard asked.isMet(by: session.context) else {
        let best = AuthenticationContext(try await signIn.second.factors.standing(of: session.user))
        if asked.isMet(by: best), form?["prompt"] != "none" {
          return try await signIn.page(
            for: request, next: paths.authorization + "?" + request.query, clientName: client.name,
            login: session.user.login,
            notice: best == .phishingResistant
              ? Texts.wantsPasskey(client.name)
              : Texts.wantsCode(client.name))
        }
        throw asked.refusal(
          OAuthError(
            .unmetAuthenticationRequirements, says: "none of the acr_values can be reached by this person"))
      }
      let key = memory.key(client, asked.redirectURI, asked.resource, of: session.user)
      let remembered: ScopeSet? = if let key { try await memory.scopes(key) } else { nil }
      let wanted = ConsentForm.eligible(asked.scopes, session.user)
      if let key, let remembered, asked.mayBeSilent, wanted.isSubset(of: remembered), Arrival.isOwn(request) {
        let silent = Silent(client: client, scopes: wanted, key: key, reference: link.reference)
        if let answer = try await answer(asked, silent, session, request) { return answer }
      }
      if form?["prompt"] == "none" {
        throw asked.refusal(OAuthError(.consentRequired, says: "the person has to be asked"))
      }
      var question = ConsentForm.Question(
        client: client, scopes: asked.scopes, resource: asked.resource, way: .redirect(asked.redirectURI))
      if key != nil { question.memory = .offered(memory.lifetime, isKept: remembered != nil) }
      return try await consent.page(
        question, for: session.user, action: paths.consent,
        ticket: tickets.issue(.consent, for: cookie, content: request.query))
    } catch let failure as AuthorizationFailure {
      switch failure {
      case .page(let error): return problem.refused(error)
      case .redirect(let error, let uri, let state): return redirect(error, to: uri, state: state)
      }
    } catch { return problem.failure(error, at: "authorization") }
  }

  // MARK: The answer without a page

  /// What a remembered consent allows.
  private struct Silent {
    let client: Client
    let scopes: ScopeSet
    let key: RememberedConsents.Key
    let reference: PushedRequests.Reference?
  }

  /// Answers by a consent that is remembered.
  ///
  /// - Returns: nil when it stands no more: then the person is asked.
  private func answer(
    _ asked: AuthorizationRequest, _ silent: Silent, _ session: BrowserSessions.Session, _ request: Request
  ) async throws -> Response? {
    let code: String?
    do {
      code = try await tokens.issueCode(
        TokenStore.Consent(
          interaction: "silent " + Base62.encode(world.random(15)), pushed: silent.reference,
          userID: session.user.id, client: silent.client, redirectURI: asked.redirectURI,
          challenge: asked.challenge, scopes: silent.scopes, resource: asked.resource, key: asked.key,
          signedIn: session.signedIn, memory: memory.relying(on: silent.key)))
    } catch is RememberedConsents.Forgotten { return nil }
    guard let code else { return problem.decidedForm() }
    try await events.record(
      Event(
        .consentRemembered, detail: silent.scopes.description, userID: session.user.id,
        clientID: silent.client.id, address: request.peer))
    return redirect([("code", code)], to: asked.redirectURI, state: asked.state)
  }

  // MARK: The decision

  func decide(_ request: Request) async -> Response {
    do {
      guard browser.isOwnForm(request), let form = Form(decoding: request.body),
        let cookie = browser.sessionCookie(request), let session = try await browser.session(request),
        let ticket = tickets.open(form["ticket"], .consent, from: cookie)
      else { return problem.expiredForm() }
      // Everything but the decision comes from the ticket: what the form says of client, URI or resource is not read.
      // The request is checked again, because a client may have been changed or disabled meanwhile.
      let link = try await pushed.resolve(ticket.content)
      let asked = try await AuthorizationRequest(link.form, clients: clients, issuer: issuer)
      // Of a form that comes twice, whatever it says then, the first counts.
      if form["decision"] != "switch",
        try await !used.spend(ticket.nonce, of: "consent", for: Ticket.lifetime)
      {
        return problem.decidedForm()
      }
      switch form["decision"] {
      case "allow":
        return try await allow(
          asked, Decision(nonce: ticket.nonce, reference: link.reference, form: form), session, request)
      case "switch":
        var response = PageHeaders.redirect(to: paths.authorization + "?" + ticket.content)
        try await browser.signOut(request, &response)
        return response
      default:
        if let reference = link.reference, try await !pushed.spend(reference) { return problem.decidedForm() }
        if let client = try await clients.client(asked.clientID) {
          try await memory.forget(memory.key(client, asked.redirectURI, asked.resource, of: session.user))
        }
        try await events.record(
          Event(.denied, userID: session.user.id, clientID: asked.clientID, address: request.peer))
        return redirect(
          OAuthError(.accessDenied, says: "the person said no"), to: asked.redirectURI, state: asked.state)
      }
    } catch let failure as AuthorizationFailure {
      switch failure {
      case .page(let error): return problem.refused(error)
      case .redirect(let error, let uri, let state): return redirect(error, to: uri, state: state)
      }
    } catch { return problem.failure(error, at: "consent") }
  }

  /// A form that came back, and what makes it count once.
  private struct Decision {
    let nonce: String
    let reference: PushedRequests.Reference?
    let form: Form
  }

  private func allow(
    _ asked: AuthorizationRequest, _ decision: Decision, _ session: BrowserSessions.Session,
    _ request: Request
  ) async throws -> Response {
    let user = session.user
    guard let client = try await clients.client(asked.clientID),
      let granted = ConsentForm.granted(decision.form, of: asked.scopes, by: user)
    else {
      if let reference = decision.reference, try await !pushed.spend(reference) {
        return problem.decidedForm()
      }
      return redirect(
        OAuthError(.accessDenied, says: "the person granted nothing"), to: asked.redirectURI,
        state: asked.state)
    }
    let code = try await tokens.issueCode(
      TokenStore.Consent(
        interaction: decision.nonce, pushed: decision.reference, userID: user.id, client: client,
        redirectURI: asked.redirectURI,
        challenge: asked.challenge, scopes: granted, resource: asked.resource, key: asked.key,
        signedIn: session.signedIn,
        memory: memory.effect(
          on: memory.key(client, asked.redirectURI, asked.resource, of: user),
          isWanted: decision.form["remember"] == "yes")))
    guard let code else { return problem.decidedForm() }
    try await events.record(
      Event(
        .consented, detail: granted.description, userID: user.id, clientID: client.id, address: request.peer))
    return redirect([("code", code)], to: asked.redirectURI, state: asked.state)
  }

  // MARK: The way back

  /// OAuth 2.1 §4.1.2 and RFC 9207 §2: every answer names its issuer, errors too.
  private func redirect(
    _ answer: [(name: String, value: String)], to uri: RedirectURI, state: String?
  ) -> Response {
    var pairs = answer
    if let state { pairs.append(("state", state)) }
    pairs.append(("iss", issuer.url))
    return PageHeaders.redirect(to: uri.with(Form(pairs).encoded))
  }

  private func redirect(_ error: OAuthError, to uri: RedirectURI, state: String?) -> Response {
    redirect([("error", error.code.rawValue), ("error_description", error.says)], to: uri, state: state)
  }
}
