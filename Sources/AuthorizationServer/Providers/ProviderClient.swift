internal import Accounts
internal import Crypto
internal import HTTP
package import HTTPClient
internal import JSON
internal import OAuth
internal import Telemetry
internal import World

/// How a request of ours is sent; the way out of the house is passed in.
package typealias Send =
  @Sendable (_ request: HTTPClient.Request, _ limits: HTTPClient.Limits) async throws(HTTPClientError) ->
  HTTPClient.Reply

/// What we say to an identity provider and it to us, besides what the browser carries.
///
///     metadata ─► (browser: authorization) ─► code ─► token endpoint ─► ID token ─► person
struct ProviderClient: Sendable {
  private let documents: RemoteDocuments<ProviderMetadata>
  private let keySets: ClientKeySets
  private let send: Send
  private let world: World

  private static let limits = HTTPClient.Limits(body: 256 * 1024, time: .seconds(10))

  init(
    fetch: @escaping Fetch, send: @escaping Send, world: World,
    log: Log
  ) {
    // Of their own: who makes us fetch clients' documents uses up nothing here.
    let rate = FetchRate(world: world)
    keySets = ClientKeySets(fetch: fetch, rate: rate, world: world, log: log)
    self.send = send
    self.world = world
    documents = RemoteDocuments(
      fetch: fetch, rate: rate, limits: ProviderMetadata.limits, world: world, log: log
    ) { url, reply throws(DocumentRefusal) in try ProviderMetadata(url, reply) }
  }

  /// Why a provider's word can't be had or taken.
  struct Refusal: Error {
    /// For the log.
    let because: String
    /// Whether it may be otherwise in a moment.
    var isTransient = false
  }

  func metadata(of provider: IdentityProvider) async throws(Refusal) -> ProviderMetadata {
    let metadata: ProviderMetadata
    do {
      metadata = try await documents.value(
        at: provider.metadataURL, host: EndpointURL(provider.issuer)?.host ?? "", mayBeStale: true)
    } catch {
      throw Refusal(because: "metadata: \(error.says) (\(error.because))", isTransient: error.isTransient)
    }
    // OpenID Connect Discovery §4.3: the issuer MUST be identical to the one that was asked for.
    guard metadata.issuer.utf8.elementsEqual(provider.issuer.utf8) else {
      throw Refusal(because: "metadata of another issuer")
    }
    return metadata
  }

  /// The person whom a code stands for.
  ///
  /// - Parameters:
  ///   - verifier: of the challenge that was sent with the request (RFC 7636).
  ///   - nonce: that was sent with the request.
  func person(
    _ code: String, at provider: IdentityProvider, _ metadata: ProviderMetadata, verifier: String,
    nonce: String,
    redirectURI: String
  ) async throws(Refusal) -> (person: FederatedIdentities.Person, token: IDToken) {
    let answer = try await redeem(code, at: provider, metadata, verifier: verifier, redirectURI: redirectURI)
    guard let text = answer["id_token"]?.string else { throw Refusal(because: "no ID token") }
    let token: IDToken
    do throws(IDToken.Refusal) {
      token = try IDToken(
        text, issuer: provider.issuer, clientID: provider.clientID, nonce: nonce, now: world.now)
    } catch { throw Refusal(because: "ID token \(error.rawValue)") }
    let isSigned: Bool
    do { isSigned = try await keySets.vouch(for: token.jwt, keys: metadata.keys) } catch {
      throw Refusal(
        because: "keys: \(error.says) (\(error.because))",
        isTransient: error.code == .temporarilyUnavailable)
    }
    guard isSigned else { throw Refusal(because: "no key of the provider signed the ID token") }
    var claims = token.claims
    if needsMore(claims, provider.rules), let endpoint = metadata.userInfo,
      let access = answer["access_token"]?.string
    {
      let more = try await userInfo(endpoint, access)
      // OpenID Connect Core §5.3.2: the sub Claim MUST be verified to exactly match that of the ID Token; if they do
      // not match, the UserInfo Response values MUST NOT be used.
      guard more["sub"] == .string(token.subject) else { throw Refusal(because: "userinfo of somebody else") }
      // Whether an address is verified is said of the address beside it, not of another one.
      let hasEmail = claims["email"] != nil
      for (name, value) in more.members where claims[name] == nil {
        if name == "email_verified", hasEmail { continue }
        claims[name] = value
      }
    }
    return (try Self.person(claims, token, provider), token)
  }

  /// Whether the ID token leaves out what the rules go by: some providers tell it at the userinfo endpoint alone.
  private func needsMore(_ claims: JSONObject, _ rules: IdentityRules) -> Bool {
    ((rules.links || rules.creates) && claims["email"] == nil)
      || (rules.groupsClaim.map { claims[$0] == nil } ?? false)
  }

  private func redeem(
    _ code: String, at provider: IdentityProvider, _ metadata: ProviderMetadata, verifier: String,
    redirectURI: String
  ) async throws(Refusal) -> JSONObject {
    var pairs: [(name: String, value: String)] = [
      ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirectURI),
      ("code_verifier", verifier),
    ]
    var request = HTTPClient.Request(metadata.token.text)
    if let secret = provider.clientSecret {
      let secret = String(decoding: secret.bytes, as: UTF8.self)
      switch metadata.authentication {
      case .basic: request.authorization = BasicCredentials.field(id: provider.clientID, secret: secret)
      case .post: pairs += [("client_id", provider.clientID), ("client_secret", secret)]
      case nil: throw Refusal(because: "it takes no client secret")
      }
    } else {
      pairs.append(("client_id", provider.clientID))
    }
    request.form = Secret(Form(pairs).encoded)
    let reply = try await sent(request, "token endpoint")
    let body = Self.object(reply)
    guard reply.status == 200 else {
      let code = (body?["error"]?.string ?? "").unicodeScalars.filter { $0.isASCII }.prefix(60)
      throw Refusal(
        because: "token endpoint: \(reply.status) \(String(String.UnicodeScalarView(code)))",
        isTransient: reply.status >= 500)
    }
    guard let body else { throw Refusal(because: "token endpoint: no JSON") }
    return body
  }

  private func userInfo(_ endpoint: EndpointURL, _ access: String) async throws(Refusal) -> JSONObject {
    let reply = try await sent(
      HTTPClient.Request(endpoint.text, authorization: Secret("Bearer " + access)), "userinfo endpoint")
    guard reply.status == 200, let body = Self.object(reply) else {
      throw Refusal(because: "userinfo endpoint: \(reply.status)", isTransient: reply.status >= 500)
    }
    return body
  }

  private func sent(
    _ request: HTTPClient.Request, _ place: String
  ) async throws(Refusal) -> HTTPClient.Reply {
    do { return try await send(request, Self.limits) } catch {
      throw Refusal(because: "\(place): \(error)", isTransient: error != .forbiddenAddress)
    }
  }

  private static func object(_ reply: HTTPClient.Reply) -> JSONObject? {
    do { return try JSONValue(parsing: reply.body).object } catch { return nil }
  }

  private static func person(
    _ claims: JSONObject, _ token: IDToken, _ provider: IdentityProvider
  ) throws(Refusal) -> FederatedIdentities.Person {
    func text(_ name: String) -> String? {
      claims[name]?.string.flatMap { (1...254).contains($0.utf8.count) ? $0 : nil }
    }
    var person = FederatedIdentities.Person(issuer: provider.issuer, subject: token.subject)
    person.email = text("email")
    // A boolean (OpenID Connect Core §5.1), which some write as a text.
    person.isEmailVerified = claims["email_verified"] == true || claims["email_verified"] == "true"
    person.name = text("name")
    person.username = text("preferred_username")
    if let claim = provider.rules.groupsClaim {
      // Beyond some number of groups they are sent as a reference, which nobody follows here: to take it for "none"
      // would take rights away, and to pass it over would leave them.
      guard claims["_claim_names"]?[claim] == nil else {
        throw Refusal(because: "too many groups to tell (\(claim) is a distributed claim)")
      }
      switch claims[claim] {
      // Many providers leave the claim out for somebody who is in no group.
      case nil, .null?: break
      case .string(let name)?: person.groups = [name]
      case .array(let names)? where names.allSatisfy({ $0.string != nil }):
        person.groups = names.compactMap(\.string)
      default: throw Refusal(because: "the claim \(claim) is no list of names")
      }
    }
    return person
  }
}

extension BasicCredentials {
  /// The `Authorization` field of a client (RFC 6749 §2.3.1).
  static func field(id: String, secret: String) -> Secret {
    Secret("Basic " + Base64.encode(Array((percentEncoded(id) + ":" + percentEncoded(secret)).utf8)))
  }
}
