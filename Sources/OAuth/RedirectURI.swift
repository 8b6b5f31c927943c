/// A redirection endpoint of a client (OAuth 2.1 §2.3).
///
/// Compared as text; only a loopback URI may come back with another port (RFC 8252 §7.3).
package struct RedirectURI: Sendable, Hashable, CustomStringConvertible {
  /// As registered or as asked for, byte for byte.
  package let text: String
  private let parts: URIParts

  package var description: String { text }

  /// Why a URI can't be a redirection endpoint; for the developer of the client.
  package struct Refusal: Error, Sendable {
    package let says: String
  }

  /// How long a redirect URI may be, in bytes.
  package static let lengthLimit = 2048

  /// Checks a URI that a client wants to register.
  ///
  /// Accepted are `https`, `http` on a loopback host, and an application's own scheme (RFC 8252 §7.1).
  package init(registering text: String) throws(Refusal) {
    guard text.utf8.count <= Self.lengthLimit else { throw Refusal(says: "a redirect URI is too long") }
    guard let parts = URIParts(text) else { throw Refusal(says: "a redirect URI is not an absolute URI") }
    // OAuth 2.1 §2.3: the redirect URI MUST NOT include a fragment component.
    guard parts.fragment == nil else { throw Refusal(says: "a redirect URI has a fragment") }
    guard !parts.hasUserInfo else { throw Refusal(says: "a redirect URI has user information") }
    switch parts.scheme {
    case "https":
      guard parts.hasRealHost else { throw Refusal(says: "a redirect URI has no proper host") }
    case "http":
      guard parts.isLoopback else {
        throw Refusal(says: "a redirect URI with http must lead to localhost, 127.0.0.1 or [::1]")
      }
    default:
      guard ApplicationScheme.mayBe(parts.scheme) else {
        throw Refusal(says: "the scheme of a redirect URI is not allowed")
      }
    }
    self.text = text
    self.parts = parts
  }

  /// Reads a URI that was registered before.
  package init?(registered text: String) {
    do { try self.init(registering: text) } catch { return nil }
  }

  /// The host that the person is sent to, with its port if it names one, or the scheme of an application.
  package var displayHost: String {
    guard let host = parts.host, !host.isEmpty, parts.scheme == "https" || parts.scheme == "http" else {
      return parts.scheme + "://"
    }
    return host + (parts.port.map { ":" + $0 } ?? "")
  }

  /// Whether it leads to a program on the person's own machine.
  package var isLoopback: Bool { parts.scheme == "http" && parts.isLoopback }

  /// The host of a web site, in lower case and with its port if it names one; nil for what leads to a program.
  package var webHost: String? { parts.scheme == "https" ? displayHost.lowercased() : nil }

  /// The URI as it is the same each time: without the port of a loopback URI (RFC 8252 §7.3).
  package var textWithoutLoopbackPort: String {
    guard isLoopback, let host = parts.host, let port = parts.port,
      let place = text.firstRange(of: "//\(host):\(port)")
    else { return text }
    return text[..<place.lowerBound] + "//\(host)" + text[place.upperBound...]
  }

  /// Finds what `asked` was registered as.
  ///
  /// - Returns: the URI to redirect to: `asked` itself, once it is known to be one of `registered`.
  package static func match(_ asked: String, among registered: [RedirectURI]) -> RedirectURI? {
    // OAuth 2.1 §4.1.1: the server MUST compare by simple string comparison, …
    if let same = registered.first(where: { $0.text == asked }) { return same }
    // … except for the port of a loopback URI, where it MUST allow any (RFC 8252 §7.3).
    do {
      let candidate = try RedirectURI(registering: asked)
      guard candidate.isLoopback else { return nil }
      return registered.contains { $0.isSameLoopback(as: candidate) } ? candidate : nil
    } catch { return nil }
  }

  /// Same host name and same path; an empty path is `/`. A query may be left out, because a client in wide use registers
  /// one with its state in it and asks without, but none may be added: it could bring a `code` or `iss` of its own.
  private func isSameLoopback(as other: RedirectURI) -> Bool {
    isLoopback && other.isLoopback && parts.host == other.parts.host
      && (parts.path.isEmpty ? "/" : parts.path) == (other.parts.path.isEmpty ? "/" : other.parts.path)
      && (other.parts.query == nil || other.parts.query == parts.query)
  }

  /// The URI with the answer's parameters behind its own query (OAuth 2.1 §4.1.2).
  package func with(_ answer: String) -> String {
    if parts.query == nil { return text + "?" + answer }
    return text + (text.hasSuffix("?") || text.hasSuffix("&") ? "" : "&") + answer
  }
}
