internal import World

/// What goes on between requests.
extension MCPEndpoint {
  /// Looks after streams, sessions and calls until the task is cancelled.
  package func run() async {
    while !Task.isCancelled {
      do { try await Task.sleep(for: configuration.tickInterval) } catch { return }
      await tick()
    }
  }

  /// One look: quiet streams get a comment, what took too long ends, and so does all of a connection that is none any
  /// more.
  package func tick() async {
    conversations.tick(world.now)
    sessions.tick()
    for stream in streams.tick() { listeners.remove(stream) }
    guard let isConnected = configuration.isConnected else { return }
    let connections = streams.connectionIDs.union(sessions.connectionIDs).union(conversations.connectionIDs)
    for connection in connections where !(await isConnected(connection)) { disconnect(connection) }
  }

  /// Ends everything that a connection has open, such as one that was revoked.
  package func disconnect(_ connectionID: String) {
    streams.close(connectionID)
    sessions.end(of: connectionID)
    conversations.cancel(of: connectionID)
  }

  /// Says goodbye to those who listen: the server ends.
  package func farewell() { listeners.end { farewell($0) } }

  /// What is open now, for those who watch the house.
  package var census: (sessions: Int, streams: Int, listeners: Int, calls: Int) {
    (sessions.count, streams.count, listeners.count, conversations.count)
  }
}
