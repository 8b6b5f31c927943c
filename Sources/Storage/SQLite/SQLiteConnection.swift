internal import CSQLite
internal import World

/// A connection to a SQLite file, with its prepared statements.
@safe final class SQLiteConnection: Connection {
  private let handle: OpaquePointer
  private var statements: [String: SQLiteStatement] = [:]
  /// What they take, in bytes.
  private(set) var statementMemory = 0
  /// When the statement that runs has to be done; nil when it may take its time.
  private var deadline: ContinuousClock.Instant?

  /// How many prepared statements are kept; the tools' generated queries would fill memory otherwise.
  static let statementLimit = 256
  /// How many bytes they may take together. The greatest that a tool generates takes megabytes by itself.
  static let statementMemoryLimit = 8 << 20
  /// How many steps of SQLite's machine, some 20 µs, lie between two looks at the clock.
  private static let stepsPerLook: Int32 = 1000

  /// Once for the process; where somebody else has begun to use SQLite already, it stays as it was.
  private static let isSetUp = gatehouse_sqlite3_count_no_memory() == SQLITE_OK

  /// - Parameters:
  ///   - path: of the file; made when missing if `readOnly` is false.
  ///   - durable: whether a commit waits for the disk.
  ///   - patience: how long a statement waits for another program's lock before it fails.
  init(path: String, readOnly: Bool, durable: Bool, patience: Duration = Store.patience) throws(StorageError)
  {
    _ = Self.isSetUp
    var opened: OpaquePointer?
    let flags =
      (readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
      | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    let code = unsafe sqlite3_open_v2(path, &opened, flags, nil)
    guard code == SQLITE_OK, let handle = unsafe opened else {
      let reason = unsafe opened.map { unsafe String(cString: sqlite3_errmsg($0)) } ?? "no memory"
      unsafe sqlite3_close_v2(opened)
      throw StorageError(StorageError.Kind(sqlite: code), "\(path): \(reason)")
    }
    unsafe self.handle = unsafe handle
    unsafe sqlite3_busy_timeout(handle, Int32(clamping: patience.wholeMicroseconds / 1000))
    // A database file is data that may have been tampered with: its schema may not run functions with side effects.
    _ = unsafe gatehouse_sqlite3_db_config_flag(handle, Int32(SQLITE_DBCONFIG_DEFENSIVE), 1)
    _ = unsafe gatehouse_sqlite3_db_config_flag(handle, Int32(SQLITE_DBCONFIG_TRUSTED_SCHEMA), 0)
    unsafe sqlite3_progress_handler(
      handle, Self.stepsPerLook,
      { context in
        guard let context = unsafe context else { return 0 }
        return unsafe Unmanaged<SQLiteConnection>.fromOpaque(context).takeUnretainedValue().isLate ? 1 : 0
      }, Unmanaged.passUnretained(self).toOpaque())
    if !readOnly {
      _ = try run("PRAGMA journal_mode = WAL")
      _ = try run(SQL(unsafeSQL: "PRAGMA synchronous = \(durable ? "FULL" : "OFF")"))
      _ = try run("PRAGMA foreign_keys = ON")
    }
  }

  func run(_ sql: SQL, within time: Duration?) throws(StorageError) -> [Row] {
    let statement = try prepared(sql.text)
    deadline = time.map { .now + $0 }
    defer {
      statement.reset()
      deadline = nil
    }
    try statement.bind(sql.values)
    var rows: [Row] = []
    while true {
      switch statement.step() {
      case SQLITE_ROW: rows.append(statement.row())
      case SQLITE_DONE: return rows
      case let code: throw failure(code, sql.text)
      }
    }
  }

  private var isLate: Bool { deadline.map { $0 < .now } ?? false }

  func begin() throws(StorageError) { _ = try run("BEGIN IMMEDIATE") }

  var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

  func close() {
    statements.removeAll()
    unsafe sqlite3_close_v2(handle)
  }

  private func prepared(_ text: String) throws(StorageError) -> SQLiteStatement {
    if let statement = statements[text] { return statement }
    var compiled: OpaquePointer?
    let code = unsafe sqlite3_prepare_v3(handle, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
    guard code == SQLITE_OK, let pointer = unsafe compiled else { throw failure(code, text) }
    let statement = unsafe SQLiteStatement(pointer)
    let memory = statement.memory
    // One that takes a great part would drive the others out, and is not likely to come again.
    guard memory <= Self.statementMemoryLimit / 16 else { return statement }
    if statements.count >= Self.statementLimit || statementMemory + memory > Self.statementMemoryLimit {
      statements.removeAll()
      statementMemory = 0
    }
    statements[text] = statement
    statementMemory += memory
    return statement
  }

  private func failure(_ code: Int32, _ text: String) -> StorageError {
    StorageError(
      StorageError.Kind(sqlite: code),
      unsafe "\(String(cString: sqlite3_errmsg(handle))) (\(code)) in: \(text.prefix(200))")
  }
}

extension StorageError.Kind {
  /// What SQLite's result code means to us (https://sqlite.org/rescode.html).
  init(sqlite code: Int32) {
    switch (code, code & 0xff) {
    case (gatehouse_sqlite3_constraint_unique, _), (gatehouse_sqlite3_constraint_primary_key, _):
      self = .notUnique
    case (_, SQLITE_CONSTRAINT): self = .constraint
    case (_, SQLITE_BUSY), (_, SQLITE_LOCKED): self = .locked
    case (_, SQLITE_INTERRUPT): self = .tooSlow
    case (_, SQLITE_FULL), (gatehouse_sqlite3_ioerr_write, _): self = .full
    case (_, SQLITE_CORRUPT), (_, SQLITE_NOTADB): self = .damaged
    case (_, SQLITE_CANTOPEN), (_, SQLITE_PERM), (_, SQLITE_READONLY), (_, SQLITE_IOERR):
      self = .notAccessible
    default: self = .other
    }
  }
}
