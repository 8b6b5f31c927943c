internal import FoundationEssentials
internal import OAuth

extension FuzzTarget {
  /// Every URL that a client names: where answers go (OAuth 2.1 §2.3), what a token is for (RFC 8707 §2), links that
  /// people are shown, documents that are fetched, and the `htu` of proofs (RFC 9449 §4.3).
  static let redirectURI = FuzzTarget(name: "redirect-uri") { bytes in
    let text = text(bytes)
    if let uri = accepted({ try RedirectURI(registering: text) }) { try check(uri, text) }
    if let resource = Resource(text) {
      let canonical = resource.text
      try hold(Resource(canonical) == resource, "the canonical form of \(text) is not stable: \(canonical)")
      try hold(
        canonical.hasPrefix(resource.origin), "\(resource.origin) is not the beginning of \(canonical)")
      try hold(!canonical.contains("#"), "a resource has a fragment")
      if let issuer = Issuer(text) {
        try hold(issuer.accepts(issuer.resource), "an issuer's own resource is not its own")
        try hold(issuer.url == issuer.origin + issuer.path, "\(issuer.url) is not its parts")
      }
    }
    if let target = TargetURI(text) {
      try hold(TargetURI(target.text) == target, "\(target.text) is not stable")
    }
    if let link = WebLink(text) {
      try hold(
        link.text == text && text.lowercased().hasPrefix("https:"), "\(link.text) is no link to the web")
      try agree(text)
    }
    if let document = ClientIDURL(text) {
      try hold(document.text.utf8.elementsEqual(text.utf8), "an identifier was changed")
      try hold(ClientIDURL.isMeant(by: text), "\(text) is a URL and not meant as one")
      // draft-ietf-oauth-client-id-metadata-document §3: no fragment, no user information, no dot segments.
      try hold(!text.contains("#") && !text.contains("/../"), text)
      try hold(document.host.hasPrefix(document.domain), "\(document.host) is not of \(document.domain)")
      try agree(text)
    }
  }

  /// Schemes that would run, read or install something; written down here apart from those of `RedirectURI`.
  private static let dangerous: Set<String> = [
    "javascript", "data", "vbscript", "file", "blob", "filesystem", "about", "view-source", "intent",
    "content",
    "ms-msdt", "search-ms", "ms-officecmd", "shell", "steam", "jar", "chrome", "ldap", "smb", "ssh",
  ]

  private static func check(_ uri: RedirectURI, _ text: String) throws {
    try hold(uri.text.utf8.elementsEqual(text.utf8), "a redirect URI was changed")
    try hold(RedirectURI(registered: text) == uri, "what was registered is not read again")
    try hold(RedirectURI.match(text, among: [uri]) == uri, "a redirect URI does not match itself")
    let scheme = text.prefix { $0 != ":" }.lowercased()
    try hold(!dangerous.contains(scheme), "\(scheme) is let in")
    try hold(scheme != "http" || uri.isLoopback, "http leads elsewhere than to the machine itself")
    try hold(!text.contains("#"), "a redirect URI has a fragment")
    try hold(text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }, "a redirect URI has what no Location may have")
    let answer = uri.with("code=c&iss=i")
    try hold(
      answer.hasPrefix(text) && answer.hasSuffix("code=c&iss=i"), "\(answer) is not the URI and the answer")
    if scheme == "http" || scheme == "https" { try agree(text) }
    guard let parts = URLComponents(string: answer) else { return }
    try hold(
      parts.percentEncodedQuery?.hasSuffix("code=c&iss=i") == true,
      "the answer is not in the query of \(answer)")
  }

  /// What people and our own checks take for the host has to be what another reader of RFC 3986 takes for it.
  private static func agree(_ text: String) throws {
    guard let parts = URLComponents(string: text) else { return }
    let host = Resource(text.prefix { $0 != "#" }.description)?.origin ?? ""
    var theirs = (parts.scheme?.lowercased() ?? "") + "://" + (parts.encodedHost ?? "").lowercased()
    if let port = parts.port, !(port == 443 && theirs.hasPrefix("https:")),
      !(port == 80 && theirs.hasPrefix("http:"))
    {
      theirs += ":\(port)"
    }
    try hold(parts.user == nil, "\(text) has user information to others")
    try hold(host == theirs, "\(text) leads to \(host), to others it leads to \(theirs)")
  }
}
