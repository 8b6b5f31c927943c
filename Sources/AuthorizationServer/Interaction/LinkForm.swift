internal import Accounts
internal import Crypto
internal import HTTP
internal import OAuth
internal import Pages
internal import World

/// Hands a letter over for sending: to whom, subject, text. Returns once it is safe.
package typealias Mailing = @Sendable (_ to: String, _ subject: String, _ text: String) async throws -> Void

/// The pages behind one-time links, and the one that asks for such a link: no password is known yet, or no more.
struct LinkForm: Sendable {
  let issuer: Issuer
  let forgotPath: String
  let links: OneTimeLinks
  let users: Users
  let policy: CredentialPolicy
  let browser: Browser
  let tickets: Ticket.Office
  let signIn: SignIn
  let problem: Problem
  let events: Events
  /// nil where no mail can be sent.
  let mailing: Mailing?
  /// Counts letters, as guesses are counted.
  let throttle: LoginThrottle
  let world: World

  private func path(_ token: String) -> String { issuer.path + OneTimeLinks.path + token }

  // MARK: A link

  func show(_ request: Request) async -> Response {
    await signIn.guarded("link") {
      guard let token = request.parameters["token"], let link = try await links.link(token) else {
        return over()
      }
      return try await page(token, link, request)
    }
  }

  private func page(
    _ token: String, _ link: OneTimeLinks.Link, _ request: Request, login: String? = nil,
    name: String = "", failure: String? = nil, status: Int = 200
  ) async throws -> Response {
    let purpose: PasswordPage.Purpose
    switch link.purpose {
    case .reset:
      guard let id = link.userID, let user = try await users.user(id: id) else { return over() }
      purpose = .reset(login: user.login)
    case .setup:
      purpose = .welcome(login: login ?? "admin", name: name, isAdministrator: true)
    case .invitation:
      purpose = .welcome(login: login ?? link.email ?? "", name: name, isAdministrator: false)
    }
    let visit = browser.visitCookie(request) ?? browser.newVisit()
    var response = PasswordPage(
      purpose, action: path(token), ticket: try tickets.issue(.link, for: visit, content: token),
      failure: failure
    ).response(status: status)
    browser.keep(visit: visit, in: &response)
    return response
  }

  func submit(_ request: Request) async -> Response {
    await signIn.guarded("link") {
      guard browser.isOwnForm(request), let form = Form(decoding: request.body),
        let token = request.parameters["token"],
        let ticket = tickets.open(form["ticket"], .link, from: browser.visitCookie(request)),
        ticket.content == token
      else { return problem.expiredForm() }
      guard let link = try await links.link(token) else { return over() }
      let now = world.now
      let (login, name) = (form["login"] ?? "", form["name"] ?? "")
      let password = Secret(form["password"] ?? "")
      do {
        guard link.purpose != .reset else {
          let user = try await links.reset(token, password: password, policy)
          try await events.record(
            Event(.passwordChanged, detail: "link", userID: user.id, address: request.peer))
          // Whoever holds the link has shown that they read the mail, not that they hold the second factor.
          return PageHeaders.redirect(to: issuer.path + "/account")
        }
        guard !name.isEmpty, name.unicodeScalars.count <= 120 else {
          return try await page(
            token, link, request, login: login, name: name, failure: Texts.nameMissing, status: 400)
        }
        let user = try await links.makeAccount(token, login: login, name: name, password: password)
        try await events.record(
          Event(.accountMade, detail: link.purpose.rawValue, userID: user.id, address: request.peer))
        return try await signIn.enter(
          SignIn.Proof(
            user: user, factors: [.password], at: max(now, world.now), next: issuer.path + "/account"),
          request)
      } catch let refusal as Users.Refusal {
        return try await page(
          token, link, request, login: login, name: name, failure: Texts.cannotBeUsed("\(refusal)"),
          status: 400)
      } catch is OneTimeLinks.Refusal { return over() }
    }
  }

  private func over() -> Response {
    problem.page(410, Texts.linkIsOver, because: "one-time link unknown, used or over")
  }

  // MARK: A forgotten password

  func askForgotten(_ request: Request) async -> Response {
    await signIn.guarded("forgotten password") { try forgottenPage(request) }
  }

  private func forgottenPage(
    _ request: Request, failure: String? = nil, status: Int = 200
  ) throws -> Response {
    let visit = browser.visitCookie(request) ?? browser.newVisit()
    var response = ForgottenPage(
      action: forgotPath, ticket: try tickets.issue(.link, for: visit, content: "forgotten"),
      failure: failure
    ).response(status: status)
    browser.keep(visit: visit, in: &response)
    return response
  }

  /// Answers the same whether there is such a person or not, and does as much.
  func submitForgotten(_ request: Request) async -> Response {
    await signIn.guarded("forgotten password") {
      guard let mailing, browser.isOwnForm(request), let form = Form(decoding: request.body),
        let ticket = tickets.open(form["ticket"], .link, from: browser.visitCookie(request)),
        ticket.content == "forgotten"
      else { return problem.expiredForm() }
      let login = form["login"] ?? ""
      if let wait = throttle.begin(
        LoginThrottle.Attempt(login: try await users.canonical(login), address: request.peer))
      {
        let seconds = max(1, wait.wholeSeconds + 1)
        var response = try forgottenPage(
          request, failure: Texts.tooManyLetters(seconds: seconds), status: 429)
        response.fields["retry-after"] = String(seconds)
        return response
      }
      let user = try await users.reachable(login)
      // Nobody's link goes to nobody: it is made all the same, so that time tells nothing.
      let token = try await links.make(
        .reset, userID: user?.id, lifetime: OneTimeLinks.mailedLifetime)
      if let user, let address = user.email {
        try await mailing(
          address, LetterTexts.resetSubject,
          LetterTexts.reset(name: user.name, link: OneTimeLinks.url(token, issuer)))
        try await events.record(
          Event(.linkSent, detail: "reset", userID: user.id, address: request.peer))
      }
      return ForgottenPage(action: "", ticket: "", isDone: true).response()
    }
  }
}
