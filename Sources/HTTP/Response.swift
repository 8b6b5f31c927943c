/// What goes back for a request.
package struct Response: Sendable {
  package var status: Int
  package var fields: Fields
  package var body: Body
  /// Of a streamed answer: whether it comes to its end by itself, like that of one call, or goes on for as long as
  /// somebody listens. A server that stops lets the one finish and ends the other.
  package var finishesByItself = false

  /// A body that is there, or one that is written while the connection stays open.
  package enum Body: Sendable {
    case bytes([UInt8])
    /// Runs on the loop of the connection; the stream ends when the closure returns.
    case stream(@Sendable (any ResponseStream) async -> Void)
  }

  package init(status: Int, fields: Fields = Fields(), body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = .bytes(body)
  }

  package init(
    status: Int, fields: Fields, stream: @escaping @Sendable (any ResponseStream) async -> Void
  ) {
    self.status = status
    self.fields = fields
    self.body = .stream(stream)
  }
}

extension Response {
  /// The small JSON answer for what never reached a handler: `{"error":"not_found"}`.
  ///
  /// - Parameter code: a word of letters and underscores; it is written as it is.
  package static func error(_ status: Int, _ code: StaticString) -> Response {
    Response(
      status: status,
      fields: [
        "content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff",
      ],
      body: Array("{\"error\":\"\(code)\"}".utf8))
  }
}

/// The open end of a response that is written piece by piece, such as server-sent events.
package protocol ResponseStream: Sendable {
  /// Queues one piece and waits until there is room for the next.
  ///
  /// - Returns: false when the reader is gone or was dropped because it did not read; nothing more can be written.
  func write(_ bytes: [UInt8]) async -> Bool
  /// Whether the reader is still there.
  var isOpen: Bool { get }
}
