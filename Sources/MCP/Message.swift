internal import JSON

/// What names a request, so that its answer can be told from others.
enum RequestID: Sendable, Hashable {
  case string(String)
  case integer(Int64)

  /// - Returns: nil for what is no string and no integer; `1.0` is none, since it would come back as another text.
  init?(_ value: JSONValue?) {
    switch value {
    case .string(let text)?: self = .string(text)
    case .integer(let number)?: self = .integer(number)
    default: return nil
    }
  }

  var json: JSONValue {
    switch self {
    case .string(let text): .string(text)
    case .integer(let number): .integer(number)
    }
  }
}

/// One JSON-RPC 2.0 message from a client.
enum Message: Sendable {
  case request(id: RequestID, method: String, params: JSONObject)
  case notification(method: String, params: JSONObject)
  /// An answer to a request of ours, which its session knows.
  case response(JSONObject)

  /// Reads one message.
  ///
  /// - Throws: -32600, with the id where it could be read; -32602 for `params` that are no object.
  init(_ value: JSONValue) throws(ProtocolError) {
    guard let object = value.object else {
      throw .invalidRequest("a message must be a JSON object")
    }
    let id = object["id"]
    guard object["jsonrpc"]?.string == "2.0" else {
      throw .invalidRequest("'jsonrpc' must be \"2.0\"", id: RequestID(id))
    }
    guard let name = object["method"] else {
      guard object["result"] != nil || object["error"] != nil else {
        throw .invalidRequest("'method' is missing", id: RequestID(id))
      }
      self = .response(object)
      return
    }
    guard let method = name.string, !method.isEmpty else {
      throw .invalidRequest("'method' must be a string", id: RequestID(id))
    }
    let params: JSONObject
    switch object["params"] {
    case nil, .null?: params = JSONObject()
    case .object(let object)?: params = object
    default:
      guard id != nil else { throw .invalidRequest("'params' must be an object") }
      throw .invalidParams("'params' must be an object", id: RequestID(id))
    }
    // JSON-RPC 2.0 §4.1: whether there is an id, not what it is, tells a request from a notification.
    guard let id else {
      self = .notification(method: method, params: params)
      return
    }
    // MCP basic/index: requests MUST include a string or integer ID; the ID MUST NOT be null.
    guard let id = RequestID(id) else {
      throw .invalidRequest("'id' must be a string or an integer")
    }
    self = .request(id: id, method: method, params: params)
  }
}
