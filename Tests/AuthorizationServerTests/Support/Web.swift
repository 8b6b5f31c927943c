internal import AuthorizationServer
internal import HTTP
internal import HTTPClient
internal import Synchronization

/// What others publish, as far as the test has it, and what was fetched of it.
final class Web: Sendable {
  private struct State {
    var pages: [String: Result<HTTPClient.Reply, HTTPClientError>] = [:]
    var fetched: [String] = []
    var held: [CheckedContinuation<Void, Never>]?
    var services: [String: Service] = [:]
  }

  /// What answers requests at a URL.
  typealias Service = @Sendable (HTTPClient.Request) throws(HTTPClientError) -> HTTPClient.Reply

  private let state = Mutex(State())

  /// Every URL that was fetched, in order.
  var fetched: [String] { state.withLock { $0.fetched } }

  func publish(
    _ json: String, at url: String, status: Int = 200, type: String? = "application/json",
    cache: String? = nil
  ) {
    var fields = Fields()
    fields["content-type"] = type
    fields["cache-control"] = cache
    let reply = HTTPClient.Reply(status: status, fields: fields, body: Array(json.utf8))
    state.withLock { $0.pages[url] = .success(reply) }
  }

  func fail(_ url: String, _ error: HTTPClientError) { state.withLock { $0.pages[url] = .failure(error) } }

  /// Lets every fetch wait until `release`.
  func hold() { state.withLock { $0.held = [] } }

  func release() {
    let held = state.withLock { state in
      defer { state.held = nil }
      return state.held ?? []
    }
    for continuation in held { continuation.resume() }
  }

  func serve(_ url: String, _ service: @escaping Service) { state.withLock { $0.services[url] = service } }

  var send: Send {
    { request, limits throws(HTTPClientError) in
      guard let service = self.state.withLock({ $0.services[request.url] }) else {
        throw .unreachable("nobody there")
      }
      let reply = try service(request)
      guard reply.body.count <= limits.body else { throw .tooLong }
      return reply
    }
  }

  var fetch: Fetch {
    { url, limits throws(HTTPClientError) in
      await withCheckedContinuation { continuation in
        let isHeld = self.state.withLock { state in
          state.fetched.append(url)
          state.held?.append(continuation)
          return state.held != nil
        }
        if !isHeld { continuation.resume() }
      }
      let reply = try self.state.withLock { $0.pages[url] ?? .failure(.unreachable("no such host")) }.get()
      guard reply.body.count <= limits.body else { throw .tooLong }
      return reply
    }
  }
}
