package import Crypto
package import Storage
package import World

/// The people that this house knows.
package struct Users: Sendable {
  let store: Store
  let hasher: PasswordHasher
  let world: World
  /// What an unknown user's password is compared with, so that the answer takes as long as a known one's.
  let decoy: String

  /// - Throws: `CryptoError` or `WorkersError` when the decoy can't be hashed.
  package init(store: Store, hasher: PasswordHasher, world: World) async throws {
    self.store = store
    self.hasher = hasher
    self.world = world
    self.decoy = try await hasher.hash(Secret(world.random(16)), salt: world.random(16))
  }

  static let columns: SQL =
    "a.id, a.login, a.name, a.email, a.groups, a.is_administrator, a.disabled_at, a.company_id, a.company_ids"

  static func user(_ row: Row, from first: Int = 0) -> User {
    User(
      id: row.integer(first), login: row.text(first + 1), name: row.text(first + 2),
      email: row.optionalText(first + 3),
      groups: row.texts(first + 4), isAdministrator: row.bool(first + 5),
      isDisabled: row.optionalInteger(first + 6) != nil, companyID: row.optionalInteger(first + 7),
      companyIDs: row.numbers(first + 8))
  }

  package func user(id: Int64) async throws(StorageError) -> User? {
    try await store.rows("SELECT \(Self.columns) FROM account a WHERE a.id = \(id)").first.map {
      Self.user($0)
    }
  }

  /// - Parameter login: in any case.
  package func user(login: String) async throws(StorageError) -> User? {
    try await store.rows("SELECT \(Self.columns) FROM account a WHERE a.login = \(login.lowercased())").first
      .map { Self.user($0) }
  }

  /// - Returns: nil for an address that nobody has, and for one that several have: who is meant is not known then.
  package func user(email: String) async throws(StorageError) -> User? {
    let found = try await store.rows(
      "SELECT \(Self.columns) FROM account a WHERE lower(a.email) = \(email.lowercased()) LIMIT 2")
    return found.count == 1 ? Self.user(found[0]) : nil
  }

  /// The names of all groups that somebody is in.
  package func groups() async throws(StorageError) -> Set<String> {
    var groups: Set<String> = []
    for row in try await store.rows("SELECT DISTINCT groups FROM account") { groups.formUnion(row.texts(0)) }
    return groups
  }

  package func all() async throws(StorageError) -> [User] {
    try await store.rows("SELECT \(Self.columns) FROM account a ORDER BY a.login").map { Self.user($0) }
  }

  /// What is known of a person before they are added.
  package struct Draft: Sendable {
    package var login: String
    package var name: String
    package var email: String?
    package var password: Secret?
    package var groups: [String]
    package var isAdministrator: Bool
    /// Added when there is no company of that name yet.
    package var companies: [String]

    package init(
      login: String, name: String? = nil, email: String? = nil, password: Secret? = nil,
      groups: [String] = [],
      isAdministrator: Bool = false, companies: [String] = []
    ) {
      self.login = login
      self.name = name ?? login
      self.email = email
      self.password = password
      self.groups = groups
      self.isAdministrator = isAdministrator
      self.companies = companies
    }
  }

  /// Why a person can't be added.
  package enum Refusal: Error, Sendable, CustomStringConvertible {
    case loginTaken(String)
    case badLogin
    case shortPassword

    package var description: String {
      switch self {
      case .loginTaken(let login): "there is a user '\(login)' already"
      case .badLogin: "a user name has 1 to 64 letters, digits, '.', '-', '_' or '@'"
      case .shortPassword: "a password has \(Users.passwordMinimum) to \(Users.passwordMaximum) characters"
      }
    }
  }

  /// The shortest password, in characters (NIST SP 800-63B §5.1.1.2; no rules of composition).
  package static let passwordMinimum = 8

  /// Adds a person.
  ///
  /// - Parameter condition: runs inside of the same transaction, first; when it throws, nobody is added.
  /// - Throws: `Refusal`, `StorageError`, `CryptoError`, `WorkersError`, what the condition throws.
  package func add(
    _ draft: Draft, if condition: @escaping @Sendable (Transaction) throws -> Void = { _ in }
  ) async throws -> User {
    guard Self.isLogin(draft.login.lowercased()) else { throw Refusal.badLogin }
    var password: String?
    if let secret = draft.password { password = try await hashed(secret) }
    let (hash, now) = (password, world.now)
    let id: Int64
    do {
      id = try await store.write { transaction in
        try condition(transaction)
        return try Self.insert(draft, password: hash, at: now, transaction)
      }
    } catch let error as StorageError where error.kind == .notUnique {
      throw Refusal.loginTaken(draft.login.lowercased())
    }
    guard let user = try await user(id: id) else { throw StorageError(.other, "the new user is not there") }
    return user
  }

  /// Whether it may be a user name; in lower case.
  static func isLogin(_ login: String) -> Bool {
    (1...64).contains(login.utf8.count)
      && login.utf8.allSatisfy {
        ($0 >= 0x61 && $0 <= 0x7a) || ($0 >= 0x30 && $0 <= 0x39) || ".-_@".utf8.contains($0)
      }
  }

  /// Adds a person whose login is one.
  static func insert(
    _ draft: Draft, password: String?, at now: Instant, _ transaction: Transaction
  ) throws(StorageError) -> Int64 {
    var companies: [Int64] = []
    for name in draft.companies { companies.append(try company(name, transaction)) }
    let id = (try transaction.run("SELECT max(id) FROM account").first?.optionalInteger(0) ?? 0) + 1
    _ = try transaction.run(
      """
      INSERT INTO account (id, login, name, email, password, groups, company_id, company_ids, is_administrator, created_at)
      VALUES (\(id), \(draft.login.lowercased()), \(draft.name), \(draft.email?.lowercased()), \(password),
              \(column(draft.groups)), \(companies.first), \(column(companies)), \(draft.isAdministrator), \(now))
      """)
    return id
  }

  private static func company(_ name: String, _ transaction: Transaction) throws(StorageError) -> Int64 {
    if let row = try transaction.run("SELECT id FROM company WHERE name = \(name)").first {
      return row.integer(0)
    }
    let id = (try transaction.run("SELECT max(id) FROM company").first?.optionalInteger(0) ?? 0) + 1
    _ = try transaction.run("INSERT INTO company (id, name) VALUES (\(id), \(name))")
    return id
  }

  /// Adds companies under the numbers that their records have; those that are there are left alone.
  package func addCompanies(_ companies: [(id: Int64, name: String)]) async throws {
    try await store.write { transaction in
      for company in companies {
        _ = try transaction.run(
          "INSERT INTO company (id, name) VALUES (\(company.id), \(company.name)) ON CONFLICT (id) DO NOTHING"
        )
      }
    }
  }

  /// The name of a company.
  package func companyName(_ id: Int64) async throws(StorageError) -> String? {
    try await store.rows("SELECT name FROM company WHERE id = \(id)").first?.text(0)
  }

  /// Checks the password of a user name or mail address; takes as long for an unknown user as for a wrong password.
  ///
  /// - Returns: nil for an unknown or disabled user, one without a password, and a wrong password.
  /// - Throws: `WorkersError.full` when too many passwords are being checked, `StorageError`.
  package func authenticate(login: String, password: Secret) async throws -> User? {
    let row = try await named(login)
    let stored = row?.optionalText(9)
    let isValid = try await hasher.isValid(password, for: stored ?? decoy)
    guard let row, let stored, isValid else { return nil }
    let user = Self.user(row)
    guard !user.isDisabled else { return nil }
    if hasher.isOutdated(stored) {
      let renewed = try await hasher.hash(password, salt: world.random(16))
      try await store.write { transaction in
        _ = try transaction.run(
          "UPDATE account SET password = \(renewed) WHERE id = \(user.id) AND password = \(stored)")
      }
    }
    return user
  }
}
