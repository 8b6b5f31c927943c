internal import Authentication
internal import Governance
internal import HTTP
internal import JSON

extension MCPEndpoint {
  /// A body of 2025-03-26 to 2025-11-25: one message, or an array of them where the revision has batches.
  func handshake(
    _ fields: Fields, _ revision: Revision?, _ body: JSONValue, _ caller: Caller, _ exchange: inout Exchange
  ) async -> Response {
    guard fields.all("mcp-protocol-version").count <= 1 else {
      let error = ProtocolError.invalidRequest("MCP-Protocol-Version appears more than once")
      return refusal(error, "(headers)", status: 400, &exchange)
    }
    // `initialize` agrees on the version, whatever the header says.
    let isInitialize = body["method"]?.string == "initialize"
    guard fields.all("mcp-session-id").count <= 1 else {
      let error = ProtocolError.invalidRequest("Mcp-Session-Id appears more than once")
      return refusal(error, "(headers)", status: 400, &exchange)
    }
    if !isInitialize, let id = fields["mcp-session-id"] {
      guard let session = sessions.find(id, caller) else { return sessionNotFound("(headers)", &exchange) }
      exchange.client.session = session
      exchange.client.capabilities = session.capabilities
    }
    // Without a header, the revision is the one that was agreed on.
    let revision =
      fields["mcp-protocol-version"] == nil ? exchange.client.session?.revision ?? revision : revision
    guard let revision = revision ?? (isInitialize ? .latestHandshake : nil) else {
      // Transports, "Protocol Version Header": an invalid or unsupported one MUST be answered 400.
      let supported = Revision.streamable.filter { !$0.isModern }.map(\.rawValue).joined(separator: ", ")
      let error = ProtocolError.invalidRequest(
        "unsupported MCP-Protocol-Version; supported: \(supported)", id: RequestID(body["id"]))
      return refusal(error, "(headers)", status: 400, &exchange)
    }
    if case .array(let messages) = body, (exchange.client.session?.revision ?? revision).hasBatches {
      return await batch(messages, caller, revision, &exchange)
    }
    let message: Message
    do throws(ProtocolError) {
      message = try Message(body)
    } catch {
      return refusal(error, "(body)", status: error.handshakeStatus, &exchange)
    }
    switch message {
    case .response(let object):
      exchange.note(.request, "(response)")
      if let denial = await governor.admit(caller, method: "(response)") {
        return limited(denial, id: nil, revision, &exchange)
      }
      exchange.client.session?.receive(object)
      return Response(status: 202)
    case .notification(let method, let params):
      return await acknowledged(method, params, caller, revision, &exchange)
    case .request(let id, let method, let params):
      exchange.id = id
      if method == "initialize" { return await begin(id, params, caller, revision, &exchange) }
      if mayTalk(method, params) { return await converse(id, method, params, caller, revision, &exchange) }
      let outcome = await dispatch(method, params, caller, revision, &exchange)
      return response(outcome, id: id, revision, &exchange)
    }
  }

  /// A batch of 2025-03-26 (JSON-RPC 2.0 §6): answered one after the other, in one array.
  func batch(
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
      case .response(let object):
        exchange.note(.request, "(response)")
        guard await governor.admit(caller, method: "(response)") == nil else {
          exchange.refuse(code: "rate_limited")
          continue
        }
        exchange.client.session?.receive(object)
      case .notification(let method, let params):
        _ = await acknowledged(method, params, caller, revision, &exchange)
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
}
