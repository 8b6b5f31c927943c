internal import Glibc
internal import Synchronization

/// The executor that an event loop is: jobs run on its thread, between the events of its sockets.
///
/// It is a `SerialExecutor` for the actor that owns the loop's connections, and a `TaskExecutor` for the handlers, so
/// that neither leaves the thread. Jobs that come from the thread itself need no lock and no wake-up.
final class Loop: SerialExecutor, TaskExecutor, @unchecked Sendable {
  private struct Inbox: ~Copyable {
    var jobs: [UnownedJob] = []
    /// The loop to wake; nil before it runs and after it has ended.
    var handle: LoopHandle?
    /// Whether the loop has ended and its thread is gone.
    var hasEnded = false
  }
  private let inbox = Mutex(Inbox())
  private let thread = Atomic<UInt>(0)
  // Touched on the thread of the loop only.
  private var ready: [UnownedJob] = []
  private var running: [UnownedJob] = []

  /// Whether the caller is on the thread of the loop.
  var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isCurrent {
      ready.append(job)
      return
    }
    let isLate = inbox.withLock { inbox in
      // Under the lock, so that the loop can't be freed in between.
      if inbox.jobs.isEmpty { inbox.handle?.wake() }
      inbox.jobs.append(job)
      return inbox.hasEnded
    }
    if isLate { runLateJobs() }
  }

  /// Somebody still comes after the end, such as a writer whose stream was closed a moment ago: without a thread of the
  /// loop's own, the caller's serves, one caller at a time.
  private func runLateJobs() {
    let me = UInt(pthread_self())
    // Who does not get through leaves the job to the one that did, who looks again below.
    while !inbox.withLock({ $0.jobs.isEmpty }),
      thread.compareExchange(expected: 0, desired: me, ordering: .acquiringAndReleasing).exchanged
    {
      repeat { runJobs() } while hasJobs
      thread.store(0, ordering: .releasing)
    }
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }
  func asUnownedTaskExecutor() -> UnownedTaskExecutor { unsafe UnownedTaskExecutor(ordinary: self) }
  func checkIsolated() { precondition(isCurrent, "not on the thread of the loop") }
  func isIsolatingCurrentContext() -> Bool? { isCurrent }

  /// Makes the calling thread the loop's own.
  func begin(_ handle: LoopHandle) {
    thread.store(UInt(pthread_self()), ordering: .relaxed)
    inbox.withLock { $0.handle = handle }
  }

  /// Runs the jobs that are there now, but not those that they bring: sockets have their turn first.
  func runJobs() {
    inbox.withLock { inbox in
      guard !inbox.jobs.isEmpty else { return }
      ready.append(contentsOf: inbox.jobs)
      inbox.jobs.removeAll(keepingCapacity: true)
    }
    guard !ready.isEmpty else { return }
    swap(&ready, &running)
    // As both, so that going from a handler to the actor and back is no step at all.
    let (serial, task) = unsafe (asUnownedSerialExecutor(), asUnownedTaskExecutor())
    for job in running { unsafe job.runSynchronously(isolatedTo: serial, taskExecutor: task) }
    running.removeAll(keepingCapacity: true)
  }

  /// Whether the thread itself has more to run; others wake it up.
  var hasJobs: Bool { !ready.isEmpty }

  /// Lets go of the thread if nothing is left to run.
  func end() -> Bool {
    guard ready.isEmpty else { return false }
    return inbox.withLock { inbox in
      guard inbox.jobs.isEmpty else { return false }
      inbox.handle = nil
      inbox.hasEnded = true
      thread.store(0, ordering: .releasing)
      return true
    }
  }
}
