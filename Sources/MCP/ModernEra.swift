internal import Authentication
internal import Governance
internal import HTTP
internal import JSON

extension MCPEndpoint {
  /// A body of 2026-07-28: one request, complete in itself, or one notification.
  func modern(
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
    case .notification(let method, let params):
      // The core protocol defines no notification from the client on this transport; what comes is dropped.
      let version = fields["mcp-protocol-version"] ?? ""
      guard Revision(rawValue: version)?.isModern == true else {
        return refusal(.unsupportedVersion(version), method, status: 400, &exchange)
      }
      return await acknowledged(method, params, caller, .july2026, &exchange)
    case .request(let id, let method, let params):
      exchange.id = id
      do throws(ProtocolError) {
        exchange.client.capabilities =
          try Envelope(method: method, params: params, fields: fields).clientCapabilities
      } catch {
        return refusal(error, method, status: error.modernStatus, &exchange)
      }
      if method == "subscriptions/listen" { return await listen(id, params, caller, &exchange) }
      if mayTalk(method, params) { return await converse(id, method, params, caller, .july2026, &exchange) }
      let outcome = await dispatch(method, params, caller, .july2026, &exchange)
      return response(outcome, id: id, .july2026, &exchange)
    }
  }
}
