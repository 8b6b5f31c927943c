package import Accounts
package import Crypto
package import HTTP
package import OAuth
package import Storage
package import Telemetry
package import WebAuthn
package import World

/// Who may get a token: everything between a client's first look at the metadata and the token that it leaves with.
///
///     metadata ─► registration ─► authorization ─► login ─► consent ─► token ─► refresh … revocation
///
/// It never sees a tool or a record; what it knows of people is `Accounts`.
package struct AuthorizationServer: Sendable {
  /// What the server is made of, given once by the page that builds the house.
  package struct Parts: Sendable {
    package var issuer: Issuer
    package var store: Store
    package var keyring: Keyring
    package var users: Users
    package var sessions: BrowserSessions
    package var connections: Connections
    package var apiKeys: APIKeys
    package var events: Events
    package var registration: RegistrationPolicy
    /// The way out, for what clients publish; nil fetches nothing, so that no client has a URL.
    package var fetch: Fetch?
    /// Whose metadata documents make clients; nil is nobody's.
    package var documentTrust: DocumentClients.Trust?
    /// Whether a DPoP proof has to have a nonce (RFC 9449 §8).
    package var isNonceRequired: Bool
    package var log: Log
    package var world: World
    /// What ends with a password, a factor or a person's standing.
    package var credentialPolicy = CredentialPolicy()
    /// How long a consent is remembered by those who want that; nil is not at all.
    package var consentMemory: Duration? = .days(90)
    /// Sends letters; nil where no mail can be sent.
    package var mailing: Mailing?
    /// The way out to identity providers; with `fetch` it lets people sign in there.
    package var send: Send?
    /// The way to identity providers' documents, apart from that to clients', which anybody can fill; nil is the same.
    package var fetchFromProviders: Fetch?
    /// Who may sign in with a password or passkey of this house's own.
    package var localLogin = LocalLogin.everybody

    package init(
      issuer: Issuer, store: Store, keyring: Keyring, users: Users, sessions: BrowserSessions,
      connections: Connections, apiKeys: APIKeys, events: Events, registration: RegistrationPolicy,
      fetch: Fetch? = nil, documentTrust: DocumentClients.Trust? = nil,
      isNonceRequired: Bool = false, log: Log,
      world: World
    ) {
      self.issuer = issuer
      self.store = store
      self.keyring = keyring
      self.users = users
      self.sessions = sessions
      self.connections = connections
      self.apiKeys = apiKeys
      self.events = events
      self.registration = registration
      self.fetch = fetch
      self.documentTrust = documentTrust
      self.isNonceRequired = isNonceRequired
      self.log = log
      self.world = world
    }
  }

  /// For the pages that need a person who is signed in.
  package let signIn: SignIn
  package let browser: Browser
  package let tickets: Ticket.Office
  package let problem: Problem
  package let clients: Clients
  /// What people prove who they are with, for the pages on which they add and remove it.
  package let secondFactors: SecondFactors
  package let passkeys: Passkeys
  /// What people need not be asked for again.
  package let consents: RememberedConsents
  /// nil where browsers know no passkeys.
  package let relyingParty: RelyingParty?
  package let credentialPolicy: CredentialPolicy
  /// Every endpoint and page of the server.
  package let routes: [Route]

  /// - Throws: `CryptoError`.
  package init(_ parts: Parts) throws(CryptoError) {
    let (issuer, world, log) = (parts.issuer, parts.world, parts.log)
    let paths = Paths(issuer)
    let answer = Answer(log: log)
    let signing = parts.keyring.signing
    let rate = FetchRate(world: world)
    let documents: DocumentClients? =
      if let fetch = parts.fetch, let trust = parts.documentTrust {
        DocumentClients(fetch: fetch, trust: trust, rate: rate, world: world, log: log)
      } else { nil }
    clients = Clients(
      store: parts.store, key: HMACKey(parts.keyring.key(for: "client secrets")), world: world,
      documents: documents)
    let tokens = TokenStore(
      store: parts.store, world: world, key: HMACKey(parts.keyring.key(for: "codes and refresh tokens")),
      successorKey: HMACKey(parts.keyring.key(for: "refresh token successors")))
    browser = Browser(sessions: parts.sessions, issuer: issuer, world: world)
    let keySets = ClientKeySets(fetch: parts.fetch, rate: rate, world: world, log: log)
    let used = UsedOnce(store: parts.store, world: world)
    tickets = try Ticket.Office(key: parts.keyring.key(for: "form tickets"), world: world)
    problem = Problem(log: log, world: world)
    let providers: ProviderSignIn? =
      if let fetch = parts.fetch, let send = parts.send {
        ProviderSignIn(
          path: paths.provider, issuer: issuer,
          providers: try IdentityProviders(store: parts.store, keyring: parts.keyring, world: world),
          client: ProviderClient(
            fetch: parts.fetchFromProviders ?? fetch, send: send, world: world, log: log),
          identities: FederatedIdentities(store: parts.store, world: world), browser: browser,
          tickets: tickets,
          problem: problem, events: parts.events, used: used, flood: Flood(world: world),
          key: HMACKey(parts.keyring.key(for: "identity provider requests")), world: world)
      } else { nil }
    secondFactors = try SecondFactors(store: parts.store, keyring: parts.keyring, world: world)
    passkeys = Passkeys(store: parts.store, keyring: parts.keyring, world: world)
    consents = RememberedConsents(store: parts.store, world: world, lifetime: parts.consentMemory)
    relyingParty = RelyingParty(origin: issuer.origin)
    credentialPolicy = parts.credentialPolicy
    signIn = SignIn(
      path: paths.signIn, users: parts.users, throttle: LoginThrottle(world: world), browser: browser,
      tickets: tickets, problem: problem, events: parts.events, world: world,
      devices: KnownDevices(key: HMACKey(parts.keyring.key(for: "known devices")), world: world),
      second: SignIn.SecondStep(
        codePath: paths.factor, passkeyPath: paths.factorPasskey, enrolPath: paths.enrolment,
        passkeySignInPath: paths.passkeySignIn, namedPasskeyPath: paths.namedPasskey,
        factors: secondFactors, passkeys: passkeys,
        throttle: LoginThrottle(.secondFactor, world: world), party: relyingParty,
        issuerName: issuer.displayName),
      local: parts.localLogin, providers: providers,
      forgottenPath: parts.mailing == nil ? nil : paths.forgotten)
    let link = LinkForm(
      issuer: issuer, forgotPath: paths.forgotten,
      links: OneTimeLinks(store: parts.store, users: parts.users, keyring: parts.keyring, world: world),
      users: parts.users, policy: parts.credentialPolicy, browser: browser, tickets: tickets, signIn: signIn,
      problem: problem, events: parts.events, mailing: parts.mailing,
      throttle: LoginThrottle(.secondFactor, world: world), world: world)

    let proofs = DPoPCheck(
      issuer: issuer, nonces: DPoPNonces(keyring: parts.keyring), isNonceRequired: parts.isNonceRequired,
      world: world)

    let metadata = MetadataEndpoint(
      issuer: issuer, paths: paths, signing: signing, offersRegistration: parts.registration != .off,
      takesDocuments: documents != nil, world: world)
    let authentication = ClientAuthentication(
      clients: clients, throttle: SecretThrottle(world: world), keySets: keySets, used: used, issuer: issuer,
      world: world)
    let consent = ConsentForm(users: parts.users, tokens: tokens, tickets: tickets)
    let pushed = PushedRequests(
      store: parts.store, world: world, key: HMACKey(parts.keyring.key(for: "pushed requests")))
    let authorization = AuthorizationEndpoint(
      issuer: issuer, paths: paths, clients: clients, pushed: pushed, consent: consent, memory: consents,
      tokens: tokens, used: used, browser: browser, tickets: tickets, signIn: signIn,
      freshness: FreshSignIn(tickets: tickets, world: world), problem: problem, events: parts.events,
      world: world)
    let push = PushedAuthorizationEndpoint(
      issuer: issuer, clients: clients, authentication: authentication, pushed: pushed,
      flood: Flood(world: world), proofs: proofs, answer: answer)
    let devices = DeviceGrants(
      store: parts.store, world: world, key: HMACKey(parts.keyring.key(for: "device codes")))
    let deviceAuthorization = DeviceAuthorizationEndpoint(
      issuer: issuer, paths: paths, authentication: authentication, devices: devices,
      flood: Flood(world: world), answer: answer)
    let device = DeviceForm(
      issuer: issuer, paths: paths, clients: clients, devices: devices, consent: consent,
      throttle: CodeThrottle(world: world), browser: browser, tickets: tickets, signIn: signIn,
      problem: problem, events: parts.events)
    let verified = VerifiedTokens(keys: signing, issuer: issuer)
    let assertions = AssertionGrants(
      store: parts.store, issuer: issuer, trusted: TrustedIssuers(store: parts.store, world: world),
      users: parts.users, keySets: keySets, used: used, world: world)
    let exchange = TokenExchange(
      issuer: issuer, connections: parts.connections, verified: verified, world: world)
    let token = TokenEndpoint(
      issuer: issuer, authentication: authentication, tokens: tokens, devices: devices,
      assertions: assertions, exchange: exchange, signing: signing, answer: answer, events: parts.events,
      proofs: proofs, world: world)
    let revocation = RevocationEndpoint(
      issuer: issuer, authentication: authentication, tokens: tokens, signing: signing, answer: answer,
      events: parts.events, world: world)
    let introspection = IntrospectionEndpoint(
      issuer: issuer, authentication: authentication, tokens: tokens, connections: parts.connections,
      apiKeys: parts.apiKeys, signing: signing, verified: verified, answer: answer, world: world)
    let registration = RegistrationEndpoint(
      issuer: issuer, paths: paths, clients: clients, policy: parts.registration,
      initialTokens: InitialAccessTokens(store: parts.store, keyring: parts.keyring, world: world),
      answer: answer, events: parts.events, flood: Flood(world: world),
      world: world)

    /// An endpoint at its own path and at the alias that clients without metadata guess.
    func both(_ method: Method, _ path: String, _ alias: String, _ handle: @escaping Route.Handler) -> [Route]
    {
      [Route(method, path, handle: handle), Route(method, alias, name: path, handle: handle)]
    }
    var open = metadata.routes
    open += both(.post, paths.token, "/token", token.respond)
    open.append(Route(.post, paths.revocation, handle: revocation.respond))
    open.append(Route(.post, paths.pushed, handle: push.respond))
    open.append(Route(.post, paths.deviceAuthorization, handle: deviceAuthorization.respond))
    if parts.registration != .off {
      open += both(.post, paths.registration, "/register", registration.respond)
      let configuration = ClientConfigurationEndpoint(
        registration: registration, clients: clients, answer: answer, events: parts.events)
      let path = paths.registration + "/:id"
      open += [
        Route(.get, path, handle: configuration.read), Route(.put, path, handle: configuration.update),
        Route(.delete, path, handle: configuration.delete),
      ]
    }
    // Introspection is between servers: no script has a secret to ask with.
    // OAuth 2.1 §3.1: the authorization endpoint MUST NOT support CORS.
    routes =
      CrossOrigin.open(open) + both(.get, paths.authorization, "/authorize", authorization.show) + [
        Route(.post, paths.introspection, handle: introspection.respond),
        Route(.post, paths.consent, handle: authorization.decide),
        Route(.get, paths.device, handle: device.show),
        Route(.post, paths.device, handle: device.submit),
        Route(.post, paths.deviceConsent, handle: device.decide),
        Route(.post, paths.signIn, handle: signIn.submit),
        Route(.post, paths.signOut, handle: signIn.signOut),
        Route(.post, paths.factor, handle: signIn.submitCode),
        Route(.post, paths.factorPasskey, handle: signIn.submitPasskey),
        Route(.post, paths.enrolment, handle: signIn.submitEnrolment),
        Route(.post, paths.namedPasskey, handle: signIn.askNamedPasskey),
        Route(.post, paths.passkeySignIn, handle: signIn.submitPasskeySignIn),
        Route(.get, issuer.path + OneTimeLinks.path + ":token", handle: link.show),
        Route(.post, issuer.path + OneTimeLinks.path + ":token", handle: link.submit),
      ]
      + Self.routes(providers, signIn)
      + (parts.mailing == nil
        ? []
        : [
          Route(.get, paths.forgotten, handle: link.askForgotten),
          Route(.post, paths.forgotten, handle: link.submitForgotten),
        ])
  }
  private static func routes(_ providers: ProviderSignIn?, _ signIn: SignIn) -> [Route] {
    guard let providers else { return [] }
    let path = providers.path + ":name"
    return [
      Route(.post, path) { await providers.start($0, signIn) },
      Route(.get, path + "/callback") { await providers.finish($0, signIn) },
    ]
  }
}
