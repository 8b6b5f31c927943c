internal import CLinux

/// A few threads with a bounded queue, for calls that block: password hashing, a slow library.
package final class Workers: Sendable {
  private let jobs: Mailbox<@Sendable () -> Void>

  /// - Parameters:
  ///   - name: of the threads.
  ///   - count: how many jobs run at once.
  ///   - limit: how many jobs may wait; one more is refused.
  ///   - nice: how far the threads stand back when every core is busy, from 0, not at all, to 19.
  /// - Throws: `ThreadError` when the system has no room for the threads.
  package init(_ name: String, count: Int, limit: Int, nice: Int32 = 0) throws(ThreadError) {
    let jobs = Mailbox<@Sendable () -> Void>(limit: limit)
    self.jobs = jobs
    for _ in 0..<count {
      try Thread.start(name) {
        // To stand back is always allowed.
        if nice > 0 { _ = gatehouse_lower_thread(nice) }
        jobs.read(atMost: 1) { group in for job in group { job() } }
      }
    }
  }

  deinit { jobs.close() }

  /// Runs `job` on one of the threads and comes back to the caller's executor with its result.
  ///
  /// - Throws: `WorkersError.full` when too many jobs wait already.
  package func run<Result: Sendable>(
    _ job: @escaping @Sendable () -> Result
  ) async throws(WorkersError) -> Result {
    let result: Result? = await withCheckedContinuation { continuation in
      if !jobs.put({ continuation.resume(returning: job()) }) { continuation.resume(returning: nil) }
    }
    guard let result else { throw .full }
    return result
  }
}

/// Why a job was not taken.
package enum WorkersError: Error { case full }
