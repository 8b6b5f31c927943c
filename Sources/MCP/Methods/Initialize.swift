internal import Authentication
internal import Governance
internal import HTTP
internal import JSON

extension MCPEndpoint {
  /// `initialize` of the handshake revisions (Lifecycle, "Version Negotiation").
  ///
  /// A client that gets a session id and sends it has a session from then on; one that doesn't send it is served without:
  /// every request names its revision in a header, or is 2025-03-26, and is complete in itself.
  func initialize(
    _ params: JSONObject, by transport: Exchange.Transport
  ) throws(ProtocolError) -> (members: [UInt8], agreed: Revision) {
    guard let asked = params["protocolVersion"]?.string else {
      throw .invalidParams("'protocolVersion' must be a string")
    }
    // If the server supports the requested version it MUST respond with the same; otherwise with another that it
    // supports, which SHOULD be the latest. One that has no handshake can't be agreed on by one.
    let known = Revision(streamable: asked).flatMap { $0.isModern ? nil : $0 }
    let agreed = transport == .events ? .november2024 : known ?? .latestHandshake
    var result: JSONObject = [
      "protocolVersion": .string(agreed.rawValue), "capabilities": .object(capabilities(agreed)),
      "serverInfo": .object(configuration.serverInfo(agreed)),
    ]
    if !configuration.instructions.isEmpty { result["instructions"] = .string(configuration.instructions) }
    return (Reply.members(result), agreed)
  }

  /// What there is. What isn't declared isn't answered.
  func capabilities(_ revision: Revision) -> JSONObject {
    var capabilities: JSONObject = ["tools": ["listChanged": true]]
    // 2026-07-28 has no such method: log messages are asked for request by request.
    if !revision.isModern { capabilities["logging"] = [:] }
    addRepertoire(to: &capabilities, revision)
    return capabilities
  }

  /// Of what a client can do, that which somebody asks for later: the rest could be of any size.
  private static func kept(_ capabilities: JSONValue?) -> JSONValue {
    var kept = JSONObject()
    for name in ["sampling", "roots"] where capabilities?[name]?.object != nil { kept[name] = [:] }
    if let elicitation = capabilities?["elicitation"]?.object {
      var modes = JSONObject()
      for mode in ["form", "url"] where elicitation[mode]?.object != nil { modes[mode] = [:] }
      // One that names no mode can do forms; one that names others alone can't.
      if modes.isEmpty, !elicitation.isEmpty { modes["other"] = [:] }
      kept["elicitation"] = .object(modes)
    }
    return .object(kept)
  }

  /// Answers `initialize`, and begins a session where there is room for one.
  func begin(
    _ id: RequestID, _ params: JSONObject, _ caller: Caller, _ revision: Revision, _ exchange: inout Exchange
  ) async -> Response {
    exchange.note(.response, "initialize")
    if let denial = await governor.admit(caller, method: "initialize") {
      return limited(denial, id: id, revision, &exchange)
    }
    do throws(ProtocolError) {
      let (members, agreed) = try initialize(params, by: exchange.transport)
      var response = response(.result(members), id: id, revision, &exchange)
      if let session = sessions.begin(caller, agreed, Self.kept(params["capabilities"])) {
        response.fields["mcp-session-id"] = session.id
      }
      return response
    } catch {
      return response(.error(error), id: id, revision, &exchange)
    }
  }
}
