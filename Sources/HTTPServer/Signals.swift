internal import Glibc
package import Threads

/// The signals that ask a program to end.
package enum Signals {
  package enum Signal: Sendable { case terminate, interrupt }

  /// Takes SIGTERM and SIGINT from now on, and ignores SIGPIPE: a write to a socket whose reader left is an error code.
  ///
  /// To be called first thing in `main`: threads take over which signals are blocked from the one that starts them.
  ///
  /// - Returns: each signal as it comes; the stream does not end.
  /// - Throws: `ThreadError` when the system has no room for the thread that waits.
  package static func termination() throws(ThreadError) -> AsyncStream<Signal> {
    _ = signal(SIGPIPE, SIG_IGN)
    var set = sigset_t()
    _ = unsafe sigemptyset(&set)
    _ = unsafe sigaddset(&set, SIGTERM)
    _ = unsafe sigaddset(&set, SIGINT)
    _ = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    let awaited = set
    let (stream, continuation) = AsyncStream<Signal>.makeStream(bufferingPolicy: .bufferingNewest(2))
    try Thread.start("signals") {
      var set = awaited
      while true {
        var number: Int32 = 0
        guard unsafe sigwait(&set, &number) == 0 else { continue }
        continuation.yield(number == SIGINT ? .interrupt : .terminate)
      }
    }
    return stream
  }
}
