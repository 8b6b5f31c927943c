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
  let users: Users
  let tokens: TokenStore
  let browser: Browser
  let tickets: Ticket.Office
  let signIn: SignIn
  let problem: Problem
  let events: Events

  // MARK: The link

  func show(_ request: Request) async -> Response {
    do {
      let asked = try await AuthorizationRequest(
        Form(decoding: request.query.utf8), clients: clients, issuer: issuer)
      let form = Form(decoding: request.query.utf8)
      let client = try await clients.client(asked.clientID)
      guard let client else {
        return problem.refused(OAuthError(.invalidClient, says: "the application is not registered here"))
      }
      guard let session = try await browser.session(request), let cookie = browser.sessionCookie(request)
      else {
        if form?["prompt"] == "none" {
          throw asked.refusal(OAuthError(.loginRequired, says: "nobody is signed in"))
        }
        return try signIn.page(
          for: request, next: paths.authorization + "?" + request.query, clientName: client.name,
          login: String((form?["login_hint"] ?? "").prefix(64)))
      }
      if form?["prompt"] == "none" {
        throw asked.refusal(OAuthError(.accessDenied, says: "consent is always asked for"))
      }
      return try await consentPage(asked, client, session.user, cookie, query: request.query)
    } catch let failure as AuthorizationFailure {
      switch failure {
      case .page(let error): return problem.refused(error)
      case .redirect(let error, let uri, let state): return redirect(error, to: uri, state: state)
      }
    } catch { return problem.failure(error, at: "authorization") }
  }

  private func consentPage(
    _ asked: AuthorizationRequest, _ client: Client, _ user: User, _ cookie: String, query: String
  ) async throws -> Response {
    let offered = eligible(asked.scopes, user)
    let company: String =
      if let id = user.companyID { try await users.companyName(id) ?? "" } else { "" }
    return ConsentPage(
      action: paths.consent,
      ticket: try tickets.issue(.consent, for: cookie, content: query),
      clientName: client.name, clientHost: nil, isSelfRegistered: client.isDynamic,
      redirectHost: asked.redirectURI.displayHost, isLoopback: asked.redirectURI.isLoopback,
      isFirstTime: try await !tokens.knows(client.id, userID: user.id),
      userName: user.name, login: user.login, companyName: company, resource: asked.resource.text,
      scopes: offered.scopes.map(\.choice),
      lifetime:
        "You can end it at any time on your account page; it ends by itself when it is not used for 30 days."
    ).response()
  }

  /// What this person can grant of what was asked for.
  private func eligible(_ asked: ScopeSet, _ user: User) -> ScopeSet {
    user.isAdministrator ? asked : asked.subtracting(.admin)
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
      let asked = try await AuthorizationRequest(
        Form(decoding: ticket.content.utf8), clients: clients, issuer: issuer)
      switch form["decision"] {
      case "allow": return try await allow(asked, ticket, form, session.user, request)
      case "switch":
        var response = PageHeaders.redirect(to: paths.authorization + "?" + ticket.content)
        try await browser.signOut(request, &response)
        return response
      default:
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

  private func allow(
    _ asked: AuthorizationRequest, _ ticket: Ticket, _ form: Form, _ user: User, _ request: Request
  ) async throws -> Response {
    let ticked = ScopeSet(form.all("scope").compactMap(Scope.init(rawValue:)))
    let granted = eligible(asked.scopes, user).intersection(ticked)
    guard let client = try await clients.client(asked.clientID), !granted.subtracting(.offlineAccess).isEmpty
    else {
      return redirect(
        OAuthError(.accessDenied, says: "the person granted nothing"), to: asked.redirectURI,
        state: asked.state)
    }
    let code = try await tokens.issueCode(
      TokenStore.Consent(
        interaction: ticket.nonce, userID: user.id, client: client, redirectURI: asked.redirectURI,
        challenge: asked.challenge, scopes: granted, resource: asked.resource))
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

extension Scope {
  /// The line on the consent page: what it lets the application do, in plain words.
  fileprivate var choice: ScopeChoice {
    let (sentence, detail) =
      switch self {
      case .read:
        (
          "See your business records",
          "Look up customers, orders, invoices and everything else that you can see."
        )
      case .write:
        ("Create and change records for you", "Add, edit and delete where your own rights allow it.")
      case .execute:
        ("Run actions for you", "Confirm, post, send and start jobs where your own rights allow it.")
      case .admin: ("Administer this gateway", "Change tools, policies and connections.")
      case .offlineAccess: ("Stay connected", "Keep working without asking you to sign in again each time.")
      }
    return ScopeChoice(
      value: rawValue, sentence: sentence, detail: detail, isRequired: false, isChecked: true)
  }
}
