internal import Crypto
internal import HTTP
package import HTTPClient
internal import JSON
package import OAuth

/// What a client that is known by a URL says of itself there (draft-ietf-oauth-client-id-metadata-document §4, MCP
/// authorization "Client ID Metadata Documents").
package struct ClientMetadataDocument: Sendable {
  package let url: ClientIDURL
  package let name: String
  let uri: String?
  package let redirectURIs: [RedirectURI]
  package let grantTypes: Set<Client.GrantType>
  package let scopes: ScopeSet?
  /// `none` or `private_key_jwt`.
  package let method: Client.AuthenticationMethod
  /// Whether the client, though it has keys, says that it may come without proof as well.
  package let mayOmitProof: Bool
  package let keys: Client.Keys?
  /// Whether its token requests need a DPoP proof.
  let needsProof: Bool
  /// SHA-256 of what a person consents to: when it differs, the client is another one than it was.
  package let digest: [UInt8]

  private static let nameLimit = 200
  private static let uriLimit = 32

  /// - Throws: `DocumentRefusal`.
  package init(_ text: String, _ reply: HTTPClient.Reply) throws(DocumentRefusal) {
    func refuse(_ says: String) -> DocumentRefusal {
      DocumentRefusal(says: says, because: String(text.prefix(200)))
    }
    guard let url = ClientIDURL(text) else { throw refuse("the client_id is no proper URL") }
    // What others upload to a host must not become a client by looking like JSON.
    guard let type = reply.fields["content-type"].flatMap(MediaType.init),
      type.type == "application", type.subtype == "json" || type.subtype.hasSuffix("+json")
    else { throw refuse("the document is not served as application/json") }
    let body: JSONObject
    do {
      guard let object = try JSONValue(parsing: reply.body).object else { throw JSONError.malformed }
      body = object
    } catch { throw refuse("the document is no proper JSON object") }

    // §4: the client_id MUST match the URL of the document, by simple string comparison.
    guard let named = body["client_id"]?.string, named.utf8.elementsEqual(text.utf8) else {
      throw refuse("the document's client_id is not its URL")
    }
    // §4.1: no shared symmetric secret MUST be used, so none may be there.
    guard body["client_secret"] == nil, body["client_secret_expires_at"] == nil else {
      throw refuse("the document has a client secret")
    }
    // MCP: the document MUST include at least client_id, client_name and redirect_uris.
    guard let name = body["client_name"]?.string, !name.isEmpty else {
      throw refuse("the document has no client_name")
    }
    guard let uris = body["redirect_uris"]?.array, !uris.isEmpty, uris.count <= Self.uriLimit,
      uris.allSatisfy({ $0.string != nil })
    else { throw refuse("the document has no proper redirect_uris") }
    // One that can't be used is never matched; the others are none the worse for it.
    let redirectURIs = uris.compactMap { $0.string.flatMap(RedirectURI.init(registered:)) }
    guard !redirectURIs.isEmpty else { throw refuse("no redirect URI of the document can be used") }
    for name in ["client_uri", "logo_uri", "tos_uri", "policy_uri"] {
      guard let value = body[name], value != .null else { continue }
      guard value.string.flatMap(WebLink.init) != nil else {
        throw refuse("\(name) has to be an https URL of a public host")
      }
    }
    let keys: Client.Keys?
    do { keys = try Client.Keys(body) } catch { throw refuse(error.says) }
    (method, mayOmitProof) = try Self.proof(body, keys, refuse)

    var grantTypes = Set(Self.texts(body["grant_types"]).compactMap(Client.GrantType.init(rawValue:)))
    if body["grant_types"] == nil { grantTypes = [.authorizationCode, .refreshToken] }
    // What nobody is asked about is for clients that an administrator names.
    grantTypes = grantTypes.filter { !$0.isForTrustedClients }
    self.url = url
    self.name = Self.readable(name)
    self.uri = body["client_uri"]?.string
    self.redirectURIs = redirectURIs
    self.grantTypes = grantTypes
    let scopes = ScopeSet(known: body["scope"]?.string ?? "").subtracting(.admin)
    self.scopes = scopes.isEmpty ? nil : scopes
    self.keys = keys
    needsProof = body["dpop_bound_access_tokens"] == .bool(true)
    // What decides who is let in: what it says it is, where the answers go, and how it proves itself.
    let identity = [
      "client_name", "client_uri", "logo_uri", "redirect_uris", "token_endpoint_auth_method", "jwks",
      "jwks_uri",
    ]
    digest = SHA256.hash(
      JSONValue.object(JSONObject(identity.compactMap { name in body[name].map { (name, $0) } })).canonical())
  }

  /// How the client proves itself: by its keys where it has some and says so, otherwise not at all.
  ///
  /// ChatGPT's document names `private_key_jwt` and lists `none` beside it, in a plural that is a server's word.
  private static func proof(
    _ body: JSONObject, _ keys: Client.Keys?, _ refuse: (String) -> DocumentRefusal
  ) throws(DocumentRefusal) -> (method: Client.AuthenticationMethod, mayOmitProof: Bool) {
    let single = body["token_endpoint_auth_method"]?.string
    // §4.1: client_secret_post, client_secret_basic and client_secret_jwt MUST NOT be used.
    guard !(single?.hasPrefix("client_secret_") ?? false) else {
      throw refuse("the document asks for a client secret")
    }
    let methods =
      (single.map { [$0] } ?? []) + texts(body["token_endpoint_auth_methods_supported"])
    let mayOmitProof = methods.isEmpty || methods.contains("none")
    if methods.contains("private_key_jwt"), keys != nil { return (.privateKeyJWT, mayOmitProof) }
    guard mayOmitProof else {
      throw refuse(
        keys == nil && methods.contains("private_key_jwt")
          ? "the document has no keys for private_key_jwt"
          : "the document's token_endpoint_auth_method is not offered")
    }
    return (.none, true)
  }

  private static func texts(_ value: JSONValue?) -> [String] { value?.array?.compactMap(\.string) ?? [] }

  /// A name as a person may see it: no controls, one line, of moderate length.
  private static func readable(_ name: String) -> String {
    let visible = name.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) }
    return String(String(visible).prefix(nameLimit))
  }
}
