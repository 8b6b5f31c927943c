internal import HTTP
internal import JSON
internal import OAuth

/// An authorization request that passed every check (OAuth 2.1 §4.1.1): who asks, for what, and where the answer goes.
struct AuthorizationRequest: Sendable {
  let clientID: String
  let redirectURI: RedirectURI
  let scopes: ScopeSet
  let state: String?
  let challenge: CodeChallenge
  /// The canonical resource, whatever alias was asked for.
  let resource: Resource
  /// Whether the client may be told of an error by a redirect that nobody clicked for.
  let isTrusted: Bool
  /// The key that the code will be bound to (`dpop_jkt`, RFC 9449 §10).
  let key: KeyThumbprint?
  /// How long ago the person may have signed in (`max_age`, RFC 9470 §4), …
  let maximumAge: Duration?
  /// … whether they are to do so in any case (`prompt=login`), …
  let wantsSignIn: Bool
  /// Whether the client leaves it open how the person is asked (no `prompt` but `none`, OpenID Connect Core §3.1.2.1).
  let leavesPagesOpen: Bool
  /// … and how well, each of these being good enough (`acr_values`); nil is any way.
  let contexts: [AuthenticationContext]?
}

/// Where an error of the authorization endpoint may go: before the redirect URI is proven, only to the person.
enum AuthorizationFailure: Error {
  /// OAuth 2.1 §4.1.2.1: the server MUST NOT redirect; the person is told.
  case page(OAuthError)
  /// To the client, by way of the browser.
  case redirect(OAuthError, to: RedirectURI, state: String?)
}

extension AuthorizationRequest {
  /// How long a state may be, in bytes; the request line has a limit of its own.
  static let stateLimit = 8192

  /// Reads and checks a request, in the order in which it becomes safe to answer.
  ///
  /// - Parameter eligible: what a person could grant at most, whoever they are.
  init(_ form: Form?, clients: Clients, issuer: Issuer) async throws {
    guard let form else {
      throw AuthorizationFailure.page(OAuthError(.invalidRequest, says: "the link is damaged"))
    }
    let repeated = form.repeated
    // First the client and its redirect URI: until both are known, nothing may be sent anywhere.
    guard !repeated.contains("client_id"), !repeated.contains("redirect_uri") else {
      throw AuthorizationFailure.page(
        OAuthError(.invalidRequest, says: "client_id or redirect_uri is given twice"))
    }
    guard let clientID = form["client_id"] else {
      throw AuthorizationFailure.page(OAuthError(.invalidRequest, says: "client_id is missing"))
    }
    let found: Client?
    do { found = clientID.utf8.count <= 2048 ? try await clients.client(clientID) : nil } catch let error
      as OAuthError
    {
      throw AuthorizationFailure.page(error)
    }
    guard let client = found, !client.isDisabled else {
      throw AuthorizationFailure.page(
        OAuthError(
          .invalidClient, says: "the application is not registered here",
          because: "client \(clientID.prefix(80))"))
    }
    let redirectURI: RedirectURI
    if let asked = form["redirect_uri"] {
      guard let match = RedirectURI.match(asked, among: client.redirectURIs) else {
        throw AuthorizationFailure.page(
          OAuthError(
            .invalidRequest, says: "the redirect URI is not one that the application registered",
            because: "client \(client.id) asked for \(asked.prefix(200))"))
      }
      redirectURI = match
    } else {
      // OAuth 2.1 §2.3.2: with more than one registered, the client MUST name one.
      guard client.redirectURIs.count == 1, let only = client.redirectURIs.first else {
        throw AuthorizationFailure.page(OAuthError(.invalidRequest, says: "redirect_uri is missing"))
      }
      redirectURI = only
    }
    let state = form["state"]
    // RFC 9700 §4.11.2: the server SHOULD only redirect on its own if it trusts the redirect URI. Whoever registers
    // without being vouched for could make our address lead to theirs; a person's own machine leads nowhere.
    let isTrusted = !client.isDynamic || redirectURI.isLoopback
    func refuse(_ code: OAuthError.Code, _ says: String) -> AuthorizationFailure {
      Self.refusal(
        OAuthError(code, says: says, because: "client \(client.id)"), to: redirectURI, state: state,
        isTrusted: isTrusted)
    }
    guard (state?.utf8.count ?? 0) <= Self.stateLimit else {
      throw AuthorizationFailure.page(OAuthError(.invalidRequest, says: "state is too long"))
    }

    // From here on the client is told itself. OAuth 2.1 §3.1: parameters MUST NOT be included more than once.
    // Two resources would be two audiences, which RFC 8707 §2 calls invalid_target.
    guard repeated.subtracting(["resource"]).isEmpty else {
      throw refuse(.invalidRequest, "a parameter is given twice")
    }
    guard form["request"] == nil else {
      throw refuse(.requestNotSupported, "request objects are not accepted")
    }
    guard form["request_uri"] == nil else {
      throw refuse(.requestURINotSupported, "request_uri is not accepted")
    }
    guard let responseType = form["response_type"] else {
      throw refuse(.invalidRequest, "response_type is missing")
    }
    guard responseType == "code" else {
      throw refuse(.unsupportedResponseType, "only the response type code is offered")
    }
    guard form["response_mode"].map({ $0 == "query" }) ?? true else {
      throw refuse(.invalidRequest, "only the response mode query is offered")
    }
    guard client.grantTypes.contains(.authorizationCode) else {
      throw refuse(.unauthorizedClient, "the client is not registered for authorization codes")
    }
    // RFC 7636 §4.4.1: without a code_challenge the server MUST return invalid_request; plain is not offered.
    guard let challengeText = form["code_challenge"] else {
      throw refuse(.invalidRequest, "code_challenge is missing")
    }
    guard form["code_challenge_method"] == "S256" else {
      throw refuse(.invalidRequest, "code_challenge_method has to be S256")
    }
    guard let challenge = CodeChallenge(challengeText) else {
      throw refuse(.invalidRequest, "code_challenge is not the S256 form of a verifier")
    }
    let resources = form.all("resource")
    guard resources.count <= 1 else { throw refuse(.invalidTarget, "one token is for one resource") }
    if let asked = resources.first {
      guard let resource = Resource(asked), issuer.accepts(resource) else {
        throw refuse(.invalidTarget, "the resource is not served here")
      }
    }
    guard let scopes = client.scopes(asked: form["scope"]) else {
      throw refuse(.invalidScope, "none of the scopes is offered here")
    }
    let key = form["dpop_jkt"].flatMap(KeyThumbprint.init)
    guard key != nil || form["dpop_jkt"] == nil else {
      throw refuse(.invalidRequest, "dpop_jkt is not the SHA-256 thumbprint of a key")
    }
    let age = form["max_age"].flatMap { text in text.utf8.allSatisfy(Self.isDigit) ? Int32(text) : nil }
    guard age != nil || form["max_age"] == nil else {
      throw refuse(.invalidRequest, "max_age is not a number of seconds")
    }
    self.init(
      clientID: client.id, redirectURI: redirectURI, scopes: scopes, state: state, challenge: challenge,
      resource: issuer.resource, isTrusted: isTrusted, key: key, maximumAge: age.map { .seconds($0) },
      wantsSignIn: form["prompt"]?.split(separator: " ").contains("login") ?? false,
      leavesPagesOpen: form["prompt"].map { $0 == "none" } ?? true,
      contexts: form["acr_values"].map { values in
        values.split(separator: " ").compactMap { AuthenticationContext(rawValue: String($0)) }
      })
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// Whether it may be answered without a page at all: nothing about the sign-in is asked for, nor a page.
  var mayBeSilent: Bool { leavesPagesOpen && maximumAge == nil && contexts == nil }

  /// Whether a person who proved themselves so is proven well enough.
  ///
  /// RFC 9470 §5: the requested acr is RECOMMENDED to be treated as required.
  func isMet(by context: AuthenticationContext) -> Bool {
    contexts.map { $0.contains { $0 <= context } } ?? true
  }

  /// An error that is found after every check, for whoever may hear of it.
  func refusal(_ error: OAuthError) -> AuthorizationFailure {
    Self.refusal(error, to: redirectURI, state: state, isTrusted: isTrusted)
  }

  private static func refusal(
    _ error: OAuthError, to uri: RedirectURI, state: String?, isTrusted: Bool
  ) -> AuthorizationFailure {
    isTrusted ? .redirect(error, to: uri, state: state) : .page(error)
  }
}

extension Client {
  /// What a person is asked to grant, when the client asks for that.
  ///
  /// - Returns: nil when it asks for nothing that there is.
  func scopes(asked: String?) -> ScopeSet? {
    let asked = asked ?? scopes?.description ?? ""
    var found = ScopeSet(known: asked)
    // What an administrator wrote down is a limit. What a client said of itself is what it asks for at first: it could
    // register anew with more, and the official SDK steps up from the scope of its first challenge (MCP Authorization,
    // "Step-Up Authorization Flow"). The person decides.
    if let scopes, !isDynamic { found = found.narrowed(to: scopes) }
    guard !found.isEmpty || asked.isEmpty else { return nil }
    // Administration is not for whoever asks, but for a client that was registered for it.
    if !(scopes?.contains(.admin) ?? false) { found.remove(.admin) }
    if found.subtracting(.offlineAccess).isEmpty { found.insert(.read) }
    return found
  }
}

extension ScopeSet {
  /// What of the set the other one allows; `offline_access` is everybody's to ask for.
  func narrowed(to allowed: ScopeSet) -> ScopeSet {
    ScopeSet(scopes.filter { $0 == .offlineAccess || allowed.allows($0) })
  }

  func subtracting(_ scope: Scope) -> ScopeSet {
    var rest = self
    rest.remove(scope)
    return rest
  }
}
