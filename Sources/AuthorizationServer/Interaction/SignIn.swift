package import Accounts
package import Crypto
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

  /// Shows the login form; after it the browser goes on to `next`.
  ///
  /// - Parameters:
  ///   - next: a path of ours with its query.
  ///   - clientName: who sent the person here, if a client did.
  /// - Throws: `CryptoError`.
  package func page(
    for request: Request, next: String, clientName: String? = nil, login: String = "", failure: String? = nil,
    notice: String? = nil, status: Int = 200
  ) throws(CryptoError) -> Response {
    let visit = browser.visitCookie(request) ?? browser.newVisit()
    let ticket = try tickets.issue(.signIn, for: visit, content: next)
    var response = LoginPage(
      action: path, ticket: ticket, clientName: clientName, login: login, failure: failure, notice: notice
    ).response(status: status)
    browser.keep(visit: visit, in: &response)
    return response
  }

  /// The form came back.
  func submit(_ request: Request) async -> Response {
    do {
      guard browser.isOwnForm(request), let form = Form(decoding: request.body),
        let ticket = tickets.open(form["ticket"], .signIn, from: browser.visitCookie(request))
      else { return problem.expiredForm() }
      let login = form["login"] ?? ""
      let started = world.now
      if let wait = throttle.begin(login: login, address: request.peer) {
        return try tooMany(request, ticket, login, after: wait)
      }
      let password = form["password"] ?? ""
      let user: User?
      do {
        user =
          password.utf8.count <= Self.passwordLimit
          ? try await users.authenticate(login: login, password: Secret(password)) : nil
      } catch {
        throttle.wasNotMade(login: login, address: request.peer)
        throw error
      }
      guard let user else {
        try await events.record(Event(.signInRefused, address: request.peer))
        if let wait = throttle.wait(login: login, address: request.peer), wait > .seconds(1) {
          return try tooMany(request, ticket, login, after: wait)
        }
        return try page(
          for: request, next: ticket.content, login: login,
          failure: "That user name and password do not match.", status: 401)
      }
      throttle.succeeded(login: login, address: request.peer)
      return try await enter(
        Proof(user: user, factors: [.password], at: started, next: ticket.content), request)
    } catch CryptoError.busy {
      return problem.page(
        503, "Too many people are signing in", "Wait a moment, then go back and try again.",
        because: "password queue full")
    } catch { return problem.failure(error, at: "sign-in") }
  }

  /// Somebody proved who they are: what every way of signing in ends with.
  package struct Proof: Sendable {
    package let user: User
    package let factors: Factors
    /// When they began to: a password that was changed after it makes the proof worthless.
    package let at: Instant
    /// Where the person was going: a path of ours with its query.
    package let next: String

    package init(user: User, factors: Factors, at: Instant, next: String) {
      self.user = user
      self.factors = factors
      self.at = at
      self.next = next
    }
  }

  /// Lets somebody in who proved who they are: a session under a new cookie, and on to where they were going.
  ///
  /// - Throws: `BrowserSessions.Overtaken`, `StorageError`, what the events' sink throws.
  package func enter(_ proof: Proof, _ request: Request) async throws -> Response {
    var response = PageHeaders.redirect(to: proof.next)
    try await browser.signIn(proof.user, by: proof.factors, at: proof.at, request, &response)
    try await events.record(
      Event(.signedIn, detail: proof.factors.text, userID: proof.user.id, address: request.peer))
    return response
  }

  /// Longer ones are not hashed; Argon2 would take them, a person would not type them.
  private static let passwordLimit = 1024

  private func tooMany(
    _ request: Request, _ ticket: Ticket, _ login: String, after wait: Duration
  ) throws -> Response {
    let seconds = max(1, wait.wholeSeconds + 1)
    var response = try page(
      for: request, next: ticket.content, login: login,
      failure: "Too many failed attempts. Try again in \(seconds) seconds.", status: 429)
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
