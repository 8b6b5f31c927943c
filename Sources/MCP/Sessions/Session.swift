internal import JSON
internal import Synchronization
internal import Tools
internal import World

/// One conversation of a client of 2025-03-26 to 2025-11-25, from its `initialize` to its end.
///
/// It belongs to the connection that began it: to every other it does not exist. All that it holds is bounded.
final class Session: Sendable {
  let id: String
  let connectionID: String
  let revision: Revision
  /// What the client said in `initialize`.
  let capabilities: JSONValue

  /// Streams of answers that a client may come back to.
  static let mostStreams = 32
  /// Resources that a session follows.
  static let mostResources = 256
  /// Questions that wait for the client.
  static let mostQuestions = 16

  private struct State {
    var lastUsed: Instant
    var logLevel = LogLevel.info
    var resources: Set<String> = []
    /// By their number, oldest first; the one of `GET` is 0 and stands apart.
    var streams: [(number: Int, stream: EventStream)] = []
    var lastStream = 0
    var questions: [Int64: Question] = [:]
    var lastQuestion: Int64 = 0
    var running: [RequestID: RequestConversation] = [:]
    var isOver = false
  }
  private struct Question {
    let deadline: Instant
    /// Whichever is there first waits for the other.
    var reply: Reply?
    var waiting: CheckedContinuation<Reply, Never>?
  }
  private let state: Mutex<State>
  private let budget: Budget
  /// What belongs to no request, for whoever reads it by `GET`.
  let general: EventStream

  /// What came of a question.
  enum Reply: Sendable, Equatable {
    case result(JSONObject)
    case error(String)
    case none
    case cancelled
  }

  init(
    id: String, connectionID: String, revision: Revision, capabilities: JSONValue, budget: Budget,
    now: Instant
  ) {
    self.id = id
    self.connectionID = connectionID
    self.revision = revision
    self.capabilities = capabilities
    self.budget = budget
    general = EventStream(name: "0", budget: budget)
    state = Mutex(State(lastUsed: now))
  }

  // MARK: Use

  func used(at now: Instant) { state.withLock { $0.lastUsed = now } }
  var lastUsed: Instant { state.withLock { $0.lastUsed } }
  /// Whether somebody reads, or something runs: such a session isn't idle.
  var isBusy: Bool {
    general.hasReader || state.withLock { !$0.running.isEmpty || $0.streams.contains { $0.stream.hasReader } }
  }

  var logLevel: LogLevel {
    get { state.withLock { $0.logLevel } }
    set { state.withLock { $0.logLevel = newValue } }
  }

  // MARK: Resources

  /// - Returns: false when it follows too many already.
  func subscribe(_ uri: String) -> Bool {
    state.withLock { state in
      guard state.resources.contains(uri) || state.resources.count < Self.mostResources else { return false }
      state.resources.insert(uri)
      return true
    }
  }

  func unsubscribe(_ uri: String) { state.withLock { _ = $0.resources.remove(uri) } }

  /// Tells of a change: of every list, and of the resources that it follows.
  func tell(_ change: Change) {
    if case .resource(let uri) = change, !state.withLock({ $0.resources.contains(uri) }) { return }
    general.offer(change.message())
  }

  // MARK: Streams

  /// A stream for one answer, to which the client can come back.
  func openStream() -> EventStream {
    state.withLock { state in
      state.lastStream += 1
      let stream = EventStream(name: "\(state.lastStream)", budget: budget)
      if state.streams.count >= Self.mostStreams {
        let index = state.streams.firstIndex { $0.stream.isOver } ?? 0
        state.streams.remove(at: index)
      }
      state.streams.append((state.lastStream, stream))
      return stream
    }
  }

  /// The stream that an event was on.
  ///
  /// - Parameter eventID: as the client read it last.
  /// - Returns: nil when it isn't known any more, or what came after it isn't.
  func stream(after eventID: String) -> (stream: EventStream, last: Int)? {
    let parts = eventID.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Int(parts[0]), let last = Int(parts[1]), last >= 0 else {
      return nil
    }
    let stream: EventStream? =
      number == 0 ? general : state.withLock { state in state.streams.first { $0.number == number }?.stream }
    guard let stream, stream.knows(last) else { return nil }
    return (stream, last)
  }

  // MARK: Requests that run

  /// - Returns: false when one of that id runs already.
  func begin(_ conversation: RequestConversation, _ id: RequestID) -> Bool {
    state.withLock { state in
      guard !state.isOver, state.running[id] == nil else { return false }
      state.running[id] = conversation
      return true
    }
  }

  func end(_ id: RequestID) { state.withLock { $0.running[id] = nil } }

  /// `notifications/cancelled`.
  func cancel(_ id: RequestID) { state.withLock { $0.running[id] }?.cancel() }

  // MARK: Questions to the client

  /// Makes room for a question, before it is sent.
  ///
  /// - Returns: the id of its request; nil when too many wait already.
  func expect(until deadline: Instant) -> Int64? {
    state.withLock { state in
      guard !state.isOver, state.questions.count < Self.mostQuestions else { return nil }
      state.lastQuestion += 1
      state.questions[state.lastQuestion] = Question(deadline: deadline)
      return state.lastQuestion
    }
  }

  /// Waits for the answer to a question, to be called once.
  func reply(to number: Int64) async -> Reply {
    let reply = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let early = state.withLock { state -> Reply? in
          guard let question = state.questions[number], !Task.isCancelled else { return .cancelled }
          if let reply = question.reply { return reply }
          state.questions[number]?.waiting = continuation
          return nil
        }
        if let early { continuation.resume(returning: early) }
      }
    } onCancel: {
      answer(number, .cancelled)
    }
    forget(number)
    return reply
  }

  /// Gives up a question.
  func forget(_ number: Int64) { state.withLock { $0.questions[number] = nil } }

  private func answer(_ number: Int64, _ reply: Reply) {
    let waiting = state.withLock { state in
      guard state.questions[number]?.reply == nil else { return nil as CheckedContinuation<Reply, Never>? }
      state.questions[number]?.reply = reply
      defer { state.questions[number]?.waiting = nil }
      return state.questions[number]?.waiting
    }
    waiting?.resume(returning: reply)
  }

  /// Takes a response of the client's; one that answers nothing is dropped.
  func receive(_ message: JSONObject) {
    guard let number = message["id"]?.integer else { return }
    if let result = message["result"]?.object {
      answer(number, .result(result))
    } else {
      answer(number, .error(message["error"]?["message"]?.string ?? "no result"))
    }
  }

  // MARK: Time

  func tick(_ now: Instant) {
    let late = state.withLock { $0.questions.filter { $0.value.deadline <= now }.keys }
    for number in late { answer(number, .none) }
  }

  /// Ends the session and all that it has going.
  func end() {
    let (questions, running, streams) = state.withLock { state in
      let all = (Array(state.questions.keys), Array(state.running.values), state.streams)
      state.isOver = true
      state.streams = []
      return all
    }
    for number in questions { answer(number, .cancelled) }
    for conversation in running { conversation.cancel() }
    for (_, stream) in streams { stream.close() }
    general.close()
  }
}
