internal import Crypto
internal import HTTP
internal import JSON
internal import OAuth
internal import World

/// What the authorization server says of itself (RFC 8414), under every path that clients try, and its keys (RFC 7517).
struct MetadataEndpoint: Sendable {
  let issuer: Issuer
  let paths: Paths
  let signing: SigningKeys
  /// Whether clients may register themselves; without it the endpoint is not named (product row A6).
  let offersRegistration: Bool
  /// Whether a client may be known by the URL of its metadata document.
  let takesDocuments: Bool
  let world: World

  /// All paths by which the document is asked for: RFC 8414 §3.1 and OpenID Connect Discovery §4, for the issuer and
  /// for the resource's path, which older clients take for the issuer's.
  var routes: [Route] {
    let suffixes = Set([""] + (issuer.path.isEmpty ? [] : [issuer.path]) + issuer.resourcePaths)
    let wellKnown = ["oauth-authorization-server", "openid-configuration"]
    var all = suffixes.flatMap { suffix in wellKnown.map { "/.well-known/\($0)\(suffix)" } }
    all += issuer.resourcePaths.flatMap { path in wellKnown.map { "\(path)/.well-known/\($0)" } }
    if !issuer.path.isEmpty { all += wellKnown.map { "\(issuer.path)/.well-known/\($0)" } }
    // RFC 8414 §3.1 takes a trailing slash off first; clients that were given a URL with one forget to.
    all += all.map { $0 + "/" }
    let document = document
    return Set(all).sorted().map { path in
      Route(.get, path, name: "authorization server metadata") { _ in Self.cacheable(adding(to: document)) }
    } + [Route(.get, paths.keys, name: "jwks") { _ in Self.cacheable(keySet) }]
  }

  private static func cacheable(_ value: JSONObject) -> Response {
    Response(
      status: 200,
      fields: [
        // Shorter than a key is published before it signs (`SigningTimeline.notice`).
        "content-type": "application/json", "cache-control": "public, max-age=300",
        "x-content-type-options": "nosniff",
      ], body: JSONValue.object(value).serialized())
  }

  private var document: JSONObject {
    let methods: JSONValue = .array(Client.AuthenticationMethod.allCases.map { .string($0.rawValue) })
    let algorithms: JSONValue = .array(PublicKey.Algorithm.allCases.map { .string($0.rawValue) })
    var document: JSONObject = [
      "issuer": .string(issuer.url),
      "authorization_endpoint": .string(issuer.origin + paths.authorization),
      "token_endpoint": .string(issuer.origin + paths.token),
      "revocation_endpoint": .string(issuer.origin + paths.revocation),
      "device_authorization_endpoint": .string(issuer.origin + paths.deviceAuthorization),
      "pushed_authorization_request_endpoint": .string(issuer.origin + paths.pushed),
      "jwks_uri": .string(issuer.origin + paths.keys),
      "scopes_supported": .array(Self.scopes.map { .string($0.rawValue) }),
      "response_types_supported": ["code"],
      "response_modes_supported": ["query"],
      "grant_types_supported": .array(Client.GrantType.allCases.map { .string($0.rawValue) }),
      "token_endpoint_auth_methods_supported": methods,
      "token_endpoint_auth_signing_alg_values_supported": algorithms,
      "revocation_endpoint_auth_methods_supported": methods,
      "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
      "introspection_endpoint": .string(issuer.origin + paths.introspection),
      "introspection_endpoint_auth_methods_supported": .array(
        Client.AuthenticationMethod.allCases.filter { $0 != .none }.map { .string($0.rawValue) }),
      "code_challenge_methods_supported": ["S256"],
      "dpop_signing_alg_values_supported": .array(DPoPProof.algorithms.map { .string($0) }),
      "acr_values_supported": .array(AuthenticationContext.offered.map { .string($0.rawValue) }),
      "authorization_response_iss_parameter_supported": true,
      "protected_resources": .array([.string(issuer.resource.text)]),
      // OpenID Connect Discovery §3 requires this of the same document under its other name.
      "subject_types_supported": ["public"],
    ]
    if offersRegistration { document["registration_endpoint"] = .string(issuer.origin + paths.registration) }
    if takesDocuments { document["client_id_metadata_document_supported"] = true }
    return document
  }

  /// What a person may grant; `mcp:admin` is not offered to clients.
  static let scopes: [Scope] = [.read, .write, .execute, .offlineAccess]

  /// What follows the keys: they may change while the server runs.
  @Sendable private func adding(to document: JSONObject) -> JSONObject {
    var document = document
    var algorithms: [JSONValue] = []
    for entry in published where !algorithms.contains(.string(entry.algorithm.rawValue)) {
      algorithms.append(.string(entry.algorithm.rawValue))
    }
    document["introspection_signing_alg_values_supported"] = .array(algorithms)
    // OpenID Connect Discovery §3 requires it.
    document["id_token_signing_alg_values_supported"] = .array(algorithms)
    return document
  }

  private var published: [PublicKey] {
    signing.timeline.published(at: world.now).map(\.key.publicKey)
  }

  /// RFC 7517 §5: every key by which something of ours may be checked, now or soon.
  private var keySet: JSONObject { ["keys": .array(published.map { .object($0.jwk) })] }
}
