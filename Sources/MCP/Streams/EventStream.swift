internal import HTTP
internal import Synchronization
internal import World

/// What is said on one stream of events: what waits for its reader and, where a reader may come back, what it may have
/// missed.
///
///     offer, send ─► [kept … | waiting …] ─► reader (one at a time; a newer one takes the place of the older)
///
/// What waits is bounded: who can wait does, and who can't (`offer`) goes on without a reader that does not keep up.
/// Such a reader comes back where the stream has a name; else the stream is closed. Nobody else slows down for it.
final class EventStream: Sendable {
  /// For how much a sender that can wait does, and nobody else.
  static let comfortable = 64 * 1024
  /// Bytes and events that a stream holds at most, but for a single one that is larger.
  static let mostBytes = 512 * 1024
  static let mostEvents = 256

  private struct State {
    /// Those from `first` on, in their order.
    var events: [[UInt8]] = []
    var first = 0
    /// The number of the event that the reader gets next.
    var cursor = 0
    var bytes = 0
    var unreadBytes = 0
    /// Which reader reads, if one does; counted, so that one that was replaced knows it.
    var reader: Int?
    var readers = 0
    var wake: CheckedContinuation<Void, Never>?
    var senders: [CheckedContinuation<Void, Never>] = []
    /// What is to be written besides events: comments, and when to come back.
    var aside: [UInt8] = []
    var isFinished = false
    var isClosed = false
    var hangsUp = false
    /// Whether events that were read stay for who comes back.
    var keeps: Bool
    /// Bytes of the budget that this stream holds.
    var charged = 0
    /// Ticks without a reader, of a stream that has to have one.
    var lonely = 0

    var end: Int { first + events.count }
    /// Whether there was a reader, and there is none.
    var isLeft: Bool { reader == nil && readers > 0 }
    var hasNews: Bool { cursor < end || !aside.isEmpty || isFinished || isClosed || hangsUp }
  }
  private let state: Mutex<State>
  /// What event ids begin with; nil for a stream whose reader can't come back.
  let name: String?
  private let budget: Budget?

  /// - Parameters:
  ///   - name: what event ids begin with; nil for a stream whose reader can't come back.
  ///   - budget: of the bytes that streams keep together; one that is used up keeps nothing more.
  init(name: String? = nil, budget: Budget? = nil) {
    self.name = name
    self.budget = budget
    state = Mutex(State(keeps: name != nil))
  }

  deinit { budget?.give(state.withLock { $0.charged }) }

  // MARK: Saying

  /// Says something now, to whoever keeps up: where too much waits, the oldest is forgotten, and with it the reader.
  ///
  /// - Returns: false when nobody will ever read it.
  @discardableResult
  func offer(_ message: [UInt8]) -> Bool { say(message, mayForget: true) }

  private func say(_ message: [UInt8], isEvent: Bool = false, mayForget: Bool) -> Bool {
    let (isSaid, wakes) = state.withLock { state -> (Bool, Wakes) in
      guard !state.isFinished, !state.isClosed else { return (false, Wakes()) }
      let mayForget = mayForget || state.isLeft
      if isEvent {
        add(message, &state, mayForget: mayForget)
      } else {
        append(message, &state, mayForget: mayForget)
      }
      return (!state.isClosed, Self.news(&state))
    }
    wakes.resume()
    return isSaid
  }

  /// Says something, but waits before it if much waits for the reader already.
  func send(_ message: [UInt8]) async -> Bool { await send(message, isEvent: false) }

  /// Passes on what is the text of events already, of a stream whose reader can't come back.
  func relay(_ events: [UInt8]) async -> Bool { await send(events, isEvent: true) }

  private func send(_ message: [UInt8], isEvent: Bool) async -> Bool {
    while true {
      guard state.withLock({ mustWait($0) }) else { return say(message, isEvent: isEvent, mayForget: false) }
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          guard mustWait(state) else { return true }
          state.senders.append(continuation)
          return false
        }
        if isOver { continuation.resume() }
      }
    }
  }

  /// Says a last thing, and ends the stream once it was read.
  func finish(_ last: [UInt8]? = nil) {
    let wakes = state.withLock { state -> Wakes in
      guard !state.isFinished, !state.isClosed else { return Wakes() }
      // It waits for nobody, and nothing that waits goes for it.
      if let last { append(last, &state, mayForget: state.isLeft) }
      state.isFinished = true
      return Self.news(&state, all: true)
    }
    wakes.resume()
  }

  /// Ends the stream at once.
  func close() {
    state.withLock { state in
      state.isClosed = true
      return Self.news(&state, all: true)
    }.resume()
  }

  /// Gives a client something to come back with.
  func prime(retry: Duration) {
    guard let name else { return }
    state.withLock { state in
      add(ServerSentEvent.priming(id: "\(name)-\(state.end)", retry: retry), &state, mayForget: false)
      return Self.news(&state)
    }.resume()
  }

  /// Lets the reader go, who comes back after a while.
  func hangUp(comeBackAfter delay: Duration) {
    guard name != nil else { return }
    state.withLock { state in
      // One that left by itself comes back anyway; the first may still be on its way.
      guard state.keeps, !state.isLeft else { return Wakes() }
      state.aside += ServerSentEvent.retry(delay)
      state.hangsUp = true
      return Self.news(&state)
    }.resume()
  }

  /// Keeps a quiet stream alive, and closes one whose reader never came.
  func tick() {
    state.withLock { state in
      if state.aside.isEmpty, state.reader != nil || state.readers == 0 {
        state.aside = ServerSentEvent.comment
      }
      guard state.reader != nil else {
        state.lonely += 1
        guard state.lonely > 2 else { return Wakes() }
        if name == nil { state.isClosed = true }
        // Whoever has to come back is as good as gone.
        state.readers = max(1, state.readers)
        return Self.news(&state, all: true)
      }
      state.lonely = 0
      return Self.news(&state)
    }.resume()
  }

  /// Whether everything was said and somebody read it, or nobody ever can.
  var isOver: Bool { state.withLock { $0.isClosed || ($0.isFinished && $0.cursor >= $0.end) } }

  /// Whether everything was said, and somebody read it.
  var isComplete: Bool { state.withLock { $0.isFinished && $0.cursor >= $0.end } }

  /// Whether nothing can be said any more, whatever was.
  var isClosed: Bool { state.withLock { $0.isClosed } }

  var hasReader: Bool { state.withLock { $0.reader != nil } }

  /// Whether a sender that can wait has to: for a reader that is there, or is still on its way.
  private func mustWait(_ state: State) -> Bool {
    !state.isFinished && !state.isClosed && state.unreadBytes > Self.comfortable
      && (!state.isLeft || name == nil)
  }

  private func append(_ message: [UInt8], _ state: inout State, mayForget: Bool) {
    add(ServerSentEvent.message(message, id: name.map { "\($0)-\(state.end)" }), &state, mayForget: mayForget)
  }

  /// - Parameter mayForget: whether events that nobody has read may go when there are too many.
  private func add(_ event: [UInt8], _ state: inout State, mayForget: Bool) {
    if state.keeps, let budget {
      if budget.take(event.count) {
        state.charged += event.count
      } else {
        // Others keep much already: this one still tells its reader everything, but nobody comes back to it.
        state.keeps = false
        budget.give(state.charged)
        state.charged = 0
        forget(state.cursor - state.first, &state)
      }
    }
    state.events.append(event)
    state.bytes += event.count
    state.unreadBytes += event.count
    // The newest counts for nothing, however large: what it would push out, it was said after.
    var (count, excess) = (0, state.bytes - event.count - Self.mostBytes)
    let most = mayForget ? state.events.count - 1 : min(state.events.count - 1, state.cursor - state.first)
    while count < most, excess > 0 || state.events.count - count > Self.mostEvents {
      excess -= state.events[count].count
      count += 1
    }
    forget(count, &state)
    // One that can't come back must not miss any.
    if name == nil, state.cursor < state.first { state.isClosed = true }
  }

  /// Forgets that many of the oldest events.
  private func forget(_ count: Int, _ state: inout State) {
    guard count > 0 else { return }
    for index in 0..<count {
      let size = state.events[index].count
      state.bytes -= size
      if state.keeps, let budget {
        budget.give(size)
        state.charged -= size
      }
      if state.first + index >= state.cursor { state.unreadBytes -= size }
    }
    state.events.removeFirst(count)
    state.first += count
  }

  // MARK: Reading

  /// Writes everything from an event on to a reader, until the stream is over or the reader gone.
  ///
  /// - Parameter last: the number of the last event that the reader has; nil for one that has none.
  func serve(_ stream: any ResponseStream, after last: Int? = nil) async {
    let (number, wakes) = state.withLock { state in
      state.readers += 1
      state.reader = state.readers
      // One that says nothing of what it has begins with what nobody read, as far as it is still there.
      state.cursor = min(max(last.map { $0 + 1 } ?? state.cursor, state.first), state.end)
      state.unreadBytes = state.events[(state.cursor - state.first)...].reduce(0) { $0 + $1.count }
      return (state.readers, Self.news(&state, all: true))
    }
    wakes.resume()
    await withTaskCancellationHandler {
      while let bytes = await next(number) {
        guard await stream.write(bytes) else { break }
      }
    } onCancel: {
      leave(number)
    }
    leave(number)
  }

  /// Whether a reader that has the event of that number misses nothing that can't be told any more.
  func knows(_ last: Int) -> Bool {
    // The number is a stranger's: nothing is added to it.
    state.withLock { last >= $0.first - 1 && last < $0.end }
  }

  private enum Step {
    case write([UInt8], Wakes)
    case wait
    case over
  }

  private func next(_ reader: Int) async -> [UInt8]? {
    while true {
      switch state.withLock({ step(reader, &$0) }) {
      case .write(let bytes, let wakes):
        wakes.resume()
        return bytes
      case .over: return nil
      case .wait:
        await withCheckedContinuation { continuation in
          let isNow = state.withLock { state in
            guard state.reader == reader, !state.hasNews else { return true }
            state.wake = continuation
            return false
          }
          if isNow { continuation.resume() }
        }
      }
    }
  }

  private func step(_ reader: Int, _ state: inout State) -> Step {
    guard state.reader == reader, !state.isClosed, state.cursor >= state.first else { return .over }
    guard state.cursor < state.end || !state.aside.isEmpty else {
      defer { state.hangsUp = false }
      return state.isFinished || state.hangsUp ? .over : .wait
    }
    var bytes: [UInt8] = []
    for event in state.events[(state.cursor - state.first)...] { bytes += event }
    bytes += state.aside
    state.aside = []
    state.cursor = state.end
    state.unreadBytes = 0
    if !state.keeps {
      state.first = state.end
      state.events = []
      state.bytes = 0
    }
    return .write(bytes, Wakes(state.senders.take()))
  }

  private func leave(_ reader: Int) {
    state.withLock { state in
      guard state.reader == reader else { return Wakes() }
      state.reader = nil
      if name == nil { state.isClosed = true }
      return Self.news(&state, all: true)
    }.resume()
  }

  /// Those who have to hear of a change, outside of the lock.
  private struct Wakes {
    var continuations: [CheckedContinuation<Void, Never>] = []
    init(_ continuations: [CheckedContinuation<Void, Never>] = []) { self.continuations = continuations }
    func resume() { for continuation in continuations { continuation.resume() } }
  }

  private static func news(_ state: inout State, all: Bool = false) -> Wakes {
    var wakes = Wakes(all ? state.senders.take() : [])
    if let wake = state.wake.take() { wakes.continuations.append(wake) }
    return wakes
  }
}

extension Array {
  fileprivate mutating func take() -> [Element] {
    let all = self
    self = []
    return all
  }
}

/// Bytes that many may take from, and none more than there are.
final class Budget: Sendable {
  private let left: Mutex<Int>

  init(_ bytes: Int) { left = Mutex(bytes) }

  func take(_ bytes: Int) -> Bool {
    left.withLock { left in
      guard left >= bytes else { return false }
      left -= bytes
      return true
    }
  }

  func give(_ bytes: Int) { left.withLock { $0 += bytes } }
}
