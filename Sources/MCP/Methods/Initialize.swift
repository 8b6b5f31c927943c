internal import JSON

extension MCPEndpoint {
  /// `initialize` of the handshake revisions (Lifecycle, "Version Negotiation").
  ///
  /// The server keeps nothing of it: every later request names its revision in a header, or is 2025-03-26, and is
  /// complete in itself. So no session id is given out, which the revisions leave to the server.
  func initialize(_ params: JSONObject) throws(ProtocolError) -> [UInt8] {
    guard let asked = params["protocolVersion"]?.string else {
      throw .invalidParams("'protocolVersion' must be a string")
    }
    // If the server supports the requested version it MUST respond with the same; otherwise with another that it
    // supports, which SHOULD be the latest. One that has no handshake can't be agreed on by one.
    let known = Revision(rawValue: asked).flatMap { $0.isModern ? nil : $0 }
    let agreed = known ?? .latestHandshake
    var result: JSONObject = [
      "protocolVersion": .string(agreed.rawValue), "capabilities": .object(capabilities),
      "serverInfo": .object(configuration.serverInfo(agreed)),
    ]
    if !configuration.instructions.isEmpty { result["instructions"] = .string(configuration.instructions) }
    return Reply.members(result)
  }

  /// What there is. What isn't declared isn't answered.
  var capabilities: JSONObject {
    var capabilities: JSONObject = ["tools": [:]]
    addRepertoire(to: &capabilities)
    return capabilities
  }
}
