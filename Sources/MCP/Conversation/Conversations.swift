internal import Synchronization
internal import World

/// The requests that are worked on and may take long, bounded in number for each connection and in all.
final class Conversations: Sendable {
  struct Limits: Sendable {
    var most = 4096
    var mostPerConnection = 64
    /// How long a request may run that nobody ended.
    var longest = Duration.minutes(10)
    /// How long a request may be quiet before its answer becomes a stream, so that proxies keep it and the client's
    /// leaving is seen.
    var quiet = Duration.seconds(10)
  }

  private struct State {
    var running: [ObjectIdentifier: (conversation: RequestConversation, owner: String)] = [:]
    var counts: [String: Int] = [:]
  }
  private let state = Mutex(State())
  private let limits: Limits

  init(_ limits: Limits) { self.limits = limits }

  /// - Returns: false when too many run already.
  func begin(_ conversation: RequestConversation, of connectionID: String) -> Bool {
    state.withLock { state in
      let count = state.counts[connectionID, default: 0]
      guard state.running.count < limits.most, count < limits.mostPerConnection else { return false }
      state.running[ObjectIdentifier(conversation)] = (conversation, connectionID)
      state.counts[connectionID] = count + 1
      return true
    }
  }

  func end(_ conversation: RequestConversation) {
    state.withLock { state in
      guard let (_, owner) = state.running.removeValue(forKey: ObjectIdentifier(conversation)) else { return }
      state.counts[owner, default: 1] -= 1
      if state.counts[owner] == 0 { state.counts[owner] = nil }
    }
  }

  func tick(_ now: Instant) {
    let all = state.withLock { $0.running.values.map(\.conversation) }
    for conversation in all {
      if now - conversation.began > limits.longest {
        conversation.cancel(
          because: ProtocolError(.internal, "Internal error: the request took too long and was stopped"))
      } else {
        conversation.tick(isQuiet: now - conversation.began > limits.quiet)
      }
    }
  }

  func cancel(of connectionID: String) {
    let all = state.withLock { $0.running.values.filter { $0.owner == connectionID }.map(\.conversation) }
    for conversation in all { conversation.cancel() }
  }

  var connectionIDs: Set<String> { state.withLock { Set($0.counts.keys) } }
  var count: Int { state.withLock { $0.running.count } }
}
