package import Storage
package import World

extension Schema {
  /// The table of who is who at the companies' identity providers.
  static let federation: [Migration] = [
    Migration(
      part: "federation", version: 1,
      [
        """
        CREATE TABLE federated_identity (
          issuer TEXT NOT NULL, subject TEXT NOT NULL, account_id BIGINT NOT NULL REFERENCES account (id),
          linked_at BIGINT NOT NULL, last_used_at BIGINT, PRIMARY KEY (issuer, subject), UNIQUE (issuer, account_id))
        """,
        "CREATE INDEX federated_identity_account ON federated_identity (account_id)",
      ])
  ]
}

/// Who is who at the companies' identity providers: an identity is the provider's `iss` with its `sub` (OpenID Connect
/// Core §5.7: nothing else is unique and stays), and leads to one account here (0023).
package struct FederatedIdentities: Sendable {
  let store: Store
  let world: World

  package init(store: Store, world: World) {
    self.store = store
    self.world = world
  }

  /// A person as their provider describes them.
  package struct Person: Sendable {
    package let issuer: String
    package let subject: String
    package var email: String?
    /// Whether the provider says that it made sure of the address.
    package var isEmailVerified = false
    package var name: String?
    /// `preferred_username`.
    package var username: String?
    /// The values of the claim that tells groups.
    package var groups: [String] = []

    package init(issuer: String, subject: String) {
      self.issuer = issuer
      self.subject = subject
    }
  }

  /// Who somebody turned out to be.
  package struct Arrival: Sendable {
    /// How they came to the account.
    package enum Way: Sendable {
      case known, made
      /// The account is theirs by its address, and is linked once they have proved all that it asks for.
      case found(Link)
    }

    package let user: User
    package let way: Way
  }

  /// A link that waits for a proof: an account's second factor stops somebody who has the address alone.
  package struct Link: Sendable {
    package let issuer: String
    package let subject: String
    package let groups: [String]

    package init(issuer: String, subject: String, groups: [String]) {
      self.issuer = issuer
      self.subject = subject
      self.groups = groups
    }
  }

  /// Why somebody whom the provider vouches for is not let in; for the log.
  package enum Refusal: String, Error, Sendable {
    /// No account, and none is made or linked by itself.
    case unknown
    case disabled
    /// Their mail address is in none of the domains that the provider is asked for.
    case foreignDomain
    case noEmail
    case unverifiedEmail
    /// An administrator's account is linked by hand alone.
    case administrator
    /// The account is linked to somebody else at this provider: an address or name was given to another person.
    case anotherIdentity
    /// The user name that they would get is somebody else's, …
    case loginTaken
    /// … or can't be one.
    case badLogin
  }

  /// Finds the account of a person, or makes it where the rules say so; and brings its groups up to date.
  ///
  /// - Throws: `Refusal`, `StorageError`.
  package func arrive(_ person: Person, by rules: IdentityRules) async throws -> Arrival {
    let now = world.now
    return try await store.write { transaction in
      let (id, way) = try account(of: person, by: rules, at: now, transaction)
      let row = try transaction.run("SELECT \(Users.columns) FROM account a WHERE a.id = \(id)").first
      guard let row else { throw Refusal.unknown }
      let user = Users.user(row)
      guard !user.isDisabled else { throw Refusal.disabled }
      let groups = rules.groups(user.groups, for: person.groups)
      if way == .found {
        return Arrival(
          user: user,
          way: .found(Link(issuer: person.issuer, subject: person.subject, groups: groups)))
      }
      _ = try transaction.run(
        """
        UPDATE federated_identity SET last_used_at = \(now)
        WHERE issuer = \(person.issuer) AND subject = \(person.subject)
        """)
      let known: Arrival.Way = way == .made ? .made : .known
      guard groups != user.groups else { return Arrival(user: user, way: known) }
      _ = try transaction.run("UPDATE account SET groups = \(column(groups)) WHERE id = \(id)")
      return Arrival(user: user.with(groups: groups), way: known)
    }
  }

  private enum Way { case known, found, made }

  /// Links an account whose person has proved all that it asks for.
  ///
  /// - Throws: `Refusal.anotherIdentity` when it was linked to somebody else meanwhile, `StorageError`.
  package func settle(_ link: Link, for userID: Int64) async throws {
    let (person, now) = (Person(issuer: link.issuer, subject: link.subject), world.now)
    try await store.write { transaction in
      _ = try Self.link(person, to: userID, at: now, transaction)
      _ = try transaction.run("UPDATE account SET groups = \(column(link.groups)) WHERE id = \(userID)")
    }
  }

  private func account(
    of person: Person, by rules: IdentityRules, at now: Instant, _ transaction: Transaction
  ) throws -> (id: Int64, way: Way) {
    let known = try transaction.run(
      """
      SELECT account_id FROM federated_identity
      WHERE issuer = \(person.issuer) AND subject = \(person.subject)
      """
    ).first
    if let known { return (known.integer(0), .known) }
    guard rules.links || rules.creates else { throw Refusal.unknown }
    // Beyond ASCII, lower case makes two addresses one: the Kelvin sign is a k.
    guard let email = person.email, email.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw Refusal.noEmail
    }
    let address = email.lowercased()
    guard rules.admits(address) else { throw Refusal.foreignDomain }
    // Who may write any address into their profile would be whoever they like.
    guard person.isEmailVerified || rules.trustsEmail else { throw Refusal.unverifiedEmail }

    if rules.links {
      let found = try transaction.run(
        "SELECT a.id, a.is_administrator FROM account a WHERE a.email = \(address) LIMIT 2")
      if found.count == 1 {
        guard !found[0].bool(1) else { throw Refusal.administrator }
        let id = found[0].integer(0)
        let others = try transaction.run(
          "SELECT 1 FROM federated_identity WHERE issuer = \(person.issuer) AND account_id = \(id)")
        guard others.isEmpty else { throw Refusal.anotherIdentity }
        return (id, .found)
      }
    }
    guard rules.creates else { throw Refusal.unknown }
    // A user name that looks like an address would be somebody else's.
    let username = person.username.flatMap { name in
      name.utf8.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: "@") } ? name.lowercased() : nil
    }
    guard let login = [address, username].compactMap(\.self).first(where: Users.isLogin) else {
      throw Refusal.badLogin
    }
    // Nor may the name be the address by which another one signs in.
    let taken = try transaction.run(
      "SELECT 1 FROM account WHERE login IN (\(login), \(address)) OR email IN (\(login), \(address)) LIMIT 1"
    )
    guard taken.isEmpty else { throw Refusal.loginTaken }
    var draft = Users.Draft(login: login, name: person.name, email: address)
    draft.groups = rules.newGroups
    draft.companies = rules.companies
    let id = try Users.insert(draft, password: nil, at: now, transaction)
    return (try Self.link(person, to: id, at: now, transaction), .made)
  }

  private static func link(
    _ person: Person, to id: Int64, at now: Instant, _ transaction: Transaction
  ) throws -> Int64 {
    let linked = try transaction.run(
      """
      INSERT INTO federated_identity (issuer, subject, account_id, linked_at)
      VALUES (\(person.issuer), \(person.subject), \(id), \(now)) ON CONFLICT DO NOTHING RETURNING 1
      """)
    guard !linked.isEmpty else { throw Refusal.anotherIdentity }
    return id
  }

  // MARK: By hand

  /// Links an account to an identity, an administrator's word being all that it takes.
  ///
  /// - Throws: `Refusal.anotherIdentity` when either is linked already, `StorageError`.
  package func link(_ userID: Int64, to subject: String, at issuer: String) async throws {
    let (person, now) = (Person(issuer: issuer, subject: subject), world.now)
    try await store.write { transaction in _ = try Self.link(person, to: userID, at: now, transaction) }
  }

  /// Takes an account's identity away, which ends what `policy` says of a lost factor.
  ///
  /// - Returns: false when it had none there.
  package func unlink(
    _ userID: Int64, from issuer: String, _ policy: CredentialPolicy
  ) async throws -> Bool {
    let now = world.now
    return try await store.write { transaction in
      let gone = try transaction.run(
        "DELETE FROM federated_identity WHERE account_id = \(userID) AND issuer = \(issuer) RETURNING 1")
      guard !gone.isEmpty else { return false }
      try policy.apply(.factor, to: userID, at: now, keeping: nil, transaction)
      return true
    }
  }

  /// Takes away every identity of a provider that is not asked any more.
  package static func unlinkAll(
    from issuer: String, at now: Instant, _ policy: CredentialPolicy, _ transaction: Transaction
  ) throws(StorageError) {
    let gone = try transaction.run(
      "DELETE FROM federated_identity WHERE issuer = \(issuer) RETURNING account_id")
    for row in gone { try policy.apply(.factor, to: row.integer(0), at: now, keeping: nil, transaction) }
  }

  /// An identity as its person's page shows it.
  package struct Summary: Sendable {
    package let issuer: String
    package let subject: String
    package let linkedAt: Instant
    package let lastUsedAt: Instant?
  }

  package func all(of userID: Int64) async throws(StorageError) -> [Summary] {
    try await store.rows(
      """
      SELECT issuer, subject, linked_at, last_used_at FROM federated_identity WHERE account_id = \(userID)
      ORDER BY linked_at
      """
    ).map {
      Summary(
        issuer: $0.text(0), subject: $0.text(1), linkedAt: $0.instant(2), lastUsedAt: $0.optionalInstant(3))
    }
  }
}
