internal import Glibc
internal import Synchronization
package import Telemetry
internal import Threads

/// The database: reads in place, writes in groups.
///
/// A read is a prepared statement on a connection of its own, run where the caller stands: three microseconds cost
/// less than a thread hop. One that turns out to be slow begins anew on a thread of its own, so that it holds up nobody
/// but those that are slow themselves, and is given up in the end. A write goes to the one writer, which commits every write that arrived while the last
/// commit ran together: one wait for the disk for all of them. `write` returns when its commit is durable, and not
/// before.
package final class Store: Sendable {
  /// Where the data lies.
  package enum Location: Sendable, Equatable {
    /// A SQLite file; made when missing, readable by its owner alone.
    case file(String)
    /// A SQLite file of its own in the system's temporary directory, gone with the store. For tests.
    case temporary
  }

  /// How long is waited for another program's lock unless somebody says otherwise.
  package static let patience: Duration = .seconds(5)

  private let readers: [Reader]
  private let slowReader: Reader
  private let slowReads: Workers
  private let readTime: Duration
  private let writer: Writer
  private let temporaryPath: String?

  /// How long a read may hold up the thread that it was asked on.
  private static let timeInPlace: Duration = .milliseconds(20)
  /// How many slow reads may wait for their turn; one more is refused as `busy`.
  private static let slowQueueLimit = 16

  /// A connection that reads, under its lock.
  private final class Reader: Sendable {
    private struct Guarded: @unchecked Sendable { let connection: any Connection }
    private let guarded: Mutex<Guarded>

    init(_ connection: any Connection) { guarded = Mutex(Guarded(connection: connection)) }

    func rows(_ sql: SQL, within time: Duration) throws(StorageError) -> [Row] {
      try guarded.withLock { (held) throws(StorageError) in try held.connection.run(sql, within: time) }
    }

    /// nil when another thread reads on this connection now.
    func rowsIfIdle(_ sql: SQL, within time: Duration) throws(StorageError) -> [Row]? {
      try guarded.withLockIfAvailable { (held) throws(StorageError) in
        try held.connection.run(sql, within: time)
      }
    }

    func close() { guarded.withLock { $0.connection.close() } }
  }

  /// Opens the database and starts its writer.
  ///
  /// - Parameters:
  ///   - readers: how many reads may run at once.
  ///   - readTime: how long a read may take at most.
  ///   - patience: how long a statement waits for another program's lock before it fails as `locked`.
  /// - Throws: `StorageError`: `notAccessible`, `damaged`, `locked`.
  package init(
    _ location: Location, readers: Int = 2, readTime: Duration = .seconds(2),
    patience: Duration = Store.patience, log: Log
  ) throws(StorageError) {
    let path: String
    switch location {
    case .file(let file):
      path = file
      temporaryPath = nil
    case .temporary:
      path = try Self.temporaryFile()
      temporaryPath = path
    }
    try Self.makePrivate(path)
    let durable = location != .temporary
    let writing = try SQLiteConnection(path: path, readOnly: false, durable: durable, patience: patience)
    var reading: [Reader] = []
    for _ in 0..<max(1, readers) {
      reading.append(
        Reader(try SQLiteConnection(path: path, readOnly: true, durable: durable, patience: patience)))
    }
    self.readers = reading
    self.slowReader = Reader(
      try SQLiteConnection(path: path, readOnly: true, durable: durable, patience: patience))
    self.readTime = readTime
    do {
      self.slowReads = try Workers("store-slow", count: 1, limit: Self.slowQueueLimit)
      self.writer = try Writer(writing, log: log)
    } catch {
      throw StorageError(.other, "\(error)")
    }
  }

  deinit {
    for reader in readers + [slowReader] { reader.close() }
    // Last: the last one to close moves the write-ahead log into the database, which readers can't.
    writer.close()
    if let temporaryPath {
      for suffix in ["", "-wal", "-shm"] { _ = unsafe unlink(temporaryPath + suffix) }
    }
  }

  /// Runs a query and reads all of its rows; it sees every write that was committed before.
  ///
  /// - Throws: `StorageError`: `tooSlow` when it takes longer than a read may, `busy` when too many slow ones wait.
  package func rows(_ sql: SQL) async throws(StorageError) -> [Row] {
    do throws(StorageError) {
      return try rowsInPlace(sql)
    } catch {
      guard error.kind == .tooSlow else { throw error }
    }
    let (reader, time) = (slowReader, readTime)
    let answer: Result<[Row], StorageError>
    do throws(WorkersError) {
      answer = try await slowReads.run {
        Result { () throws(StorageError) in try reader.rows(sql, within: time) }
      }
    } catch {
      throw StorageError(.busy, "\(Self.slowQueueLimit) slow reads wait already")
    }
    return try answer.get()
  }

  private func rowsInPlace(_ sql: SQL) throws(StorageError) -> [Row] {
    let time = min(Self.timeInPlace, readTime)
    for reader in readers {
      if let rows = try reader.rowsIfIdle(sql, within: time) { return rows }
    }
    return try readers[0].rows(sql, within: time)
  }

  /// Runs `body` on the writer and returns its result once it is durable.
  ///
  /// Bodies run one after another in order of arrival. A body that throws is undone alone; those committed with it
  /// stand.
  ///
  /// - Throws: what `body` threw, or `StorageError` when the commit failed: then nothing of it is stored.
  package func write<Result: Sendable>(
    _ body: @escaping @Sendable (Transaction) throws -> Result
  ) async throws -> Result {
    try await writer.write(body)
  }

  /// Runs `body` on the writer as `write` would, and undoes it: nothing of it reaches the file.
  ///
  /// - Returns: what `body` gave, as it would have come out of `write`.
  /// - Throws: what `body` threw, or `StorageError`.
  package func rehearse<Result: Sendable>(
    _ body: @escaping @Sendable (Transaction) throws -> Result
  ) async throws -> Result {
    try await writer.write(isRehearsal: true, body)
  }

  /// Looks at every page of the database, and whether it can be written.
  ///
  /// - Throws: `StorageError`: `damaged`, `notAccessible`, `locked`, `full`.
  package func check() async throws {
    let found = try await write { transaction in try transaction.run("PRAGMA quick_check(1)") }
    guard let first = found.first?.text(0), first == "ok" else {
      throw StorageError(.damaged, found.first?.text(0) ?? "the check said nothing")
    }
  }

  private static func temporaryFile() throws(StorageError) -> String {
    var template = Array("/tmp/gatehouse-XXXXXX".utf8CString)
    let file = unsafe mkstemp(&template)
    guard file >= 0 else { throw StorageError(.notAccessible, "no temporary file (errno \(errno))") }
    close(file)
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Creates the file with mode 0600 before SQLite would create it by the umask.
  private static func makePrivate(_ path: String) throws(StorageError) {
    let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw StorageError(.notAccessible, "\(path) can't be opened for writing (errno \(errno))")
    }
    close(file)
  }
}
