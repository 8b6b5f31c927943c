package import Accounts
internal import Crypto
package import HTTP
internal import Pages
package import World

/// Signing in: the login form, and what happens when it comes back.
package struct SignIn: Sendable {
  let path: String
  let users: Users
  let throttle: LoginThrottle
  let browser: Browser
  let tickets: Ticket.Office
  let problem: Problem
  let events: Events
  let world: World
  let devices: KnownDevices
  let second: SecondStep
  let local: LocalLogin
  let providers: ProviderSignIn?
  /// nil where no mail can be sent.
  let forgottenPath: String?

  /// Shows the login form; after it the browser goes on to `next`.
  ///
  /// - Parameters:
  ///   - next: a path of ours with its query.
  ///   - clientName: who sent the person here, if a client did.
  /// - Throws: `CryptoError`, `StorageError`.
  package func page(
    for request: Request, next: String, clientName: String? = nil, login: String = "", failure: String? = nil,
    notice: String? = nil, status: Int = 200
  ) async throws -> Response {
    let visit = browser.visitCookie(request) ?? browser.newVisit()
    let ticket = try tickets.issue(.signIn, for: visit, content: next)
    var page = LoginPage(
      action: path, ticket: ticket, clientName: clientName, login: login, failure: failure, notice: notice,
      passkey: try passkeyForm(next: next, visit: visit), namedPasskeyPath: second.namedPasskeyPath,
      forgotPath: forgottenPath)
    page.providers = try await providers?.buttons() ?? []
    page.isForAdministrators = local == .administrators
    var response = page.response(status: status)
    browser.keep(visit: visit, in: &response)
    return response
  }

  /// The form came back.
  func submit(_ request: Request) async -> Response {
    await guarded("sign-in") {
      guard browser.isOwnForm(request), let form = Form(decoding: request.body),
        let ticket = tickets.open(form["ticket"], .signIn, from: browser.visitCookie(request))
      else { return problem.expiredForm() }
      let login = form["login"] ?? ""
      let started = world.now
      let attempt = attempt(try await users.canonical(login), request)
      if let wait = throttle.begin(attempt) { return try await tooMany(request, ticket, login, after: wait) }
      let password = form["password"] ?? ""
      let user: User?
      do {
        user =
          password.utf8.count <= Users.passwordMaximum
          ? try await users.authenticate(login: login, password: Secret(password)) : nil
      } catch {
        throttle.wasNotMade(attempt)
        throw error
      }
      guard let user, local.admits(user) else {
        try await events.record(Event(.signInRefused, address: request.peer))
        if let wait = throttle.wait(attempt), wait > .seconds(1) {
          return try await tooMany(request, ticket, login, after: wait)
        }
        return try await page(
          for: request, next: ticket.content, login: login,
          failure: Texts.wrongPassword, status: 401)
      }
      throttle.succeeded(attempt)
      return try await enter(
        Proof(user: user, factors: [.password], at: started, next: ticket.content), request)
    }
  }

  /// Who tries what from where, for the throttles.
  func attempt(_ login: String, _ request: Request) -> LoginThrottle.Attempt {
    LoginThrottle.Attempt(
      login: login, address: request.peer, device: devices.device(browser.deviceCookie(request), of: login))
  }

  /// Answers what is thrown by a page.
  func guarded(_ place: String, _ body: () async throws -> Response) async -> Response {
    do {
      return try await body()
    } catch CryptoError.busy {
      return problem.page(503, Texts.tooManyPeople, because: "password queue full")
    } catch let wait as TooManyAttempts {
      var response = problem.page(
        429, Texts.tooManyPeople, because: "too many answers of identity providers from one network")
      response.fields["retry-after"] = String(wait.seconds)
      return response
    } catch is FederatedIdentities.Refusal {
      return problem.page(403, Texts.overtaken, because: "linked to another identity during sign-in")
    } catch is BrowserSessions.Overtaken {
      return problem.page(403, Texts.overtaken, because: "credentials changed during sign-in")
    } catch { return problem.failure(error, at: place) }
  }

  /// Somebody proved who they are: what every way of signing in ends with.
  package struct Proof: Sendable {
    package let user: User
    package let factors: Factors
    /// When they began to: a password that was changed after it makes the proof worthless.
    package let at: Instant
    /// When they did, where that was before: at an identity provider that knows them already.
    package var authenticatedAt: Instant?
    /// What their account is linked to once the proof is whole.
    package var link: FederatedIdentities.Link?
    /// Where the person was going: a path of ours with its query.
    package let next: String

    package init(user: User, factors: Factors, at: Instant, next: String) {
      self.user = user
      self.factors = factors
      self.at = at
      self.next = next
    }
  }

  /// Somebody proved who they are, by whatever way: asks for a second factor where one is due, and lets them in where
  /// not.
  ///
  /// - Throws: `BrowserSessions.Overtaken`, `StorageError`, `CryptoError`, what the events' sink throws.
  package func enter(_ proof: Proof, _ request: Request) async throws -> Response {
    guard proof.factors.all.contains(.federated) || local.admits(proof.user) else {
      return problem.page(403, Texts.companyAccountsOnly, because: "local login of \(proof.user.id)")
    }
    if let page = try await secondStep(for: proof, request) { return page }
    return try await admit(proof, request)
  }

  /// Lets somebody in whose proof is enough: a session under a new cookie, and on to where they were going.
  func admit(_ proof: Proof, _ request: Request) async throws -> Response {
    var response = PageHeaders.redirect(to: proof.next)
    try await begin(proof, request, &response)
    return response
  }

  /// Starts the session, and remembers the device.
  func begin(_ proof: Proof, _ request: Request, _ response: inout Response) async throws {
    if let link = proof.link { try await providers?.settle(link, proof.user, request) }
    try await browser.signIn(proof, request, &response)
    browser.keep(device: devices.remember(proof.user.login), in: &response)
    try await events.record(
      Event(.signedIn, detail: proof.factors.text, userID: proof.user.id, address: request.peer))
  }

  private func tooMany(
    _ request: Request, _ ticket: Ticket, _ login: String, after wait: Duration
  ) async throws -> Response {
    let seconds = max(1, wait.wholeSeconds + 1)
    var response = try await page(
      for: request, next: ticket.content, login: login,
      failure: Texts.tooManyAttempts(seconds: seconds), status: 429)
    response.fields["retry-after"] = String(seconds)
    return response
  }

  /// Ends the session; by POST from our own pages alone.
  func signOut(_ request: Request) async -> Response {
    do {
      guard browser.isOwnForm(request), let form = Form(decoding: request.body),
        tickets.open(form["ticket"], .account, from: browser.sessionCookie(request)) != nil
      else { return problem.expiredForm() }
      let session = try await browser.session(request)
      var response = SignedOutPage().response()
      try await browser.signOut(request, &response)
      try await events.record(Event(.signedOut, userID: session?.user.id, address: request.peer))
      return response
    } catch { return problem.failure(error, at: "sign-out") }
  }
}
