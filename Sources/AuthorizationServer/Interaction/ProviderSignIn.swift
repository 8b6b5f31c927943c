internal import Accounts
internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import Pages
internal import World

/// Signing in at the company's identity provider (OpenID Connect Core §3.1).
///
///     login page ─► start ─► provider ─► callback ─► who is it here? ─► SignIn.enter
///
/// Nothing is stored on the way: what the callback has to know is in `state`, sealed for the browser that left, and the
/// PKCE verifier and the nonce are made of it with a key of ours.
package struct ProviderSignIn: Sendable {
  let path: String
  let issuer: Issuer
  let providers: IdentityProviders
  let client: ProviderClient
  let identities: FederatedIdentities
  let browser: Browser
  let tickets: Ticket.Office
  let problem: Problem
  let events: Events
  let used: UsedOnce
  let flood: Flood
  let key: HMACKey
  let world: World

  /// What the login page offers.
  func buttons() async throws -> [ProviderButton] {
    try await providers.labels().map { ProviderButton(action: path + $0.name, label: $0.label) }
  }

  /// How long ago a person may have signed in at the provider; and what is taken for it where nobody says.
  private static let oldest: Duration = .days(30)

  // MARK: The way there

  /// Somebody chose a provider on the login page.
  func start(_ request: Request, _ signIn: SignIn) async -> Response {
    await signIn.guarded("provider sign-in") {
      guard browser.isOwnForm(request), let form = Form(decoding: request.body),
        let visit = browser.visitCookie(request),
        let ticket = tickets.open(form["ticket"], .signIn, from: visit)
      else { return problem.expiredForm() }
      guard let provider = try await providers.provider(request.parameters["name"] ?? "") else {
        return unknown()
      }
      // Who is signed in and yet on the login page has to prove anew who they are.
      let isSignedIn = try await browser.session(request) != nil
      let trip = Trip(
        provider: provider.name, next: ticket.content, startedAt: world.now,
        isFresh: isSignedIn || FreshSignIn.isAsked(by: ticket.content))
      let metadata: ProviderMetadata
      do throws(ProviderClient.Refusal) { metadata = try await client.metadata(of: provider) } catch {
        return unreachable(provider, error)
      }
      let state = try tickets.issue(.providerSignIn, for: visit, content: trip.text)
      var pairs: [(name: String, value: String)] = [
        ("response_type", "code"), ("client_id", provider.clientID),
        ("redirect_uri", IdentityProvider.redirectURI(provider.name, issuer)), ("scope", provider.scope),
        ("state", state), ("nonce", derived("nonce", state)),
        ("code_challenge", Base64URL.encode(SHA256.hash(derived("verifier", state)))),
        ("code_challenge_method", "S256"),
      ]
      // Core §3.1.2.1: with max_age the ID Token MUST say when the person signed in there.
      pairs.append(("max_age", trip.isFresh ? "0" : String(Self.oldest.wholeSeconds)))
      if trip.isFresh { pairs.append(("prompt", "login")) }
      var response = PageHeaders.redirect(to: metadata.authorization.with(Form(pairs).encoded))
      browser.keep(visit: visit, in: &response)
      return response
    }
  }

  private func derived(_ purpose: String, _ state: String) -> String {
    Base64URL.encode(key.code(for: Array("\(purpose) \(state)".utf8)))
  }

  // MARK: The way back

  /// The browser came back from a provider.
  func finish(_ request: Request, _ signIn: SignIn) async -> Response {
    await signIn.guarded("provider sign-in") {
      guard let form = Form(decoding: request.query.utf8), let state = form["state"],
        let ticket = tickets.open(state, .providerSignIn, from: browser.visitCookie(request)),
        let trip = Trip(ticket.content), trip.provider == request.parameters["name"],
        // RFC 6749 §3.1: parameters MUST NOT be included more than once.
        form.repeated.isEmpty
      else { return problem.expiredForm() }
      guard let provider = try await providers.provider(trip.provider) else { return unknown() }
      do {
        let metadata = try await client.metadata(of: provider)
        // RFC 9207 §2.4: if the value does not match the expected issuer identifier, clients MUST reject the response; an
        // error response too, and one without it of a provider that says that it sends it.
        guard form["iss"].map({ $0.utf8.elementsEqual(provider.issuer.utf8) }) ?? !metadata.namesItself else {
          throw ProviderClient.Refusal(because: "an answer of another issuer")
        }
        // A visit costs nothing and a code is made up quickly, but each makes us ask the provider.
        try flood.admit(request.peer)
        guard try await used.spend(ticket.nonce, of: "provider sign-in", for: Ticket.lifetime) else {
          return problem.decidedForm()
        }
        guard let code = form["code"] else {
          return try await turnedAway(trip, provider, form["error"], signIn, request)
        }
        let (person, token) = try await client.person(
          code, at: provider, metadata, verifier: derived("verifier", state), nonce: derived("nonce", state),
          redirectURI: IdentityProvider.redirectURI(provider.name, issuer))
        return try await arrived(person, token, trip, provider, signIn, request)
      } catch let refusal as ProviderClient.Refusal {
        try await events.record(
          Event(.signInRefused, detail: "provider \(provider.name)", address: request.peer))
        return unreachable(provider, refusal)
      }
    }
  }

  private func arrived(
    _ person: FederatedIdentities.Person, _ token: IDToken, _ trip: Trip, _ provider: IdentityProvider,
    _ signIn: SignIn, _ request: Request
  ) async throws -> Response {
    var authenticatedAt: Instant?
    // Two clocks don't agree to the second: what seems to be a little before the start was after it.
    let told = token.authenticatedAt ?? trip.startedAt - Self.oldest
    if told < trip.startedAt - IDToken.skew { authenticatedAt = told }
    // OpenID Connect Core §3.1.2.1: with max_age the ID Token MUST include auth_time.
    guard !trip.isFresh || authenticatedAt == nil else {
      throw ProviderClient.Refusal(because: "nobody was asked anew, or the provider does not say when")
    }
    let arrival: FederatedIdentities.Arrival
    do { arrival = try await identities.arrive(person, by: provider.rules) } catch let refusal
      as FederatedIdentities.Refusal
    {
      try await events.record(
        Event(.signInRefused, detail: "provider \(provider.name)", address: request.peer))
      return stranger(provider, refusal)
    }
    let user = arrival.user
    if case .made = arrival.way {
      try await events.record(
        Event(.accountMade, detail: "provider \(provider.name)", userID: user.id, address: request.peer))
    }
    var factors: Factors = [.federated]
    if provider.rules.trustsFactors, token.methods.contains(Factor.several.rawValue) {
      factors = factors.union([.several])
    }
    var proof = SignIn.Proof(user: user, factors: factors, at: trip.startedAt, next: trip.next)
    proof.authenticatedAt = authenticatedAt
    if case .found(let link) = arrival.way { proof.link = link }
    return try await signIn.enter(proof, request)
  }

  /// Links the account of somebody who has proved all that it asks for.
  func settle(_ link: FederatedIdentities.Link, _ user: User, _ request: Request) async throws {
    try await identities.settle(link, for: user.id)
    try await events.record(
      Event(.identityLinked, detail: link.issuer, userID: user.id, address: request.peer))
  }

  /// The provider answered with an error: mostly that its person went back.
  private func turnedAway(
    _ trip: Trip, _ provider: IdentityProvider, _ error: String?, _ signIn: SignIn, _ request: Request
  ) async throws -> Response {
    let isDenied = error == "access_denied"
    return try await signIn.page(
      for: request, next: trip.next,
      notice: isDenied ? Texts.providerCancelled(provider.label) : Texts.providerRefused(provider.label))
  }

  // MARK: Pages

  private func unknown() -> Response {
    problem.page(404, Texts.noSuchProvider, because: "no such identity provider")
  }

  private func unreachable(_ provider: IdentityProvider, _ refusal: ProviderClient.Refusal) -> Response {
    let because = "provider \(provider.name): \(refusal.because)"
    return refusal.isTransient
      ? problem.page(503, Texts.providerIsAway(provider.label), because: because)
      : problem.page(502, Texts.providerIsWrong(provider.label), because: because)
  }

  private func stranger(_ provider: IdentityProvider, _ refusal: FederatedIdentities.Refusal) -> Response {
    problem.page(
      403, Texts.providerKnowsStranger(provider.label),
      because: "provider \(provider.name): \(refusal.rawValue)")
  }
}

/// What a browser takes along to the provider and back.
private struct Trip {
  let provider: String
  /// Where the person was going: a path of ours with its query.
  let next: String
  let startedAt: Instant
  /// Whether the person has to prove anew who they are.
  let isFresh: Bool

  init(provider: String, next: String, startedAt: Instant, isFresh: Bool) {
    self.provider = provider
    self.next = next
    self.startedAt = startedAt
    self.isFresh = isFresh
  }

  init?(_ text: String) {
    let content: JSONValue
    do { content = try JSONValue(parsing: text) } catch { return nil }
    guard let provider = content["p"]?.string, let next = content["n"]?.string,
      let startedAt = content["t"]?.integer
    else { return nil }
    self.provider = provider
    self.next = next
    self.startedAt = Instant(microseconds: startedAt)
    isFresh = content["f"] == true
  }

  var text: String {
    let content: JSONValue = [
      "p": .string(provider), "n": .string(next), "t": .integer(startedAt.microseconds), "f": .bool(isFresh),
    ]
    return content.text
  }
}
