/// The `https` URL of somebody else's endpoint, such as an identity provider names it.
///
/// Where it may lead is the business of the door that it is fetched through.
package struct EndpointURL: Sendable, Hashable {
  /// As it was written.
  package let text: String

  private static let lengthLimit = 2048

  /// - Returns: nil for what is no `https` URL with a host, names a user, or has a fragment.
  package init?(_ text: String) {
    guard text.utf8.count <= Self.lengthLimit, text.hasPrefix("https://"), let parts = URIParts(text),
      parts.hasRealHost, !parts.hasUserInfo, parts.fragment == nil
    else { return nil }
    self.text = text
    host = parts.host?.lowercased() ?? ""
    query = parts.query
  }

  /// In lower case, without its port.
  package let host: String
  package let query: String?

  /// The URL with these parameters behind those that it has (RFC 6749 §3.1).
  ///
  /// - Parameter parameters: form-encoded.
  package func with(_ parameters: String) -> String { text + (query == nil ? "?" : "&") + parameters }
}
