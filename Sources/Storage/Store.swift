internal import Glibc
internal import Synchronization
package import Telemetry

/// The database: reads in place, writes in groups.
///
/// A read is a prepared statement on a connection of its own, run where the caller stands: three microseconds cost
/// less than a thread hop. A write goes to the one writer, which commits every write that arrived while the last
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
  private let writer: Writer
  private let temporaryPath: String?

  /// A connection that reads, under its lock.
  private final class Reader: Sendable {
    private struct Guarded: @unchecked Sendable { let connection: any Connection }
    private let guarded: Mutex<Guarded>

    init(_ connection: any Connection) { guarded = Mutex(Guarded(connection: connection)) }

    func rows(_ sql: SQL) throws(StorageError) -> [Row] {
      try guarded.withLock { (held) throws(StorageError) in try held.connection.run(sql) }
    }

    /// nil when another thread reads on this connection now.
    func rowsIfIdle(_ sql: SQL) throws(StorageError) -> [Row]? {
      try guarded.withLockIfAvailable { (held) throws(StorageError) in try held.connection.run(sql) }
    }

    func close() { guarded.withLock { $0.connection.close() } }
  }

  /// Opens the database and starts its writer.
  ///
  /// - Parameters:
  ///   - readers: how many reads may run at once.
  ///   - patience: how long a statement waits for another program's lock before it fails as `locked`.
  /// - Throws: `StorageError`: `notAccessible`, `damaged`, `locked`.
  package init(
    _ location: Location, readers: Int = 2, patience: Duration = Store.patience, log: Log
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
    do {
      self.writer = try Writer(writing, log: log)
    } catch {
      throw StorageError(.other, "\(error)")
    }
  }

  deinit {
    writer.close()
    for reader in readers { reader.close() }
    if let temporaryPath {
      for suffix in ["", "-wal", "-shm"] { _ = unsafe unlink(temporaryPath + suffix) }
    }
  }

  /// Runs a query and reads all of its rows; it sees every write that was committed before.
  ///
  /// `async` because a driver over the network waits here; SQLite's does not.
  package func rows(_ sql: SQL) async throws(StorageError) -> [Row] {
    for reader in readers {
      if let rows = try reader.rowsIfIdle(sql) { return rows }
    }
    return try readers[0].rows(sql)
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
