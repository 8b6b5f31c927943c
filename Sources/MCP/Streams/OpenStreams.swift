internal import Synchronization

/// The streams that are open, counted, so that no connection has all of them, and found for what comes round.
final class OpenStreams: Sendable {
  private struct State {
    var streams: [ObjectIdentifier: (stream: EventStream, owner: String)] = [:]
    var counts: [String: Int] = [:]
  }
  private let state = Mutex(State())
  private let most: Int
  private let mostPerConnection: Int

  init(most: Int, perConnection: Int) {
    self.most = most
    self.mostPerConnection = perConnection
  }

  /// - Returns: false when there are too many.
  func add(_ stream: EventStream, of connectionID: String) -> Bool {
    state.withLock { state in
      guard state.streams[ObjectIdentifier(stream)] == nil else { return true }
      let count = state.counts[connectionID, default: 0]
      guard state.streams.count < most, count < mostPerConnection else { return false }
      state.streams[ObjectIdentifier(stream)] = (stream, connectionID)
      state.counts[connectionID] = count + 1
      return true
    }
  }

  func remove(_ stream: EventStream) {
    state.withLock { state in
      guard let (_, owner) = state.streams.removeValue(forKey: ObjectIdentifier(stream)) else { return }
      state.counts[owner, default: 1] -= 1
      if state.counts[owner] == 0 { state.counts[owner] = nil }
    }
  }

  /// - Returns: those that are closed, which nobody came for.
  func tick() -> [EventStream] {
    let all = state.withLock { $0.streams.values.map(\.stream) }
    for stream in all { stream.tick() }
    let closed = all.filter(\.isClosed)
    for stream in closed { remove(stream) }
    return closed
  }

  /// Ends all that belong to a connection.
  func close(_ connectionID: String) {
    let streams = state.withLock { $0.streams.values.filter { $0.owner == connectionID }.map(\.stream) }
    for stream in streams { stream.close() }
  }

  var connectionIDs: Set<String> { state.withLock { Set($0.counts.keys) } }
  var count: Int { state.withLock { $0.streams.count } }
}
