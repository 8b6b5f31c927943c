internal import HTTP

/// A client identifier that is the URL of the client's own metadata document
/// (draft-ietf-oauth-client-id-metadata-document §3).
package struct ClientIDURL: Sendable, Hashable {
  /// As the client wrote it: identifiers compare byte for byte.
  package let text: String
  /// The host in lower case, with its port if it names one.
  package let host: String
  /// The host in lower case, without its port.
  package let domain: String

  private static let lengthLimit = 2048

  /// Whether a client identifier is meant to be a URL, good or bad; none that we mint is.
  package static func isMeant(by text: String) -> Bool {
    let start = text.utf8.prefix(6).map { $0 | 0x20 }
    return start.starts(with: "https:".utf8) || start.starts(with: "http:".utf8)
  }

  /// - Returns: nil for what is no client identifier, and so is never fetched.
  package init?(_ text: String) {
    // §3: it MUST have an "https" scheme, …
    guard text.utf8.count <= Self.lengthLimit, text.hasPrefix("https://"), let parts = URIParts(text),
      parts.hasRealHost, let host = parts.host?.lowercased()
    else { return nil }
    // … MUST contain a path component, …
    guard parts.path.utf8.count > 1 else { return nil }
    // … MUST NOT contain single-dot or double-dot path segments, however they are written, …
    guard let path = percentDecoded(parts.path),
      path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({ $0 != "." && $0 != ".." })
    else { return nil }
    // … MUST NOT contain a fragment component and MUST NOT contain a username or password component.
    guard parts.fragment == nil, !parts.hasUserInfo else { return nil }
    self.text = text
    domain = host
    self.host = host + (parts.port.map { ":" + $0 } ?? "")
  }
}
