/// Whom an identity provider's word makes here: which accounts are linked or made by it, and what they get.
package struct IdentityRules: Sendable, Equatable {
  /// `example.com` is that domain, `*.example.com` all below it, `*` every one.
  package var domains: [String]
  /// Whether an account that is there is linked by its mail address.
  package var links: Bool
  /// Whether an account is made for somebody who has none.
  package var creates: Bool
  /// Whether the provider's addresses count though it does not say that it verified them.
  package var trustsEmail: Bool
  /// Whether several factors there (`amr` with `mfa`) are several factors here.
  package var trustsFactors: Bool
  /// The claim that tells groups; nil for none.
  package var groupsClaim: String?
  /// Which value of that claim is which of our groups. These groups are the provider's to give and to take, and no
  /// others are.
  package var groupsByValue: [String: String]
  /// What an account that is made here begins with.
  package var newGroups: [String]
  package var companies: [String]

  package init(
    domains: [String] = [], links: Bool = false, creates: Bool = false, trustsEmail: Bool = false,
    trustsFactors: Bool = false, groupsClaim: String? = nil, groupsByValue: [String: String] = [:],
    newGroups: [String] = [], companies: [String] = []
  ) {
    self.domains = domains.map { $0.lowercased() }
    self.links = links
    self.creates = creates
    self.trustsEmail = trustsEmail
    self.trustsFactors = trustsFactors
    self.groupsClaim = groupsClaim
    self.groupsByValue = groupsByValue
    self.newGroups = newGroups
    self.companies = companies
  }

  /// Whether somebody with this address may come; in lower case.
  func admits(_ email: String) -> Bool {
    guard let at = email.lastIndex(of: "@"), at != email.startIndex else { return false }
    let domain = email[email.index(after: at)...]
    return domains.contains { rule in
      rule == "*" || rule == domain || (rule.hasPrefix("*.") && domain.hasSuffix(rule.dropFirst()))
    }
  }

  /// A person's groups once the provider has told theirs.
  func groups(_ present: [String], for values: [String]) -> [String] {
    guard groupsClaim != nil else { return present }
    let managed = Set(groupsByValue.values)
    // Byte for byte: to Swift, and so to a dictionary, the Kelvin sign is a K.
    let given = Set(
      values.compactMap { value in
        groupsByValue.first { $0.key.utf8.elementsEqual(value.utf8) }?.value
      })
    return present.filter { !managed.contains($0) || given.contains($0) }
      + given.subtracting(present).sorted()
  }
}
