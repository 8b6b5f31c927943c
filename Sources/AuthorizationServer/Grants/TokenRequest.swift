internal import HTTP
internal import OAuth

/// A request to the token endpoint (OAuth 2.1 §3.2), read once: the only reader of its raw form.
struct TokenRequest: Sendable {
  enum Grant: Sendable {
    case authorizationCode(code: String, redirectURI: String?, verifier: CodeVerifier)
    case refreshToken(String)
    case clientCredentials
    case deviceCode(String)
    case assertion(String)
    case exchange(TokenExchange.Asked)
  }

  let grant: Grant
  /// What is asked for at most; nil is all that there is.
  let scopes: ScopeSet?
  let resource: Resource?

  /// The form of a token, revocation or similar request.
  ///
  /// - Throws: `OAuthError` `invalid_request`.
  static func form(of request: Request) throws(OAuthError) -> Form {
    guard let type = request.fields.contentType, type.isSame(as: .form) else {
      throw OAuthError(.invalidRequest, says: "the body has to be application/x-www-form-urlencoded")
    }
    // OAuth 2.1 §2.4.1: the parameters MUST NOT be included in the request URI.
    let query = Form(decoding: request.query.utf8)
    guard let query, query.pairs.allSatisfy({ !Self.secrets.contains($0.name) }) else {
      throw OAuthError(.invalidRequest, says: "credentials do not belong into the URL")
    }
    guard let form = Form(decoding: request.body) else {
      throw OAuthError(.invalidRequest, says: "the form is malformed")
    }
    // OAuth 2.1 §3.2.2: parameters MUST NOT be included more than once.
    guard form.repeated.subtracting(["resource"]).isEmpty else {
      throw OAuthError(.invalidRequest, says: "a parameter is given twice")
    }
    return form
  }

  private static let secrets: Set<String> = [
    "client_secret", "client_assertion", "client_id", "code", "refresh_token", "code_verifier", "token",
    "password", "device_code", "assertion", "subject_token", "actor_token",
  ]

  init(_ form: Form, issuer: Issuer) throws(OAuthError) {
    guard let type = form["grant_type"] else {
      throw OAuthError(.invalidRequest, says: "grant_type is missing")
    }
    switch Client.GrantType(rawValue: type) {
    case .authorizationCode:
      guard let code = form["code"] else { throw OAuthError(.invalidRequest, says: "code is missing") }
      guard let text = form["code_verifier"] else {
        throw OAuthError(.invalidGrant, says: "code_verifier is missing")
      }
      guard let verifier = CodeVerifier(text) else {
        throw OAuthError(.invalidGrant, says: "code_verifier is not 43 to 128 unreserved characters")
      }
      grant = .authorizationCode(code: code, redirectURI: form["redirect_uri"], verifier: verifier)
    case .refreshToken:
      guard let token = form["refresh_token"] else {
        throw OAuthError(.invalidRequest, says: "refresh_token is missing")
      }
      grant = .refreshToken(token)
    case .clientCredentials: grant = .clientCredentials
    case .deviceCode:
      guard let code = form["device_code"] else {
        throw OAuthError(.invalidRequest, says: "device_code is missing")
      }
      grant = .deviceCode(code)
    case .jwtBearer:
      guard let assertion = form["assertion"] else {
        throw OAuthError(.invalidRequest, says: "assertion is missing")
      }
      grant = .assertion(assertion)
    case .tokenExchange: grant = .exchange(try TokenExchange.Asked(form))
    case nil: throw OAuthError(.unsupportedGrantType, says: "this grant type is not offered")
    }
    scopes = form["scope"].map { ScopeSet(known: $0) }
    if let asked = form["scope"], scopes?.isEmpty ?? false {
      throw OAuthError(
        .invalidScope, says: "none of the scopes is offered here", because: String(asked.prefix(200)))
    }
    resource = try Self.resource(form, issuer: issuer)
  }

  /// The resource that a form names, in its canonical form; nil when it names none.
  ///
  /// - Throws: `OAuthError` `invalid_target` (RFC 8707 §2).
  static func resource(_ form: Form, issuer: Issuer) throws(OAuthError) -> Resource? {
    let resources = form.all("resource")
    guard resources.count <= 1 else {
      throw OAuthError(.invalidTarget, says: "one token is for one resource")
    }
    guard let asked = resources.first else { return nil }
    guard let resource = Resource(asked), issuer.accepts(resource) else {
      throw OAuthError(
        .invalidTarget, says: "the resource is not served here", because: String(asked.prefix(200)))
    }
    return issuer.resource
  }

  var type: Client.GrantType {
    switch grant {
    case .authorizationCode: .authorizationCode
    case .refreshToken: .refreshToken
    case .clientCredentials: .clientCredentials
    case .deviceCode: .deviceCode
    case .assertion: .jwtBearer
    case .exchange: .tokenExchange
    }
  }
}
