internal import Accounts
internal import AuthorizationServer
internal import Crypto
internal import Glibc
internal import Governance
internal import Notifications
internal import OAuth
internal import Schedules
internal import Storage
internal import Tasks
internal import Telemetry
internal import World

/// What every command works on: the database, the keys, and the people and connections in it.
struct House: Sendable {
  let store: Store
  let keyring: Keyring
  let users: Users
  let connections: Connections
  let apiKeys: APIKeys
  let clients: Clients
  let links: OneTimeLinks
  let factors: SecondFactors
  let audit: AuditLog
  let notary: Notary
  let world: World
  let log: Log

  /// Opens the data directory, or makes it, and brings the tables up to date.
  ///
  /// - Parameters:
  ///   - argon2: how much work one hash of a password or key is.
  ///   - patience: how long to wait for another program that holds the database.
  /// - Throws: `CommandError.configuration` for what an operator has to mend.
  init(
    _ settings: Settings, world: World, log: Log, migrations more: [Migration] = [],
    argon2: Argon2Parameters = .owasp, patience: Duration = Store.patience
  ) async throws {
    let data = settings.text(.data)
    guard unsafe mkdir(data, 0o700) == 0 || errno == EEXIST else {
      throw CommandError.configuration(
        "the data directory \(data) can't be made (errno \(errno))",
        hint: "make it yourself, or name another with --data")
    }
    let path = data + "/gatehouse.db"
    let processors = max(2, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    do {
      store = try Store(.file(path), readers: processors, patience: patience, log: log)
      try await store.migrate(
        Accounts.Schema.migrations + AuthorizationServer.migrations + AuditLog.migrations
          + Governor.migrations + TaskStore.migrations + Scheduler.migrations + ApprovalNotices.migrations
          + more)
    } catch let error as StorageError {
      throw CommandError.configuration("\(path): \(error.reason)", hint: Self.hint(for: error.kind))
    }
    let remembered = try await Self.setting("keys_directory", store)
    let directory = settings[.keys] ?? remembered ?? data + "/keys"
    let known = try await Self.setting("keys_fingerprint", store)
    do {
      let expected: Keyring.Expectation =
        if let known {
          .keys(
            fingerprint: known, areSealed: try await Self.setting("keys_sealed", store) != nil)
        } else {
          .nothing(try settings.signingAlgorithm())
        }
      keyring = try Keyring(directory: directory, expecting: expected, world: world)
    } catch let error as Keyring.Failure {
      throw CommandError.configuration(error.description, hint: error.hint)
    }
    // Other keys would make every stored secret worthless without saying so.
    try await Self.remember(["keys_fingerprint": keyring.fingerprint], store)
    // From now on a file without the seal is somebody else's.
    if keyring.signing.isSealed { try await Self.remember(["keys_sealed": "1"], store) }
    // Other commands find keys that lie elsewhere; those inside of the data directory move with it.
    if settings[.keys] != nil, let absolute = canonical(directory), absolute != canonical(data + "/keys") {
      try await Self.remember(["keys_directory": absolute], store)
    }
    users = try await Users(
      store: store, hasher: try PasswordHasher(parameters: argon2, concurrency: processors),
      world: world)
    connections = Connections(store: store, world: world)
    apiKeys = APIKeys(
      // Threads of their own: a flood of logins, which needs no credential, must not hold up those who have a key.
      store: store, hasher: try PasswordHasher(parameters: argon2, concurrency: 1),
      pepper: HMACKey(keyring.key(for: "API keys")), world: world)
    clients = Clients(store: store, key: HMACKey(keyring.key(for: "client secrets")), world: world)
    links = OneTimeLinks(store: store, users: users, keyring: keyring, world: world)
    factors = try SecondFactors(store: store, keyring: keyring, world: world)
    audit = AuditLog(store: store, keepingPayloadsWith: try settings.isOn(.logPayloads) ? world : nil)
    notary = try Notary(audit, keyring: keyring, world: world)
    self.world = world
    self.log = log
  }

  /// A remembered setting, nil when there is none.
  static func setting(_ name: String, _ store: Store) async throws -> String? {
    try await store.rows("SELECT value FROM setting WHERE name = \(name)").first?.text(0)
  }

  private static func remember(_ settings: [String: String], _ store: Store) async throws {
    for (name, value) in settings where try await setting(name, store) != value {
      try await store.write { transaction in
        _ = try transaction.run(
          """
          INSERT INTO setting (name, value) VALUES (\(name), \(value))
          ON CONFLICT (name) DO UPDATE SET value = excluded.value
          """)
      }
    }
  }

  static func hint(for kind: StorageError.Kind) -> String? {
    switch kind {
    case .locked: "another program holds the database; is it being backed up, or open in a shell?"
    case .newerSchema: "this data was used by a newer Gatehouse; use that one, or a backup from before"
    case .damaged: "the file is no database or is damaged; restore it from a backup"
    case .notAccessible: "check who owns the directory and its files"
    case .full: "make room on the disk"
    default: nil
    }
  }

  /// The person of that login.
  func user(_ login: String) async throws -> User {
    guard let user = try await users.user(login: login) else {
      throw CommandError.failure("there is no user '\(login)'", hint: "gatehouse user list")
    }
    return user
  }

  /// Puts an administrator's act on record.
  func record(
    _ method: String, userID: Int64? = nil, connectionID: String? = nil, clientID: String? = nil,
    of object: String? = nil
  ) async throws {
    try await audit.append(
      act(method, userID: userID, connectionID: connectionID, clientID: clientID, of: object))
  }

  /// An administrator's act, for the transaction that does it.
  func along<Value>(
    _ method: String, userID: Int64? = nil, connectionID: String? = nil, of object: String? = nil
  ) -> Along<Value> {
    let entry = act(method, userID: userID, connectionID: connectionID, of: object)
    return { _, transaction in try AuditLog.append(entry, in: transaction) }
  }

  /// An administrator's act, for the log.
  func act(
    _ method: String, userID: Int64? = nil, connectionID: String? = nil, clientID: String? = nil,
    of object: String? = nil
  ) -> AuditEntry {
    var entry = AuditEntry(time: world.now, kind: .administration, method: method, address: "cli")
    entry.userID = userID
    entry.connectionID = connectionID
    entry.clientID = clientID
    entry.rule = object.map(AuditEntry.bounded)
    return entry
  }
}

/// The path without links and dots; nil when there is nothing at it.
private func canonical(_ path: String) -> String? {
  guard let found = unsafe realpath(path, nil) else { return nil }
  defer { unsafe free(found) }
  return unsafe String(cString: found)
}
