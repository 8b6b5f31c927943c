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
  private let world: World
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

  // MARK: 2026-07-28

  private func modern(
    _ fields: Fields, _ body: JSONValue, _ caller: Caller, _ exchange: inout Exchange
  ) async -> Response {
    let message: Message
    do throws(ProtocolError) {
      message = try Message(body)
    } catch {
      return refusal(error, "(body)", status: error.modernStatus, &exchange)
    }
    switch message {
    case .response:
      // "Sending Messages": the client MUST NOT send JSON-RPC responses.
      return refusal(.invalidRequest("a response is not accepted"), "(response)", status: 400, &exchange)
    case .notification(let method, _):
      // The core protocol defines no notification from the client on this transport; what comes is dropped.
      let version = fields["mcp-protocol-version"] ?? ""
      guard Revision(rawValue: version)?.isModern == true else {
        return refusal(.unsupportedVersion(version), method, status: 400, &exchange)
      }
      return await acknowledged(method, caller, .july2026, &exchange)
    case .request(let id, let method, let params):
      exchange.id = id
      do throws(ProtocolError) {
        _ = try Envelope(method: method, params: params, fields: fields)
      } catch {
        return refusal(error, method, status: error.modernStatus, &exchange)
      }
      let outcome = await dispatch(method, params, caller, .july2026, &exchange)
      return response(outcome, id: id, .july2026, &exchange)
    }
  }

  // MARK: 2025-03-26 to 2025-11-25

  private func handshake(
    _ fields: Fields, _ revision: Revision?, _ body: JSONValue, _ caller: Caller, _ exchange: inout Exchange
  ) async -> Response {
    guard fields.all("mcp-protocol-version").count <= 1 else {
      let error = ProtocolError.invalidRequest("MCP-Protocol-Version appears more than once")
      return refusal(error, "(headers)", status: 400, &exchange)
    }
    // `initialize` agrees on the version, whatever the header says.
    let isInitialize = body["method"]?.string == "initialize"
    guard let revision = revision ?? (isInitialize ? .latestHandshake : nil) else {
      // Transports, "Protocol Version Header": an invalid or unsupported one MUST be answered 400.
      let supported = Revision.allCases.filter { !$0.isModern }.map(\.rawValue).joined(separator: ", ")
      let error = ProtocolError.invalidRequest(
        "unsupported MCP-Protocol-Version; supported: \(supported)", id: RequestID(body["id"]))
      return refusal(error, "(headers)", status: 400, &exchange)
    }
    if case .array(let messages) = body, revision.hasBatches {
      return await batch(messages, caller, revision, &exchange)
    }
    let message: Message
    do throws(ProtocolError) {
      message = try Message(body)
    } catch {
      return refusal(error, "(body)", status: error.handshakeStatus, &exchange)
    }
    switch message {
    case .response:
      exchange.note(.request, "(response)")
      return Response(status: 202)
    case .notification(let method, _):
      return await acknowledged(method, caller, revision, &exchange)
    case .request(let id, let method, let params):
      exchange.id = id
      let outcome = await dispatch(method, params, caller, revision, &exchange)
      return response(outcome, id: id, revision, &exchange)
    }
  }

  /// A batch of 2025-03-26 (JSON-RPC 2.0 §6): answered one after the other, in one array.
  private func batch(
    _ messages: [JSONValue], _ caller: Caller, _ revision: Revision, _ exchange: inout Exchange
  ) async -> Response {
    guard !messages.isEmpty, messages.count <= configuration.batchLimit else {
      let error = ProtocolError.invalidRequest("a batch has 1 to \(configuration.batchLimit) messages")
      return refusal(error, "(batch)", status: 400, &exchange)
    }
    var answers: [[UInt8]] = []
    for value in messages {
      let message: Message
      do throws(ProtocolError) {
        message = try Message(value)
      } catch {
        exchange.note(.refusal, "(body)", code: "\(error.code.rawValue)")
        answers.append(error.body)
        continue
      }
      switch message {
      case .response: exchange.note(.request, "(response)")
      case .notification(let method, _): _ = await acknowledged(method, caller, revision, &exchange)
      case .request(let id, let method, let params):
        guard method != "initialize" else {
          // Lifecycle: the initialize request MUST NOT be part of a batch.
          exchange.note(.refusal, method, code: "-32600")
          answers.append(ProtocolError.invalidRequest("initialize must not be in a batch", id: id).body)
          continue
        }
        let outcome = await dispatch(method, params, caller, revision, &exchange)
        // The status is the whole batch's, so each answer stands for itself.
        let part = response(outcome, id: id, revision, &exchange)
        if case .bytes(let bytes) = part.body { answers.append(bytes) }
      }
    }
    guard !answers.isEmpty else { return Response(status: 202) }
    return Self.json(
      200, [UInt8(ascii: "[")] + Array(answers.joined(separator: [UInt8(ascii: ",")])) + [UInt8(ascii: "]")])
  }

  // MARK: Both eras

  private func dispatch(
    _ method: String, _ params: JSONObject, _ caller: Caller, _ revision: Revision, _ exchange: inout Exchange
  ) async -> Outcome {
    if method == "tools/call" {
      var entry = AuditEntry(time: exchange.arrived, kind: .response, method: method, caller: caller)
      let outcome = await callTool(params, caller, revision, &entry)
      exchange.entries.append(entry)
      return outcome
    }
    exchange.note(.response, method)
    if let denial = await governor.admit(caller, method: method) { return .limited(denial) }
    do throws(ProtocolError) {
      switch (method, revision.isModern) {
      case ("tools/list", _): return .result(try listTools(params, caller, revision))
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
  private func acknowledged(
    _ method: String, _ caller: Caller, _ revision: Revision, _ exchange: inout Exchange
  ) async -> Response {
    exchange.note(.request, method)
    if let denial = await governor.admit(caller, method: method) {
      return limited(denial, id: nil, revision, &exchange)
    }
    return Response(status: 202)
  }

  private func response(
    _ outcome: Outcome, id: RequestID, _ revision: Revision, _ exchange: inout Exchange
  ) -> Response {
    switch outcome {
    case .result(let members): return Self.json(200, Reply.result(members, id: id))
    case .limited(let denial): return limited(denial, id: id, revision, &exchange)
    case .error(var error):
      error.id = id
      exchange.refuse(code: "\(error.code.rawValue)")
      return Self.json(revision.isModern ? error.modernStatus : error.handshakeStatus, error.body)
    case .insufficientScope(let needed):
      // Authorization, "Scope Challenge Handling": 403 with every scope that the operation needs, at once.
      exchange.refuse(code: "insufficient_scope")
      let error = ProtocolError(
        revision.isModern ? .insufficientScope : .legacyServerError,
        "The token lacks a scope; needed: \(needed)",
        data: ["scope": .string(needed.description)], id: id)
      var response = Self.json(403, error.body)
      response.fields["www-authenticate"] = """
        Bearer error="insufficient_scope", scope="\(needed)", \
        resource_metadata="\(configuration.resourceMetadata(exchange.path))", \
        error_description="this operation needs another scope"
        """
      return response
    }
  }

  /// A request that calls no tool has no result to carry a refusal, so HTTP carries it.
  private func limited(
    _ denial: Denial, id: RequestID?, _ revision: Revision, _ exchange: inout Exchange
  ) -> Response {
    exchange.refuse(code: denial.code, rule: denial.rule)
    let code: ProtocolError.Code = denial.limit == nil ? .unavailable : .tooManyRequests
    var data: JSONObject = ["rule": .string(denial.rule)]
    if let wait = denial.retryAfter { data["retry_after_seconds"] = .integer(wait.wholeSeconds) }
    let error = ProtocolError(
      revision.isModern ? code : .legacyServerError, denial.reason, data: .object(data), id: id)
    var response = Self.json(code.rawValue, error.body)
    if let wait = denial.retryAfter { response.fields["retry-after"] = "\(wait.wholeSeconds)" }
    if let limit = denial.limit, let wait = denial.retryAfter {
      // draft-ietf-httpapi-ratelimit-headers-10 §3 and §4.
      response.fields["ratelimit-policy"] = #""per-minute";q=\#(limit);w=60"#
      response.fields["ratelimit"] = #""per-minute";r=0;t=\#(wait.wholeSeconds)"#
    }
    return response
  }

  private func refusal(
    _ error: ProtocolError, _ method: String, status: Int, _ exchange: inout Exchange
  ) -> Response {
    exchange.note(.refusal, method, code: "\(error.code.rawValue)")
    var error = error
    error.id = error.id ?? exchange.id
    return Self.json(status, error.body)
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

  private static func json(_ status: Int, _ body: [UInt8]) -> Response {
    Response(
      status: status, fields: ["content-type": "application/json", "cache-control": "no-store"], body: body)
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

/// How the client can read an answer (RFC 9110 §12.5.1).
enum AnswerForm: Sendable {
  case json, event, none

  init(_ fields: Fields) {
    let lines = fields.all("accept")
    // As the specification tells every client to write it; the rest is read with care.
    if lines.count == 1, lines[0] == "application/json, text/event-stream" {
      self = .json
      return
    }
    let accept = Accept(lines)
    self = accept.includes(.json) ? .json : accept.includes(.eventStream) ? .event : .none
  }
}

/// What is noted for the audit log while a request is answered.
struct Exchange: Sendable {
  let arrived: Instant
  let caller: Caller
  let path: String
  /// Of the request, once it was read.
  var id: RequestID?
  /// One for each message of the body.
  var entries: [AuditEntry] = []

  init(arrived: Instant, caller: Caller, path: String) {
    self.arrived = arrived
    self.caller = caller
    self.path = path
  }

  mutating func note(_ kind: AuditEntry.Kind, _ method: String, code: String? = nil) {
    var entry = AuditEntry(time: arrived, kind: kind, method: method, caller: caller)
    entry.code = code
    entries.append(entry)
  }

  /// Turns the last message's entry into a refusal.
  mutating func refuse(code: String, rule: String? = nil) {
    guard !entries.isEmpty else { return }
    let last = entries.count - 1
    entries[last].kind = .refusal
    entries[last].code = code
    entries[last].rule = rule
  }
}
