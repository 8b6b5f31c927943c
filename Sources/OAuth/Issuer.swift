/// Who issues the tokens, and what for: the URLs by which the outside knows this house.
///
/// The issuer is a string that others compare byte for byte (RFC 8414 §3.3): it is configured once, never derived
/// from a request.
package struct Issuer: Sendable {
  /// Without a trailing slash.
  package let url: String
  /// The path part of the URL: empty, or such as `/tenant`.
  package let path: String
  /// Scheme, host and port.
  package let origin: String
  /// The protected resource: the MCP endpoint.
  package let resource: Resource
  /// The paths that the MCP endpoint answers on, the main one first; `eventsPath` is the last where there is one.
  package let resourcePaths: [String]
  /// Where MCP clients of 2024-11-05 begin; nil when they aren't served.
  package let eventsPath: String?

  /// - Parameters:
  ///   - url: `https`, or `http` on a loopback host; a trailing slash is dropped.
  ///   - resourcePath: below the issuer's path, such as `/mcp`.
  ///   - eventsPath: below the issuer's path, such as `/sse`.
  /// - Returns: nil when the URL can't be an issuer (RFC 8414 §2: no query, no fragment), or has no TLS and does not lead
  ///   to the machine itself.
  package init?(_ url: String, resourcePath: String = "/mcp", eventsPath: String? = nil) {
    guard let canonical = Resource(url), !canonical.text.contains("?"), resourcePath.hasPrefix("/"),
      let resource = Resource(canonical.text + resourcePath), let parts = URIParts(canonical.text)
    else { return nil }
    // OAuth 2.1 §1.5: everything MUST be protected by TLS, except on the machine itself.
    guard parts.scheme == "https" || parts.isLoopback else { return nil }
    self.url = canonical.text
    self.origin = canonical.origin
    self.path = String(canonical.text.dropFirst(canonical.origin.count))
    self.resource = resource
    self.eventsPath = eventsPath.map { [path] in path + $0 }
    self.resourcePaths = [path + resourcePath, path + "/odoo/mcp"] + (self.eventsPath.map { [$0] } ?? [])
  }

  /// Whether everything that it names is reached over TLS.
  package var isSecure: Bool { url.hasPrefix("https:") }

  /// Whether a client means our resource: by the endpoint's URL, by an alias of it, or by the bare origin, which
  /// clients in wide use send.
  package func accepts(_ asked: Resource) -> Bool {
    asked == resource || asked.text == url || asked.text == origin
      || resourcePaths.contains { asked.text == origin + $0 }
  }
}
