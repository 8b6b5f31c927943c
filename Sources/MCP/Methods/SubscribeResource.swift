internal import Authentication
internal import JSON

extension MCPEndpoint {
  /// `resources/subscribe` and `resources/unsubscribe` of the handshake revisions: updates come by the stream of `GET`.
  func follow(
    _ params: JSONObject, _ caller: Caller, _ exchange: Exchange, begins: Bool
  ) async throws(ProtocolError) -> [UInt8] {
    guard let uri = params["uri"]?.string, !uri.isEmpty, uri.utf8.count <= 4096 else {
      throw .invalidParams("'uri' must be a URI")
    }
    guard let session = exchange.client.session else {
      throw .invalidRequest("resources can be followed in a session alone: send Mcp-Session-Id")
    }
    guard begins else {
      session.unsubscribe(uri)
      return []
    }
    guard await mayFollow(uri, caller) else {
      throw ProtocolError(.resourceNotFound, "Resource not found", data: ["uri": .string(uri)])
    }
    guard session.subscribe(uri) else {
      throw .invalidRequest("a session follows at most \(Session.mostResources) resources")
    }
    return []
  }

  /// Whether there is such a resource, that the caller may read, and that tells of its changes.
  func mayFollow(_ uri: String, _ caller: Caller) async -> Bool {
    await configuration.mayFollow?(uri, caller) ?? false
  }
}
