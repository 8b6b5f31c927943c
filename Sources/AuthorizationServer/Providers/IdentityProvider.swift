package import Accounts
package import Crypto
internal import JSON
package import OAuth
package import Storage
package import World

/// A company's identity provider, at which its people sign in (OpenID Connect Core).
package struct IdentityProvider: Sendable {
  /// In paths and on the command line.
  package let name: String
  /// On the button.
  package var label: String
  /// Its `iss`, compared as text.
  package let issuer: String
  /// Who we are there, …
  package let clientID: String
  /// … and how we prove it; nil for a public client, whose codes PKCE alone protects.
  package let clientSecret: Secret?
  package var scope: String
  package var rules: IdentityRules

  package static let standardScope = "openid profile email"

  /// - Returns: nil when the name is none, the issuer can't be one (OpenID Connect Discovery §3), or `openid` is not
  ///   asked for.
  package init?(
    name: String, label: String? = nil, issuer: String, clientID: String, clientSecret: Secret? = nil,
    scope: String = Self.standardScope, rules: IdentityRules = IdentityRules()
  ) {
    guard (1...32).contains(name.utf8.count),
      name.utf8.allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }),
      let url = EndpointURL(issuer), url.query == nil, !clientID.isEmpty,
      scope.split(separator: " ").contains("openid")
    else { return nil }
    self.name = name
    self.label = label ?? name
    self.issuer = issuer
    self.clientID = clientID
    self.clientSecret = clientSecret
    self.scope = scope
    self.rules = rules
  }

  /// Where its metadata is. OpenID Connect Discovery §4.1: a terminating slash MUST be removed first.
  var metadataURL: String {
    (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
  }
}

extension IdentityProvider {
  /// Where a person comes back to, to be registered at the provider.
  package static func redirectURI(_ name: String, _ issuer: Issuer) -> String {
    issuer.url + "/login/provider/" + name + "/callback"
  }
}

/// The identity providers that an administrator connected. The secrets are sealed with a key that is not in the
/// database, each for the issuer that it is for.
package struct IdentityProviders: Sendable {
  private let store: Store
  private let world: World
  private let sealer: Sealer

  /// - Throws: `CryptoError`.
  package init(store: Store, keyring: Keyring, world: World) throws(CryptoError) {
    self.store = store
    self.world = world
    sealer = try Sealer(key: keyring.key(for: "identity provider secrets"))
  }

  package static let migrations = [
    Migration(
      part: "providers", version: 1,
      [
        """
        CREATE TABLE identity_provider (
          name TEXT PRIMARY KEY, label TEXT NOT NULL, issuer TEXT NOT NULL UNIQUE, client_id TEXT NOT NULL,
          client_secret BLOB, scope TEXT NOT NULL, rules TEXT NOT NULL, created_at BIGINT NOT NULL)
        """
      ])
  ]

  private static let columns: SQL = "name, label, issuer, client_id, client_secret, scope, rules"

  private func provider(_ row: Row) throws -> IdentityProvider {
    let secret = try row.optionalBytes(4).map {
      Secret(try sealer.open($0, for: Self.place(row.text(0), row.text(2), row.text(3))))
    }
    guard
      let provider = IdentityProvider(
        name: row.text(0), label: row.text(1), issuer: row.text(2), clientID: row.text(3),
        clientSecret: secret, scope: row.text(5), rules: try IdentityRules(text: row.text(6)))
    else { throw StorageError(.other, "the row of an identity provider can't be read") }
    return provider
  }

  /// - Throws: `StorageError`, `CryptoError.notAuthentic` when the row was changed by somebody without the keys.
  package func provider(_ name: String) async throws -> IdentityProvider? {
    try await store.rows("SELECT \(Self.columns) FROM identity_provider WHERE name = \(name)").first
      .map(provider)
  }

  package func all() async throws -> [IdentityProvider] {
    try await store.rows("SELECT \(Self.columns) FROM identity_provider ORDER BY name LIMIT 100").map(
      provider)
  }

  /// Names and labels, for the buttons.
  func labels() async throws(StorageError) -> [(name: String, label: String)] {
    try await store.rows("SELECT name, label FROM identity_provider ORDER BY label, name LIMIT 20").map {
      ($0.text(0), $0.text(1))
    }
  }

  /// Connects a provider, or changes what is known of it.
  ///
  /// - Throws: `AnotherIssuer` when the name is that of a provider with another issuer, whose people would lose their way
  ///   in unseen; `StorageError` `.notUnique` when its issuer is another one's, `CryptoError`.
  package func set(_ provider: IdentityProvider) async throws {
    let place = Self.place(provider.name, provider.issuer, provider.clientID)
    let secret = try provider.clientSecret.map { try sealer.seal($0.bytes, for: place) }
    let now = world.now
    try await store.write { transaction in
      let present = try transaction.run(
        "SELECT 1 FROM identity_provider WHERE name = \(provider.name) AND issuer <> \(provider.issuer)")
      guard present.isEmpty else { throw AnotherIssuer() }
      _ = try transaction.run(
        """
        INSERT INTO identity_provider (name, label, issuer, client_id, client_secret, scope, rules, created_at)
        VALUES (\(provider.name), \(provider.label), \(provider.issuer), \(provider.clientID), \(secret),
                \(provider.scope), \(provider.rules.text), \(now))
        ON CONFLICT (name) DO UPDATE SET label = excluded.label, issuer = excluded.issuer,
          client_id = excluded.client_id, client_secret = excluded.client_secret, scope = excluded.scope,
          rules = excluded.rules
        """)
    }
  }

  /// A name stands for one issuer.
  package struct AnotherIssuer: Error {}

  /// Disconnects a provider. Who came by it loses that way, and what `policy` says of a lost factor.
  ///
  /// - Returns: false when there was none of that name.
  package func remove(_ name: String, _ policy: CredentialPolicy) async throws -> Bool {
    let now = world.now
    return try await store.write { transaction in
      let gone = try transaction.run("DELETE FROM identity_provider WHERE name = \(name) RETURNING issuer")
      guard let row = gone.first else { return false }
      try FederatedIdentities.unlinkAll(from: row.text(0), at: now, policy, transaction)
      return true
    }
  }

  private static func place(_ name: String, _ issuer: String, _ clientID: String) -> [UInt8] {
    JSONValue.array(["identity provider", .string(name), .string(issuer), .string(clientID)]).serialized()
  }
}

extension IdentityRules {
  var text: String {
    JSONValue.object([
      "domains": .array(domains.map(JSONValue.string)), "links": .bool(links), "creates": .bool(creates),
      "trusts_email": .bool(trustsEmail), "trusts_factors": .bool(trustsFactors),
      "groups_claim": groupsClaim.map(JSONValue.string) ?? .null,
      "groups": .object(
        JSONObject(groupsByValue.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
      "new_groups": .array(newGroups.map(JSONValue.string)),
      "companies": .array(companies.map(JSONValue.string)),
    ]).text
  }

  /// - Throws: `JSONError`.
  init(text: String) throws {
    let value = try JSONValue(parsing: text)
    func texts(_ name: String) -> [String] { value[name]?.array?.compactMap(\.string) ?? [] }
    self.init(
      domains: texts("domains"), links: value["links"] == true, creates: value["creates"] == true,
      trustsEmail: value["trusts_email"] == true, trustsFactors: value["trusts_factors"] == true,
      groupsClaim: value["groups_claim"]?.string,
      groupsByValue: Dictionary(
        (value["groups"]?.object?.members ?? []).compactMap { name, value in value.string.map { (name, $0) } }
      ) { $1 }, newGroups: texts("new_groups"), companies: texts("companies"))
  }
}
