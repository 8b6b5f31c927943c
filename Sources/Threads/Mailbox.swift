internal import Glibc

/// A bounded queue from many threads to a few that wait for work, under one lock and one condition.
@safe package final class Mailbox<Element: Sendable>: @unchecked Sendable {
  // Glibc's own: Synchronization has no condition variable. Everything below `lock` is guarded by it.
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let signal = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var waiting: [Element] = []
  private var isClosed = false
  private var readers = 0
  private let limit: Int

  /// - Parameter limit: how many elements may wait; one more is refused.
  package init(limit: Int) {
    self.limit = limit
    _ = unsafe pthread_mutex_init(lock, nil)
    _ = unsafe pthread_cond_init(signal, nil)
  }

  deinit {
    _ = unsafe pthread_cond_destroy(signal)
    _ = unsafe pthread_mutex_destroy(lock)
    unsafe signal.deallocate()
    unsafe lock.deallocate()
  }

  /// Puts one element at the end; false when it is full or closed.
  package func put(_ element: Element) -> Bool {
    locked {
      guard !isClosed, waiting.count < limit else { return false }
      waiting.append(element)
      _ = unsafe pthread_cond_signal(signal)
      return true
    }
  }

  /// Calls `body` with up to `count` elements at a time, waiting for them, until the mailbox is closed and empty.
  package func read(atMost count: Int, _ body: ([Element]) -> Void) {
    locked { readers += 1 }
    while let elements = next(count) { body(elements) }
    locked {
      readers -= 1
      _ = unsafe pthread_cond_broadcast(signal)
    }
  }

  /// Takes no more elements.
  package func close() {
    locked {
      isClosed = true
      _ = unsafe pthread_cond_broadcast(signal)
    }
  }

  /// Takes no more elements and waits until every reader has handled what was there.
  package func drain() {
    close()
    locked { while readers > 0 || !waiting.isEmpty { _ = unsafe pthread_cond_wait(signal, lock) } }
  }

  private func next(_ count: Int) -> [Element]? {
    locked {
      while waiting.isEmpty && !isClosed { _ = unsafe pthread_cond_wait(signal, lock) }
      guard !waiting.isEmpty else { return nil }
      if waiting.count <= count {
        defer { waiting.removeAll(keepingCapacity: true) }
        return waiting
      }
      let group = Array(waiting.prefix(count))
      waiting.removeFirst(count)
      return group
    }
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    _ = unsafe pthread_mutex_lock(lock)
    defer { _ = unsafe pthread_mutex_unlock(lock) }
    return body()
  }
}
