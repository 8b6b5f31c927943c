internal import Synchronization

/// Where one hears of records that were written: each time after the commit.
package final class RecordChanges: Sendable {
  private let followers = Mutex<[@Sendable ([RecordKey]) -> Void]>([])

  package init() {}

  /// Calls `follower` from now on with what was written, whoever may see it.
  ///
  /// - Parameter follower: runs on the thread of whoever wrote, and must not wait.
  package func follow(_ follower: @escaping @Sendable ([RecordKey]) -> Void) {
    followers.withLock { $0.append(follower) }
  }

  func tell(_ keys: [RecordKey]) {
    guard !keys.isEmpty else { return }
    for follower in followers.withLock({ $0 }) { follower(keys) }
  }
}
