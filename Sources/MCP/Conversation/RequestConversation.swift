internal import HTTP
internal import JSON
internal import Synchronization
internal import Tools
internal import World

/// One request that is worked on, as its method sees the client, and as the transport sees the method.
///
///     quiet ─► answered                       nothing was said before the result: it is plain JSON
///       └────► open ─► ended                  the first message made a stream of it; the result is its last event
///
/// Whichever comes first, the first message or the result, decides which of the two the HTTP response is.
final class RequestConversation: Conversation {
  /// What the transport sends back.
  enum Beginning: Sendable {
    case answered(Response, Exchange)
    case open(EventStream)
    /// - Parameter because: what the client is told; nil where it knows.
    case cancelled(because: ProtocolError?)
  }

  private struct State {
    var beginning: Beginning?
    var waiting: CheckedContinuation<Beginning, Never>?
    var stream: EventStream?
    var task: Task<Void, Never>?
    var isCancelled = false
    var isEnded = false
    var progress = -Double.infinity
    var pages: [String: String] = [:]
  }
  private let state = Mutex(State())

  let id: RequestID
  let revision: Revision
  let client: Client
  let began: Instant
  let progressToken: JSONValue?
  /// The least that the client's log takes; nil for nothing (2026-07-28 asks for it request by request).
  private let logLevel: LogLevel?
  /// What the client answered already, by the questions' keys (2026-07-28).
  let answers: [String: JSONObject]
  private let patience: Duration
  private let world: World

  init(
    id: RequestID, _ revision: Revision, _ client: Client, meta: JSONObject, answers: [String: JSONObject],
    patience: Duration, world: World
  ) {
    self.id = id
    self.revision = revision
    self.client = client
    self.answers = answers
    self.patience = patience
    self.world = world
    began = world.now
    switch meta["progressToken"] {
    case .string(let text)?: progressToken = .string(text)
    case .integer(let number)?: progressToken = .integer(number)
    default: progressToken = nil
    }
    if revision.isModern {
      // server/utilities/logging: a server MUST NOT send log messages for a request that did not ask for them.
      logLevel = meta["io.modelcontextprotocol/logLevel"]?.string.flatMap { LogLevel(rawValue: $0) }
    } else {
      logLevel = nil
    }
  }

  // MARK: The method's side

  func progress(_ done: Double, of total: Double?, _ message: String?) async {
    guard let token = progressToken, done.isFinite else { return }
    // basic/utilities/progress: the value MUST increase with each notification.
    let isNews = state.withLock { state in
      guard done > state.progress else { return false }
      state.progress = done
      return true
    }
    guard isNews else { return }
    var params: JSONObject = ["progressToken": token, "progress": Self.number(done)]
    if let total, total.isFinite { params["total"] = Self.number(total) }
    // 2025-03-26 and later.
    if let message { params["message"] = .string(message) }
    await send(Notification.text("notifications/progress", params))
  }

  func log(_ level: LogLevel, _ data: JSONValue, logger: String?) async {
    // A session says from which level on; without one nobody said, and `info` is what a client gets then.
    let least = revision.isModern ? logLevel : (client.session?.logLevel ?? .info)
    guard let least, level >= least else { return }
    var params: JSONObject = ["level": .string(level.rawValue), "data": data]
    if let logger { params["logger"] = .string(logger) }
    await send(Notification.text("notifications/message", params))
  }

  func canAsk(_ capability: ClientCapability) -> Bool {
    guard client.canAsk(capability, revision) else { return false }
    // Before 2026-07-28 a question needs a way there, and a session to which the answer belongs.
    return revision.isModern || (client.session != nil && client.takesEvents)
  }

  func ask(_ questions: [Question]) async throws(Interruption) -> [String: Answer] {
    // mrtr, "Server Requirements" 6: servers MUST NOT send a request that the client has not declared support for.
    let missing = questions.map(\.capability).filter { !canAsk($0) }
    guard missing.isEmpty else { throw .unsupported(missing) }
    guard revision.isModern else { return try await askNow(questions) }
    var known: [String: Answer] = [:]
    var open: [Question] = []
    for question in questions {
      if let answer = answers[question.key] {
        known[question.key] = Answer(answer)
      } else {
        open.append(question)
      }
    }
    guard open.isEmpty else { throw .inputRequired(open) }
    return known
  }

  /// 2025-03-26 to 2025-11-25: requests on this request's stream, whose answers come by POST.
  private func askNow(_ questions: [Question]) async throws(Interruption) -> [String: Answer] {
    guard let session = client.session, client.takesEvents else {
      throw .unsupported(questions.map(\.capability))
    }
    let deadline = world.now + patience
    var numbers: [Int64] = []
    defer { for number in numbers { session.forget(number) } }
    for question in questions {
      guard let number = session.expect(until: deadline) else { throw .unanswered }
      numbers.append(number)
      var params = question.params
      if question.capability == .page {
        let elicitation = "\(session.id.prefix(8))-\(number)"
        params["elicitationId"] = .string(elicitation)
        state.withLock { $0.pages[question.key] = elicitation }
      } else if question.capability == .form, revision >= .november2025 {
        params["mode"] = "form"
      }
      var message: JSONObject = [
        "jsonrpc": "2.0", "id": .integer(number), "method": .string(question.method),
      ]
      if !params.isEmpty { message["params"] = .object(params) }
      await send(message.serialized())
    }
    var answered: [String: Answer] = [:]
    for (question, number) in zip(questions, numbers) {
      switch await session.reply(to: number) {
      case .result(let object): answered[question.key] = Answer(object)
      case .error(let words): throw .failed(words)
      case .none: throw .unanswered
      case .cancelled: throw .cancelled
      }
    }
    return answered
  }

  func completed(_ elicitation: String) async {
    guard revision == .november2025, let id = state.withLock({ $0.pages[elicitation] }) else { return }
    await send(Notification.text("notifications/elicitation/complete", ["elicitationId": .string(id)]))
  }

  func hangUp(comeBackAfter delay: Duration) async {
    guard revision == .november2025, client.session != nil, let stream = open() else { return }
    stream.hangUp(comeBackAfter: delay)
  }

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  private func send(_ message: [UInt8]) async {
    guard let stream = open() else { return }
    _ = await stream.send(message)
  }

  private static func number(_ value: Double) -> JSONValue {
    if let whole = Int64(exactly: value) { .integer(whole) } else { .number(value) }
  }

  // MARK: The transport's side

  /// Makes a stream of the response, if that can still be.
  ///
  /// - Returns: the stream; nil when the client takes none, or waits for nothing any more.
  @discardableResult
  func open() -> EventStream? {
    guard client.takesEvents else { return nil }
    let (stream, waiting) = state.withLock {
      state -> (EventStream?, CheckedContinuation<Beginning, Never>?) in
      guard !state.isCancelled, !state.isEnded else { return (nil, nil) }
      if let stream = state.stream { return (stream, nil) }
      let stream = client.session?.openStream() ?? EventStream()
      // Only then is an event without data known to clients.
      if revision == .november2025 { stream.prime(retry: Self.retry) }
      state.stream = stream
      state.beginning = .open(stream)
      defer { state.waiting = nil }
      return (stream, state.waiting)
    }
    if let stream { waiting?.resume(returning: .open(stream)) }
    return stream
  }

  /// How soon a client comes back that lost its stream, unless it was told otherwise.
  static let retry = Duration.seconds(1)

  /// What the HTTP response begins with. To be asked once.
  func beginning() async -> Beginning {
    await withCheckedContinuation { continuation in
      let known = state.withLock { state -> Beginning? in
        if let beginning = state.beginning { return beginning }
        state.waiting = continuation
        return nil
      }
      if let known { continuation.resume(returning: known) }
    }
  }

  /// Runs the method.
  func run(_ work: @escaping @Sendable () async -> Void) {
    let task = Task { await work() }
    let isLate = state.withLock { state in
      state.task = task
      return state.isCancelled
    }
    if isLate { task.cancel() }
  }

  /// The result is there.
  ///
  /// - Returns: the stream that it has to be the last event of; nil when it was taken as the whole answer, or nobody
  ///   waits for it.
  func end(_ response: Response, _ exchange: Exchange) -> EventStream? {
    let (stream, waiting) = state.withLock {
      state -> (EventStream?, CheckedContinuation<Beginning, Never>?) in
      state.isEnded = true
      state.task = nil
      guard !state.isCancelled else { return (state.stream, nil) }
      if let stream = state.stream { return (stream, nil) }
      state.beginning = .answered(response, exchange)
      defer { state.waiting = nil }
      return (nil, state.waiting)
    }
    waiting?.resume(returning: .answered(response, exchange))
    return stream
  }

  /// What a look at it from time to time does: a quiet one gets a stream, a quiet stream a comment.
  func tick(isQuiet: Bool) {
    if isQuiet { open() }
    guard let stream = state.withLock({ $0.stream }) else { return }
    stream.tick()
    // Nobody ever came for it: the client left before its stream began.
    if revision.isModern, stream.isClosed { cancel() }
  }

  /// The client no longer waits: nothing more is sent, and the task is told.
  ///
  /// - Parameter error: what the client is told, where it is not the one who ended it.
  func cancel(because error: ProtocolError? = nil) {
    var error = error
    error?.id = id
    let reason = error
    let (task, stream, waiting) = state.withLock { state in
      state.isCancelled = true
      if state.beginning == nil { state.beginning = .cancelled(because: reason) }
      defer { state.waiting = nil }
      return (state.task, state.stream, state.waiting)
    }
    waiting?.resume(returning: .cancelled(because: reason))
    stream?.finish(reason?.body)
    task?.cancel()
  }
}
