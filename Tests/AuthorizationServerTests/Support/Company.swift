internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Synchronization
internal import World

/// A company with an identity provider, at which the house lets its people sign in.
struct Company: Sendable {
  let web = Web()
  let house: House
  let provider: Provider

  init(
    _ rules: IdentityRules = IdentityRules(domains: ["acme.example"], links: true, creates: true),
    secret: String? = "s3cret", scope: String = IdentityProvider.standardScope,
    localLogin: LocalLogin = .everybody
  ) async throws {
    house = try await House(web: web, localLogin: localLogin)
    provider = try Provider(web, clock: house.clock)
    try await set(rules, secret: secret, scope: scope)
  }

  var providers: IdentityProviders {
    get throws {
      try IdentityProviders(store: house.store, keyring: house.keyring, world: house.clock.world)
    }
  }

  var identities: FederatedIdentities {
    FederatedIdentities(store: house.store, world: house.clock.world)
  }

  func set(
    _ rules: IdentityRules, secret: String? = "s3cret", scope: String = IdentityProvider.standardScope
  ) async throws {
    let value = IdentityProvider(
      name: "acme", label: "Acme", issuer: Provider.issuer, clientID: Provider.clientID,
      clientSecret: secret.map { Secret($0) }, scope: scope, rules: rules)
    guard let value else { throw House.Unusable() }
    try await providers.set(value)
  }

  /// Goes to the provider by the button of the login page, from somewhere.
  func leave(_ browser: TestBrowser, from start: String) async throws -> Answer {
    let page = await browser.get(start)
    return await browser.post("/login/provider/acme", [("ticket", page.input("ticket") ?? "")])
  }

  /// Comes back with what the provider says.
  func comeBack(
    _ browser: TestBrowser, _ left: Answer, _ changes: [String: String?] = [:]
  ) async -> Answer {
    var pairs: [String: String?] = [
      "code": provider.code(for: left), "state": left.callback?["state"], "iss": nil,
    ]
    for (name, value) in changes { pairs[name] = .some(value) }
    let form = Form(
      pairs.compactMap { name, value in value.map { (name: name, value: $0) } }.sorted { $0.name < $1.name })
    return await browser.get("/login/provider/acme/callback?" + form.encoded)
  }
}

/// An identity provider, as far as a client of it sees.
final class Provider: Sendable {
  static let issuer = "https://idp.acme.example"
  static let clientID = "gatehouse"

  struct Desk {
    /// What the ID token says besides, or instead; nil takes a claim away.
    var claims: [String: JSONValue?] = [:]
    var header: [String: JSONValue?] = [:]
    /// Instead of the whole ID token.
    var token: String?
    var userInfo: JSONObject?
    var signer: Signer
    var asked: [String: (challenge: String, nonce: String)] = [:]
    var failure: HTTPClientError?
    var answer: HTTPClient.Reply?
    var redeemed: [HTTPClient.Request] = []
  }

  private let desk: Mutex<Desk>
  private let web: Web
  private let clock: TestWorld

  init(_ web: Web, clock: TestWorld) throws {
    self.web = web
    self.clock = clock
    desk = Mutex(Desk(signer: try Signer()))
    publish()
    publishKeys()
    web.serve(Self.issuer + "/token") { request throws(HTTPClientError) in try self.redeem(request) }
    web.serve(Self.issuer + "/userinfo") { request throws(HTTPClientError) in
      guard request.authorization == Secret("Bearer at") else { return Self.reply(401, [:]) }
      return Self.reply(200, self.desk.withLock { $0.userInfo } ?? ["sub": "u-1"])
    }
  }

  func publish(_ changes: [String: JSONValue?] = [:]) {
    var metadata: JSONObject = [
      "issuer": .string(Self.issuer), "authorization_endpoint": .string(Self.issuer + "/authorize?tenant=1"),
      "token_endpoint": .string(Self.issuer + "/token"), "jwks_uri": .string(Self.issuer + "/keys"),
      "userinfo_endpoint": .string(Self.issuer + "/userinfo"),
    ]
    for (name, value) in changes { metadata[name] = value }
    web.publish(
      JSONValue.object(metadata).text, at: Self.issuer + "/.well-known/openid-configuration",
      cache: "max-age=60")
  }

  func publishKeys() {
    web.publish(desk.withLock { $0.signer.set }.text, at: Self.issuer + "/keys", cache: "max-age=3600")
  }

  func set(_ change: @Sendable (inout Desk) -> Void) { desk.withLock { change(&$0) } }

  /// The requests that came to the token endpoint.
  var redeemed: [HTTPClient.Request] { desk.withLock { $0.redeemed } }

  /// A code for the request that a browser brought.
  func code(for left: Answer) -> String {
    let form = left.callback
    return desk.withLock { desk in
      let code = "code-\(desk.asked.count)"
      desk.asked[code] = (form?["code_challenge"] ?? "", form?["nonce"] ?? "")
      return code
    }
  }

  private func redeem(_ request: HTTPClient.Request) throws(HTTPClientError) -> HTTPClient.Reply {
    let (now, form) = (clock.now.seconds, request.form.flatMap { Form(decoding: $0.bytes) })
    let result: Result<HTTPClient.Reply, HTTPClientError> = desk.withLock { desk in
      desk.redeemed.append(request)
      if let failure = desk.failure { return .failure(failure) }
      if let answer = desk.answer { return .success(answer) }
      guard let code = form?["code"], let asked = desk.asked.removeValue(forKey: code),
        Base64URL.encode(SHA256.hash(form?["code_verifier"] ?? "")) == asked.challenge
      else { return .success(Self.reply(400, ["error": "invalid_grant"])) }
      var claims: [String: JSONValue?] = [
        "sub": "u-1", "aud": .string(Self.clientID), "nonce": .string(asked.nonce), "jti": nil,
        "email": "ann@acme.example", "email_verified": true, "name": "Ann Acme",
        "auth_time": .integer(now),
      ]
      for (name, value) in desk.claims { claims[name] = .some(value) }
      do {
        let token =
          try desk.token ?? desk.signer.assertion(Self.issuer, at: now, claims, header: desk.header)
        return .success(
          Self.reply(
            200, ["access_token": "at", "token_type": "Bearer", "id_token": .string(token)]))
      } catch { return .failure(.unreachable("\(error)")) }
    }
    return try result.get()
  }

  static func reply(_ status: Int, _ body: JSONObject) -> HTTPClient.Reply {
    HTTPClient.Reply(
      status: status, fields: ["content-type": "application/json"], body: JSONValue.object(body).serialized())
  }
}
