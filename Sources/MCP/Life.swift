internal import Governance
internal import Synchronization
internal import Tools
internal import World

/// What goes on between requests.
extension MCPEndpoint {
  /// Looks after streams, sessions and calls until the task is cancelled.
  package func run() async {
    var next = world.now + configuration.tickInterval
    while !Task.isCancelled {
      do { try await Task.sleep(for: Self.watchInterval) } catch { return }
      await watch()
      // What another process changed is looked at, too.
      taskBell.ring()
      guard world.now >= next else { continue }
      next = world.now + configuration.tickInterval
      await tick()
    }
  }

  /// How soon clients hear of switches and policies that somebody changed, in this process or another.
  static let watchInterval = Duration.seconds(1)

  /// Tells clients that their lists may have changed, when governance has.
  package func watch() async {
    guard let revision = await governor.revision() else { return }
    guard let last = watched.exchange(revision), last != revision else { return }
    announce(.tools)
    if configuration.repertoire.changes {
      announce(.prompts)
      announce(.resources)
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

/// What was seen of governance last.
final class Watched: Sendable {
  private let revision = Mutex<Int64?>(nil)

  func exchange(_ new: Int64) -> Int64? {
    revision.withLock { revision in
      defer { revision = new }
      return revision
    }
  }
}
