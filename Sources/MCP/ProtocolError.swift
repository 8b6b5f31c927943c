internal import JSON
internal import Tools

/// A JSON-RPC error: what the client's program did wrong, or we. What a model did wrong is a tool result instead.
struct ProtocolError: Error, Sendable, Equatable {
  enum Code: Int, Sendable {
    case parse = -32700
    case invalidRequest = -32600
    case methodNotFound = -32601
    case invalidParams = -32602
    case `internal` = -32603
    // 2026-07-28 basic/index, "Error Codes".
    case headerMismatch = -32020
    case missingClientCapability = -32021
    case unsupportedVersion = -32022
    /// The handshake revisions' (server/resources, "Error Handling"); 2026-07-28 has -32602 for it.
    case resourceNotFound = -32002
    /// The handshake era's own code for everything that a server refuses.
    case legacyServerError = -32000
    // Ours: 2026-07-28 wants new codes outside -32768 to -32000, so the HTTP status it is.
    case insufficientAuthentication = 401
    case insufficientScope = 403
    case tooManyRequests = 429
    case unavailable = 503
  }

  let code: Code
  let message: String
  var data: JSONValue?
  /// Nil when it could not be read.
  var id: RequestID?

  init(_ code: Code, _ message: String, data: JSONValue? = nil, id: RequestID? = nil) {
    self.code = code
    self.message = message
    self.data = data
    self.id = id
  }

  static func invalidRequest(_ message: String, id: RequestID? = nil) -> ProtocolError {
    ProtocolError(.invalidRequest, "Invalid request: \(message)", id: id)
  }

  static func invalidParams(_ message: String, id: RequestID? = nil) -> ProtocolError {
    ProtocolError(.invalidParams, "Invalid params: \(message)", id: id)
  }

  static func methodNotFound(_ method: String) -> ProtocolError {
    ProtocolError(.methodNotFound, "Method not found: \(method.prefix(64))")
  }

  static func headerMismatch(_ message: String) -> ProtocolError {
    ProtocolError(.headerMismatch, "Header mismatch: \(message)")
  }

  /// basic/index: a server that needs a capability the client did not declare MUST answer -32021 with all of them.
  static func missing(_ capabilities: [ClientCapability]) -> ProtocolError {
    var required = JSONObject()
    for capability in capabilities {
      for (name, value) in capability.object.members {
        var modes = required[name]?.object ?? JSONObject()
        for (mode, detail) in value.object?.members ?? [] { modes[mode] = detail }
        required[name] = .object(modes)
      }
    }
    return missing(required)
  }

  /// - Parameter required: as `ClientCapabilities` has them.
  static func missing(_ required: JSONObject) -> ProtocolError {
    ProtocolError(
      .missingClientCapability, "Missing required client capability",
      data: ["requiredCapabilities": .object(required)])
  }

  static func unsupportedVersion(_ requested: String) -> ProtocolError {
    ProtocolError(
      .unsupportedVersion, "Unsupported protocol version",
      data: [
        "supported": .array(Revision.modern.map { .string($0.rawValue) }), "requested": .string(requested),
      ])
  }

  /// The HTTP status of 2026-07-28 (basic/transports/streamable-http): -32601 MUST be 404, what the envelope and
  /// the headers get wrong MUST be 400.
  var modernStatus: Int {
    switch code {
    case .parse, .invalidRequest, .invalidParams, .headerMismatch, .missingClientCapability,
      .unsupportedVersion, .legacyServerError, .resourceNotFound:
      400
    case .methodNotFound: 404
    case .internal: 500
    case .insufficientAuthentication, .insufficientScope, .tooManyRequests, .unavailable: code.rawValue
    }
  }

  /// The HTTP status of the handshake revisions: a message that can't be read is 400, and the error of one that can
  /// be is an answer like any other.
  var handshakeStatus: Int {
    switch code {
    case .parse, .invalidRequest: 400
    case .internal: 500
    default: 200
    }
  }

  /// The error alone.
  var object: JSONObject {
    var error: JSONObject = ["code": .integer(Int64(code.rawValue)), "message": .string(message)]
    if let data { error["data"] = data }
    return error
  }

  /// The whole JSON-RPC error response.
  var body: [UInt8] {
    let response: JSONObject = ["jsonrpc": "2.0", "id": id?.json ?? .null, "error": .object(object)]
    return response.serialized()
  }
}
