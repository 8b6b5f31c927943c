internal import CBeast
internal import HTTP
internal import Synchronization
internal import Threads

/// One loop's share of the server: its connections, the requests that run on it, the streams that are open.
///
/// Everything in here happens on the thread of the loop; the compiler sees to that, for the actor's executor is the
/// loop.
actor Worker {
  private let loop: Loop
  private let service: Service
  private let room: FieldRoom
  private var head = HeadText()
  private var date = DateText()
  private var handle: LoopHandle?

  /// The requests whose handlers work, and the streams that are written, by number.
  private var tasks: [UInt64: Task<Void, Never>] = [:]
  private var lastNumber: UInt64 = 0
  private var streams: [UInt64: OpenStream] = [:]

  private var isStopping = false
  /// `stop` has to come back here once more before the thread may end.
  private var isStopPending = false
  private var stopped: CheckedContinuation<Void, Never>?

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  private init(_ service: Service) {
    self.loop = Loop()
    self.service = service
    self.room = FieldRoom(service.configuration.fieldLimit)
  }

  // MARK: Life

  /// Starts a thread that serves the connections of one listening socket.
  static func start(
    _ service: Service, _ socket: ListeningSocket, _ certificate: Certificate?, index: Int
  ) throws(ServerError) -> Worker {
    let worker = Worker(service)
    var limits = beast_limits(service.configuration)
    var events = beast_events.worker
    // Unretained: the thread below holds the worker for as long as the loop is there.
    let context = unsafe Unmanaged.passUnretained(worker).toOpaque()
    let created = unsafe beast_loop_new(
      socket.giveAway(), socket.isV6 ? 1 : 0, &limits, &events, certificate?.handle, context)
    guard let created = unsafe created else { throw .system(call: "epoll", code: 0) }
    let handle = unsafe LoopHandle(created)
    do {
      try Thread.start("http-\(index)") { worker.run(handle) }
    } catch {
      handle.free()
      throw .system(call: "pthread_create", code: error.code)
    }
    return worker
  }

  private nonisolated func run(_ handle: LoopHandle) {
    loop.begin(handle)
    assumeIsolated { $0.handle = handle }
    while true {
      loop.runJobs()
      if handle.isStopped {
        let isFinished = assumeIsolated { $0.isFinished() }
        if isFinished && loop.end() { break }
      }
      handle.run(waits: !loop.hasJobs)
    }
    handle.free()
  }

  /// No connection is left: whoever waits for that goes on. Handlers may be left, whose clients the grace has outlived.
  private func isFinished() -> Bool {
    stopped?.resume()
    stopped = nil
    for task in tasks.values { task.cancel() }
    return tasks.isEmpty && !isStopPending
  }

  /// Stops accepting, ends the streams, and comes back when the last connection is closed. To be called once.
  func stop() async {
    guard !isStopping, let handle else { return }
    isStopping = true
    isStopPending = true
    for (number, open) in streams where !open.finishesByItself { endStream(number) }
    handle.stop(grace: service.configuration.grace)
    await withCheckedContinuation { stopped = $0 }
    isStopPending = false
  }

  /// Takes another certificate for the connections to come.
  func renew(_ certificate: Certificate) {
    guard !isStopping else { return }
    handle?.renew(certificate)
  }

  // MARK: Connections

  func opened(_ peer: IPAddress) -> Bool {
    guard service.census.admit(peer) else { return false }
    service.configuration.observe(.connectionOpened(peer: peer))
    return true
  }

  func closed(_ peer: IPAddress) {
    service.census.release(peer)
    service.configuration.observe(.connectionClosed(peer: peer))
  }

  func troubled(_ what: String) { service.configuration.observe(.trouble(what)) }

  // MARK: Requests

  func requested(_ exchange: Exchange) {
    guard let request = exchange.request(room) else {
      return refused(exchange, status: 400, reason: "malformed target or text")
    }
    lastNumber += 1
    let number = lastNumber
    service.running.add(1, ordering: .relaxed)
    // The preference keeps the handler on this thread from its first line, and brings it straight back after each
    // `await`. An immediate task would start half a microsecond earlier, but every continuation that it awaits
    // returns by way of Swift's pool.
    tasks[number] = Task(executorPreference: loop) { [self] in
      let response = await service.handler(request)
      await answer(exchange, request, response, number)
    }
  }

  func refused(_ exchange: Exchange, status: Int, reason: String) {
    service.configuration.observe(.refused(status: status, reason: reason, peer: exchange.peer))
    var response = Response.error(status, Self.code(of: status))
    response.fields["connection"] = "close"
    service.configuration.dress(&response, exchange.path)
    sendOwn(exchange, response)
  }

  private func answer(
    _ exchange: Exchange, _ request: Request, _ response: Response, _ number: UInt64
  ) {
    switch response.body {
    case .bytes(let body):
      if send(exchange, response, body) == .unclean { sendFailure(exchange, request) }
    case .stream(let write):
      guard !exchange.isHead, response.hasContent else {
        if send(exchange, response, nil) == .unclean { sendFailure(exchange, request) }
        break
      }
      let stream = Stream(self, number)
      switch start(stream, exchange, response) {
      case .taken:
        // In a task of its own: that of the handler keeps, for as long as it lives, the stack that it once needed.
        tasks[number] = Task(executorPreference: loop) { [self] in
          await write(stream)
          await endStream(number)
          await finished(number)
        }
        // The reader may have gone before there was a task to cancel.
        if streams[number] == nil { tasks[number]?.cancel() }
        return
      case .gone: break
      case .unclean: sendFailure(exchange, request)
      }
    }
    finished(number)
  }

  private func finished(_ number: UInt64) {
    tasks[number] = nil
    service.running.subtract(1, ordering: .relaxed)
  }

  /// - Parameter body: nil leaves the length out.
  private func send(_ exchange: Exchange, _ response: Response, _ body: [UInt8]?) -> Exchange.Outcome {
    guard head.fill(response, date: date.text(service.configuration.now())) else { return .unclean }
    return exchange.respond(head, body)
  }

  /// Nothing of the handler's answer goes out: half of it could say anything.
  private func sendFailure(_ exchange: Exchange, _ request: Request) {
    service.configuration.observe(.uncleanResponse(method: request.method, path: request.path))
    sendOwn(exchange, .error(500, Self.code(of: 500)))
  }

  /// An answer of the server itself, whose fields are clean; if the client is gone, nobody misses it.
  private func sendOwn(_ exchange: Exchange, _ response: Response) {
    guard case .bytes(let body) = response.body else { return }
    _ = send(exchange, response, body)
  }

  private static func code(of status: Int) -> StaticString {
    switch status {
    case 408: "request_timeout"
    case 413: "content_too_large"
    case 414: "uri_too_long"
    case 417: "expectation_failed"
    case 431: "header_fields_too_large"
    case 500: "internal_error"
    case 501: "not_implemented"
    case 503: "too_many_connections"
    case 505: "http_version_not_supported"
    default: "bad_request"
    }
  }

  // MARK: Streams

  private func start(_ stream: Stream, _ exchange: Exchange, _ response: Response) -> Exchange.Outcome {
    guard head.fill(response, date: date.text(service.configuration.now())) else { return .unclean }
    let open = OpenStream(stream, exchange, finishesByItself: response.finishesByItself)
    streams[stream.number] = open
    let outcome = exchange.startStream(head, stream)
    if outcome != .taken { streams[stream.number] = nil }
    if isStopping && !open.finishesByItself { endStream(stream.number) }
    return outcome
  }

  /// Queues one piece, and waits if much is queued already.
  func write(_ bytes: [UInt8], to number: UInt64) async -> Bool {
    guard let open = streams[number] else { return false }
    let queued = open.exchange.write(bytes)
    guard queued >= 0, streams[number] != nil else { return false }
    guard queued > Self.comfortable else { return true }
    return await withCheckedContinuation { open.waiting.append($0) }
  }

  /// Bytes that may be on their way before a writer waits: about what one write to a socket takes.
  private static let comfortable: Int64 = 16 * 1024

  func drained(_ number: UInt64) {
    guard let open = streams[number] else { return }
    let waiting = open.waiting
    open.waiting = []
    for writer in waiting { writer.resume(returning: true) }
  }

  /// The reader is gone: writers learn it, and the task is cancelled, for it may wait for something else altogether.
  func ended(_ number: UInt64) {
    guard let open = streams.removeValue(forKey: number) else { return }
    open.stream.close()
    for writer in open.waiting { writer.resume(returning: false) }
    tasks[number]?.cancel()
  }

  private func endStream(_ number: UInt64) {
    // Where this fails the reader is gone, and `ended` has been called.
    if let open = streams[number], open.exchange.endStream(open.stream) { ended(number) }
  }
}
