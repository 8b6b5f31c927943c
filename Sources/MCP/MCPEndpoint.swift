package import Authentication
package import Governance
package import HTTP
internal import JSON
internal import OAuth
package import Telemetry
package import Tools
package import World

/// The MCP endpoint: one path that speaks every revision that clients do, by POST alone.
///
///     POST ─► content type, Accept ─► JSON ─► era ─┬─► modern: envelope, headers, version ─┐
///                                                  └─► handshake: version header ──────────┴─► method ─► audit ─► answer
///
/// It comes after `OriginRule` and after authentication: a request that gets here has a caller. It holds no state
/// between requests, and nothing is answered that isn't in the audit log.
package struct MCPEndpoint: Sendable {
  let catalogue: ToolCatalogue
  let governor: Governor
  let audit: AuditLog
  let configuration: Configuration
  let listing: ToolListing
  /// `,"_meta":{…}` with the server's name and version: 2026-07-28 wants it in every result.
  let serverInfoMember: [UInt8]
  let world: World
  private let log: Log

  package init(
    catalogue: ToolCatalogue, governor: Governor, audit: AuditLog, world: World, log: Log,
    configuration: Configuration
  ) {
    self.catalogue = catalogue
    self.governor = governor
    self.audit = audit
    self.world = world
    self.log = log
    self.configuration = configuration
    self.listing = ToolListing(catalogue, pageSize: configuration.pageSize)
    let meta: JSONObject = [
      "_meta": ["io.modelcontextprotocol/serverInfo": .object(configuration.serverInfo(.july2026))]
    ]
    self.serverInfoMember = Array(",".utf8) + Reply.members(meta)
  }

  /// Answers one request of an authenticated caller.
  package func respond(to request: Request, caller: Caller) async -> Response {
    guard request.method == .post else {
      // The handshake revisions: a server without a stream for GET MUST answer 405, one that ends no sessions for
      // DELETE MAY; 2026-07-28: both SHOULD be 405.
      let status = request.method == .options ? 204 : 405
      return Response(status: status, fields: ["allow": "POST, OPTIONS"])
    }
    let arrived = world.now
    let form = AnswerForm(request.fields)
    var exchange = Exchange(arrived: arrived, caller: caller, path: request.path)
    var response = await answer(request, form, caller, &exchange)
    if form == .event { response = Self.asEvent(response) }

    let duration = max(.zero, world.now - arrived)
    for index in exchange.entries.indices {
      exchange.entries[index].status = response.status
      exchange.entries[index].duration = duration
    }
    do {
      try await audit.append(contentsOf: exchange.entries)
    } catch {
      let failure = unrecorded(error)
      return Self.json(
        failure.modernStatus, ProtocolError(failure.code, failure.message, id: exchange.id).body)
    }
    return response
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
    case .modern: return await modern(request.fields, body, caller, &exchange)
    case .handshake(let revision): return await handshake(request.fields, revision, body, caller, &exchange)
    }
  }

  func dispatch(
    _ method: String, _ params: JSONObject, _ caller: Caller, _ revision: Revision, _ exchange: inout Exchange
  ) async -> Outcome {
    if method == "tools/call" {
      var entry = AuditEntry(time: exchange.arrived, kind: .response, method: method, caller: caller)
      let outcome = await callTool(params, caller, revision, &entry)
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
    do throws(ProtocolError) {
      switch (method, revision.isModern) {
      case ("tools/list", _): return .result(try listTools(params, caller, revision))
      case ("resources/list", _): return .result(try await listResources(params, caller, revision))
      case ("resources/templates/list", _):
        return .result(try listResourceTemplates(params, caller, revision))
      case ("prompts/list", _): return .result(try listPrompts(params, caller, revision))
      case ("prompts/get", _): return .result(try await getPrompt(params, caller, revision, &exchange))
      case ("completion/complete", _): return .result(try await completeArgument(params, caller, revision))
      case ("server/discover", true): return .result(discover())
      case ("initialize", false): return .result(try initialize(params))
      case ("ping", false): return .result([])
      default: return .error(.methodNotFound(method))
      }
    } catch {
      return .error(error)
    }
  }

  /// A notification is accepted and has no effect: none that a client may send asks anything of a server without
  /// sessions and streams.
  func acknowledged(
    _ method: String, _ caller: Caller, _ revision: Revision, _ exchange: inout Exchange
  ) async -> Response {
    exchange.note(.request, method)
    if let denial = await governor.admit(caller, method: method) {
      return limited(denial, id: nil, revision, &exchange)
    }
    return Response(status: 202)
  }

  /// Fail closed: what can't be put on record isn't answered.
  func unrecorded(_ reason: any Error) -> ProtocolError {
    log.error("audit entry not written", ["reason": .string("\(reason)")])
    return ProtocolError(.internal, "Internal error: the audit log can't be written, so nothing is answered")
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
