package import Crypto
package import HTTP
package import Threads

/// Fetches what others publish on the web, without letting them reach what is not theirs (SSRF): `https` alone, to
/// public addresses alone, one answer, no redirect, no proxy, bounded in size and time.
package struct HTTPClient: Sendable {
  private let workers: Workers
  private let door: AddressGuard
  private let authorities: String?

  /// How much of an answer is taken, and for how long.
  package struct Limits: Sendable {
    /// Bytes of the body.
    package var body: Int
    /// Bytes of all header fields.
    package var head: Int
    /// From the look-up of the name to the last byte.
    package var time: Duration

    package init(body: Int = 5 * 1024, head: Int = 16 * 1024, time: Duration = .seconds(5)) {
      self.body = body
      self.head = head
      self.time = time
    }
  }

  /// An answer, whatever its status.
  package struct Reply: Sendable {
    package let status: Int
    package let fields: Fields
    package let body: [UInt8]

    package init(status: Int, fields: Fields = [:], body: [UInt8]) {
      self.status = status
      self.fields = fields
      self.body = body
    }
  }

  /// What is asked of somebody else's server: a GET, or a POST of a form or of JSON.
  package struct Request: Sendable {
    package var url: String
    /// Media types, as `Accept` has them.
    package var accepting: String
    /// The value of `Authorization`.
    package var authorization: Secret?
    /// A body of `application/x-www-form-urlencoded`.
    package var form: Secret?
    /// A body of `application/json`, in the place of a form.
    package var json: [UInt8]?
    /// Fields beside those that every request has.
    package var fields: [(name: String, value: String)] = []
    /// Whether the status is all that is wanted: the answer's body is not waited for.
    package var isStatusEnough = false

    package init(
      _ url: String, accepting: String = "application/json", authorization: Secret? = nil,
      form: Secret? = nil
    ) {
      self.url = url
      self.accepting = accepting
      self.authorization = authorization
      self.form = form
    }
  }

  /// - Parameters:
  ///   - door: which addresses may be reached.
  ///   - authorities: a PEM file of the certificate authorities to trust instead of the system's.
  ///   - concurrency: how many requests run at once, each on a thread of its own.
  ///   - waiting: how many may wait for their turn; one more is refused as `busy`.
  /// - Throws: `ThreadError` when the system has no room for the threads.
  package init(
    door: AddressGuard = AddressGuard(), authorities: String? = nil, concurrency: Int = 16, waiting: Int = 256
  ) throws(ThreadError) {
    Transfer.prepare
    self.door = door
    self.authorities = authorities
    workers = try Workers("fetch", count: concurrency, limit: waiting)
  }

  /// Fetches a URL.
  ///
  /// - Throws: `HTTPClientError` when there is no whole answer within the limits. A status of any kind is an answer.
  package func get(_ url: String, limits: Limits = Limits()) async throws(HTTPClientError) -> Reply {
    try await send(Request(url), limits: limits)
  }

  /// Sends a request.
  ///
  /// - Throws: as `get`.
  package func send(_ request: Request, limits: Limits = Limits()) async throws(HTTPClientError) -> Reply {
    guard Self.isFit(request.url) else { throw .unfitURL }
    let (door, authorities) = (door, authorities)
    let result: Result<Reply, HTTPClientError>
    do {
      result = try await workers.run {
        Transfer(door: door, limits: limits, isStatusEnough: request.isStatusEnough).run(
          request, authorities: authorities)
      }
    } catch { throw .busy }
    return try result.get()
  }

  /// Whether it looks like a URL that is asked at all.
  package static func isFit(_ url: String) -> Bool {
    url.hasPrefix("https://") && url.utf8.count > 8 && url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
  }
}
