internal import Telemetry
internal import Threads

/// The one thread that writes, with group commit: every write that arrives while a commit runs goes into the next.
final class Writer: Sendable {
  /// How many writes may wait; one more is refused as `busy`.
  static let queueLimit = 20_000
  /// How many writes share one commit at most, so that none waits long for its neighbours.
  static let groupLimit = 1000

  private let waiting: Mailbox<any WriteJob>

  init(_ connection: any Connection, log: Log) throws(ThreadError) {
    let waiting = Mailbox<any WriteJob>(limit: Self.queueLimit)
    self.waiting = waiting
    let owned = Owned(connection)
    try Thread.start("store-writer") {
      waiting.read(atMost: Self.groupLimit) { jobs in
        let writes = jobs.filter { !$0.isRehearsal }
        if !writes.isEmpty { Self.commit(writes, on: owned.connection, log: log) }
        for job in jobs where job.isRehearsal { Self.rehearse(job, on: owned.connection, log: log) }
      }
    }
    self.owned = owned
  }

  private let owned: Owned

  /// Hands the connection to the writer's thread, its only user until that thread is done.
  private final class Owned: @unchecked Sendable {
    let connection: any Connection
    init(_ connection: any Connection) { self.connection = connection }
  }

  /// Lets what waits be committed, then ends the thread and closes the connection.
  func close() {
    waiting.drain()
    owned.connection.close()
  }

  /// - Parameter isRehearsal: whether all of it is undone.
  func write<Result: Sendable>(
    isRehearsal: Bool = false, _ body: @escaping @Sendable (Transaction) throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      let job = Job(body, continuation, isRehearsal: isRehearsal)
      if !waiting.put(job) {
        continuation.resume(
          throwing: StorageError(.busy, "\(Self.queueLimit) writes wait already, or it is closed"))
      }
    }
  }

  private static func commit(_ jobs: [any WriteJob], on connection: any Connection, log: Log) {
    do {
      try connection.begin()
      for job in jobs {
        _ = try connection.run("SAVEPOINT job")
        if job.run(in: Transaction(connection: connection)) {
          _ = try connection.run("RELEASE job")
        } else if connection.isInTransaction {
          _ = try connection.run("ROLLBACK TO job")
          _ = try connection.run("RELEASE job")
        } else {
          // A full disk ends the whole transaction by itself: what the others wrote is gone with it.
          throw job.failure ?? StorageError(.other, "the transaction ended early")
        }
      }
      _ = try connection.run("COMMIT")
      for job in jobs { job.finish(nil) }
    } catch {
      if connection.isInTransaction {
        do { _ = try connection.run("ROLLBACK") } catch {
          log.error("rollback failed", ["reason": .string("\(error)")])
        }
      }
      log.error("commit failed", ["writes": .integer(jobs.count), "reason": .string("\(error)")])
      for job in jobs { job.finish(error as? StorageError ?? StorageError(.other, "\(error)")) }
    }
  }
}

extension Writer {
  /// Alone in a transaction that is never committed: what is undone together with the writes of others would be
  /// written again by their commit, as it was before.
  private static func rehearse(_ job: any WriteJob, on connection: any Connection, log: Log) {
    do {
      try connection.begin()
      _ = job.run(in: Transaction(connection: connection))
      if connection.isInTransaction { _ = try connection.run("ROLLBACK") }
      job.finish(nil)
    } catch {
      log.error("a rehearsal failed", ["reason": .string("\(error)")])
      job.finish(error)
    }
  }
}

/// A write that waits, with its result kept until the commit is durable.
protocol WriteJob: AnyObject, Sendable {
  /// Whether all that it does is undone.
  var isRehearsal: Bool { get }
  /// Runs the body; false when it threw.
  func run(in transaction: Transaction) -> Bool
  /// What the body threw.
  var failure: (any Error)? { get }
  /// Answers the caller: with `error`, or with what the body gave or threw.
  func finish(_ error: StorageError?)
}

/// Touched by the caller before it is queued and by the writer's thread afterwards, never by both.
private final class Job<Result: Sendable>: WriteJob, @unchecked Sendable {
  private let body: @Sendable (Transaction) throws -> Result
  private let continuation: CheckedContinuation<Result, any Error>
  private var result: Swift.Result<Result, any Error>?
  let isRehearsal: Bool

  init(
    _ body: @escaping @Sendable (Transaction) throws -> Result,
    _ continuation: CheckedContinuation<Result, any Error>, isRehearsal: Bool
  ) {
    self.body = body
    self.continuation = continuation
    self.isRehearsal = isRehearsal
  }

  func run(in transaction: Transaction) -> Bool {
    do {
      result = .success(try body(transaction))
      return true
    } catch {
      result = .failure(error)
      return false
    }
  }

  var failure: (any Error)? {
    if case .failure(let error) = result { error } else { nil }
  }

  func finish(_ error: StorageError?) {
    if case .failure(let own) = result {
      continuation.resume(throwing: own)
    } else if let error {
      continuation.resume(throwing: error)
    } else if let result {
      continuation.resume(with: result)
    } else {
      continuation.resume(throwing: StorageError(.other, "the write did not run"))
    }
  }
}
