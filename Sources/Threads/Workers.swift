internal import Glibc

/// A few threads with a bounded queue, for calls that block: password hashing, a slow library.
package final class Workers: Sendable {
  private let queue: WorkQueue
  private let limit: Int

  /// - Parameters:
  ///   - name: of the threads.
  ///   - count: how many jobs run at once.
  ///   - limit: how many jobs may wait; one more is refused.
  /// - Throws: `ThreadError` when the system has no room for the threads.
  package init(_ name: String, count: Int, limit: Int) throws(ThreadError) {
    let queue = WorkQueue()
    self.queue = queue
    self.limit = limit
    for _ in 0..<count { try Thread.start(name) { queue.run() } }
  }

  deinit { queue.close() }

  /// Runs `job` on one of the threads and comes back to the caller's executor with its result.
  ///
  /// - Throws: `WorkersError.full` when too many jobs wait already.
  package func run<Result: Sendable>(_ job: @escaping @Sendable () -> Result) async throws(WorkersError) -> Result {
    let result: Result? = await withCheckedContinuation { continuation in
      let accepted = queue.add(limit: limit) { continuation.resume(returning: job()) }
      if !accepted { continuation.resume(returning: nil) }
    }
    guard let result else { throw .full }
    return result
  }
}

/// Why a job was not taken.
package enum WorkersError: Error { case full }

/// Jobs in order of arrival, under one lock and one condition.
@safe final class WorkQueue: @unchecked Sendable {
  // Glibc's own condition variable: Synchronization has none. Guarded by `lock` throughout.
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let signal = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [@Sendable () -> Void] = []
  private var closed = false

  init() {
    _ = unsafe pthread_mutex_init(lock, nil)
    _ = unsafe pthread_cond_init(signal, nil)
  }

  deinit {
    _ = unsafe pthread_cond_destroy(signal)
    _ = unsafe pthread_mutex_destroy(lock)
    unsafe signal.deallocate()
    unsafe lock.deallocate()
  }

  func add(limit: Int, _ job: @escaping @Sendable () -> Void) -> Bool {
    _ = unsafe pthread_mutex_lock(lock)
    defer { _ = unsafe pthread_mutex_unlock(lock) }
    guard !closed, jobs.count < limit else { return false }
    jobs.append(job)
    _ = unsafe pthread_cond_signal(signal)
    return true
  }

  func close() {
    _ = unsafe pthread_mutex_lock(lock)
    closed = true
    _ = unsafe pthread_cond_broadcast(signal)
    _ = unsafe pthread_mutex_unlock(lock)
  }

  func run() {
    while true {
      _ = unsafe pthread_mutex_lock(lock)
      while jobs.isEmpty && !closed { _ = unsafe pthread_cond_wait(signal, lock) }
      guard !jobs.isEmpty else {
        _ = unsafe pthread_mutex_unlock(lock)
        return
      }
      let job = jobs.removeFirst()
      _ = unsafe pthread_mutex_unlock(lock)
      job()
    }
  }
}
