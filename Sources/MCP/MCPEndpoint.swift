package import Authentication
package import Governance
package import HTTP
internal import JSON
internal import OAuth
internal import Tasks
package import Telemetry
package import Tools
package import World

/// The MCP endpoint: one path that speaks every revision that clients do.
///
///     POST ─► content type, Accept ─► JSON ─► era ─┬─► modern: envelope, headers, version ─┐
///                                                  └─► handshake: version header, session ─┴─► request
///     GET, DELETE ─► session ─► its stream, its end
///
///     request ─┬─► method ─► audit ─► JSON                            what answers at once: nothing else happens
///              ├─► RequestConversation ─► method (a task of its own)  what may talk before it answers
///              │        │ first: the result  ─► audit ─► JSON
///              │        └ first: a message   ─► audit ─► EventStream ◄─ progress, log, questions, the result
///              └─► subscriptions/listen ─► audit ─► EventStream ◄─ Listeners ◄─ announce(Change)
///
///     Session      (2025-03-26 to 2025-11-25) its EventStreams, to which a client comes back by `Last-Event-ID`; the
///                  questions that wait for the client, the requests that run, the resources that it follows
///     RequestState (2026-07-28) what a client carries from one round of a request to the next, sealed
///
/// An `EventStream` is read by one `ResponseStream` of the server's at a time. What waits in it is bounded, and a reader
/// that does not read is dropped. Closing the stream of a request of 2026-07-28 cancels it; before, it does not.
///
/// It comes after `OriginRule` and after authentication: a request that gets here has a caller. Nothing is answered
/// that isn't in the audit log. All that lasts longer than a request is in the memory of this process.
package struct MCPEndpoint: Sendable {
  let offering: Offering
  let governor: Governor
  let audit: AuditLog
  let configuration: Configuration
  let sessions: Sessions
  let streams: OpenStreams
  let listeners = Listeners()
  let watched = Watched()
  let taskBell = TaskBell()
  let conversations: Conversations
  let requestState: RequestState
  /// `,"_meta":{…}` with the server's name and version: 2026-07-28 wants it in every result.
  let serverInfoMember: [UInt8]
  let world: World
  private let log: Log

  package init(
    catalogue: ToolCatalogue, governor: Governor, audit: AuditLog, requestState: RequestState, world: World,
    log: Log, configuration: Configuration
  ) {
    self.offering = Offering(
      catalogue, pageSize: configuration.pageSize, hasTasks: configuration.tasks != nil)
    self.governor = governor
    self.audit = audit
    self.requestState = requestState
    self.world = world
    self.log = log
    self.configuration = configuration
    sessions = Sessions(configuration.sessions, world: world)
    conversations = Conversations(Conversations.Limits())
    streams = OpenStreams(
      most: configuration.streamLimit, perConnection: configuration.streamLimitPerConnection)
    let meta: JSONObject = [
      "_meta": ["io.modelcontextprotocol/serverInfo": .object(configuration.serverInfo(.july2026))]
    ]
    self.serverInfoMember = Array(",".utf8) + Reply.members(meta)
    configuration.tasks?.onChange { [listeners, sessions, taskBell] task in
      taskBell.ring()
      listeners.tell(task)
      sessions.tell(task)
    }
  }

  /// The tools that there are now.
  package var catalogue: ToolCatalogue { offering.tools.catalogue }

  /// Takes other tools, and tells those who want to know.
  package func offer(_ catalogue: ToolCatalogue) {
    offering.replace(catalogue)
    announce(.tools)
  }

  /// Tells every client that asked to hear of it.
  package func announce(_ change: Change) {
    listeners.tell(change)
    sessions.tell(change)
  }

  /// Answers one request of an authenticated caller.
  package func respond(to request: Request, caller: Caller) async -> Response {
    await respond(to: request, caller: caller, by: .streamable)
  }

  func respond(to request: Request, caller: Caller, by transport: Exchange.Transport) async -> Response {
    let arrived = world.now
    let form = AnswerForm(request.fields)
    var exchange = Exchange(
      arrived: arrived, caller: caller, path: request.path, fields: request.fields, by: transport)
    exchange.client.takesEvents = form.takesEvents
    var response: Response
    switch request.method {
    case .post:
      response = await answer(request, form, caller, &exchange)
      if form == .event { response = Self.asEvent(response) }
    case .get: response = await openGeneralStream(form, caller, &exchange)
    case .delete: response = await endSession(caller, &exchange)
    default:
      return Response(status: request.method == .options ? 204 : 405, fields: ["allow": Self.allowed])
    }
    guard await record(&exchange, status: response.status) else {
      let failure = Self.unrecorded
      return Self.json(
        failure.modernStatus, ProtocolError(failure.code, failure.message, id: exchange.id).body)
    }
    return response
  }

  /// What there is without a session.
  static let allowed = "POST, OPTIONS"

  /// Puts what was noted on record.
  ///
  /// - Returns: false when it could not be: then nothing of it may be answered.
  func record(_ exchange: inout Exchange, status: Int) async -> Bool {
    let duration = max(.zero, world.now - exchange.arrived)
    for index in exchange.entries.indices {
      exchange.entries[index].status = status
      exchange.entries[index].duration = duration
    }
    do {
      try await audit.append(contentsOf: exchange.entries)
      return true
    } catch {
      notRecorded(error)
      return false
    }
  }

  private func answer(
    _ request: Request, _ form: AnswerForm, _ caller: Caller, _ exchange: inout Exchange
  ) async -> Response {
    guard Self.isJSON(request.fields) else {
      exchange.note(.refusal, "(body)", code: "415")
      return Self.json(415, ProtocolError.invalidRequest("the body must be application/json").body)
    }
    guard form != .none else {
      exchange.note(.refusal, "(body)", code: "406")
      return Self.json(
        406, ProtocolError.invalidRequest("accept application/json and text/event-stream").body)
    }
    let body: JSONValue
    do throws(JSONError) {
      body = try JSONValue(parsing: request.body)
    } catch {
      exchange.note(.refusal, "(body)", code: "-32700")
      return Self.json(400, ProtocolError(.parse, "Parse error: \(error)").body)
    }
    switch Era(request.fields, body) {
    case .handshake(let revision):
      return await handshake(request.fields, revision, body, caller, &exchange)
    case .modern:
      // Clients were seen that agreed on an older revision and then name the newest one they know in the header. Their
      // session says what they meant; an envelope would say that they mean the newest.
      if request.fields["mcp-protocol-version"] == Revision.july2026.rawValue,
        body["params"]?["_meta"]?[Era.version] == nil, let id = request.fields["mcp-session-id"],
        let session = sessions.find(id, caller)
      {
        return await handshake(request.fields, session.revision, body, caller, &exchange)
      }
      return await modern(request.fields, body, caller, &exchange)
    }
  }

  func dispatch(
    _ method: String, _ params: JSONObject, _ caller: Caller, _ revision: Revision, _ exchange: inout Exchange
  ) async -> Outcome {
    if method == "tools/call" {
      var entry = AuditEntry(time: exchange.arrived, kind: .response, method: method, caller: caller)
      let outcome = await callTool(params, caller, revision, &exchange, &entry)
      exchange.entries.append(entry)
      return outcome
    }
    if method == "resources/read" {
      var entry = AuditEntry(time: exchange.arrived, kind: .response, method: method, caller: caller)
      let outcome = await readResource(params, caller, revision, &entry)
      exchange.entries.append(entry)
      return outcome
    }
    exchange.note(.response, method)
    if let denial = await governor.admit(caller, method: method) { return .limited(denial) }
    if method.hasPrefix("tasks/"), let tasks = configuration.tasks {
      return await answerTask(method, params, caller, revision, tasks, &exchange)
    }
    do throws(ProtocolError) {
      switch (method, revision.isModern) {
      case ("tools/list", _): return .result(try listTools(params, caller, revision))
      case ("resources/list", _): return .result(try await listResources(params, caller, revision))
      case ("resources/templates/list", _):
        return .result(try listResourceTemplates(params, caller, revision))
      case ("prompts/list", _): return .result(try listPrompts(params, caller, revision))
      case ("prompts/get", _): return .result(try await getPrompt(params, caller, revision, &exchange))
      case ("completion/complete", _):
        return .result(try await completeArgument(params, caller, revision, &exchange))
      case ("logging/setLevel", false): return .result(try setLogLevel(params, exchange))
      case ("server/discover", true): return .result(discover())
      case ("ping", false): return .result([])
      case ("resources/subscribe", false) where configuration.mayFollow != nil:
        return .result(try await follow(params, caller, exchange, begins: true))
      case ("resources/unsubscribe", false) where configuration.mayFollow != nil:
        return .result(try await follow(params, caller, exchange, begins: false))
      default: return .error(.methodNotFound(method))
      }
    } catch {
      return .error(error)
    }
  }

  /// A notification is accepted. Only one of them asks anything of a server: to stop what a session had begun.
  func acknowledged(
    _ method: String, _ params: JSONObject, _ caller: Caller, _ revision: Revision,
    _ exchange: inout Exchange
  ) async -> Response {
    exchange.note(.request, method)
    if let denial = await governor.admit(caller, method: method) {
      return limited(denial, id: nil, revision, &exchange)
    }
    if method == "notifications/cancelled", let id = RequestID(params["requestId"]) {
      exchange.client.session?.cancel(id)
    }
    return Response(status: 202)
  }

  /// Fail closed: what can't be put on record isn't answered.
  static let unrecorded = ProtocolError(
    .internal, "Internal error: the audit log can't be written, so nothing is answered")

  func taskTrouble(_ reason: any Error) {
    log.error("tasks can't be read or kept", ["reason": .string("\(reason)")])
  }

  func notRecorded(_ reason: any Error) {
    log.error("audit entry not written", ["reason": .string("\(reason)")])
  }

  /// JSON, in UTF-8 if it names a character set (RFC 8259 §8.1).
  private static func isJSON(_ fields: Fields) -> Bool {
    let lines = fields.all("content-type")
    if lines.count == 1, lines[0] == "application/json" { return true }  // as nearly every client writes it
    guard let type = fields.contentType, type.isSame(as: .json) else { return false }
    return type.parameters["charset"].map { $0.lowercased() == "utf-8" } ?? true
  }

  /// For a client that reads events alone: the one answer as the one event of its stream.
  private static func asEvent(_ response: Response) -> Response {
    guard response.status == 200, case .bytes(let bytes) = response.body, !bytes.isEmpty else {
      return response
    }
    var event = response
    event.fields["content-type"] = "text/event-stream"
    event.fields["x-accel-buffering"] = "no"
    event.body = .bytes(Array("event: message\ndata: ".utf8) + bytes + Array("\n\n".utf8))
    return event
  }
}
