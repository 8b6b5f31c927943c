package import HTTP
package import OAuth
package import World

/// One person's link with one AI tool: an API key, or their grant to an OAuth client.
package struct Connection: Sendable, Hashable, Identifiable {
  /// How the tool proves itself.
  package enum Kind: String, Sendable {
    /// A person signed in with a browser and consented.
    case browser
    /// An API key.
    case key
    /// A client of its own, acting as a service user (`client_credentials`).
    case service
    /// The company's identity provider spoke for the person (ID-JAG).
    case identityProvider = "identity_provider"
  }

  /// What the pill says (product row A9).
  package enum Status: String, Sendable {
    case awaiting, connected, idle, revoked
  }

  package let id: String
  package let userID: Int64
  package let clientID: String?
  package let kind: Kind
  package let name: String
  package let scopes: ScopeSet
  /// Counts revocations: a token that names an older version is dead.
  package let version: Int64
  /// nil allows every tool.
  package let allowedTools: Set<String>?
  /// nil allows every model that the person may see.
  package let allowedModels: Set<String>?
  /// Tool calls a minute; 0 is no limit.
  package let perMinute: Int
  /// Tool calls a day; 0 is no limit.
  package var perDay = Connections.defaultPerDay
  /// Who decides on calls that wait for a person; nil is any administrator.
  package var approverID: Int64?
  /// From where it may be used.
  package var addresses: AddressRules = .none
  package let createdAt: Instant
  package let lastUsedAt: Instant?
  package let revokedAt: Instant?

  /// After how long without a call a connection counts as idle.
  package static let idleAfter: Duration = .days(1)

  /// For how long it has not been used; nil unless that makes it idle.
  package func idleTime(at now: Instant) -> Duration? {
    status(at: now) == .idle ? lastUsedAt.map { now - $0 } : nil
  }

  package func status(at now: Instant) -> Status {
    if revokedAt != nil { return .revoked }
    guard let lastUsedAt else { return .awaiting }
    return now - lastUsedAt > Self.idleAfter ? .idle : .connected
  }
}
