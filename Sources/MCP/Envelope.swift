internal import HTTP
internal import JSON

/// Which of the protocol's two eras a request belongs to.
enum Era: Sendable, Equatable {
  /// A handshake revision; nil for one that we don't speak.
  case handshake(Revision?)
  case modern

  static let version = "io.modelcontextprotocol/protocolVersion"
  static let capabilities = "io.modelcontextprotocol/clientCapabilities"

  /// Routes by header and envelope.
  ///
  /// 2026-07-28 versioning, "Backward Compatibility": a request carrying modern per-request `_meta` is served
  /// statelessly. A header that names no handshake revision asks for the modern path too, where it gets an error
  /// that tells what is supported. Without either it is 2025-03-26, which had no such header.
  init(_ fields: Fields, _ body: JSONValue) {
    let header = fields["mcp-protocol-version"]
    if let header, !Revision.handshakeNames.contains(header) {
      self = .modern
      return
    }
    // A batch with a modern message in it is no batch of an older revision: modern ones come one by one.
    let messages = if case .array(let batch) = body { batch } else { [body] }
    for message in messages {
      guard let declared = message["params"]?["_meta"]?[Self.version] else { continue }
      guard let name = declared.string, Revision.handshakeNames.contains(name) else {
        self = .modern
        return
      }
    }
    self = .handshake(header.map { Revision(streamable: $0) } ?? .march2025)
  }
}

/// The checks of a modern request's envelope and headers, in the order envelope, headers, version.
///
/// The order matters to clients: one that contradicts itself is told so, rather than that its version is unknown.
struct Envelope: Sendable {
  /// What the client says it can do.
  let clientCapabilities: JSONValue

  init(method: String, params: JSONObject, fields: Fields) throws(ProtocolError) {
    // streamable-http, "Server Validation": a header given twice would mean one thing to one reader and another to
    // the next.
    for name in ["mcp-protocol-version", "mcp-method", "mcp-name"] where fields.all(name).count > 1 {
      throw .headerMismatch("\(name) appears more than once")
    }

    // basic/index, "Per-request protocol fields": a request missing any required field is malformed; the server
    // MUST reject it with -32602, and on HTTP the status MUST be 400.
    guard let meta = params["_meta"]?.object else {
      throw .invalidParams("'params._meta' must be an object with '\(Era.version)' and '\(Era.capabilities)'")
    }
    guard let declared = meta[Era.version] else {
      throw .invalidParams("'params._meta' lacks '\(Era.version)'")
    }
    guard let capabilities = meta[Era.capabilities] else {
      throw .invalidParams("'params._meta' lacks '\(Era.capabilities)'")
    }
    guard capabilities.object != nil else { throw .invalidParams("'\(Era.capabilities)' must be an object") }

    // "Protocol Version Header": the header MUST match `_meta`, else 400 and HeaderMismatch.
    guard let header = fields["mcp-protocol-version"] else {
      throw .headerMismatch("the MCP-Protocol-Version header is missing")
    }
    guard header == declared.string else {
      throw .headerMismatch("MCP-Protocol-Version does not match '\(Era.version)' of the body")
    }
    // "Standard Request Headers": Mcp-Method on all requests, Mcp-Name where the body names something.
    guard let routed = fields["mcp-method"] else { throw .headerMismatch("the Mcp-Method header is missing") }
    guard routed == method else { throw .headerMismatch("Mcp-Method does not match the method of the body") }
    if let member = Self.named[method], let named = params[member], !named.isNull {
      guard let field = fields["mcp-name"] else { throw .headerMismatch("the Mcp-Name header is missing") }
      // "Value Encoding": servers MUST decode an encoded value before comparing it.
      guard let name = HeaderValue.decoded(field), let text = named.string,
        name.utf8.elementsEqual(text.utf8)
      else { throw .headerMismatch("Mcp-Name does not match '\(member)' of the body") }
    }

    guard Revision(rawValue: header)?.isModern == true else { throw .unsupportedVersion(header) }
    self.clientCapabilities = capabilities
  }

  /// Which member of the params `Mcp-Name` repeats.
  private static let named = [
    "tools/call": "name", "prompts/get": "name", "resources/read": "uri",
    // ext-tasks, "Streamable HTTP: Routing Headers": the client MUST set Mcp-Name to the task's id.
    "tasks/get": "taskId", "tasks/update": "taskId", "tasks/cancel": "taskId",
  ]
}
