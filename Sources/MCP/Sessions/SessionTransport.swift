internal import Authentication
internal import Governance
internal import HTTP
internal import JSON

/// `GET` and `DELETE`, which 2025-03-26 to 2025-11-25 have for sessions.
extension MCPEndpoint {
  /// `GET`: the stream of what belongs to no request; with `Last-Event-ID`, the rest of one that was lost.
  func openGeneralStream(
    _ form: AnswerForm, _ caller: Caller, _ exchange: inout Exchange
  ) async -> Response {
    let session: Session
    switch self.session(caller, &exchange, "(stream)") {
    case .session(let found): session = found
    case .over(let response): return response
    // Without a session there is no stream, which the older revisions let a server answer so too.
    case .none: return Self.notHere
    }
    guard form.takesEvents else {
      exchange.note(.refusal, "(stream)", code: "406")
      return Self.json(406, ProtocolError.invalidRequest("accept text/event-stream").body)
    }
    exchange.note(.response, "(stream)")
    if let denial = await governor.admit(caller, method: "(stream)") {
      return limited(denial, id: nil, session.revision, &exchange)
    }
    var (stream, last) = (session.general, nil as Int?)
    if let eventID = exchange.fields["last-event-id"] {
      guard let found = session.stream(after: eventID) else {
        // What came after that event is not kept any more: to go on as if nothing was missed would be wrong.
        exchange.refuse(code: "-32600")
        return Self.json(
          400, ProtocolError.invalidRequest("what followed that Last-Event-ID is not known any more").body)
      }
      (stream, last) = (found.stream, found.last)
    }
    guard streams.add(stream, of: caller.connectionID) else {
      return limited(Self.tooManyStreams, id: nil, session.revision, &exchange)
    }
    if session.revision == .november2025, last == nil { stream.prime(retry: RequestConversation.retry) }
    return Self.events { [streams, stream, last] reader in
      await stream.serve(reader, after: last)
      if !stream.hasReader { streams.remove(stream) }
    }
  }

  /// `DELETE`: the client needs its session no more.
  func endSession(_ caller: Caller, _ exchange: inout Exchange) async -> Response {
    let session: Session
    switch self.session(caller, &exchange, "(session)") {
    case .session(let found): session = found
    case .over(let response): return response
    case .none: return Self.notHere
    }
    exchange.note(.response, "(session)")
    if let denial = await governor.admit(caller, method: "(session)") {
      return limited(denial, id: nil, session.revision, &exchange)
    }
    sessions.end(session)
    return Response(status: 204)
  }

  /// The session that the request names, if it is the caller's.
  ///
  private func session(_ caller: Caller, _ exchange: inout Exchange, _ what: String) -> Named {
    let fields = exchange.fields
    guard let id = fields["mcp-session-id"] else { return .none }
    if fields.all("mcp-session-id").count == 1, let session = sessions.find(id, caller) {
      return .session(session)
    }
    // 2026-07-28: "HTTP GET or DELETE to the MCP endpoint: respond with 405", whatever session is named.
    let revision = fields["mcp-protocol-version"].flatMap { Revision(rawValue: $0) }
    return revision?.isModern == true ? .none : .over(sessionNotFound(what, &exchange))
  }

  private enum Named {
    case session(Session)
    case over(Response)
    case none
  }

  /// Transports, "Session Management": a server MUST answer requests with a session that is over with 404; one that is
  /// somebody else's is answered the same.
  func sessionNotFound(_ method: String, _ exchange: inout Exchange) -> Response {
    refusal(.invalidRequest("there is no such session: initialize again"), method, status: 404, &exchange)
  }

  private static var notHere: Response { Response(status: 405, fields: ["allow": allowed]) }
}
