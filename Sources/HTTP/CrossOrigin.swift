/// Cross-origin access for what a client in a browser may call (Fetch §3.3): any origin, never with credentials.
///
/// Metadata, keys, tokens, registration and the MCP endpoint are open to scripts, because they prove their caller by
/// what the request carries. The pages are not: a script of another origin has nothing to read there.
package enum CrossOrigin {
  private static let requestFields =
    "Authorization, Content-Type, Accept, DPoP, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, Last-Event-ID"
  private static let responseFields =
    "WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version, Retry-After, RateLimit, RateLimit-Policy, DPoP-Nonce"

  /// The routes with their answers readable by scripts, and an `OPTIONS` route for each path.
  package static func open(_ routes: [Route]) -> [Route] {
    let opened = routes.map { route in
      var opened = Route(route.method, route.path, name: route.name) { request in
        var response = await route.handle(request)
        allow(&response)
        return response
      }
      opened.isCrossOrigin = true
      return opened
    }
    let preflights = Dictionary(grouping: routes, by: \.path).sorted { $0.key < $1.key }.map { path, routes in
      let methods = Set(routes.map(\.method.name) + ["OPTIONS"]).sorted().joined(separator: ", ")
      return Route(.options, path) { _ in
        var response = Response(
          status: 204,
          fields: [
            "allow": methods, "access-control-allow-methods": methods,
            "access-control-allow-headers": requestFields,
            "access-control-max-age": "7200",
          ])
        allow(&response)
        return response
      }
    }
    return opened + preflights
  }

  /// Lets scripts of every origin read an answer.
  static func allow(_ response: inout Response) {
    response.fields["access-control-allow-origin"] = "*"
    response.fields["access-control-expose-headers"] = responseFields
  }
}
