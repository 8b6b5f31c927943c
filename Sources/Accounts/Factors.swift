/// One way in which a person proved who they are. The raw values are those of RFC 8176 where it has one; they are
/// stored, and told in `amr`.
package enum Factor: String, Sendable, CaseIterable {
  case password = "pwd"
  /// A code of an authenticator app (RFC 6238).
  case totp = "otp"
  /// One of the codes that a person keeps for the day when the phone is gone.
  case recoveryCode = "rc"
  /// A key that signs a challenge: a passkey.
  case passkey = "pop"
  /// What holds the key made sure of the person itself, by a finger, a face or a PIN.
  case userVerification = "user"
  /// The company's identity provider says so.
  case federated = "fed"
  /// The identity provider says that it asked for several factors.
  case several = "mfa"
}

/// The factors of one login.
package struct Factors: Sendable, Hashable, ExpressibleByArrayLiteral {
  package var all: Set<Factor>

  package init(_ all: Set<Factor>) { self.all = all }
  package init(arrayLiteral elements: Factor...) { all = Set(elements) }

  /// Reads the stored form; what is not known counts for nothing.
  package init(text: String) {
    all = Set(text.split(separator: " ").compactMap { Factor(rawValue: String($0)) })
  }

  /// The stored form.
  package var text: String { Factor.allCases.filter(all.contains).map(\.rawValue).joined(separator: " ") }

  /// Whether two things of different kinds were proved: something known, something held, something that one is.
  package var areSeveral: Bool {
    if all.contains(.several) || all.isSuperset(of: [.passkey, .userVerification]) { return true }
    let first = all.contains(.password) || all.contains(.federated)
    return first && !all.isDisjoint(with: [.totp, .recoveryCode, .passkey])
  }

  /// The authentication method references of a token (RFC 8176 §2).
  package var amr: [String] {
    let names = Factor.allCases.filter { all.contains($0) && $0 != .several }.map(\.rawValue)
    return areSeveral ? names + [Factor.several.rawValue] : names
  }

  package func union(_ more: Factors) -> Factors { Factors(all.union(more.all)) }
}
