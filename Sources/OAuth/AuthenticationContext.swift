/// How well a person proved who they are: the authentication context class (`acr`, RFC 9470 §4), by names of our own
/// (0016). A higher one includes the lower.
package enum AuthenticationContext: String, Sendable, CaseIterable, Comparable {
  /// By what they know.
  case password = "urn:gatehouse:acr:password"
  /// By a second factor besides.
  case twoFactors = "urn:gatehouse:acr:two-factors"
  /// By a key that gives nothing away to a false site.
  case phishingResistant = "urn:gatehouse:acr:phishing-resistant"

  /// Those that a person can reach here, for `acr_values_supported`.
  package static let offered = AuthenticationContext.allCases

  package static func < (a: AuthenticationContext, b: AuthenticationContext) -> Bool {
    a.strength < b.strength
  }

  private var strength: Int {
    switch self {
    case .password: 1
    case .twoFactors: 2
    case .phishingResistant: 3
    }
  }
}
