package import HTTP

/// Who may knock at all: a browser page only from the origins that are listed, and only under our own names.
///
/// Streamable HTTP, "Security": servers MUST validate `Origin` on all incoming connections, and answer an invalid
/// one with 403. `Host` is checked as well, since a rebound name comes with an `Origin` of its own.
package struct OriginRule: Sendable {
  private let origins: Set<String>
  private let hosts: Set<String>

  /// - Parameters:
  ///   - origins: as browsers write them, such as `https://claude.ai`; ours too, if its pages call.
  ///   - hosts: names with their port, `127.0.0.1:8080`, or without, for any port. Empty allows every host.
  package init(origins: some Sequence<String>, hosts: some Sequence<String>) {
    self.origins = Set(origins.map { $0.lowercased() })
    self.hosts = Set(hosts.map { $0.lowercased() })
  }

  /// The answer to a request that may not come in, or nil.
  package func refusal(of request: Request) -> Response? {
    let given = request.fields.all("origin")
    if let origin = given.first, given.count > 1 || !origins.contains(origin.lowercased()) {
      return Self.forbidden("this Origin is not allowed here")
    }
    guard !hosts.isEmpty else { return nil }
    let named = request.fields.all("host")
    guard named.count == 1, let host = named.first?.lowercased(),
      hosts.contains(host) || hosts.contains(Self.withoutPort(host))
    else { return Self.forbidden("this Host is not served here") }
    return nil
  }

  private static func withoutPort(_ host: String) -> String {
    guard let colon = host.lastIndex(of: ":"), host.last != "]" else { return host }
    return String(host[..<colon])
  }

  private static func forbidden(_ message: String) -> Response {
    // "MAY comprise a JSON-RPC error response that has no id".
    let body = #"{"jsonrpc":"2.0","error":{"code":-32600,"message":"Forbidden: \#(message)"}}"#
    return Response(
      status: 403, fields: ["content-type": "application/json", "cache-control": "no-store"],
      body: Array(body.utf8))
  }
}
