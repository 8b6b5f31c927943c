package import HTTP
internal import JSON
package import OAuth

/// What the resource server says of itself (RFC 9728): which tokens it takes, and who issues them.
package struct ProtectedResourceMetadata: Sendable {
  private static let wellKnown = "/.well-known/oauth-protected-resource"
  private let issuer: Issuer
  private let keysPath: String

  /// - Parameter keysPath: where the issuer's public keys are.
  package init(issuer: Issuer, keysPath: String = "/oauth/jwks") {
    self.issuer = issuer
    self.keysPath = keysPath
  }

  /// Where the metadata of a resource's path lies (RFC 9728 §3.1: inserted between host and path).
  ///
  /// - Parameter path: that was asked for, so that a client finds the metadata of the very URL that it was given.
  package func url(for path: String) -> String {
    issuer.origin + Self.wellKnown + (issuer.resourcePaths.contains(path) ? path : issuer.resourcePaths[0])
  }

  /// The document at the root, and at the path of each name that the endpoint answers to. In each, `resource` is the
  /// URL that the client was given: clients compare it.
  package var routes: [Route] {
    var paths = [(Self.wellKnown, issuer.resource.text)]
    paths += issuer.resourcePaths.map { (Self.wellKnown + $0, issuer.origin + $0) }
    if !issuer.path.isEmpty { paths.append((Self.wellKnown + issuer.path, issuer.resource.text)) }
    return paths.map { path, resource in
      let response = document(resource)
      return Route(.get, path, name: "protected resource metadata") { _ in response }
    }
  }

  private func document(_ resource: String) -> Response {
    let document: JSONObject = [
      "resource": .string(resource),
      "authorization_servers": .array([.string(issuer.url)]),
      "jwks_uri": .string(issuer.url + keysPath),
      "scopes_supported": .array([.string(Scope.read.rawValue), .string(Scope.write.rawValue)]),
      "bearer_methods_supported": ["header"],
      "dpop_signing_alg_values_supported": .array(DPoPProof.algorithms.map { .string($0) }),
      "resource_name": "Gatehouse",
    ]
    return Response(
      status: 200,
      fields: [
        "content-type": "application/json", "cache-control": "public, max-age=300",
        "x-content-type-options": "nosniff",
      ], body: JSONValue.object(document).serialized())
  }
}
