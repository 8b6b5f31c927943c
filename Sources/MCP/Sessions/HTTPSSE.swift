package import Authentication
internal import Crypto
internal import Governance
package import HTTP
internal import JSON
internal import Synchronization
internal import World

/// HTTP+SSE, the transport of 2024-11-05, for clients that never learned another.
///
///     GET  /sse                  ─► EventStream ◄─ where to POST, then every message to the client
///     POST /messages?session_id= ─► MCPEndpoint ─► 202; what it answers goes to the stream
///
/// It is a dress over the endpoint: what a client says is answered as if it had come by Streamable HTTP in a session, by the
/// same checks, on the same record. A session lives for as long as its stream does, and nobody comes back to one.
package final class HTTPSSE: Sendable {
  /// Where a client begins, below the issuer's path.
  package static let path = "/sse"

  private struct Seat: Sendable {
    let connectionID: String
    let stream: EventStream
    /// The endpoint's session, from `initialize` on.
    var session: Session?
  }
  private let seats = Mutex<[String: Seat]>([:])
  private let endpoint: MCPEndpoint
  private let messages: String

  /// - Parameters:
  ///   - endpoint: what answers.
  ///   - messages: the path that clients post to.
  package init(_ endpoint: MCPEndpoint, messages: String) {
    self.endpoint = endpoint
    self.messages = messages
  }

  /// `GET`: opens the stream of a new session.
  package func open(_ request: Request, caller: Caller) async -> Response {
    var exchange = Exchange(
      arrived: endpoint.world.now, caller: caller, path: request.path, fields: request.fields, by: .events)
    var response = await open(caller, &exchange)
    if !(await endpoint.record(&exchange, status: response.status)) {
      response = MCPEndpoint.json(500, MCPEndpoint.unrecorded.body)
    }
    return response
  }

  private func open(_ caller: Caller, _ exchange: inout Exchange) async -> Response {
    guard AnswerForm(exchange.fields).takesEvents else {
      exchange.note(.refusal, "(stream)", code: "406")
      return MCPEndpoint.json(406, ProtocolError.invalidRequest("accept text/event-stream").body)
    }
    exchange.note(.response, "(stream)")
    if let denial = await endpoint.governor.admit(caller, method: "(stream)") {
      return endpoint.limited(denial, id: nil, .november2024, &exchange)
    }
    let stream = EventStream()
    guard endpoint.streams.add(stream, of: caller.connectionID) else {
      return endpoint.limited(MCPEndpoint.tooManyStreams, id: nil, .november2024, &exchange)
    }
    // Whoever was gone before their stream began left a seat behind.
    for (id, seat) in seats.withLock({ $0.filter { $0.value.stream.isClosed } }) { leave(id, seat.stream) }
    let id = Base64URL.encode(endpoint.world.random(24))
    seats.withLock { $0[id] = Seat(connectionID: caller.connectionID, stream: stream) }
    // 2024-11-05 Transports, "HTTP with SSE": when a client connects, the server MUST send an `endpoint` event.
    let first = Array("event: endpoint\ndata: \(messages)?session_id=\(id)\n\n".utf8)
    return MCPEndpoint.events { [self] reader in
      if await reader.write(first) { await stream.serve(reader) }
      leave(id, stream)
    }
  }

  private func leave(_ id: String, _ stream: EventStream) {
    stream.close()
    endpoint.streams.remove(stream)
    let seat = seats.withLock { $0.removeValue(forKey: id) }
    if let session = seat?.session { endpoint.sessions.end(session) }
  }

  /// `POST`: takes a message of a session.
  package func take(_ request: Request, caller: Caller) async -> Response {
    let ids = Form(decoding: request.query.utf8)?.pairs.filter { $0.name == "session_id" } ?? []
    guard ids.count == 1, let seat = seats.withLock({ $0[ids[0].value] }),
      seat.connectionID == caller.connectionID
    else {
      // Somebody else's session does not exist.
      var exchange = Exchange(
        arrived: endpoint.world.now, caller: caller, path: request.path, fields: request.fields, by: .events)
      let response = endpoint.sessionNotFound("(headers)", &exchange)
      guard await endpoint.record(&exchange, status: response.status) else {
        return MCPEndpoint.json(500, MCPEndpoint.unrecorded.body)
      }
      return response
    }
    var message = request
    message.fields["accept"] = "application/json, text/event-stream"
    message.fields["mcp-protocol-version"] = nil
    message.fields["mcp-session-id"] = seat.session?.id
    let response = await endpoint.respond(to: message, caller: caller, by: .events)
    if let id = response.fields["mcp-session-id"] {
      begin(endpoint.sessions.find(id, caller), at: ids[0].value)
    }
    return await pass(response, to: seat.stream)
  }

  /// Gives a session to whoever sits there; what the endpoint says of itself goes to their stream.
  private func begin(_ session: Session?, at id: String) {
    guard let session else { return }
    let (seat, old) = seats.withLock { seats in
      let old = seats[id]?.session
      seats[id]?.session = session
      return (seats[id], old)
    }
    if let old { endpoint.sessions.end(old) }
    guard let seat else { return endpoint.sessions.end(session) }
    // It ends with the session, and the session with the stream.
    Task { await session.general.serve(Relay(stream: seat.stream)) }
  }

  /// Sends an answer by the stream.
  ///
  /// - Returns: what the POST is answered: 202, or an error that is about HTTP as much as about the message.
  private func pass(_ response: Response, to stream: EventStream) async -> Response {
    switch response.body {
    case .stream(let write):
      // As long as the call runs, which has its limit.
      Task { await write(Relay(stream: stream)) }
    case .bytes(let bytes):
      // An error that answers no request is no message to the client.
      let isAnswer =
        response.status < 300 || (try? JSONValue(parsing: bytes))?["id"].map { !$0.isNull } == true
      if isAnswer, !bytes.isEmpty { _ = await stream.send(bytes) }
      if response.status >= 300 { return response }
    }
    return Response(status: 202)
  }

  /// Writes to a stream of events what was meant for a connection.
  private struct Relay: ResponseStream {
    let stream: EventStream
    func write(_ bytes: [UInt8]) async -> Bool { await stream.relay(bytes) }
    var isOpen: Bool { !stream.isClosed }
  }
}
