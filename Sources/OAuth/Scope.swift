/// What a connection may ask of the resource server. Each `mcp:` scope implies the ones before it.
package enum Scope: String, Sendable, Hashable, CaseIterable, Comparable, CustomStringConvertible {
  /// Tools that only read.
  case read = "mcp:read"
  /// Tools that create or change records.
  case write = "mcp:write"
  /// Tools that run methods, jobs and mailings.
  case execute = "mcp:execute"
  /// The tools that administer the gateway itself.
  case admin = "mcp:admin"
  /// A refresh token (OpenID Connect Core §11). It says nothing about tools, implies none and is implied by none.
  case offlineAccess = "offline_access"

  /// The scope as it goes over the wire (RFC 6749 §3.3).
  package var description: String { rawValue }

  package static func < (a: Scope, b: Scope) -> Bool { a.position < b.position }

  var position: UInt8 {
    switch self {
    case .read: 0
    case .write: 1
    case .execute: 2
    case .admin: 3
    case .offlineAccess: 7
    }
  }
}

/// A set of scopes, as granted or as asked for (RFC 6749 §3.3).
///
/// It keeps what was granted, so that the client sees the words it asked for; `allows` alone knows that
/// `mcp:write` implies `mcp:read`.
package struct ScopeSet: Sendable, Hashable, CustomStringConvertible, ExpressibleByArrayLiteral {
  private var bits: UInt8 = 0

  package init(_ scopes: some Sequence<Scope>) { for scope in scopes { bits |= 1 << scope.position } }

  package init(arrayLiteral scopes: Scope...) { self.init(scopes) }

  /// Reads a `scope` parameter: tokens parted by single spaces, in any order (RFC 6749 §3.3).
  ///
  /// - Returns: nil when a token is malformed, empty or no scope of this server (`invalid_scope`, §4.1.2.1). The
  ///   empty text is the empty set.
  package init?(_ text: some StringProtocol) {
    if text.isEmpty { return }
    for token in text.split(separator: " ", omittingEmptySubsequences: false) {
      guard let scope = Scope(rawValue: String(token)) else { return nil }
      bits |= 1 << scope.position
    }
  }

  /// Reads a `scope` parameter and leaves out what this server doesn't know (RFC 6749 §3.3 allows the server to
  /// ignore scopes in part, and clients ask for what other servers have, such as `openid`).
  package init(known text: some StringProtocol) {
    // What is stored is one known scope, mostly.
    if let one = Scope(rawValue: String(text)) {
      self = [one]
      return
    }
    self.init(text.split(separator: " ").compactMap { Scope(rawValue: String($0)) })
  }

  /// Whether the set, with all that it implies, includes that scope.
  package func allows(_ scope: Scope) -> Bool {
    if scope == .offlineAccess { return contains(scope) }
    return (bits & 0x0f) >> scope.position != 0
  }

  /// Whether that very scope was granted, without what others imply.
  package func contains(_ scope: Scope) -> Bool { bits & 1 << scope.position != 0 }

  /// Whether every scope of this set is allowed by the other one (RFC 6749 §6: a refresh must not widen).
  package func isWithin(_ other: ScopeSet) -> Bool { scopes.allSatisfy(other.allows) }

  /// Whether every scope of this set is one of the other, to the word.
  package func isSubset(of other: ScopeSet) -> Bool { bits & ~other.bits == 0 }

  package func union(_ other: ScopeSet) -> ScopeSet {
    var union = self
    union.bits |= other.bits
    return union
  }

  package func intersection(_ other: ScopeSet) -> ScopeSet {
    var intersection = self
    intersection.bits &= other.bits
    return intersection
  }

  package mutating func insert(_ scope: Scope) { bits |= 1 << scope.position }

  package mutating func remove(_ scope: Scope) { bits &= ~(1 << scope.position) }

  package var isEmpty: Bool { bits == 0 }

  /// The granted scopes, weakest first.
  package var scopes: [Scope] { Scope.allCases.filter(contains) }

  /// As it goes over the wire: parted by spaces, weakest first.
  package var description: String { scopes.map(\.rawValue).joined(separator: " ") }
}
