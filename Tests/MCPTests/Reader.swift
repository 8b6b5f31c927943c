internal import HTTP
internal import JSON
internal import Synchronization
internal import Testing

/// Who reads a stream, in process.
final class Reader: ResponseStream {
  private struct State {
    var text = ""
    var isOpen = true
    var isDone = false
    var isStuck = false
    var waiting: [(isEnough: @Sendable (String, Bool) -> Bool, CheckedContinuation<Void, Never>)] = []
    var held: CheckedContinuation<Bool, Never>?
  }
  private let state: Mutex<State>

  /// - Parameter reads: whether it takes what is written, or lets the writer wait.
  init(reads: Bool = true) {
    var state = State()
    state.isStuck = !reads
    self.state = Mutex(state)
  }

  var isOpen: Bool { state.withLock { $0.isOpen } }

  func write(_ bytes: [UInt8]) async -> Bool {
    let (isOpen, isStuck) = state.withLock { state in
      if state.isOpen { state.text += String(decoding: bytes, as: UTF8.self) }
      return (state.isOpen, state.isStuck)
    }
    look()
    guard isStuck, isOpen else { return isOpen }
    return await withCheckedContinuation { continuation in state.withLock { $0.held = continuation } }
  }

  /// Goes on reading.
  func unstick() {
    let held = state.withLock { state in
      state.isStuck = false
      defer { state.held = nil }
      return state.held
    }
    held?.resume(returning: true)
  }

  /// The stream's own end.
  func finished() {
    state.withLock { $0.isDone = true }
    look()
  }

  private func look() {
    let woken = state.withLock { state in
      let woken = state.waiting.filter { $0.isEnough(state.text, state.isDone) }.map(\.1)
      state.waiting.removeAll { $0.isEnough(state.text, state.isDone) }
      return woken
    }
    for waiter in woken { waiter.resume() }
  }

  private func wait(for isEnough: @escaping @Sendable (String, Bool) -> Bool) async {
    await withCheckedContinuation { continuation in
      state.withLock { $0.waiting.append((isEnough, continuation)) }
      look()
    }
  }

  /// All that was written, once it has that many events with data.
  func events(_ count: Int) async -> [Event] {
    await wait { text, isDone in isDone || Event.all(in: text).filter { !$0.data.isEmpty }.count >= count }
    return Event.all(in: text)
  }

  /// All that was written, once there is no more to come.
  func all() async -> [Event] {
    await wait { _, isDone in isDone }
    return Event.all(in: text)
  }

  func comments(_ count: Int) async {
    await wait { text, isDone in
      isDone || text.split(separator: "\n").filter { $0.hasPrefix(":") }.count >= count
    }
  }

  var text: String { state.withLock { $0.text } }
  var isDone: Bool { state.withLock { $0.isDone } }
}

/// One event of a stream.
struct Event: Sendable, Equatable {
  var id: String?
  var retry: String?
  var data = ""

  static func all(in text: String) -> [Event] {
    var events: [Event] = []
    var event = Event()
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty {
        if event != Event() { events.append(event) }
        event = Event()
      } else if let value = line.after("id: ") {
        event.id = value
      } else if let value = line.after("retry: ") {
        event.retry = value
      } else if let value = line.after("data: ") {
        event.data += value
      }
    }
    return events
  }

  var json: JSONValue {
    do { return try JSONValue(parsing: data) } catch { return .null }
  }
  var method: String? { json["method"]?.string }
}

extension Substring {
  fileprivate func after(_ prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}

/// A response whose stream runs in a task of its own, as the server would run it.
struct Streaming: Sendable {
  let response: Response
  let reader: Reader
  private let task: Task<Void, Never>?

  init(_ response: Response, reader: Reader = Reader()) {
    self.response = response
    self.reader = reader
    if case .stream(let write) = response.body {
      task = Task {
        await write(reader)
        reader.finished()
      }
    } else {
      task = nil
      reader.finished()
    }
  }

  var isStream: Bool { task != nil }
  var isOver: Bool { reader.isDone }

  /// The client hangs up.
  func leave() async {
    task?.cancel()
    await task?.value
  }
}
