internal import HTTPClient
internal import JSON
internal import OAuth

/// What an identity provider publishes of itself (OpenID Connect Discovery §3).
struct ProviderMetadata: Sendable {
  /// How we prove ourselves at the token endpoint.
  enum Authentication: Sendable { case basic, post }

  let issuer: String
  let authorization: EndpointURL
  let token: EndpointURL
  let keys: Client.Keys
  let userInfo: EndpointURL?
  let authentication: Authentication?
  /// Whether it says in every answer who it is (RFC 9207).
  let namesItself: Bool

  static let limits = HTTPClient.Limits(body: 64 * 1024, time: .seconds(10))

  /// - Throws: `DocumentRefusal`.
  init(_ url: String, _ reply: HTTPClient.Reply) throws(DocumentRefusal) {
    func refuse(_ says: String) -> DocumentRefusal {
      DocumentRefusal(says: says, because: String(url.prefix(200)))
    }
    let value: JSONValue
    do { value = try JSONValue(parsing: reply.body) } catch { throw refuse("it is no proper JSON") }
    guard let issuer = value["issuer"]?.string else { throw refuse("it has no issuer") }
    func endpoint(_ name: String) throws(DocumentRefusal) -> EndpointURL {
      guard let endpoint = value[name]?.string.flatMap(EndpointURL.init) else {
        throw refuse("its \(name) is no https URL")
      }
      return endpoint
    }
    authorization = try endpoint("authorization_endpoint")
    token = try endpoint("token_endpoint")
    userInfo = value["userinfo_endpoint"] == nil ? nil : try endpoint("userinfo_endpoint")
    keys = .location(try endpoint("jwks_uri").text)
    // §3: when they are not listed, the method is client_secret_basic.
    let methods = value["token_endpoint_auth_methods_supported"]?.array?.compactMap(\.string)
    authentication =
      methods?.contains("client_secret_basic") ?? true
      ? .basic : methods?.contains("client_secret_post") ?? false ? .post : nil
    namesItself = value["authorization_response_iss_parameter_supported"] == true
    self.issuer = issuer
  }
}
