package import HTTP

/// Where a page stands: in somebody else's window, or in ours.
package enum PagePlace: Sendable {
  /// On the way of an authorization request: login, consent, errors, and the redirects between them.
  case authorization
  /// Visited for its own sake: home, account.
  case own
}

/// The header fields of pages and of the redirects between them (OAuth 2.1 §7.5.3, §7.11; MCP security best practices).
package enum PageHeaders {
  /// Of an HTML page.
  package static func page(_ place: PagePlace, withScript: Bool = false) -> Fields {
    guard withScript else { return place == .own ? ownPage : authorizationPage }
    return place == .own ? ownPageWithScript : authorizationPageWithScript
  }

  /// Of a response without a page, such as a redirect. The caller adds `Location`.
  package static func bare(_ place: PagePlace) -> Fields { place == .own ? ownBare : authorizationBare }

  /// Sends the browser on with GET. A 303 turns a POST into a GET, so that credentials are never posted on
  /// (RFC 9700 §4.12).
  ///
  /// - Parameter location: an absolute or relative reference that the caller has checked; the edge refuses line breaks.
  package static func redirect(to location: String, _ place: PagePlace = .authorization) -> Response {
    var fields = bare(place)
    fields.add("location", location)
    return Response(status: 303, fields: fields)
  }

  // `form-action` is left out on purpose: Chromium applies it to the redirect that answers a form too, and so would
  // block the way back to the client after "Allow" (fastmcp #3369, everruns #2918).
  static let contentSecurityPolicy =
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"

  /// Of the pages that ask for a passkey: what comes from our origin may run, and nothing else.
  static let contentSecurityPolicyWithScript = contentSecurityPolicy + "; script-src 'self'"

  private static let permissionsPolicy = [
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope",
    "magnetometer", "microphone", "midi", "payment", "serial", "usb",
  ].map { "\($0)=()" }.joined(separator: ", ")

  private static let authorizationBare: Fields = [
    "cache-control": "no-store",
    "content-security-policy": contentSecurityPolicy,
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": permissionsPolicy,
    "cross-origin-resource-policy": "same-origin",
  ]

  // A client in a browser opens the authorization endpoint in a pop-up and waits for its own callback page to speak
  // to `window.opener`. With `same-origin` on any page or redirect of that way the browser cuts the two windows apart
  // for good (bluesky-social/atproto #3638, voidauth #515), so only pages outside of it may say so.
  private static let ownBare: Fields = {
    var fields = authorizationBare
    fields.add("cross-origin-opener-policy", "same-origin")
    return fields
  }()

  private static let authorizationPageWithScript = scripted(authorizationPage)
  private static let ownPageWithScript = scripted(ownPage)

  private static func scripted(_ page: Fields) -> Fields {
    var fields = page
    fields["content-security-policy"] = contentSecurityPolicyWithScript
    return fields
  }

  private static let authorizationPage = html(authorizationBare)
  private static let ownPage = html(ownBare)

  private static func html(_ bare: Fields) -> Fields {
    var fields: Fields = ["content-type": "text/html; charset=utf-8"]
    for line in bare.lines { fields.add(line.name, line.value) }
    return fields
  }
}
