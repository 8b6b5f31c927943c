internal import Authentication
internal import Crypto
internal import JSON
internal import Synchronization
internal import World

/// The sessions that there are, in the memory of this process, bounded in number for each connection and in all.
final class Sessions: Sendable {
  struct Limits: Sendable {
    var most = 10_000
    var mostPerConnection = 64
    /// How long a session lives that nobody uses.
    var idle = Duration.minutes(30)
    /// Bytes that all streams together keep for those who come back.
    var keptBytes = 64 * 1024 * 1024
  }

  private struct State {
    var sessions: [String: Session] = [:]
    var ofConnection: [String: Set<String>] = [:]
  }
  private let state = Mutex(State())
  private let limits: Limits
  private let budget: Budget
  private let world: World

  init(_ limits: Limits, world: World) {
    self.limits = limits
    self.budget = Budget(limits.keptBytes)
    self.world = world
  }

  /// Begins a session. Where there are too many, the connection's longest unused one ends for it.
  ///
  /// - Returns: nil when all of them are in use: then there is none, and the client goes on without.
  func begin(_ caller: Caller, _ revision: Revision, _ capabilities: JSONValue) -> Session? {
    let now = world.now
    let mine = state.withLock { state in
      (state.ofConnection[caller.connectionID] ?? []).compactMap { state.sessions[$0] }
    }
    if mine.count >= limits.mostPerConnection {
      let idle = mine.filter { !$0.isBusy }.min { $0.lastUsed < $1.lastUsed }
      guard let idle else { return nil }
      end(idle)
    }
    // 2025-11-25 "Session Management": globally unique, cryptographically secure, visible ASCII.
    let id = Base64URL.encode(world.random(24))
    let session = Session(
      id: id, connectionID: caller.connectionID, revision: revision, capabilities: capabilities,
      budget: budget, now: now)
    return state.withLock { state in
      guard state.sessions.count < limits.most, state.sessions[id] == nil,
        state.ofConnection[caller.connectionID, default: []].count < limits.mostPerConnection
      else { return nil }
      state.sessions[id] = session
      state.ofConnection[caller.connectionID, default: []].insert(id)
      return session
    }
  }

  /// The session of that id, if it is the caller's: somebody else's does not exist.
  func find(_ id: String, _ caller: Caller) -> Session? {
    guard let session = state.withLock({ $0.sessions[id] }), session.connectionID == caller.connectionID
    else {
      return nil
    }
    session.used(at: world.now)
    return session
  }

  func end(_ session: Session) {
    state.withLock { state in
      state.sessions[session.id] = nil
      state.ofConnection[session.connectionID]?.remove(session.id)
      if state.ofConnection[session.connectionID]?.isEmpty == true {
        state.ofConnection[session.connectionID] = nil
      }
    }
    session.end()
  }

  /// Ends those of one connection.
  func end(of connectionID: String) {
    for session in all where session.connectionID == connectionID { end(session) }
  }

  /// Those of one connection.
  func of(_ connectionID: String) -> [Session] {
    state.withLock { state in (state.ofConnection[connectionID] ?? []).compactMap { state.sessions[$0] } }
  }

  func tell(_ change: Change) { for session in all { session.tell(change) } }

  /// Ends what was unused for too long.
  func tick() {
    let now = world.now
    for session in all {
      session.tick(now)
      if now - session.lastUsed > limits.idle, !session.isBusy { end(session) }
    }
  }

  var connectionIDs: Set<String> { state.withLock { Set($0.ofConnection.keys) } }
  var count: Int { state.withLock { $0.sessions.count } }
  private var all: [Session] { state.withLock { Array($0.sessions.values) } }
}
