/// The cookies of a request (RFC 6265 §4.2), in the order they came.
package struct Cookies: Sendable {
  /// Every pair, undecoded.
  package let pairs: [(name: String, value: String)]

  package init(_ fields: Fields) {
    pairs = fields.all("cookie").flatMap { $0.split(separator: ";") }.compactMap { pair in
      guard let equals = pair.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      let name = trimmed(pair[..<equals])
      var value = trimmed(pair[pair.utf8.index(after: equals)...])
      if value.utf8.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") {
        value = value.dropFirst().dropLast()
      }
      return name.isEmpty ? nil : (String(name), String(value))
    }
  }

  /// The first value of that name: browsers send the cookie of the longest path first.
  package subscript(_ name: String) -> String? { pairs.first { $0.name == name }?.value }

  /// Every value of that name; more than one means that another host of the site planted one beside ours.
  package func all(_ name: String) -> [String] { pairs.compactMap { $0.name == name ? $0.value : nil } }
}

/// The value of one `Set-Cookie` line (RFC 6265bis §4.1). It never has a `Domain`: no cookie of this house is meant
/// for another host.
package struct SetCookie: Sendable {
  /// Whether the cookie goes along with requests that other sites start.
  package enum SameSite: String, Sendable { case strict = "Strict", lax = "Lax", none = "None" }

  package let name: String
  package let value: String
  package let path: String
  /// Seconds of life are sent as `Max-Age`; nil ends the cookie with the browser's session.
  package let maximumAge: Duration?
  package let isSecure: Bool
  package let isHTTPOnly: Bool
  package let sameSite: SameSite

  /// - Returns: nil when the name is no token, when value or path hold what a cookie can't carry, or when a promise
  ///   of the name's prefix is not kept.
  package init?(
    name: String, value: String, path: String = "/", maximumAge: Duration? = nil, isSecure: Bool = true,
    isHTTPOnly: Bool = true, sameSite: SameSite = .lax
  ) {
    guard !name.isEmpty, name.utf8.allSatisfy(isTokenCharacter), value.utf8.allSatisfy(Self.isCookieOctet),
      path.hasPrefix("/"), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ";") })
    else { return nil }
    // RFC 6265bis §4.1.3: browsers compare these prefixes without case and drop the cookie that breaks the promise.
    let prefix = name.lowercased()
    if prefix.hasPrefix("__host-") { guard isSecure, path == "/" else { return nil } }
    if prefix.hasPrefix("__secure-") { guard isSecure else { return nil } }
    if sameSite == .none { guard isSecure else { return nil } }
    self.name = name
    self.value = value
    self.path = path
    self.maximumAge = maximumAge
    self.isSecure = isSecure
    self.isHTTPOnly = isHTTPOnly
    self.sameSite = sameSite
  }

  /// The cookie that removes the one of the same name, path and prefix.
  package var removal: SetCookie { SetCookie(removing: self) }

  private init(removing cookie: SetCookie) {
    name = cookie.name
    value = ""
    path = cookie.path
    maximumAge = .zero
    isSecure = cookie.isSecure
    isHTTPOnly = cookie.isHTTPOnly
    sameSite = cookie.sameSite
  }

  /// What stands behind `Set-Cookie: `.
  package var text: String {
    var text = "\(name)=\(value); Path=\(path)"
    if let maximumAge { text += "; Max-Age=\(max(0, maximumAge.components.seconds))" }
    if isSecure { text += "; Secure" }
    if isHTTPOnly { text += "; HttpOnly" }
    return text + "; SameSite=\(sameSite.rawValue)"
  }

  /// `cookie-octet` of RFC 6265 §4.1.1.
  private static func isCookieOctet(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21, 0x23...0x2b, 0x2d...0x3a, 0x3c...0x5b, 0x5d...0x7e: true
    default: false
    }
  }
}

extension Response {
  /// Adds one `Set-Cookie` line.
  package mutating func set(_ cookie: SetCookie) { fields.add("set-cookie", cookie.text) }
}
