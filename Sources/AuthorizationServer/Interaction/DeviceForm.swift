internal import Accounts
internal import HTTP
internal import OAuth
internal import Pages
internal import World

/// The way of a person who connects a device (RFC 8628 §3.3):
///
///     GET device ─► signed in? ─ no ─► login ─► code form ─► POST device ─► consent ─► POST device/consent ─► done
///
/// Whoever types a code has signed in before, so a guess has an author.
struct DeviceForm: Sendable {
  let issuer: Issuer
  let paths: Paths
  let clients: Clients
  let devices: DeviceGrants
  let consent: ConsentForm
  let throttle: CodeThrottle
  let browser: Browser
  let tickets: Ticket.Office
  let signIn: SignIn
  let problem: Problem
  let events: Events

  /// The page that asks for the code. RFC 8628 §3.3.1: one that the link brought is only filled in, the person still
  /// has to compare and send it.
  func show(_ request: Request) async -> Response {
    do {
      let given = Form(decoding: request.query.utf8)?["user_code"].flatMap(UserCode.init(typed:))
      guard try await browser.session(request) != nil, let cookie = browser.sessionCookie(request) else {
        return try await signIn.page(for: request, next: path(given))
      }
      return DevicePage(
        action: paths.device, ticket: try tickets.issue(.device, for: cookie, content: ""),
        userCode: given?.display ?? ""
      ).response()
    } catch let error as OAuthError {
      return problem.refused(error)
    } catch { return problem.failure(error, at: "device") }
  }

  /// A code was typed.
  func submit(_ request: Request) async -> Response {
    do {
      guard browser.isOwnForm(request), let form = Form(decoding: request.body),
        let cookie = browser.sessionCookie(request), let session = try await browser.session(request),
        tickets.open(form["ticket"], .device, from: cookie) != nil
      else { return problem.expiredForm() }
      let user = session.user
      func again(_ failure: String, status: Int) throws -> Response {
        DevicePage(
          action: paths.device, ticket: try tickets.issue(.device, for: cookie, content: ""),
          userCode: String((form["user_code"] ?? "").unicodeScalars.prefix(32).map(Character.init)),
          failure: failure
        ).response(status: status)
      }
      do { try throttle.begin(user.id, request.peer) } catch {
        var response = try again(Texts.tooManyCodes(seconds: error.seconds), status: 429)
        response.fields["retry-after"] = String(error.seconds)
        return response
      }
      guard let code = form["user_code"].flatMap(UserCode.init(typed:)),
        let waiting = try await devices.waiting(code),
        let client = try await clients.client(waiting.clientID),
        !client.isDisabled
      else { return try again(Texts.unknownDeviceCode, status: 400) }
      throttle.wasRight(user.id, request.peer)
      let question = ConsentForm.Question(
        client: client, scopes: waiting.scopes, resource: waiting.resource, way: .device(code: code.display))
      return try await consent.page(
        question, for: user, action: paths.deviceConsent,
        ticket: tickets.issue(.deviceConsent, for: cookie, content: code.text))
    } catch { return problem.failure(error, at: "device") }
  }

  /// The person decided.
  func decide(_ request: Request) async -> Response {
    do {
      guard browser.isOwnForm(request), let form = Form(decoding: request.body),
        let cookie = browser.sessionCookie(request), let session = try await browser.session(request),
        let ticket = tickets.open(form["ticket"], .deviceConsent, from: cookie),
        let code = UserCode(typed: ticket.content)
      else { return problem.expiredForm() }
      if form["decision"] == "switch" {
        var response = PageHeaders.redirect(to: path(code), .own)
        try await browser.signOut(request, &response)
        return response
      }
      guard let waiting = try await devices.waiting(code),
        let client = try await clients.client(waiting.clientID), !client.isDisabled
      else { return problem.decidedForm() }
      let user = session.user
      guard form["decision"] == "allow",
        let granted = ConsentForm.granted(form, of: waiting.scopes, by: user)
      else {
        guard try await devices.deny(waiting) else { return problem.decidedForm() }
        try await events.record(Event(.denied, userID: user.id, clientID: client.id, address: request.peer))
        return DeviceDonePage(isAllowed: false, accountPath: issuer.path + "/account").response()
      }
      guard
        try await devices.allow(
          waiting, scopes: granted, by: user.id, signedIn: session.signedIn, for: client)
      else {
        return problem.decidedForm()
      }
      try await events.record(
        Event(
          .consented, detail: granted.description, userID: user.id, clientID: client.id, address: request.peer
        ))
      return DeviceDonePage(isAllowed: true, accountPath: issuer.path + "/account").response()
    } catch let error as OAuthError {
      return problem.refused(error)
    } catch { return problem.failure(error, at: "device consent") }
  }

  private func path(_ code: UserCode?) -> String {
    paths.device + (code.map { "?user_code=" + $0.display } ?? "")
  }
}
