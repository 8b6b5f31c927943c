/// One connection to a database, used by one thread at a time: the seam between the SQL layer and its drivers.
///
/// Everything above this protocol is the same for every driver. A driver brings: how a statement is prepared, bound
/// and stepped; how a transaction that will write begins; and what its error codes mean.
protocol Connection: AnyObject {
  /// Runs one statement and reads all of its rows.
  ///
  /// - Parameter time: after which it is given up as `tooSlow`; nil lets it take its time.
  func run(_ sql: SQL, within time: Duration?) throws(StorageError) -> [Row]
  /// Begins a transaction that will write.
  func begin() throws(StorageError)
  /// Whether a transaction is open; some errors, a full disk among them, end it on their own.
  var isInTransaction: Bool { get }
  func close()
}

extension Connection {
  func run(_ sql: SQL) throws(StorageError) -> [Row] { try run(sql, within: nil) }
}

/// The inside of `Store.write`: statements that are committed together.
package struct Transaction {
  let connection: any Connection

  /// Runs one statement and reads all of its rows.
  package func run(_ sql: SQL) throws(StorageError) -> [Row] { try connection.run(sql) }
}
