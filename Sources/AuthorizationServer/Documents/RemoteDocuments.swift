package import HTTPClient
internal import Synchronization
internal import Telemetry
internal import World

/// How a document of somebody else's is fetched; the way out of the house is passed in.
package typealias Fetch =
  @Sendable (_ url: String, _ limits: HTTPClient.Limits) async throws(HTTPClientError) -> HTTPClient.Reply

/// Why a document can't be used.
package struct DocumentRefusal: Error, Sendable {
  /// For the developer of the client: ASCII, and nothing that came from the document.
  package let says: String
  /// For the log.
  var because = ""
  /// Whether it may be otherwise in a moment: the document itself is not to blame.
  var isTransient = false
}

/// Documents of one kind that others publish: fetched once however many ask, kept for as long as their publisher says,
/// within bounds.
///
/// A document that can't be used is not kept; whoever asks again within seconds hears the same, so that a flood of
/// requests for it is none of fetches.
final class RemoteDocuments<Value: Sendable>: Sendable {
  private struct Known {
    let value: Value
    let fetchedAt: Instant
    let freshUntil: Instant
    var usedAt: Instant
    var renewedAt: Instant?
  }

  private struct State {
    var known: [String: Known] = [:]
    var refused: [String: (refusal: DocumentRefusal, until: Instant)] = [:]
    var running: [String: Task<Result<Value, DocumentRefusal>, Never>] = [:]
  }

  private enum Step {
    case finished(Result<Value, DocumentRefusal>)
    case waiting(Task<Result<Value, DocumentRefusal>, Never>)
  }

  private let state = Mutex(State())
  private let fetch: Fetch
  private let rate: FetchRate
  private let limits: HTTPClient.Limits
  private let world: World
  private let log: Log
  private let parse: @Sendable (_ url: String, _ reply: HTTPClient.Reply) throws(DocumentRefusal) -> Value

  /// How many documents are kept; of more, the one goes that was not asked for the longest.
  private static var capacity: Int { 1000 }
  /// How long a refusal stands.
  static var backOff: Duration { .seconds(5) }
  /// How long a document may serve that can't be fetched anew, where that is asked for.
  static var staleLifetime: Duration { .hours(24) }
  /// How often a document is fetched before its time.
  static var renewalInterval: Duration { .seconds(30) }

  init(
    fetch: @escaping Fetch, rate: FetchRate, limits: HTTPClient.Limits, world: World, log: Log,
    parse: @escaping @Sendable (_ url: String, _ reply: HTTPClient.Reply) throws(DocumentRefusal) -> Value
  ) {
    self.fetch = fetch
    self.rate = rate
    self.limits = limits
    self.world = world
    self.log = log
    self.parse = parse
  }

  /// The document at a URL.
  ///
  /// - Parameters:
  ///   - host: whose server is asked.
  ///   - mayBeStale: whether one that is over will do while its host can't be reached.
  ///   - renewing: fetches it though it is fresh, unless that was done a moment ago.
  func value(
    at url: String, host: String, mayBeStale: Bool = false, renewing: Bool = false
  ) async throws(DocumentRefusal) -> Value {
    let now = world.now
    let step = state.withLock { state in self.step(url, host, now, renewing, &state) }
    let result: Result<Value, DocumentRefusal> =
      switch step {
      case .finished(let result): result
      case .waiting(let task): await task.value
      }
    if case .failure(let refusal) = result, refusal.isTransient, mayBeStale || renewing,
      let known = state.withLock({ $0.known[url] }), now - known.fetchedAt < Self.staleLifetime
    {
      return known.value
    }
    return try result.get()
  }

  private func step(
    _ url: String, _ host: String, _ now: Instant, _ renewing: Bool, _ state: inout State
  ) -> Step {
    if var known = state.known[url] {
      known.usedAt = now
      let isDue = renewing && known.renewedAt.map { now - $0 >= Self.renewalInterval } ?? true
      if isDue { known.renewedAt = now }
      state.known[url] = known
      if now < known.freshUntil, !isDue { return .finished(.success(known.value)) }
    }
    if let running = state.running[url] { return .waiting(running) }
    if let (refusal, until) = state.refused[url], now < until { return .finished(.failure(refusal)) }
    guard rate.admits(host) else {
      return .finished(
        .failure(
          DocumentRefusal(
            says: "too many documents were asked for just now", because: host, isTransient: true)))
    }
    let task = Task {
      let result = await self.fetched(url)
      self.keep(result, of: url)
      return result.map(\.value)
    }
    state.running[url] = task
    return .waiting(task)
  }

  private func fetched(_ url: String) async -> Result<Known, DocumentRefusal> {
    let reply: HTTPClient.Reply
    do { reply = try await fetch(url, limits) } catch {
      let isTransient =
        switch error {
        case .unfitURL, .forbiddenAddress, .tooLong: false
        case .tooSlow, .unreachable, .busy: true
        }
      return .failure(
        DocumentRefusal(
          says: "the document can't be fetched", because: "\(url.prefix(200)): \(error)",
          isTransient: isTransient))
    }
    // Draft §4: any status but 200 MUST be treated as an error, redirects among them.
    guard reply.status == 200 else {
      return .failure(
        DocumentRefusal(
          says: "the document's server does not answer with 200",
          because: "\(url.prefix(200)): \(reply.status)",
          isTransient: reply.status >= 500 || reply.status == 429 || (300..<400).contains(reply.status)))
    }
    let now = world.now
    do throws(DocumentRefusal) {
      let value = try parse(url, reply)
      return .success(
        Known(
          value: value, fetchedAt: now, freshUntil: now + CacheLifetime(reply.fields).duration, usedAt: now,
          renewedAt: nil))
    } catch { return .failure(error) }
  }

  private func keep(_ result: Result<Known, DocumentRefusal>, of url: String) {
    let now = world.now
    state.withLock { state in
      state.running[url] = nil
      switch result {
      case .success(var known):
        known.renewedAt = state.known[url]?.renewedAt
        state.known[url] = known
        state.refused[url] = nil
        if state.known.count > Self.capacity,
          let oldest = state.known.min(by: { $0.value.usedAt < $1.value.usedAt })
        {
          state.known[oldest.key] = nil
        }
      case .failure(let refusal):
        // What was good before and is wrong now must not serve any more.
        if !refusal.isTransient { state.known[url] = nil }
        if state.refused.count >= Self.capacity { state.refused.removeAll() }
        state.refused[url] = (refusal, now + Self.backOff)
      }
    }
    if case .failure(let refusal) = result {
      log.info(
        "document refused", ["says": .string(refusal.says), "because": .string(refusal.because)])
    }
  }
}
