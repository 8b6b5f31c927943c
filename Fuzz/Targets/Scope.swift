internal import OAuth

extension FuzzTarget {
  /// `scope` (RFC 6749 §3.3).
  static let scope = FuzzTarget(name: "scope") { bytes in
    let text = text(bytes)
    let known = ScopeSet(known: text)
    try hold(ScopeSet(known.description) == known, "\(known) is not read as itself")
    guard let scopes = ScopeSet(text) else { return }
    try hold(scopes == known, "a text is two sets: \(scopes), \(known)")
    try hold(scopes.isWithin(scopes), "\(scopes) is wider than itself")
    for scope in Scope.allCases where scopes.contains(scope) {
      try hold(scopes.allows(scope), "\(scopes) does not allow \(scope)")
      try hold(text.contains(scope.rawValue), "\(scope) was not asked for")
    }
  }
}
