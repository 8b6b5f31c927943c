/// A link to a public web page, such as `client_uri` (RFC 7591 §2): shown to people, never fetched.
package struct WebLink: Sendable, Hashable {
  package let text: String

  /// - Returns: nil unless it is an `https` URL with a host name that can be public.
  package init?(_ text: String) {
    guard text.utf8.count <= RedirectURI.lengthLimit, let parts = URIParts(text), parts.scheme == "https",
      parts.hasRealHost, !parts.hasUserInfo, !parts.isLoopback, let host = parts.host?.lowercased(),
      host.contains("."), !host.hasPrefix("["), !host.hasSuffix(".local"), !host.hasSuffix(".internal"),
      !host.hasSuffix(".localhost"), host.contains(where: \.isLetter)
    else { return nil }
    self.text = text
  }
}
