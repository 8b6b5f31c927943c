internal import JSON
internal import Tools

extension MCPEndpoint {
  /// `logging/setLevel` of the handshake revisions: for the session; without one there is nothing to keep it in, and
  /// requests go on to say `info` and above.
  func setLogLevel(_ params: JSONObject, _ exchange: Exchange) throws(ProtocolError) -> [UInt8] {
    // server/utilities/logging, "Error Handling": invalid log level is -32602.
    guard let level = params["level"]?.string.flatMap({ LogLevel(rawValue: $0) }) else {
      throw .invalidParams(
        "'level' must be one of \(LogLevel.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    exchange.client.session?.logLevel = level
    return []
  }
}
