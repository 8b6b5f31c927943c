internal import Accounts
internal import Crypto
internal import HTTP
internal import OAuth
internal import Pages
internal import QRCode
internal import Storage
internal import WebAuthn
internal import World

/// What stands between a first proof and the session: a second factor, or the way to get one.
extension SignIn {
  /// What a second step needs to know of the house.
  struct SecondStep: Sendable {
    let codePath, passkeyPath, enrolPath, passkeySignInPath, namedPasskeyPath: String
    let factors: SecondFactors
    let passkeys: Passkeys
    /// Guesses at codes are counted by themselves (keycloak #46164).
    let throttle: LoginThrottle
    /// nil where browsers know no passkeys.
    let party: RelyingParty?
    /// What authenticator apps call this server.
    let issuerName: String
  }

  /// The page that asks for the second factor, or nil when the proof is enough.
  func secondStep(for proof: Proof, _ request: Request) async throws -> Response? {
    guard !proof.factors.areSeveral else { return nil }
    let standing = try await second.factors.standing(of: proof.user)
    if standing.hasAny { return try await askSecond(Pending(proof), standing, request) }
    return standing.isRequired ? try askToEnrol(Pending(proof), proof.user, request) : nil
  }

  // MARK: A code, or a passkey

  private func askSecond(
    _ pending: Pending, _ standing: SecondFactors.Standing, _ request: Request, failure: String? = nil,
    status: Int = 200
  ) async throws -> Response {
    var pending = pending
    var passkey: PasskeyForm?
    let visit = browser.visitCookie(request) ?? browser.newVisit()
    if standing.passkeys > 0, let party = second.party {
      let challenge = second.passkeys.newChallenge()
      pending.challenge = challenge
      let allowed = try await second.passkeys.all(of: pending.userID).map(\.credentialID)
      passkey = PasskeyForm(
        action: second.passkeyPath,
        ticket: try tickets.issue(.secondFactor, for: visit, content: pending.text),
        options: PasskeyOptions.get(
          challenge: challenge, at: party, allowed: allowed, requiresVerification: false))
    }
    let takesCodes = standing.hasApp || standing.recoveryCodesLeft > 0
    var response = FactorPage(
      action: second.codePath, ticket: try tickets.issue(.secondFactor, for: visit, content: pending.text),
      takesCodes: takesCodes, hasApp: standing.hasApp, passkey: passkey, failure: failure
    ).response(status: status)
    browser.keep(visit: visit, in: &response)
    return response
  }

  /// Somebody on the way, if the form is this browser's and not too old.
  private func pending(
    _ request: Request, _ purpose: Ticket.Purpose
  ) async throws -> (form: Form, pending: Pending, user: User)? {
    guard browser.isOwnForm(request), let form = Form(decoding: request.body),
      let ticket = tickets.open(form["ticket"], purpose, from: browser.visitCookie(request)),
      let pending = Pending(ticket.content), world.now - pending.at <= Pending.lifetime,
      let user = try await users.user(id: pending.userID), !user.isDisabled
    else { return nil }
    return (form, pending, user)
  }

  /// A code came: of the app, or a recovery code.
  func submitCode(_ request: Request) async -> Response {
    await guarded("second factor") {
      guard let (form, pending, user) = try await pending(request, .secondFactor) else {
        return problem.expiredForm()
      }
      let attempt = attempt(user.login, request)
      let standing = try await second.factors.standing(of: user)
      if let wait = second.throttle.begin(attempt) {
        return try await tooManyCodes(pending, standing, request, after: wait)
      }
      let code = (form["code"] ?? "").filter { !$0.isWhitespace }
      let factor: Factor?
      do {
        factor = try await self.factor(of: code, user.id)
      } catch {
        second.throttle.wasNotMade(attempt)
        throw error
      }
      guard let factor else {
        try await events.record(
          Event(.signInRefused, detail: "second factor", userID: user.id, address: request.peer))
        if let wait = second.throttle.wait(attempt), wait > .seconds(1) {
          return try await tooManyCodes(pending, standing, request, after: wait)
        }
        return try await askSecond(
          pending, standing, request, failure: Texts.wrongCode, status: 401)
      }
      second.throttle.succeeded(attempt)
      return try await admit(pending.proved(user, [factor]), request)
    }
  }

  private func factor(of code: String, _ userID: Int64) async throws -> Factor? {
    if code.utf8.count == 6, code.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      return try await second.factors.useCode(code, of: userID) ? .totp : nil
    }
    return try await second.factors.useRecoveryCode(code, of: userID) ? .recoveryCode : nil
  }

  private func tooManyCodes(
    _ pending: Pending, _ standing: SecondFactors.Standing, _ request: Request, after wait: Duration
  ) async throws -> Response {
    let seconds = max(1, wait.wholeSeconds + 1)
    var response = try await askSecond(
      pending, standing, request, failure: Texts.tooManyCodes(seconds: Int64(seconds)),
      status: 429)
    response.fields["retry-after"] = String(seconds)
    return response
  }

  /// A passkey answered as the second factor.
  func submitPasskey(_ request: Request) async -> Response {
    await guarded("second factor") {
      guard let party = second.party, let (form, pending, user) = try await pending(request, .secondFactor),
        let challenge = pending.challenge
      else { return problem.expiredForm() }
      let factors = try await proved(
        Passkeys.Answer(form), challenge, party, userID: user.id, requiresVerification: false, request)
      guard let factors else {
        return try await askSecond(
          pending, try await second.factors.standing(of: user), request,
          failure: Texts.passkeyFailed, status: 401)
      }
      return try await admit(pending.proved(user, factors.factors), request)
    }
  }

  /// What an answer proves; nil, and on record, when it proves nothing.
  private func proved(
    _ answer: Passkeys.Answer?, _ challenge: [UInt8], _ party: RelyingParty, userID: Int64?,
    requiresVerification: Bool, _ request: Request
  ) async throws -> (userID: Int64, factors: Factors)? {
    var reason = "passkey malformed"
    if let answer {
      do {
        let found = try await second.passkeys.prove(
          answer, challenge: challenge, at: party, userID: userID, requiresVerification: requiresVerification)
        if let found { return found }
        reason = "passkey unknown"
      } catch let error as CeremonyError { reason = "passkey \(error.rawValue)" }
    }
    try await events.record(
      Event(.signInRefused, detail: reason, userID: userID, address: request.peer))
    return nil
  }

  // MARK: A passkey alone

  /// The form on the login page that asks for a passkey, which says who it is.
  func passkeyForm(next: String, visit: String) throws(CryptoError) -> PasskeyForm? {
    try second.party.map { party throws(CryptoError) in
      try passkeyForm(next: next, visit: visit, party, allowed: [], userID: nil)
    }
  }

  /// - Parameter userID: who has to answer; nil is whoever the passkey says.
  private func passkeyForm(
    next: String, visit: String, _ party: RelyingParty, allowed: [[UInt8]], userID: Int64?
  ) throws(CryptoError) -> PasskeyForm {
    let challenge = second.passkeys.newChallenge()
    let content = "\(Base64URL.encode(challenge)) \(userID.map(String.init) ?? "-") \(next)"
    return PasskeyForm(
      action: second.passkeySignInPath,
      ticket: try tickets.issue(.passkeySignIn, for: visit, content: content),
      options: PasskeyOptions.get(
        challenge: challenge, at: party, allowed: allowed, requiresVerification: true))
  }

  /// Somebody gave a user name and wants to answer by a passkey that does not know whose it is: a security key.
  ///
  /// Who does not exist, or has none, is asked for keys that are none (WebAuthn Level 2 §14.6.2).
  func askNamedPasskey(_ request: Request) async -> Response {
    await guarded("passkey sign-in") {
      guard let party = second.party, browser.isOwnForm(request), let form = Form(decoding: request.body),
        let visit = browser.visitCookie(request),
        let ticket = tickets.open(form["ticket"], .signIn, from: visit)
      else { return problem.expiredForm() }
      guard let login = form["login"] else {
        return try await page(
          for: request, next: ticket.content, failure: Texts.userNameFirst, status: 400)
      }
      let user = try await users.user(login: try await users.canonical(login))
      var allowed: [[UInt8]] = []
      if let user { allowed = try await second.passkeys.all(of: user.id).map(\.credentialID) }
      if allowed.isEmpty { allowed = second.passkeys.decoys(for: login) }
      return FactorPage(
        action: "", ticket: "", takesCodes: false,
        passkey: try passkeyForm(
          next: ticket.content, visit: visit, party, allowed: allowed, userID: user?.id ?? 0)
      ).response()
    }
  }

  /// A passkey answered on the login page. It counts for two factors, since it made sure of the person itself.
  func submitPasskeySignIn(_ request: Request) async -> Response {
    await guarded("passkey sign-in") {
      guard let party = second.party, browser.isOwnForm(request), let form = Form(decoding: request.body),
        let ticket = tickets.open(form["ticket"], .passkeySignIn, from: browser.visitCookie(request))
      else { return problem.expiredForm() }
      let parts = ticket.content.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, let challenge = Base64URL.decode(parts[0]) else { return problem.expiredForm() }
      let (next, now) = (String(parts[2]), world.now)
      let found = try await proved(
        Passkeys.Answer(form), challenge, party, userID: Int64(parts[1]), requiresVerification: true, request)
      guard let found, let user = try await users.user(id: found.userID), !user.isDisabled else {
        return try await page(
          for: request, next: next, failure: Texts.passkeyUnknown,
          status: 401)
      }
      return try await enter(Proof(user: user, factors: found.factors, at: now, next: next), request)
    }
  }

  // MARK: The way to get one

  private func askToEnrol(
    _ pending: Pending, _ user: User, _ request: Request, failure: String? = nil, status: Int = 200
  ) throws -> Response {
    var pending = pending
    let totp = pending.secret.map { TOTP(secret: Secret($0)) } ?? TOTP(world: world)
    pending.secret = totp.secret.bytes
    let visit = browser.visitCookie(request) ?? browser.newVisit()
    let code = QRCode(totp.uri(issuer: second.issuerName, login: user.login))
    var response = EnrolPage(
      action: second.enrolPath, ticket: try tickets.issue(.enrolment, for: visit, content: pending.text),
      secret: totp.text, picture: code.map { Picture(path: $0.path, side: $0.side) }, isRequired: true,
      failure: failure
    ).response(status: status)
    browser.keep(visit: visit, in: &response)
    return response
  }

  /// The first code of a new app came from somebody who has to have one.
  func submitEnrolment(_ request: Request) async -> Response {
    await guarded("enrolment") {
      guard let (form, pending, user) = try await pending(request, .enrolment), let secret = pending.secret,
        // Whoever added a factor meanwhile is asked for that one.
        try await !second.factors.standing(of: user).hasAny
      else { return problem.expiredForm() }
      let code = (form["code"] ?? "").filter { !$0.isWhitespace }
      let isAdded = try await second.factors.addApp(
        TOTP(secret: Secret(secret)), provedBy: code, for: user.id)
      guard isAdded else {
        return try askToEnrol(
          pending, user, request, failure: Texts.wrongFirstCode,
          status: 401)
      }
      try await events.record(
        Event(.factorAdded, detail: "otp", userID: user.id, address: request.peer))
      let codes = try await second.factors.makeRecoveryCodes(for: user.id)
      let proof = pending.proved(user, [.totp])
      var response = RecoveryCodesPage(codes: codes, continuePath: proof.next).response()
      try await begin(proof, request, &response)
      return response
    }
  }
}

extension Pending {
  func proved(_ user: User, _ more: Factors) -> SignIn.Proof {
    var proof = SignIn.Proof(user: user, factors: factors.union(more), at: at, next: next)
    proof.authenticatedAt = authenticatedAt
    proof.link = link
    return proof
  }
}
