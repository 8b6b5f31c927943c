internal import HTTP
internal import JSON
internal import OAuth
internal import World

/// Dynamic client registration (RFC 7591): a client introduces itself, and nobody vouches for it.
struct RegistrationEndpoint: Sendable {
  let issuer: Issuer
  let paths: Paths
  let clients: Clients
  let policy: RegistrationPolicy
  let initialTokens: InitialAccessTokens
  let answer: Answer
  let events: Events
  let flood: Flood
  let world: World

  /// Limits of what a client may say of itself.
  static let bodyLimit = 16 * 1024
  private static let nameLimit = 200
  private static let uriLimit = 16

  func respond(to request: Request) async -> Response {
    do {
      guard request.body.count < Self.bodyLimit else {
        return tooLong
      }
      // RFC 7591 §3: where there is an initial access token it has to be valid, even if none is needed: registering all
      // the same would hide from its sender that it was not.
      let hasCredential = request.fields["authorization"] != nil
      var initialToken: InitialAccessTokens.Reference?
      if let token = request.bearer { initialToken = try await initialTokens.reference(token) }
      // An administrator vouches for who has a token, and has said for how many.
      if initialToken == nil {
        do { try flood.admit(request.peer) } catch {
          return answer.tooMany("too many registrations from this network", error)
        }
      }
      guard initialToken != nil || !hasCredential && policy == .open else {
        let error = OAuthError(
          .invalidToken,
          says: hasCredential
            ? "the initial access token is not valid" : "registration needs an initial access token")
        await events.note(.registrationRefused, error, address: request.peer, answer.log)
        return answer.error(
          error, at: "registration", challenge: hasCredential ? "Bearer error=\"invalid_token\"" : "Bearer")
      }
      var draft = try draft(body(of: request))
      draft.network = request.peer.network
      draft.initialToken = initialToken
      if initialToken == nil, let known = try await clients.registered(like: draft) {
        try await events.record(
          Event(.clientRegistered, detail: "again", clientID: known.id, address: request.peer))
        return answer.json(description(of: known, secret: nil, registrationToken: nil), status: 201)
      }
      let added = try await clients.add(draft)
      try await events.record(Event(.clientRegistered, clientID: added.client.id, address: request.peer))
      return answer.json(
        description(of: added.client, secret: added.secret, registrationToken: added.registrationToken),
        status: 201)
    } catch {
      await events.note(.registrationRefused, error, address: request.peer, answer.log)
      return answer.failure(error, at: "registration")
    }
  }

  var tooLong: Response {
    answer.json(
      ["error": "invalid_client_metadata", "error_description": "the registration is too long"], status: 413)
  }

  private func refuse(_ says: String) -> OAuthError { OAuthError(.invalidClientMetadata, says: says) }

  /// The JSON object that a client sent.
  func body(of request: Request) throws(OAuthError) -> JSONObject {
    guard let type = request.fields.contentType, type.isSame(as: .json) else {
      throw refuse("the body has to be application/json")
    }
    let value: JSONValue
    do { value = try JSONValue(parsing: request.body) } catch { throw refuse("the body is no proper JSON") }
    guard let object = value.object else { throw refuse("the body is no JSON object") }
    return object
  }

  /// Reads the metadata (RFC 7591 §2); what it does not know it leaves out, as §2 asks.
  func draft(_ body: JSONObject) throws(OAuthError) -> Clients.Draft {
    /// A member that is there with another type is refused; null counts as absent.
    func text(_ name: String, limit: Int = 2048) throws(OAuthError) -> String? {
      guard let value = body[name], value != .null else { return nil }
      guard let text = value.string, text.utf8.count <= limit else {
        throw refuse("\(name) has to be a text of moderate length")
      }
      return text.isEmpty ? nil : text
    }
    func texts(_ name: String) throws(OAuthError) -> [String]? {
      guard let value = body[name], value != .null else { return nil }
      guard let array = value.array, array.allSatisfy({ $0.string != nil }) else {
        throw refuse("\(name) has to be a list of texts")
      }
      return array.compactMap(\.string)
    }

    func flag(_ name: String) throws(OAuthError) -> Bool {
      switch body[name] {
      case nil, .null?: return false
      case .bool(let value)?: return value
      default: throw refuse("\(name) has to be true or false")
      }
    }

    guard try text("software_statement", limit: Self.bodyLimit) == nil else {
      throw OAuthError(.invalidSoftwareStatement, says: "software statements are not accepted here")
    }
    var grantTypes: Set<Client.GrantType> = []
    for name in try texts("grant_types") ?? ["authorization_code", "refresh_token"] {
      switch Client.GrantType(rawValue: name) {
      case .clientCredentials:
        // OAuth 2.1 §4.2: only confidential clients; and ours act as a service user that an administrator names.
        throw refuse("client_credentials is for clients that an administrator registers")
      case let type?: grantTypes.insert(type)
      // Clients send every grant type that they know; what is not offered is left out of the answer.
      case nil where name.hasPrefix("urn:"): continue
      case nil: throw refuse("a grant type is not offered")
      }
    }
    let usesCodes = grantTypes.contains(.authorizationCode)
    guard usesCodes || grantTypes.contains(.deviceCode) else {
      throw refuse("grant_types needs authorization_code, or the device code grant")
    }
    // RFC 7591 §2.1: grant types and response types have to agree.
    for name in try texts("response_types") ?? [] where name != "code" || !usesCodes {
      throw refuse("a response type is not offered")
    }

    let method: Client.AuthenticationMethod
    let named = try text("token_endpoint_auth_method")
    if let named {
      guard let known = Client.AuthenticationMethod(rawValue: named) else {
        throw refuse("the token_endpoint_auth_method is not offered")
      }
      method = known
    } else {
      // RFC 7591 §2: if unspecified, the default is client_secret_basic.
      method = .secretBasic
    }

    let keys: Client.Keys?
    do throws(KeySet.Refusal) { keys = try Client.Keys(body) } catch { throw refuse(error.says) }
    guard method != .privateKeyJWT || keys != nil else {
      throw refuse("private_key_jwt needs jwks or jwks_uri")
    }

    let uris = try texts("redirect_uris") ?? []
    guard !uris.isEmpty || !usesCodes else {
      throw OAuthError(.invalidRedirectURI, says: "redirect_uris is missing")
    }
    guard uris.count <= Self.uriLimit, uris.allSatisfy({ $0.utf8.count <= RedirectURI.lengthLimit }) else {
      throw refuse("there are too many or too long redirect URIs")
    }
    var redirectURIs: [RedirectURI] = []
    for uri in uris {
      do { redirectURIs.append(try RedirectURI(registering: uri)) } catch {
        throw OAuthError(.invalidRedirectURI, says: error.says, because: String(uri.prefix(200)))
      }
    }
    for name in ["client_uri", "logo_uri", "tos_uri", "policy_uri"] {
      guard let uri = try text(name) else { continue }
      guard WebLink(uri) != nil else { throw refuse("\(name) has to be an https URL of a public host") }
    }

    var draft = Clients.Draft(
      name: Self.readable(try text("client_name") ?? redirectURIs.first?.displayHost ?? "A device"),
      method: method,
      redirectURIs: redirectURIs, grantTypes: grantTypes)
    draft.isDynamic = true
    draft.isMethodExplicit = named != nil
    draft.uri = try text("client_uri")
    draft.needsProof = try flag("dpop_bound_access_tokens")
    if method == .privateKeyJWT { draft.keys = keys }
    draft.scopes = try text("scope").map { ScopeSet(known: $0).subtracting(.admin) }.flatMap {
      $0.isEmpty ? nil : $0
    }
    return draft
  }

  /// A name as a person may see it: no controls, one line, of moderate length.
  private static func readable(_ name: String) -> String {
    let visible = name.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) }
    return String(String(visible).prefix(nameLimit))
  }

  /// RFC 7591 §3.2.1: all registered metadata, as it was registered; RFC 7592 §3: with where and by what the client
  /// manages it.
  func description(of client: Client, secret: String?, registrationToken: String?) -> JSONObject {
    var body: JSONObject = [
      "client_id": .string(client.id),
      "client_id_issued_at": .integer(client.createdAt.seconds),
      "client_name": .string(client.name),
      "redirect_uris": .array(client.redirectURIs.map { .string($0.text) }),
      "grant_types": .array(client.grantTypes.map(\.rawValue).sorted().map { .string($0) }),
      "response_types": client.grantTypes.contains(.authorizationCode) ? ["code"] : [],
      "token_endpoint_auth_method": .string(client.method.rawValue),
    ]
    if let scopes = client.scopes { body["scope"] = .string(scopes.description) }
    if client.needsProof { body["dpop_bound_access_tokens"] = true }
    if let uri = client.uri { body["client_uri"] = .string(uri) }
    for member in client.keys?.metadata.members ?? [] { body[member.name] = member.value }
    if let secret {
      body["client_secret"] = .string(secret)
      body["client_secret_expires_at"] = 0
    }
    if let registrationToken {
      body["registration_access_token"] = .string(registrationToken)
      body["registration_client_uri"] = .string(issuer.origin + paths.registration + "/" + client.id)
    }
    return body
  }
}
